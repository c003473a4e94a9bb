"""The other form of a topic's name, as the library writes it: "GNN" and "graph neural network"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from rag.query.coined import COINED, is_short_form
from rag.query.shelf import Shelf
from rag.store.lexical import analyze
from rag.types import Paper

READ: Final = 40  # papers that are read for it
LEAST_PAPERS: Final = 2  # that write both forms side by side


def other_form(topic: str, shelf: Shelf) -> list[str]:
    """The stems of a topic's short form where it is long, and the other way; [] where none is."""
    stems = analyze(topic)
    if not stems:
        return []
    papers = shelf.having(stems, READ)
    is_short = len(topic.split()) == 1 and COINED.match(topic) is not None
    found = _long_forms(topic, papers) if is_short else _short_forms(topic, papers)
    counted = Counter(tuple(analyze(form)) for form in found)
    best = counted.most_common(1)
    return list(best[0][0]) if best and best[0][1] >= LEAST_PAPERS else []


def _long_forms(short: str, papers: Iterable[Paper]) -> Iterable[str]:
    bare = short.removesuffix("s")
    letters = len([sign for sign in bare if sign.isalpha()])
    form = re.compile(rf"((?:[\w-]+\s+){{1,{letters}}})\({re.escape(bare)}s?\)", re.IGNORECASE)
    for paper in papers:
        for match in form.finditer(paper.abstract):
            words = match[1].split()
            for first in range(len(words)):
                phrase = " ".join(words[first:])
                if phrase[:1].lower() == bare[:1].lower() and is_short_form(bare, f"{phrase} ("):
                    yield phrase
                    break


def _short_forms(long: str, papers: Iterable[Paper]) -> Iterable[str]:
    words = r"[\s-]+".join(re.escape(word.removesuffix("s")) + "s?" for word in long.split())
    form = re.compile(rf"\b{words}\s*\(([A-Z][\w-]*)\)", re.IGNORECASE)
    return (
        match[1].removesuffix("s") for paper in papers for match in form.finditer(paper.abstract)
    )
