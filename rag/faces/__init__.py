"""The library as LlamaIndex knows such things: its retriever, query engine and chat engine."""
