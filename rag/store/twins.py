"""Find the papers of a library that may be one: of a title, an identifier or a near abstract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rag.store.index import PaperIndex
from rag.store.joining import are_near, together
from rag.types import Paper


def find_twins(index: PaperIndex) -> list[list[str]]:
    """Return the ids of papers that may be one, group by group."""
    alike = index.likeness.groups(index.state.library_id)
    read = index.papers.papers_of([each for ids in alike for each in ids])
    groups = [*index.papers.alike(), *_near(alike, read)]
    return [group for group in together(groups) if len(group) > 1]


def _near(alike: Iterable[Sequence[str]], read: Mapping[str, Paper]) -> Iterable[list[str]]:
    for some in ([read[each] for each in ids if each in read] for ids in alike):
        yield [each.paper_id for each in some if are_near(some[0], each)]
