"""Clean titles and abstracts of every source: LaTeX, markup, and what is no part of them."""

from rag.cleaning.texts import clean_abstract, clean_text, clean_title, is_withdrawal

__all__ = ["clean_abstract", "clean_text", "clean_title", "is_withdrawal"]
