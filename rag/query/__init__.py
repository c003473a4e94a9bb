"""Understands a question within its conversation: what is asked, of which papers."""
