"""Turn papers, passages and hits into LlamaIndex's documents and nodes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from llama_index.core.schema import (
    Document,
    NodeRelationship,
    NodeWithScore,
    RelatedNodeInfo,
    TextNode,
)

from rag.passages import passage_text
from rag.types import Answer, Citation, Hit, Paper, Passage

# What a model reads of a paper beside its text. All else is for the program that holds the node.
READ: Final = frozenset(("authors", "year", "retraction"))
NAMED: Final = frozenset(("title",))  # where the text does not begin with it
MOST_AUTHORS_READ: Final = 20  # some papers have thousands, more than a model takes in

Metadata = dict[str, str | int]  # flat, as vector stores take it


def paper_metadata(paper: Paper) -> Metadata:
    """Return what is known of a paper; what is not known has no key.

    Authors and tags are one text each, with "; " between.
    """
    known = {
        "paper_id": paper.paper_id,
        "title": paper.title,
        "authors": "; ".join(paper.authors),
        "year": paper.year,
        "published": paper.published,
        "venue": paper.venue,
        "url": paper.link,
        "source": paper.source,
        "tags": "; ".join(paper.tags),
        "retraction": paper.retraction,
    }
    return {name: value for name, value in known.items() if value}


def build_document(paper: Paper) -> Document:
    """Build LlamaIndex's document of a paper: its abstract, with all else as metadata.

    The title is embedded with each chunk of it, and read by models with authors and year.
    """
    known = paper_metadata(paper)
    return Document(
        id_=paper.paper_id,
        text=paper.abstract,
        metadata=known,
        excluded_embed_metadata_keys=_all_but(NAMED, known),
        excluded_llm_metadata_keys=_all_but(NAMED | _read(paper), known),
    )


def build_node(paper: Paper, passage: Passage, marker: int | None = None) -> TextNode:
    """Build LlamaIndex's node of a passage.

    Its text is what the library embeds, title and sentences; a model reads authors and year too.

    Args:
        paper: The passage's.
        passage: Where it stands in the abstract; `start` and `end` of the metadata say it.
        marker: The number by which an answer cites the paper.
    """
    known = paper_metadata(paper) | {"start": passage.start, "end": passage.end}
    if marker is not None:
        known["marker"] = marker
    return TextNode(
        id_=passage.passage_id,
        text=passage_text(paper, passage),
        metadata=known,
        excluded_embed_metadata_keys=list(known),
        excluded_llm_metadata_keys=_all_but(_read(paper), known),
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=paper.paper_id)},
    )


def hit_nodes(hits: Sequence[Hit]) -> list[NodeWithScore]:
    """Return the best passage of each hit with its score; the whole abstract where it has none."""
    return [NodeWithScore(node=_best(hit), score=hit.score) for hit in hits]


def source_nodes(answer: Answer) -> list[NodeWithScore]:
    """Return the papers found for an answer, best first; those that it cites have their `marker`.

    The text of a cited paper is its passage with the quotes, or the whole abstract where they are
    in several, so that what judges the answer by its sources finds what it rests on.
    """
    cited: dict[str, list[Citation]] = {}
    for each in answer.citations:
        cited.setdefault(each.paper.paper_id, []).append(each)
    found = [_source(hit, cited.pop(hit.paper.paper_id, [])) for hit in answer.hits]
    others = [_source(Hit(each[0].paper, each[0].support), each) for each in cited.values()]
    return found + others


def _source(hit: Hit, citations: Sequence[Citation]) -> NodeWithScore:
    if not citations:
        return NodeWithScore(node=_best(hit), score=hit.score)
    holding = [each for each in hit.passages if _holds(each, citations)]
    passage = holding[0] if holding else _whole(hit.paper)
    return NodeWithScore(node=build_node(hit.paper, passage, citations[0].marker), score=hit.score)


def _holds(passage: Passage, citations: Iterable[Citation]) -> bool:
    return all(passage.start <= each.start and each.end <= passage.end for each in citations)


def _best(hit: Hit) -> TextNode:
    return build_node(hit.paper, hit.passages[0] if hit.passages else _whole(hit.paper))


def _whole(paper: Paper) -> Passage:
    return Passage(paper.paper_id, 0, 0, len(paper.abstract))


def _read(paper: Paper) -> frozenset[str]:
    return READ if len(paper.authors) <= MOST_AUTHORS_READ else READ - {"authors"}


def _all_but(kept: frozenset[str], known: Metadata) -> list[str]:
    return [name for name in known if name not in kept]
