"""New questions about a library's papers, drafted for someone to complete."""
