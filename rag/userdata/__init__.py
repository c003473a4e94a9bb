"""What users leave in a library: conversations and feedback, in its database."""
