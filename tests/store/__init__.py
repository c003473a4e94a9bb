"""Tests of `rag.store`."""
