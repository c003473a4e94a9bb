"""Read texts that list papers with abstracts: of PubMed, Scopus, ScienceDirect, IEEE and arXiv.

They have few tags or none: the order of paragraphs and lines tells what is what.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice
from typing import Final

from rag.identifiers import plain_arxiv_id
from rag.readers.dates import parse_date
from rag.readers.records import LatexRecord, Record, RecordError
from rag.readers.text_files import Text

CHARACTERS_LOOKED_AT: Final = 1 << 16
MOST_RECORD_CHARACTERS: Final = 1_000_000
MOST_LINES: Final = 5_000  # of a record; what follows is left out
# `1. J Sounds. 2021 Mar 5;14(3):10-19. doi: 10.5555/x.`
CITATION: Final = re.compile(r"^\d{1,6}\. \S[^\n]{0,300}?\. ((?:19|20)\d\d\b[^;:.\n]*)")
PUBMED: Final = re.compile(
    r"^\d{1,6}\. \S[^\n]{0,300}?\. (?:19|20)\d\d\b[^\n]{0,400}\n(?:[^\n]{1,400}\n){0,3}\n",
    re.MULTILINE,
)
PUBMED_ID: Final = re.compile(r"^PMID: (\d{1,8})\b", re.MULTILINE)
PUBMED_DOI: Final = re.compile(r"\bdoi: (10\.\S+?)\.?(?:\s|$)", re.IGNORECASE)
MARK: Final = re.compile(r"\(\d+\)")  # of an affiliation
INITIALS: Final = re.compile(r"\s[A-ZÀ-Þ]{1,4}(?: (?:Jr|Sr|2nd|3rd|II|III))?\.?$")
BESIDE: Final = re.compile(
    r"^(?:author information|collaborators|comment (?:in|on)|erratum in|update (?:in|of)|plain lang"
    r"|conflict of interest|doi:|pmid:|pmcid:|copyright|©|publisher:|republished|summary for"
    r"|retraction in|retracted and|original report|associated data|declaration of)",
    re.IGNORECASE,
)
# `https://doi.org/10.5555/x.` with the page's address in brackets below.
PAGE: Final = re.compile(r"^\((https?://\S+)\)\s*$")
SCIENCE_DIRECT: Final = re.compile(
    r"^[^\n]+,\n(?:[^\n]+,\n){1,12}(?:https?://doi\.org/10\.\S+\n)?\(https?://\S+\)[ \t]*\n",
    re.MULTILINE,
)
ABSTRACT: Final = re.compile(r"^Abstract: ", re.MULTILINE)
DETAIL: Final = re.compile(
    r"^(?:Volumes? |Issue |Part |Pages? |ISSN|ISBN|Article |In Press|https?://|(?:19|20)\d\d,$)"
)
# `(2019) Journal of Sounds, 3 (4), pp. 1 - 2.` below a title.
SCOPUS_PLACE: Final = re.compile(r"^\(((?:19|20)\d\d)\) ([^\n]{2,300}?)(?:, \d|, Art|, pp|\.|$)")
SCOPUS: Final = re.compile(r"^\((?:19|20)\d\d\) [^\n]+\n", re.MULTILINE)
SCOPUS_ABSTRACT: Final = re.compile(r"^ABSTRACT: [^\n]+\n(?:[^\n]*\n){0,40}?SOURCE: ", re.MULTILINE)
# `A. Rao and B. Quist, "Wet antennas," in Rain, vol. 8, Feb. 2022, doi: 10.5555/x.`
REFERENCE: Final = re.compile(
    r"^([^\n\"“”]{2,2000}), [\"“]([^\n\"”]{2,600}?),?[\"”],? "
    r"(?:in )?([^\n]*\b(?:19|20)\d\d\b[^\n]*)$",
    re.MULTILINE,
)
REFERENCE_ABSTRACT: Final = re.compile(
    rf"{REFERENCE.pattern}\n(?:[^\n]*\n){{0,2}}?Abstract: ", re.MULTILINE
)
REFERENCE_YEAR: Final = re.compile(
    r"(?:\b([A-Z][a-z]{2,8})\.? )?\b((?:19|20)\d\d)\b(?!-\d)(?!\.\d)"
)
KEYWORDS: Final = re.compile(r"\bkeywords: \{([^}]*)\},?")
MAILING: Final = re.compile(r"^\\\\[ \t]*\n(?:arXiv:|Paper: )\S+", re.MULTILINE)
RULE: Final = re.compile(r"^(?:-{20,}|(?:%%%?-{2,}){2,}.*)\s*$")
HEADER: Final = re.compile(r"^([A-Z][A-Za-z-]{2,20}):\s*(.*)$")
MAILED_ID: Final = re.compile(r"^(?:arXiv:|Paper: )\s*(\S+)", re.MULTILINE)


def looks_like_listing(text: str) -> bool:
    """Return whether the text lists papers in one of the three forms."""
    return _form_of(text) is not None


def read_listing(file: Text) -> Iterator[Record | RecordError]:
    """Read a record, or what is wrong with it, for every paper of the file, in order."""
    lines = iter(file)
    begun: list[str] = []
    while sum(map(len, begun)) < CHARACTERS_LOOKED_AT and (some := list(islice(lines, 200))):
        begun += some
    form = _form_of("".join(begun))
    if form is None:
        return
    for record in form.split(chain(begun, lines)):
        if sum(map(len, record)) > MOST_RECORD_CHARACTERS:
            yield RecordError(f"it is longer than {MOST_RECORD_CHARACTERS:,} characters")
        elif found := form.read([line.rstrip() for line in record]):
            yield found


def _form_of(text: str) -> _Form | None:
    return next((form for form in FORMS if form.recognises(text)), None)


def _split_pubmed(lines: Iterable[str]) -> Iterator[list[str]]:
    """Begin a record with each citation that stands behind a blank line and another's number."""
    record: list[str] = []
    is_apart, is_whole = True, True
    for line in lines:
        if is_apart and is_whole and CITATION.match(line):
            if record:
                yield record
            record, is_whole = [], False
        if (record or not is_whole) and len(record) < MOST_LINES:
            record.append(line)
        is_apart = not line.strip()
        is_whole |= PUBMED_ID.match(line) is not None
    if record:
        yield record


