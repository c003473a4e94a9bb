"""Read what records tell of a paper's publication: its kind, volume, issue, pages and the like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from rag.cleaning import clean_text
from rag.identifiers import find_arxiv_id
from rag.text import one_line, squeezed
from rag.types import NO_IMPRINT, Imprint, Kind

MOST_NUMBER_CHARACTERS: Final = 60  # of a volume, an issue or pages
MOST_PUBLISHER_CHARACTERS: Final = 200
MOST_NUMBERS: Final = 4  # of a journal or a book: in print, electronic and the like
MOST_SEARCHED: Final = 400  # characters, for the numbers of journals and books
MOST_WORDS_OF_A_KIND: Final = 4
MOST_WHOLE: Final = 10**15
KINDS_REMEMBERED: Final = 1 << 10

# What services and programs call the kinds, without case, spaces and signs.
NAMES: Final[Mapping[Kind, str]] = {
    "article": "article articles j journalarticle articlejournal articlemagazine articlenewspaper "
    "articleinpress review metaanalysis letter editorial shortsurvey datapaper journal journals "
    "journalpaper jour jfull ejour mgzn news inpr magazine magazines newspaper periodical "
    "suppperiodical casereport casereports clinicaltrial randomizedcontrolledtrial "
    "comparativestudy briefreport erratum articledejournal zeitschriftenartikel articulo",
    "conference": "conference conferences conferencepaper conferencepapers paperconference "
    "inproceedings proceedingsarticle proceedingspaper conferenceproceedings "
    "conferenceproceeding conferencearticle cpaper conf meetingabstract conferenceabstract "
    "conferencereview congress conferencepublication conferencecontribution conferenceobject "
    "workshoppaper workshop",
    "chapter": "chapter chapters bookchapter booksection bookpart bookitem inbook incollection "
    "suppbook suppcollection chap echap encyclopediaarticle entryencyclopedia ency "
    "dictionaryentry entrydictionary dict referenceentry inreference partofbook",
    "book": "book books ebook ebooks mvbook monograph editedbook referencebook edbook bookedited "
    "bookwhole proceedings mvproceedings booklet bookset",
    "thesis": "thesis theses phdthesis mastersthesis masterthesis bachelorthesis doctoralthesis "
    "dissertation dissertations dissertationthesis thes",
    "report": "report reports techreport technicalreport rprt workingpaper reportseries "
    "governmentdocument govdoc whitepaper",
    "preprint": "preprint preprints postedcontent unpublished unpb unpublishedwork arxiv",
}
KINDS: Final[Mapping[str, Kind]] = {
    name: kind for kind, names in NAMES.items() for name in names.split()
}
KEYS: Final = frozenset(
    ("kind", "kinds", "volume", "issue", "pages", "publisher", "issn", "isbn"),
)
NOTHING: Final = frozenset(
    ("na", "nan", "none", "null", "unknown", "npag", "np", "inpress", "toappear", "tba", "tbd"),
)
NO_PUBLISHERS: Final = frozenset(("arxiv", "arxivorg"))  # of whose ids the record tells
WHOLE_FLOAT: Final = re.compile(r"^(\d+)\.0$")  # as spreadsheets have numbers
BEFORE_PAGES: Final = re.compile(r"^(?:pp?\.?|pages?|pgs?\.?)[\s:]*(?=[\dA-Za-z])", re.IGNORECASE)
BEFORE_NUMBER: Final = re.compile(
    r"^(?:vol(?:ume)?|issue|iss|no|nr|number)(?:\.\s*|:\s*|\s+)(?=\d)", re.IGNORECASE
)
DASHES: Final = re.compile(r"\s*(?:[-‐‑‒–—―−]+|\\textendash\b(?:\{\})?)\s*")
DASH: Final = "–"
PAGE: Final = re.compile(r"([A-Za-z]{0,5}[.:]?)(\d{1,9})([A-Za-z]{0,3})")
# An article's number with a page, as ACM has them: `30:1`.
ARTICLE_PAGE: Final = re.compile(r"[\w.]{1,12}[:.]\w{1,8}")
DASHES_OF_TWO: Final = re.compile(r"-{2,}|[‒—―−]")
ROMAN: Final = re.compile(r"[ivxlcdm]+", re.IGNORECASE)
ISSN: Final = re.compile(r"(?<![\dA-Za-z-])(\d{4})[-–]?(\d{3}[\dXx])(?![\dA-Za-z-])")
ISBN: Final = re.compile(r"(?<![\d-])(?:97[89][- ]?)?(?:\d[- ]?){9}[\dXx](?![\d-])")
Record = Mapping[str, object]


def read_imprint(record: Record) -> Imprint:
    """Read what a record tells of its paper's publication; what is no such thing is left out.

    Keys: `kind`, else `kinds`; `volume`, `issue`, `pages`, `publisher`, `issn` and `isbn`, of which
    the last two may hold either, and several.
    """
    if KEYS.isdisjoint(record):
        return NO_IMPRINT
    standards = " ; ".join(filter(None, (_text(record.get("issn")), _text(record.get("isbn")))))
    found = (
        _kind(record),
        _number(_text(record.get("volume"))),
        _number(_text(record.get("issue"))),
        _pages(record.get("pages")),
        _publisher(_text(record.get("publisher"))),
        *(_standard_numbers(standards) if standards else (None, None)),
    )
    return Imprint(*found) if any(found) else NO_IMPRINT


def page_span(first: str, last: str) -> str:
    """Return first and last page as one text; where one of them holds both, that."""
    if not (first and last) or DASHES.search(first):
        return first or last
    return last if DASHES.search(last) else f"{first}{DASH}{last}"


def _text(value: object) -> str:
    """Return a text on one line, a number as a text, the texts of a list between semicolons."""
    if not value:
        return ""
    if isinstance(value, str):
        text = one_line(value)
        return clean_text(text) if any(sign in text for sign in "<&\\") else text
    if isinstance(value, list | tuple):
        return "; ".join(filter(None, (_text(each) for each in value[:MOST_NUMBERS])))
    if isinstance(value, float) and value.is_integer() and abs(value) < MOST_WHOLE:
        return str(int(value))
    is_number = isinstance(value, int) and not isinstance(value, bool) and value < MOST_WHOLE
    return str(value) if is_number else ""


def _kind(record: Record) -> Kind | None:
    kinds = record.get("kinds")
    told = (record.get("kind"), *(kinds if isinstance(kinds, list | tuple) else (kinds,)))
    known = [kind for each in told if isinstance(each, str) and (kind := kind_of(each))]
    return "preprint" if "preprint" in known else next(iter(known), None)  # also an article


@lru_cache(KINDS_REMEMBERED)
def kind_of(text: str) -> Kind | None:
    """Return the kind of publication that services and programs call so; None for another."""
    bare = text.partition("(")[0].rpartition("/")[2].strip()
    if len(bare) > MOST_NUMBER_CHARACTERS:
        return None
    last = bare.rpartition(" ")[2] if bare.count(" ") < MOST_WORDS_OF_A_KIND else ""
    return KINDS.get(squeezed(bare)) or KINDS.get(squeezed(last))  # "IET Conferences"


def _is_nothing(text: str) -> bool:
    """Whether a text stands for nothing: a zero, a dash, or words that say so."""
    signs = "".join(filter(str.isalnum, text)).lower()
    return signs in NOTHING or not signs.strip("0")


def _number(text: str) -> str | None:
    """Return a volume or an issue without what it is called; None for none, or an arXiv id."""
    if not text or len(text) > MOST_NUMBER_CHARACTERS:
        return None
    bare = WHOLE_FLOAT.sub(r"\1", BEFORE_NUMBER.sub("", text)).strip(" ,;")
    if _is_nothing(bare) or bare.startswith("abs/") or find_arxiv_id(text):
        return None
    return bare


def _pages(value: object) -> str | None:
    """Return pages as texts have them; a number that is no text counts pages."""
    text = _text(value) if isinstance(value, str) else ""
    if not text or len(text) > MOST_NUMBER_CHARACTERS or find_arxiv_id(text):
        return None
    parts = re.split(r"\s*;\s*|,\s+", WHOLE_FLOAT.sub(r"\1", text.strip(" ,;.")))
    ranges = (_range(BEFORE_PAGES.sub("", part)) for part in parts)
    return ", ".join(each for each in ranges if not _is_nothing(each)) or None


def _range(text: str) -> str:
    """Return first and last page with a dash between them, an abbreviated last one written out."""
    ends = DASHES.split(text.rstrip("+ "))
    as_given = DASHES_OF_TWO.sub(DASH, text.rstrip("+ "))
    if len(ends) != 2:
        return as_given
    first, last = ends
    if not (first and last) or first == last:
        return first or last
    if ROMAN.fullmatch(first) and ROMAN.fullmatch(last):
        return f"{first}{DASH}{last}"
    begin, end = PAGE.fullmatch(first), PAGE.fullmatch(last)
    if not (begin and end):
        is_range = ARTICLE_PAGE.fullmatch(first) and ARTICLE_PAGE.fullmatch(last)
        return f"{first}{DASH}{last}" if is_range else as_given
    return _written_out(begin, end) or as_given


def _written_out(begin: re.Match[str], end: re.Match[str]) -> str:
    """Return a range whose last page is written out; "" where it would come before the first."""
    before, first, _ = begin.groups()
    if end[1] not in ("", before):
        return f"{begin[0]}{DASH}{end[0]}"
    last = end[2]
    if len(last) < len(first) and not first.startswith("0"):
        last = first[: len(first) - len(last)] + last
    if int(last) < int(first):
        return ""
    written = f"{before}{last}{end[3]}"
    return begin[0] if written == begin[0] else f"{begin[0]}{DASH}{written}"


def _publisher(text: str) -> str | None:
    bare = text.strip(" ,;:")
    is_none = not bare or len(bare) > MOST_PUBLISHER_CHARACTERS or _is_nothing(bare)
    return None if is_none or squeezed(bare) in NO_PUBLISHERS else bare


def _standard_numbers(text: str) -> tuple[str | None, str | None]:
    """Take numbers of journals and of books, by their shapes, out of a text that may hold both."""
    text = text[:MOST_SEARCHED]
    issns = (f"{one}-{two}".upper() for one, two in ISSN.findall(text))
    isbns = (found.replace(" ", "-").upper() for found in ISBN.findall(ISSN.sub(";", text)))
    return _listed(issns), _listed(isbns)


def _listed(numbers: Iterable[str]) -> str | None:
    """Put numbers behind one another, each once; what is all zeros is none."""
    once: dict[str, str] = {}
    for each in numbers:
        bare = each.replace("-", "")
        if bare.strip("0"):
            once.setdefault(bare, each)
    return ", ".join(list(once.values())[:MOST_NUMBERS]) or None
