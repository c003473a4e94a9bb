"""Read saved "Daily Papers" pages: plain text, a title line and then its abstract line.

Three layouts are met, told apart by their lines alone: titles and abstracts on alternating lines,
the same with blank lines between, and with a byline, a middle dot and a date below each abstract.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from rag.readers.dates import parse_date
from rag.readers.prose import MARKED, reads_like_research
from rag.readers.records import Record, read_whole
from rag.readers.text_files import Text

# The shortest abstract of the saved pages has 262 characters, the longest title 154.
LEAST_ABSTRACT_CHARACTERS: Final = 200
# A short last paragraph can still be an abstract when it is made of sentences.
LEAST_SENTENCES_CHARACTERS: Final = 90

BANNER: Final = re.compile(
    r"^(?:new|daily papers|by ?ak and the research community|subscribe"
    r"|get trending papers in your email inbox.*)$",
    re.IGNORECASE,
)
BANNER_PROOF: Final = re.compile(r"^(?:get trending papers|subscribe)", re.IGNORECASE)
# The page's button, glued to the first title: certain below the banner, or before a capital.
BUTTON: Final = "Subscribe"
GLUED_BUTTON: Final = re.compile(r"^Subscribe[^\sa-z]")
MONTHS: Final = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
DATE: Final = re.compile(rf"^((?:{MONTHS})[a-z]* \d{{1,2}})(, \d{{4}})?(?: \d+)?$")
DOT: Final = "·"
LEAST_TITLE_WORDS: Final = 3
MOST_TITLE_CHARACTERS: Final = 300
MOST_CHARACTERS: Final = 50_000_000


def looks_like_page(text: str) -> bool:
    """Tell whether a text has the page's banner, or is titles above abstracts and no more."""
    lines = _content_lines(text)
    if any(BANNER_PROOF.match(line.strip()) for line in text.split("\n")[:20]):
        return any(
            _is_abstract(after) and not _is_abstract(before) for before, after in pairwise(lines)
        )
    return _are_papers(list(_split(lines)))


def _are_papers(records: Sequence[Record]) -> bool:
    """Tell whether lines without a banner are papers: nearly all whole, none like notes or code."""
    whole = [each for each in records if {"title", "abstract"} <= each.keys()]
    others = len(records) - len(whole)
    likely = [each for each in whole if _is_title(str(each["title"]))]
    return (
        bool(whole)
        and others <= 1 + len(whole) // 4
        and (others == 0 or len(whole) > 1)
        and len(likely) * 4 >= len(whole) * 3
        and not any(MARKED.match(str(each["abstract"])) for each in whole)
        and sum(reads_like_research(str(each["abstract"])) for each in whole) * 2 > len(whole)
    )


def _is_title(line: str) -> bool:
    return (
        len(line.split()) >= LEAST_TITLE_WORDS
        and len(line) <= MOST_TITLE_CHARACTERS
        and line[-1] not in ".,:;{"
        and not MARKED.match(line)
    )


def read_page(file: Text) -> Iterator[Record]:
    """Read a record for every title of the page, in order; one without an abstract has none.

    Raises:
        UnreadableError: The page is longer than any.
    """
    yield from split_page(read_whole(file, MOST_CHARACTERS, "page"))


def split_page(text: str) -> Iterator[Record]:
    """Split a page's text into a record for every title."""
    yield from _split(_content_lines(text))


def _split(lines: Sequence[str]) -> Iterator[Record]:
    at = 0
    while at < len(lines):
        if _is_abstract(lines[at]):  # an abstract whose title is missing
            record: dict[str, object] = {"abstract": lines[at]}
            at += 1
        elif at + 1 < len(lines) and _is_abstract(lines[at + 1]):
            record = {"title": lines[at], "abstract": lines[at + 1]}
            at += 2
        else:
            record = {"title": lines[at]}
            at += 1
        length, published = _byline(lines[at : at + 3])
        yield record | ({"published": published} if published else {})
        at += length


def _content_lines(text: str) -> list[str]:
    """List the lines that belong to papers: none blank, no banner, no date of the page itself."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    start = 0
    while start < len(lines) and (BANNER.match(lines[start]) or DATE.match(lines[start])):
        start += 1
    content = lines[start:]
    if content and (start or GLUED_BUTTON.match(content[0])):
        content[0] = content[0].removeprefix(BUTTON)
    return content


def _is_abstract(line: str) -> bool:
    return len(line) >= LEAST_ABSTRACT_CHARACTERS or (
        len(line) >= LEAST_SENTENCES_CHARACTERS and line[-1] in ".!?" and ". " in line
    )


def _byline(lines: Sequence[str]) -> tuple[int, str | None]:
    """Count the lines after an abstract that tell who and when, and find a date with a year."""
    if len(lines) < 3 or lines[1] != DOT:
        return 0, None
    match = DATE.match(lines[2])
    if not match:
        return 2, None
    return 3, parse_date(match[1] + match[2]) if match[2] else None
