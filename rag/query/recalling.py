"""Recall which papers an answer cited from its text, where a caller kept the text alone.

Chat front ends and scripts often hand back no more than what was written. The answers' own layout
names the papers: a title in bold above its sentences, in the first cell of a table, or behind its
marker in the list of sources. Not covered: text that names no title.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from rag.query.paper_lookup import PaperLookup
from rag.sentences import split_sentences
from rag.store.lexical import analyze
from rag.text import title_key
from rag.types import Citation, Message, Paper

TITLE: Final = re.compile(
    r"\*\*(?P<bold>[^*\n]{4,400})\*\*"
    r"|^\| ?(?P<cell>[^|\n\s][^|\n]{3,400}?) ?\[\d{1,4}\] ?\|"
    r"|^(?P<source>\[\d{1,4}\] [^\n]{4,400}?)(?= \(http|$)",
    re.MULTILINE,
)
MARKER: Final = re.compile(r"\[(\d{1,4})\]")
MOST_READ: Final = 60  # messages, from the last one back
MOST_TITLED: Final = 20  # papers that have all words of a title
END: Final = 40  # characters at the end of a sentence, whose beginning may be shortened


def with_cited(history: Sequence[Message], lookup: PaperLookup | None) -> Sequence[Message]:
    """Return a conversation whose answers without citations have those that their texts show."""
    if lookup is None:
        return history
    early, late = history[:-MOST_READ], history[-MOST_READ:]
    return [*early, *(_recalled(message, lookup) for message in late)]


def _recalled(message: Message, lookup: PaperLookup) -> Message:
    if message.role == "user" or message.citations:
        return message
    return replace(message, citations=tuple(_cited(message.content, lookup)))


def _cited(text: str, lookup: PaperLookup) -> Iterator[Citation]:
    """Yield the citations of an answer's text, in its order; each paper's once by each sentence."""
    places = list(TITLE.finditer(text))
    seen: set[str] = set()
    for n, place in enumerate(places):
        end = places[n + 1].start() if n + 1 < len(places) else len(text)
        said = text[place.start() : end]
        marker = MARKER.search(said)
        paper = _titled(MARKER.sub("", place[place.lastgroup or 0]), lookup) if marker else None
        if marker and paper and paper.paper_id not in seen:
            seen.add(paper.paper_id)
            yield from _quotes(paper, said, int(marker[1]))


def _titled(title: str, lookup: PaperLookup) -> Paper | None:
    """Return the paper of a title, in any spelling; None where there is none."""
    near = lookup.titled(analyze(title), MOST_TITLED)
    same = [each.paper_id for each in near if title_key(each.title) == title_key(title)]
    return next(iter(lookup.by_id(same[:1])), None)


def _quotes(paper: Paper, said: str, marker: int) -> Iterator[Citation]:
    """Yield a citation for each sentence of a paper that a text has; an empty one for none."""
    quoted = [each for each in split_sentences(paper.abstract) if each.text[-END:] in said]
    for each in quoted:
        yield Citation(marker, paper, each.text, each.start, each.end, 1.0)
    if not quoted:
        yield Citation(marker, paper, "", 0, 0, 1.0)
