"""Cut a paper into passages: the title and as many consecutive sentences as fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.sentences import Sentence, split_sentences
from rag.tokens import count_tokens
from rag.types import Paper, Passage

Span = tuple[int, int]


def cut_spans(paper: Paper, passage_tokens: int) -> tuple[Span, ...]:
    """Return the spans of a paper's passages in its abstract, in reading order; at least one.

    A passage is the title and whole sentences, of at most `passage_tokens` tokens together; a
    longer sentence stands alone. The spans are disjoint and only white space lies between them.
    """
    budget = passage_tokens - count_tokens(paper.title)
    groups = _group(split_sentences(paper.abstract), budget)
    return tuple((group[0].start, group[-1].end) for group in groups)


def build_passages(paper: Paper, passage_tokens: int) -> tuple[Passage, ...]:
    """Build a paper's passages in reading order, at least one, cut as `cut_spans` does."""
    spans = cut_spans(paper, passage_tokens)
    return tuple(Passage(paper.paper_id, number, *span) for number, span in enumerate(spans))


def passage_text(paper: Paper, passage: Passage) -> str:
    """Return the text to embed for a passage: title, line break, its part of the abstract."""
    return f"{paper.title}\n{paper.abstract[passage.start : passage.end]}"


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
