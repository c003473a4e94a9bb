"""Wrap retrieval as LlamaIndex's retriever, and hits as its nodes."""

from __future__ import annotations

from collections.abc import Sequence

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import (
    NodeRelationship,
    NodeWithScore,
    QueryBundle,
    RelatedNodeInfo,
    TextNode,
)

from rag.passages import passage_text
from rag.query.understanding import QueryParser
from rag.retrieval.protocols import PaperFinder
from rag.types import Hit, Paper, Passage


def as_nodes(hits: Sequence[Hit]) -> list[NodeWithScore]:
    """Return the best passage of each hit with its score; the whole abstract where it has none."""
    return [NodeWithScore(node=_best(hit), score=hit.score) for hit in hits]


def build_node(paper: Paper, passage: Passage) -> TextNode:
    """Build LlamaIndex's node of a passage."""
    place = {"start": passage.start, "end": passage.end}
    known = {"paper_id": paper.paper_id, "title": paper.title, **place}
    return TextNode(
        id_=passage.passage_id,
        text=passage_text(paper, passage),
        metadata=known,
        excluded_embed_metadata_keys=list(known),
        excluded_llm_metadata_keys=list(known),
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=paper.paper_id)},
    )


def _best(hit: Hit) -> TextNode:
    whole = Passage(hit.paper.paper_id, 0, 0, len(hit.paper.abstract))
    return build_node(hit.paper, hit.passages[0] if hit.passages else whole)


class NodeRetriever(BaseRetriever):
    """Retrieve the best passage of each paper that a question is about.

    Args:
        parser: Understands what is looked for, and in which papers.
        finder: Finds them.
        top_k: Most papers to find.
    """

    def __init__(self, parser: QueryParser, finder: PaperFinder, top_k: int) -> None:
        super().__init__()
        self._parser = parser
        self._finder = finder
        self._top_k = top_k

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        query = self._parser.understand_search(query_bundle.query_str)
        return as_nodes(self._finder.find(query, self._top_k))
