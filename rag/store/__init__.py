"""The papers of a library in SQL; derived of them, vectors in Chroma and words in tantivy."""
