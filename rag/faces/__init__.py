"""Present the library as LlamaIndex's retriever, query engine, chat engine and reader."""

from rag.faces.chat_engine import PaperChatEngine
from rag.faces.nodes import build_document, build_node
from rag.faces.query_engine import PaperQueryEngine, PaperResponse
from rag.faces.reader import PaperReader
from rag.faces.retriever import PaperRetriever

__all__ = [
    "PaperChatEngine",
    "PaperQueryEngine",
    "PaperReader",
    "PaperResponse",
    "PaperRetriever",
    "build_document",
    "build_node",
]
