"""Render answers and conversations as Markdown that any viewer may open.

Text of papers, models and users brings no HTML, no image and no link but to the web.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final
from urllib.parse import quote

from rag.text import one_line
from rag.types import Answer, Citation, Paper

CODE_OR_FORMULA: Final = (
    r"(?P<kept>```.*?(?:```|\Z)|`[^`\n]+`|\$(?=[^\s$])[^$\n<>]{1,200}(?<=[^\s$\\])\$(?![\d$]))"
)
# Of a text that is Markdown: what begins a tag, an image, a link elsewhere than to the web.
ACTIVE: Final = re.compile(
    rf"{CODE_OR_FORMULA}|(?P<tag><)|(?P<image>!(?=\[))|\](?P<link>\((?!https?://)|:|\[)",
    re.DOTALL | re.IGNORECASE,
)
SIGNS: Final = re.compile(r"[\\`*_\[\]<>#|~!&]|(?<=\w)@(?=\w)|:(?=//)|^\d{1,9}(?=[.)])|^[-+=]")
NOT_IN_ADDRESS: Final = re.compile(r"[\s<>\\]")
UNTITLED: Final = "Conversation"
SUMMARY: Final = "The texts are summaries written for paperchat, not the authors' abstracts."


def answer_markdown(answer: Answer) -> str:
    """Return a question with its answer, the papers that it cites and the sentences it rests on."""
    parts = [f"## {plain(answer.question)}"]
    if answer.caveat:
        parts.append(f"*{plain(answer.caveat)}*")
    parts.append(inert(answer.text))
    if answer.notice:
        parts.append(f"*{plain(answer.notice)}*")
    if answer.removed:
        parts.append("Removed, for no paper supports it:")
        parts.append("\n".join(f"- {plain(sentence)}" for sentence in answer.removed))
    if answer.citations:
        parts += ["### Sources", *_sources(answer.citations)]
    if any(paper.is_summary for paper in answer.papers):
        parts.append(f"*{SUMMARY}*")
    return "\n\n".join(parts) + "\n"


def conversation_markdown(answers: Iterable[Answer], *, title: str = "") -> str:
    """Return a conversation, its answers oldest first, below its title."""
    heading = f"# {plain(title) or UNTITLED}\n"
    return "\n".join([heading, *map(answer_markdown, answers)])


def _sources(citations: Sequence[Citation]) -> Iterator[str]:
    for marker, group in groupby(citations, key=lambda citation: citation.marker):
        cited = list(group)
        yield f"\\[{marker}\\] {_described(cited[0].paper)}"
        for each in dict.fromkeys(citation.quote for citation in cited):
            yield f"> {plain(each)}"


def _described(paper: Paper) -> str:
    """Return title with link, authors, venue with volume and pages, and date, where known."""
    address = NOT_IN_ADDRESS.sub(lambda match: quote(match[0]), paper.link)
    known = (", ".join(paper.authors), paper.place, paper.published or "")
    parts = [f"[{plain(paper.title)}](<{address}>)", *(plain(each) for each in known if each)]
    return ". ".join(parts)


def plain(text: str) -> str:
    """Return text on one line as Markdown that shows it as it is, formulas apart."""
    return SIGNS.sub(_escaped, one_line(text))


def _escaped(match: re.Match[str]) -> str:
    sign = match[0]
    if sign.isdigit():
        return f"{sign}\\"
    return f"&#{ord(sign)};" if sign in "<>&@:" else f"\\{sign}"


def inert(text: str) -> str:
    """Return a model's Markdown without HTML and images, and with links to the web alone."""
    return ACTIVE.sub(_inert, text)


def _inert(match: re.Match[str]) -> str:
    if match["kept"]:
        return match["kept"]
    if match["tag"]:
        return "&lt;"
    if match["image"]:
        return "\\!"
    return f"]\\{match['link']}"
