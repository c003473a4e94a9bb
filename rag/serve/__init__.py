"""Give the library to other programs: tools for assistants, and OpenAI's own requests."""
