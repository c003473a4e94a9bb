"""The chat tab: conversations, and answers with their sources."""
