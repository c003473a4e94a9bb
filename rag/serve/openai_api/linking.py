"""Render answers as Markdown with links where the markers stand, whole or as they grow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote

from rag.export.growing import CORRECTED, checked_part
from rag.export.markdown import inert, plain
from rag.types import Answer, Citation
from rag.verification.markers import find_marker_places

HEADING: Final = "**Sources**"
NOT_IN_ADDRESS: Final = re.compile(r"[\s<>\\()\[\]\"]")
LINK: Final = re.compile(r"\[\[(\d{1,3})\]\]\([^)\s]*\)")
SOURCES: Final = re.compile(rf"\n\n{re.escape(HEADING)}\n\n(?:- \\\[\d.*(?:\n|\Z))+\Z")


@dataclass(frozen=True, slots=True)
class Link:
    """A marker that became a link.

    Attributes:
        start: Where the link begins in the text, in characters.
        end: Behind its last character.
        citation: The first of the marker's, which has title, address and quote.
    """

    start: int
    end: int
    citation: Citation


@dataclass(frozen=True, slots=True)
class LinkedText:
    """Markdown with its links, in their order."""

    text: str
    links: tuple[Link, ...] = ()

    def __add__(self, other: LinkedText) -> LinkedText:
        """Return both texts as one."""
        by = len(self.text)
        moved = (replace(each, start=each.start + by, end=each.end + by) for each in other.links)
        return LinkedText(self.text + other.text, (*self.links, *moved))


def linked_answer(answer: Answer) -> LinkedText:
    """Return a whole answer: its caveat, its text, what is to be known of it, the papers cited."""
    before = f"*{plain(answer.caveat)}*\n\n" if answer.caveat else ""
    return LinkedText(before) + _body(answer) + LinkedText(_below(answer))


def _body(answer: Answer) -> LinkedText:
    return linked(answer.text, _cited(answer))


def _cited(answer: Answer) -> dict[int, Citation]:
    """Return the first citation of every marker."""
    return {each.marker: each for each in reversed(answer.citations)}


def linked(text: str, cited: Mapping[int, Citation]) -> LinkedText:
    """Return a text with a link for every marker that is cited; what else is in it stays inert."""
    parts: list[LinkedText] = []
    after = 0
    for start, end, numbers in find_marker_places(text):
        links = [_link(number, cited[number]) for number in numbers if number in cited]
        if links:
            parts += [LinkedText(inert(text[after:start])), *links]
            after = end
    joined = LinkedText("")
    for part in (*parts, LinkedText(inert(text[after:]))):
        joined += part
    return joined


def _link(number: int, citation: Citation) -> LinkedText:
    text = f"[[{number}]]({_address(citation)})"
    return LinkedText(text, (Link(0, len(text), citation),))


def _address(citation: Citation) -> str:
    return NOT_IN_ADDRESS.sub(lambda match: quote(match[0]), citation.paper.link)


def _below(answer: Answer) -> str:
    notice = f"\n\n*{plain(answer.notice)}*" if answer.notice else ""
    lines = [_source(number, each) for number, each in sorted(_cited(answer).items())]
    return notice + (f"\n\n{HEADING}\n\n" + "\n".join(lines) if lines else "")


def _source(number: int, citation: Citation) -> str:
    paper = citation.paper
    retracted = f", {plain(paper.retraction)}" if paper.retraction else ""
    return f"- \\[{number}\\] [{plain(paper.title)}]({_address(citation)}){retracted}"


def unlinked(text: str) -> str:
    """Return a text of `linked_answer` as it was: markers for links, and no list of sources."""
    return LINK.sub(r"[\1]", SOURCES.sub("", text))


@dataclass(slots=True)
class GrowingText:
    """What was sent of an answer, to which more can only be added.

    Sentences go out when they were checked. Where the whole text is checked once more and is then
    another, it follows what was sent, and says so.
    """

    sent: LinkedText = field(default_factory=lambda: LinkedText(""))

    def grow(self, draft: Answer) -> str:
        """Return what a draft adds to what was sent, possibly nothing."""
        now = linked(checked_part(draft), _cited(draft))
        return self._send(now) if now.text.startswith(self.sent.text) else ""

    def finish(self, final: Answer) -> str:
        """Return what is left to send of the final answer."""
        if not self.sent.text:
            return self._send(linked_answer(final))
        body = _body(final)
        if not body.text.startswith(self.sent.text):
            body = self.sent + LinkedText(CORRECTED) + body
        caveat = f"\n\n*{plain(final.caveat)}*" if final.caveat else ""
        return self._send(body + LinkedText(caveat + _below(final)))

    def _send(self, now: LinkedText) -> str:
        added = now.text[len(self.sent.text) :]
        self.sent = now
        return added


def pieces(text: str, most: int = 80) -> Iterator[str]:
    """Yield a text in pieces of whole words, none much longer than so many characters."""
    piece = ""
    for word in re.findall(r"\S+\s*|\s+", text):
        piece += word
        if len(piece) >= most:
            yield piece
            piece = ""
    if piece:
        yield piece
