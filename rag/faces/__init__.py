"""Present the library as LlamaIndex's retriever, query engine and chat engine."""
