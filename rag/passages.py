"""Cuts a paper into passages: the title and as many consecutive sentences as fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode

from rag.sentences import Sentence, split_sentences
from rag.tokens import count_tokens
from rag.types import Paper


def passage_id(paper_id: str, number: int) -> str:
    """The id of a paper's passage, counted from 0."""
    return f"{paper_id}#{number}"


def passage_number(node_id: str) -> int:
    """Which of its paper's passages a passage is, counted from 0."""
    return int(node_id.rpartition("#")[2])


def build_passages(paper: Paper, passage_tokens: int) -> list[TextNode]:
    """The paper's passages in reading order; at least one.

    A passage is the title, a line break and `abstract[start:end]`, whole sentences of at most
    `passage_tokens` tokens (title and abstract together; a longer sentence stands alone). Its
    metadata hold `paper_id`, `start` and `end`; the spans are disjoint and only white space lies
    between them.
    """
    budget = passage_tokens - count_tokens(paper.title)
    groups = _group(split_sentences(paper.abstract), budget)
    spans = [(group[0].start, group[-1].end) for group in groups]
    return [build_passage(paper, n, start, end) for n, (start, end) in enumerate(spans)]


def build_passage(paper: Paper, number: int, start: int, end: int) -> TextNode:
    """One passage of a paper as LlamaIndex's node."""
    node = TextNode(
        id_=passage_id(paper.paper_id, number),
        text=f"{paper.title}\n{paper.abstract[start:end]}",
        metadata={"paper_id": paper.paper_id, "title": paper.title, "start": start, "end": end},
        excluded_embed_metadata_keys=["paper_id", "title", "start", "end"],
        excluded_llm_metadata_keys=["paper_id", "title", "start", "end"],
    )
    node.relationships[NodeRelationship.SOURCE] = RelatedNodeInfo(node_id=paper.paper_id)
    return node


def _group(sentences: Sequence[Sentence], budget: int) -> Iterator[list[Sentence]]:
    group: list[Sentence] = []
    size = 0
    for sentence in sentences:
        tokens = count_tokens(sentence.text) + 1  # the space before it
        if group and size + tokens > budget:
            yield group
            group, size = [], 0
        group.append(sentence)
        size += tokens
    if group:
        yield group