def _read_pubmed(lines: Sequence[str]) -> Record:
    citation, *others = _paragraphs(lines)
    title, *others = others or [""]
    people = _people(others[0]) if others else []
    abstract = [each for each in others[1 if people else 0 :] if not BESIDE.match(each)]
    whole = "\n".join(lines)
    number = PUBMED_ID.search(whole)
    date, doi = CITATION.match(citation), PUBMED_DOI.search(whole)
    return {
        "title": title,
        "abstract": " ".join(abstract),
        "authors": people,
        "published": parse_date(date[1]) if date else None,
        "doi": doi[1] if doi else "",
        "pmid": number[1] if number else "",
        "venue": citation.partition(". ")[2].partition(". ")[0],
    }


def _paragraphs(lines: Sequence[str]) -> list[str]:
    groups = groupby(map(str.strip, lines), key=bool)
    return [" ".join(group) for is_text, group in groups if is_text]


def _people(paragraph: str) -> list[str]:
    """Return the people of a paragraph of names with initials; none where it is something else."""
    bare = MARK.sub("", paragraph).replace(" ,", ",")
    names = [name for each in bare.split(",") if (name := each.strip().rstrip(";"))]
    named = sum(1 for name in names if INITIALS.search(name))
    return [name.rstrip(".") for name in names] if named * 2 > len(names) else []


def _split_science_direct(lines: Iterable[str]) -> Iterator[list[str]]:
    """Take a block of lines for a record; one without an address goes on with the abstract."""
    record: list[str] = []
    for is_text, group in groupby(lines, key=lambda line: bool(line.strip())):
        block = list(islice(group, MOST_LINES)) if is_text else []
        if any(map(PAGE.match, block)) and record:
            yield record
            record = []
        record += block[: MOST_LINES - len(record)]
    if record:
        yield record


def _read_science_direct(lines: Sequence[str]) -> Record | None:
    at = next((number for number, line in enumerate(lines) if PAGE.match(line)), -1)
    if at < 0:
        return None
    details = [line for line in lines[:at] if DETAIL.match(line)]
    named = [line.rstrip(", ") for line in lines[:at] if not DETAIL.match(line)]
    people, title, venue = named[:3] if len(named) > 2 else ["", *named, "", ""][:3]
    years = (line.rstrip(",") for line in details if line.rstrip(",").isdecimal())
    dois = (line.rstrip(".") for line in details if "doi.org/" in line)
    below = " ".join(line.strip() for line in lines[at + 1 :])
    abstract, _, keywords = below.partition(" Keywords: ")
    address = PAGE.match(lines[at])
    return {
        "title": title,
        "abstract": abstract.removeprefix("Abstract: "),
        "authors": people,
        "published": next(years, ""),
        "doi": next(dois, ""),
        "url": address[1] if address else "",
        "venue": venue,
        "keywords": keywords,
    }


def _split_mailing(lines: Iterable[str]) -> Iterator[list[str]]:
    for is_rule, group in groupby(lines, key=lambda line: RULE.match(line) is not None):
        if not is_rule:
            yield list(islice(group, MOST_LINES))


