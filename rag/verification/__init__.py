"""Verify that a text says what its papers say: claims, support, entailment, citations."""
