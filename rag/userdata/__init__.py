"""Store what users leave in a library: conversations and feedback."""
