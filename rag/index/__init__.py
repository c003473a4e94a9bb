"""The index of a library: vectors and papers in Chroma, words in tantivy, kept in step."""
