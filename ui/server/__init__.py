"""The page's server: who may come in, what is refused, and the library that it serves."""
