"""Read a paper's title, authors and abstract from the first pages of its PDF.

The title is what is set largest above the abstract; the abstract stands below its own word. Of
pypdf and PDFium both gave the words of one and two columns in order; PDFium took 7 to 13 ms a
page where pypdf took 200 to 280, and tells hyphens at the end of a line from others.

Not covered: scanned pages, which have no text, and abstracts without the word above them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from rag.readers.front_matter import DATED, DOI, END, MARKS, NO_PERSON, STAMP
from rag.readers.hyphens import whole_words
from rag.readers.people import split_people
from rag.readers.records import Record, RecordError, UnreadableError
from rag.text import one_line

if TYPE_CHECKING:
    from pypdfium2 import PdfTextPage

MAGIC: Final = b"%PDF-"
MOST_BYTES: Final = 200_000_000
PAGES: Final = 2
MOST_CHARACTERS: Final = 30_000  # of the first pages
TITLE_LARGER: Final = 1.12  # than what most of the page is set in
TITLE_CHARACTERS: Final = (8, 350)
LEAST_ABSTRACT_CHARACTERS: Final = 100
MOST_ABSTRACT_CHARACTERS: Final = 6_000
LIGATURES: Final = re.compile("[\ufb00-\ufb06]")
HEADING: Final = re.compile(
    r"^\s*(?:a\s?b\s?s\s?t\s?r\s?a\s?c\s?t|summary)\s*(?:[:.—–-]\s*)?(?P<rest>.*)$", re.IGNORECASE
)
NO_TITLE: Final = re.compile(r"^(?:arxiv:|https?:|www\.|doi|vol\b|published|preprint|\d+$)", re.I)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page, and the height of its letters in points."""

    text: str
    size: float


def read_pdf(content: bytes) -> Iterator[Record | RecordError]:
    """Read the one record that the first pages of a PDF tell of, or say what was not found.

    Raises:
        UnreadableError: It is no PDF that can be opened.
    """
    lines = _lines(content)
    if not any(line.text.strip() for line in lines):
        yield RecordError("its pages hold no text, as those of a scan do not", "no text")
        return
    at = next((n for n, line in enumerate(lines) if _heading(line.text) is not None), None)
    text = _without_ligatures("\n".join(line.text for line in lines))
    title, after = _title(lines[: at if at else 40], text)
    abstract = _abstract(lines, at, text) if at is not None else ""
    if not title or len(abstract) < LEAST_ABSTRACT_CHARACTERS:
        yield RecordError(what_is_missing(title, abstract), "not all of it was found")
        return
    stamp, doi, dated = STAMP.search(text), DOI.search(text), DATED.search(text)
    yield {
        "title": title,
        "abstract": abstract,
        "authors": _authors(lines[after:at]),
        "arxiv_id": stamp["id"] if stamp else "",
        "doi": doi[1].rstrip(".,;)") if doi else "",
        "published": (stamp["date"] if stamp else "") or (dated[1] if dated else ""),
    }


def what_is_missing(title: str, abstract: str) -> str:
    """Say what was not found in a PDF, and how to complete it."""
    what = "title" if not title else "abstract"
    if not title and len(abstract) < LEAST_ABSTRACT_CHARACTERS:
        what = "title and no abstract"
    named = f" ({title[:60]!r})" if title else ""
    return (
        f"no {what} was found on its first pages{named}; add it by hand: "
        "paperchat papers add --title … --abstract …"
    )


def _lines(content: bytes) -> list[Line]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
        try:
            pages = range(min(PAGES, len(document)))
            return [line for n in pages for line in _page_lines(document[n].get_textpage())]
        finally:
            document.close()
    except pypdfium2.PdfiumError as exc:
        why = "it has a password" if "password" in str(exc).lower() else "it is a broken PDF"
        raise UnreadableError(why) from exc


def _page_lines(page: PdfTextPage) -> Iterator[Line]:
    text = page.get_text_range(0, min(page.count_chars(), MOST_CHARACTERS))
    at = 0
    for line in text.split("\r\n"):
        yield Line(line, _size(page, at, len(line)))
        at += len(line) + 2


def _size(page: PdfTextPage, at: int, length: int) -> float:
    """Return the height of a line's letters: of some of them, for all are alike."""
    heights = []
    for place in range(at, min(at + length, page.count_chars()), max(1, length // 8)):
        left, bottom, right, top = page.get_charbox(place, loose=True)
        if right > left:
            heights.append(top - bottom)
    return round(median(heights), 1) if heights else 0.0


def _heading(text: str) -> str | None:
    """Return what stands behind the word "Abstract" on a line that begins with it, else None."""
    found = HEADING.match(text)
    if found is None:
        return None
    rest = found["rest"]
    is_sentence = not rest or rest[0].isupper() or not rest[0].isalpha()
    return rest if is_sentence else None


def _title(lines: Sequence[Line], around: str) -> tuple[str, int]:
    """Return the title, and where what follows it begins; "" where nothing is set larger."""
    filled = [line for line in lines if line.text.strip() and not NO_TITLE.match(line.text.strip())]
    if not filled:
        return "", 0
    largest = max(line.size for line in filled if len(line.text.strip()) > 3 or len(filled) == 1)
    body = median(line.size for line in lines if line.text.strip())
    places = [
        n
        for n, line in enumerate(lines)
        if line.size >= largest * 0.97
        and line.text.strip()
        and not NO_TITLE.match(line.text.strip())
    ]
    run = places[:1]
    for place in places[1:]:
        if place - run[-1] > 1:
            break
        run.append(place)
    title = _joined([lines[n].text for n in run], around)
    fits = TITLE_CHARACTERS[0] <= len(title) <= TITLE_CHARACTERS[1]
    is_larger = largest >= body * TITLE_LARGER or len(lines) <= 6
    return (title, run[-1] + 1) if fits and is_larger else ("", 0)


def _authors(lines: Sequence[Line]) -> list[str]:
    """Return the people of the first lines below the title that hold names and no place of work."""
    people: list[str] = []
    for line in lines:
        bare = one_line(MARKS.sub(" ", line.text)).strip(" ,;")
        if not bare:
            continue
        if NO_PERSON.search(bare):
            break
        found = [name.strip(" ,") for name in split_people(bare.replace(" ,", ","))]
        if not all(map(_is_name, found)):
            break
        people += found
    return people


def _is_name(text: str) -> bool:
    words = text.split()
    return 1 < len(words) <= 6 and all(word[0].isupper() for word in (words[0], words[-1]))


def _abstract(lines: Sequence[Line], at: int, around: str) -> str:
    first = _heading(lines[at].text) or ""
    kept = [first] if first else []
    for line in lines[at + 1 :]:
        if (kept and END.match(line.text)) or sum(map(len, kept)) > MOST_ABSTRACT_CHARACTERS:
            break
        kept.append(line.text)
    return _joined(kept, around)


def _joined(lines: Sequence[str], around: str) -> str:
    """Return lines as one text; a word that was broken at the end of a line is whole again."""
    return one_line(whole_words(_without_ligatures("\n".join(lines)), around))


def _without_ligatures(text: str) -> str:
    return LIGATURES.sub(lambda sign: unicodedata.normalize("NFKC", sign[0]), text)
