"""Read tables with the columns' names on top: CSV with commas, semicolons, tabs or bars.

The columns may be called as Scopus, IEEE Xplore, Web of Science, Zotero, Covidence, PubMed,
Dimensions and the like call them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Final

from rag.identifiers import find_arxiv_id
from rag.readers.dates import best_date, combine
from rag.readers.named_values import SOLR_SUFFIX
from rag.readers.records import OwnRecord, Record, RecordError, UnreadableError
from rag.readers.text_files import Text
from rag.text import without_accents

DELIMITERS: Final = ",;\t|"
# Names of columns without case, accents, spaces and signs; the better ones stand first.
TITLES: Final = (
    *("title", "articletitle", "documenttitle", "papertitle", "itemtitle", "primarytitle"),
    *("publicationtitle", "ti", "titleofpaper", "titleenglish", "titel", "titre", "titulo"),
    *("titolo", "tytuł", "otsikko", "nazov", "nazev", "название", "标题", "题名", "タイトル"),
)
ABSTRACTS: Final = (
    *("abstract", "abstractnote", "abstracttext", "ab", "summary", "abstractenglish", "abstracts"),
    *("description", "zusammenfassung", "kurzfassung", "resume", "resumen", "resumo", "riassunto"),
    *("samenvatting", "sammanfattning", "streszczenie", "tiivistelma", "аннотация", "摘要"),
    *("resumeabstract", "articleabstract", "text"),
)
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "title": TITLES,
    "abstract": ABSTRACTS,
    "authors": (
        *("authorfullnames", "authors", "author", "authornames", "af", "au", "authorsraw"),
        *(
            "creator",
            "creators",
            "authorname",
            "authorslist",
            "authorlist",
            "auteurs",
            "auteur",
            "authfullname",
        ),
        *("autor", "autoren", "autorinnen", "verfasser", "autores", "autore", "autori", "autorzy"),
        *(
            "authfullname",
            "forfattare",
            "forfatter",
            "forfattere",
            "автор",
            "авторы",
            "作者",
            "著者",
        ),
    ),
    "date": (
        *("published", "date", "publicationdate", "publisheddate", "datepublished", "pd"),
        *(
            "pubdate",
            "publishtime",
            "onlinedate",
            "coverdate",
            "issuedate",
            "datum",
            "produceddate",
        ),
        *("erscheinungsdatum", "datedepublication", "fechadepublicacion", "datadipubblicazione"),
    ),
    "year": (
        *("year", "publicationyear", "publishedyear", "pubyear", "py", "yearpublished", "jahr"),
        *("erscheinungsjahr", "publikationsjahr", "annee", "ano", "anno", "jaar", "ar", "rok"),
        *("год", "年", "anneedepublication", "anodepublicacion", "yearofpublication"),
    ),
    "month": ("month", "publishedmonth", "publicationmonth"),
    "doi": ("doi", "di", "doilink", "digitalobjectidentifier", "articledoi", "itemdoi", "doiid"),
    "pmid": ("pmid", "pubmedid", "pubmed", "pm"),
    "arxiv": ("arxivid", "arxiv", "eprint", "archivelocation"),
    "url": (
        *("url", "link", "htmllink", "pdflink", "urls", "sourceurl", "articleurl", "website"),
        *("externalurl", "fulltextlink", "sourceurls"),
    ),
    "venue": (
        *("venue", "journal", "sourcetitle", "journalbook", "journaltitle", "publication"),
        *("journalname", "conferencename", "booktitle", "so", "journalabbreviation"),
        *("zeitschrift", "revue", "revista", "rivista", "tijdschrift", "tidskrift", "czasopismo"),
    ),
    "keywords": (
        *("authorkeywords", "keywords", "manualtags", "tags", "de", "indexkeywords"),
        *("schlagworter", "schlagworte", "motscles", "palabrasclave", "parolechiave"),
    ),
    "key": ("citationkey", "citekey", "bibtexkey"),
    "collections": ("collections", "collection"),
    "own": ("paperchatid",),
}
NUMBERED_AUTHOR: Final = re.compile(r"^(?:author|autor|auteur)(?:name)?\d{1,3}$")
FIRST_AUTHOR: Final = "firstauthor"  # where no other is told
MOST_BROKEN_ROWS: Final = 20  # one behind the other
LINES_BEFORE_NAMES: Final = 5  # some tables begin with what was searched for
TEXT_SIGN: Final = re.compile(r"^'(?=[=+\-@\t\r'])")  # what tells a spreadsheet: no formula
SEPARATOR: Final = re.compile(r'^"?sep=(.)"?\s*$', re.IGNORECASE)  # as Excel is told it


def looks_like_table(text: str) -> bool:
    """Whether one of the first lines names columns of titles and abstracts."""
    return _names_in(text) is not None or _has_titles_alone(text)


def read_table(file: Text) -> Iterator[Record | RecordError]:
    """Read a record, or what is wrong with it, for every row below the names that is not empty.

    Raises:
        UnreadableError: There is no column of abstracts.
    """
    lines = iter(file)
    filled = (line for line in lines if line.strip())
    head = list(islice(filled, LINES_BEFORE_NAMES))
    found = _names_in("".join(head))
    if found is None:
        raise UnreadableError("it is a table without a column that is called abstract")
    delimiter, columns, below = found
    for row in _rows(chain(head[below:], lines), delimiter):
        if isinstance(row, RecordError):
            yield row
        elif any(map(str.strip, row)):
            yield _record(columns, row)


def _names_in(text: str) -> tuple[str, list[str], int] | None:
    """What separates the columns, their names, and how many lines stand above the rows."""
    lines = [line for line in text.split("\n") if line.strip()][:LINES_BEFORE_NAMES]
    for number, line in enumerate(lines):
        declared = SEPARATOR.match(line)
        for delimiter in declared[1] if declared else DELIMITERS:
            names = _columns(line.strip("\r"), delimiter)
            if _has(names, TITLES) and _has(names, ABSTRACTS):
                return delimiter, names, number + 1
    return None


def _has_titles_alone(text: str) -> bool:
    """Whether the first line names columns of papers, with no abstracts among them."""
    line = text.lstrip("\r\n").partition("\n")[0]
    for delimiter in DELIMITERS:
        names = _columns(line, delimiter)
        known = [column for column, called in COLUMNS.items() if _has(names, called)]
        if _has(names, TITLES[:6]) and len(known) > 2:
            return True
    return False


def _has(names: list[str], called: tuple[str, ...]) -> bool:
    return not set(called).isdisjoint(names)


def _columns(line: str, delimiter: str) -> list[str]:
    try:
        names = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []
    return [_bare(name) for name in names]


def _bare(name: str) -> str:
    """A column's name without case, accents, spaces and signs."""
    return "".join(filter(str.isalnum, without_accents(SOLR_SUFFIX.sub("", name)).casefold()))


