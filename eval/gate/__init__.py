"""Compare two runs, question by question, as the gate of a build."""