def _read_mailing(lines: Sequence[str]) -> Record | None:
    """Return a record of three parts between lines that begin with two backslashes."""
    parts: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("\\\\"):
            parts.append([])
        else:
            parts[-1].append(line)
    head, abstract = (*parts[1:3], [], [])[:2]
    arxiv_id = MAILED_ID.search("\n".join(head))
    if arxiv_id is None:
        return None
    fields: dict[str, str] = {}
    name = ""
    for line in head:
        found = HEADER.match(line)
        if found and not line.startswith("arXiv:"):
            name = found[1].lower()
            fields.setdefault(name, found[2])
        elif name and line.startswith(" "):
            fields[name] += f" {line.strip()}"
    return LatexRecord(
        id=plain_arxiv_id(arxiv_id[1]),
        title=fields.get("title"),
        abstract=" ".join(line.strip() for line in abstract),
        authors=fields.get("authors") or fields.get("author"),
        published=fields.get("date", "").partition("(")[0],
        doi=fields.get("doi"),
        venue=fields.get("journal-ref"),
        keywords=fields.get("categories", "").split(),
    )


def _split_scopus(lines: Iterable[str]) -> Iterator[list[str]]:
    record: list[str] = []
    for line in lines:
        if len(record) < MOST_LINES:
            record.append(line)
        if line.startswith("SOURCE: "):
            yield record
            record = []
    if record:
        yield record


def _read_scopus(lines: Sequence[str]) -> Record | None:
    """Return a record with its title above the year and the journal, and labels for the rest."""
    at = next((number for number, line in enumerate(lines) if SCOPUS_PLACE.match(line)), 0)
    place = SCOPUS_PLACE.match(lines[at])
    if not place:
        return None
    begin = max((n for n, line in enumerate(lines[:at]) if not line.strip()), default=-1) + 1
    labels = (line.partition(": ") for line in lines)
    fields = {name: value for name, sign, value in labels if sign and name.isupper()}
    address = (line for line in lines[at:] if line.startswith("https://"))
    return {
        "title": lines[at - 1] if at > begin else "",
        "abstract": fields.get("ABSTRACT", ""),
        "authors": fields.get("AUTHOR FULL NAMES") or (lines[begin] if at - begin > 1 else ""),
        "published": place[1],
        "doi": fields.get("DOI", ""),
        "url": next(address, ""),
        "venue": place[2],
        "keywords": fields.get("AUTHOR KEYWORDS", ""),
    }


def _split_references(lines: Iterable[str]) -> Iterator[list[str]]:
    record: list[str] = []
    for line in lines:
        if REFERENCE.match(line) and record:
            yield record
            record = []
        if len(record) < MOST_LINES:
            record.append(line)
    if record:
        yield record


def _read_reference(lines: Sequence[str]) -> Record | None:
    """Return a record of a reference with its abstract and keywords below."""
    reference = next(filter(None, map(REFERENCE.match, lines)), None)
    if reference is None:
        return None
    people, title, place = reference.groups()
    place, _, doi = place.partition(" doi: ")
    _, _, below = " ".join(line.strip() for line in lines).partition(" Abstract: ")
    keywords = KEYWORDS.search(below)
    dates = [" ".join(filter(None, each)) for each in REFERENCE_YEAR.findall(place)]
    return {
        "title": title,
        "abstract": below[: keywords.start()] if keywords else below.partition(" URL: ")[0],
        "authors": people,
        "published": parse_date(dates[-1]) if dates else None,
        "doi": doi.strip().rstrip("."),
        "venue": place.partition(", ")[0],
        "keywords": keywords[1] if keywords else "",
    }


@dataclass(frozen=True, slots=True)
class _Form:
    """How papers are listed: what is met in a file's beginning, and how records are cut and read.

    Attributes:
        met: Each of them has to be.
    """

    met: tuple[re.Pattern[str], ...]
    split: Callable[[Iterable[str]], Iterator[list[str]]]
    read: Callable[[Sequence[str]], Record | None]

    def recognises(self, text: str) -> bool:
        return all(each.search(text) for each in self.met)


FORMS: Final = (
    _Form((MAILING,), _split_mailing, _read_mailing),
    _Form((PUBMED, PUBMED_ID), _split_pubmed, _read_pubmed),
    _Form((SCOPUS, SCOPUS_ABSTRACT), _split_scopus, _read_scopus),
    _Form((REFERENCE_ABSTRACT,), _split_references, _read_reference),
    _Form((SCIENCE_DIRECT, ABSTRACT), _split_science_direct, _read_science_direct),
)
