"""Store what users leave in a library: conversations, feedback, watches."""
