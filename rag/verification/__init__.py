"""Whether a text says what its papers say: support, citations, a second verifier."""
