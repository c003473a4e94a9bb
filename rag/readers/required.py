"""Holds a reading of sources to giving at least one paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from rag.errors import SourceError
from rag.readers import FORMS
from rag.types import Paper, Rejection

SOURCES_TOLD: Final = 3


def with_a_paper(items: Iterator[Paper | Rejection]) -> Iterator[Paper | Rejection]:
    """The same items, read as far as the first paper, so that without one nothing is changed.

    Raises:
        SourceError: There are only rejections.
    """
    rejected: list[Rejection] = []
    for item in items:
        if isinstance(item, Paper):
            return chain(rejected, [item], items)
        rejected.append(item)
    if rejected:
        raise SourceError(_tell_rejected(rejected))
    return iter(())


def _tell_rejected(rejected: Sequence[Rejection]) -> str:
    """Why nothing could be read: each source once, as a whole where that was said of it."""
    whole_first = sorted(rejected, key=lambda rejection: rejection.record > 0)
    why: dict[str, str] = {}
    for rejection in whole_first:
        why.setdefault(rejection.source, rejection.why.partition("; understood is ")[0])
    told = [f"{source!r}: {each}" for source, each in why.items()]
    more = [f"and {len(told) - SOURCES_TOLD} more"] if len(told) > SOURCES_TOLD else []
    return (
        f"No paper could be read. {'; '.join(told[:SOURCES_TOLD] + more)}. "
        f"What is understood: {FORMS}."
    )
