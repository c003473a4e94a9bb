"""The gate that holds a build: two runs compared, question by question."""
