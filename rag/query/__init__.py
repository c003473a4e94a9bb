"""Understand a question within its conversation: what is asked, and of which papers."""
