"""Draft new questions about a library's papers, for a person to complete."""
