"""Renders hits as the numbered sources of a prompt, within a budget of tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from prompts import render_prompt
from rag.answering.markers import strip_markers
from rag.tokens import count_tokens
from rag.types import Hit

FENCE: Final = re.compile(r"<(?=[\s/]*paper\b)|^-{3,}", re.IGNORECASE | re.MULTILINE)


def build_context(hits: Sequence[Hit], budget_tokens: int) -> list[str]:
    """Rendered sources, numbered from 1 in the order of the hits, as many as the budget holds.

    The first is always there: its passages are left out from the least similar on until it fits.
    """
    sources: list[str] = []
    left = budget_tokens
    for number, hit in enumerate(hits, start=1):
        source = _fit(number, hit, left if sources else budget_tokens)
        if source is None:
            break
        sources.append(source)
        left -= count_tokens(source)
    return sources


def _fit(number: int, hit: Hit, budget: int) -> str | None:
    """The source with as many of its best passages as fit; the best alone when it is the first."""
    for keep in range(len(hit.passages), 0, -1):
        spans = sorted((n.metadata["start"], n.metadata["end"]) for n in hit.passages[:keep])
        excerpt = " … ".join(hit.paper.abstract[start:end] for start, end in spans)
        source = render_prompt(
            "source",
            number=str(number),
            title=_neutralise(hit.paper.title),
            excerpt=_neutralise(excerpt),
        )
        if count_tokens(source) <= budget or (number == 1 and keep == 1):
            return source
    return None


def _neutralise(text: str) -> str:
    """Text that can neither close its fence nor bring markers of its own."""
    return FENCE.sub(lambda match: "‹" if match[0] == "<" else "–", strip_markers(text))
