"""Refer to papers within a text, as author-date styles do: "(Kessel & Tee, 2021)"."""

from __future__ import annotations

from typing import Final

from rag.authors import names_of
from rag.text import one_line
from rag.types import Paper

UNDATED: Final = "n.d."
WORDS_OF_TITLE: Final = 4


def render_in_text(paper: Paper) -> str:
    """Render the reference to a paper; by the beginning of its title where no author is known."""
    names = [name.whole_family for name in names_of(paper)]
    if not names:
        words = one_line(paper.title).split()
        cut = "…" if len(words) > WORDS_OF_TITLE else ""
        who = f"“{' '.join(words[:WORDS_OF_TITLE])}{cut}”"
    elif len(names) == 1:
        who = names[0]
    else:
        who = f"{names[0]} & {names[1]}" if len(names) == 2 else f"{names[0]} et al."
    return f"({who}, {paper.year or UNDATED})"