def _rows(lines: Iterator[str], delimiter: str) -> Iterator[list[str] | RecordError]:
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    broken = 0  # in a row
    while broken < MOST_BROKEN_ROWS:
        try:
            yield next(rows)
            broken = 0
        except StopIteration:
            return
        except csv.Error as exc:  # also for a field of more than 131,072 characters
            broken += 1
            yield RecordError(f"broken CSV: {exc}")
    raise UnreadableError(f"its last {MOST_BROKEN_ROWS} rows are broken; it was read no further")


def _record(columns: list[str], row: list[str]) -> Record:
    cells: dict[str, str] = {}
    for column, value in zip(columns, row, strict=False):
        cells.setdefault(column, TEXT_SIGN.sub("", value.strip()))
    doi = _first(cells, "doi")
    year = _first(cells, "year")
    dates = [cells[name] for name in COLUMNS["date"] if cells.get(name)]
    own_id = _first(cells, "own")
    record: Record = {
        "id": own_id,
        "title": _first(cells, "title"),
        "abstract": _first(cells, "abstract"),
        "authors": _first(cells, "authors") or _authors_apart(cells),
        "published": _published(year, dates, _first(cells, "month")),
        "arxiv_id": _first(cells, "arxiv") or find_arxiv_id(doi),
        "doi": doi,
        "pmid": _first(cells, "pmid"),
        "url": _first(cells, "url"),
        "venue": _first(cells, "venue"),
        "keywords": _first(cells, "keywords"),
        "citekey": _first(cells, "key"),
        "collections": list(filter(None, map(str.strip, _first(cells, "collections").split(";")))),
    }
    if not own_id:
        return record
    names = map(str.strip, _first(cells, "authors").split(";"))
    return OwnRecord({**record, "authors": list(names), "source": cells.get("source")})


def _published(year: str, dates: list[str], month: str) -> str | None:
    """The date; of several that of the year in its own column, which is the issue's."""
    known = best_date(combine(year, month), *(each for each in dates if best_date(each)))
    parts = [each for each in dates if not best_date(each)]  # such as a month alone
    return combine(known, *parts[:1]) if known and len(known) == 4 else known


def _authors_apart(cells: Mapping[str, str]) -> list[str]:
    """Authors in columns of their own."""
    numbered = [value for name, value in cells.items() if value and NUMBERED_AUTHOR.match(name)]
    return numbered or list(filter(None, [cells.get(FIRST_AUTHOR, "")]))


def _first(cells: Mapping[str, str], column: str) -> str:
    return next((cells[name] for name in COLUMNS[column] if cells.get(name)), "")
