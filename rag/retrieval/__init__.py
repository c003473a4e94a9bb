"""Retrieve papers for a question: dense and lexical candidates, fusion, reranking."""
