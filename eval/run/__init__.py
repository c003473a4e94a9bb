"""Run a question set: ask, score, and record all of it in a folder."""
