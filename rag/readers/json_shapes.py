"""Tell from where an item of JSON is by its shape, and make a record of it.

OpenAlex, Semantic Scholar, Crossref, arXiv's snapshot, Zotero and Better BibTeX, CSL, Notion and
BioC have shapes of their own; what has none is the record of a person's own script, or of a service
in names and nestings that are found by what they are called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rag.identifiers import (
    arxiv_id_in,
    doi_address,
    find_arxiv_id,
    is_of_preprints,
    month_of_arxiv_id,
    plain_arxiv_id,
    plain_doi,
)
from rag.readers.bioc import record_of_passages
from rag.readers.dates import iso_date, parse_date
from rag.readers.imprints import page_span
from rag.readers.named_imprints import named_imprint, named_kinds, tells_any
from rag.readers.named_values import FINDERS, Found, joined_title, key_of
from rag.readers.people import Person, read_people, whole
from rag.readers.records import (
    LatexRecord,
    OwnRecord,
    Record,
    first_version,
    noted_later,
    noted_retraction,
)
from rag.readers.zotero_collections import NAMED
from rag.text import one_line

Item = Mapping[str, object]

OWN_ID: Final = "paperchat_id"  # as rag.export.csl writes it
MOST_WORDS: Final = 40_000  # of an inverted index: a broken one may number words at will


def record_of(item: Item) -> Record:
    """Make the record of an item, as the first of the shapes that it has says."""
    for has_shape, read in SHAPES:
        if has_shape(item):
            return read(item)
    return _plain(item)


def _notion_page(properties: Item) -> Item:
    """Return the properties of a page of Notion, each of which tells its type beside its value."""
    page: dict[str, object] = {}
    for name, each in properties.items():
        kind = _text(each, "type")
        value = each.get(kind) if isinstance(each, Mapping) else None
        page["title" if kind == "title" else name] = _notion_value(value)
    return page


def _notion_value(value: object) -> object:
    if isinstance(value, list):
        texts = [_text(each, "plain_text") for each in value]
        return "".join(texts) if any(texts) else [_text(each, "name") for each in value]
    if isinstance(value, Mapping):
        return _text(value, "start") or _text(value, "name")
    return value


def _arxiv(item: Item) -> Record:
    """Return a record of arXiv's metadata snapshot, which is LaTeX."""
    parsed = item.get("authors_parsed")
    names = _parsed_names(parsed) if isinstance(parsed, list) else None
    return LatexRecord(
        id=item.get("id"),
        title=item.get("title"),
        abstract=item.get("abstract"),
        authors=names or _latex(item.get("authors")),
        published=first_version(item)
        or item.get("update_date")
        or month_of_arxiv_id(plain_arxiv_id(_text(item, "id"))),
        doi=item.get("doi"),
        venue=item.get("journal-ref"),
        keywords=_text(item, "categories").split(),
    )


def _parsed_names(parsed: Sequence[object]) -> list[str]:
    """Return names of arXiv's three parts, `["Kessel", "Ada", "Jr."]`, and perhaps affiliations."""
    names = []
    for each in parsed:
        if isinstance(each, list) and len(each) > 1 and all(isinstance(p, str) for p in each[:3]):
            family, given, suffix = (*each[:3], "")[:3]
            name = " ".join(part for part in (given, family, suffix) if part)
            names.append(_with_family(str(_latex(name)), str(_latex(family)), given))
    return names


def _with_family(name: str, family: str, given: str) -> str:
    """Return a name that knows its family name, where that may be more or less than its end."""
    is_plain = " " not in family and not given.rpartition(" ")[2].islower()
    return name if is_plain or not given else Person(name, family)


def _latex(value: object) -> object:
    if not isinstance(value, str) or "\\" not in value:
        return value
    from rag.cleaning.latex import plain_text

    return plain_text(value)


OPENALEX: Final = "https://openalex.org/"


def _openalex(item: Item) -> Record:
    place = _inside(item, "primary_location")
    authors = [
        _text(_inside(each, "author"), "display_name") for each in _objects(item, "authorships")
    ]
    ids = _inside(item, "ids")
    return {
        "title": _text(item, "title") or _text(item, "display_name"),
        "abstract": _abstract_of(item.get("abstract_inverted_index")) or _text(item, "abstract"),
        "authors": authors,
        "published": _text(item, "publication_date") or item.get("publication_year"),
        "doi": _text(item, "doi") or _text(ids, "doi"),
        "pmid": _text(ids, "pmid"),
        "arxiv_id": arxiv_id_in(_text(place, "landing_page_url")),
        "openalex": _text(item, "id").removeprefix(OPENALEX),
        "url": "" if _text(item, "doi") else _text(place, "landing_page_url"),
        "venue": _text(_inside(place, "source"), "display_name"),
        **_openalex_imprint(item, _inside(place, "source")),
        "keywords": item.get("keywords") or item.get("concepts"),
        "retraction": "retracted, as OpenAlex tells" if item.get("is_retracted") is True else "",
    }


def _openalex_imprint(item: Item, source: Item) -> dict[str, object]:
    told = _inside(item, "biblio")
    return {
        "kind": _text(item, "type_crossref") or _openalex_kind(_text(item, "type"), source),
        "volume": _text(told, "volume"),
        "issue": _text(told, "issue"),
        "pages": page_span(_text(told, "first_page"), _text(told, "last_page")),
        "publisher": _text(source, "host_organization_name"),
        "issn": source.get("issn") or source.get("issn_l"),
    }


def _openalex_kind(kind: str, source: Item) -> str:
    """Return a kind; OpenAlex calls nearly all an article, wherever it is."""
    if kind != "article":
        return kind
    host = _text(source, "type")
    if host == "repository":
        return "preprint" if is_of_preprints(_text(source, "display_name")) else ""
    return host


def _abstract_of(index: object) -> str:
    """Put the words of an inverted index in their places."""
    if not isinstance(index, Mapping):
        return ""
    places = [
        (place, word)
        for word, found in index.items()
        if isinstance(found, list) and isinstance(word, str)
        for place in found
        if isinstance(place, int)
    ]
    return " ".join(word for _, word in sorted(places)[:MOST_WORDS])


def _indexed_abstract(item: Item) -> str:
    """Return an abstract as Microsoft Academic and AMiner have it: the places of its words."""
    for name, value in item.items():
        if key_of(name) in ("indexedabstract", "ia") and isinstance(value, Mapping):
            return _abstract_of(value.get("InvertedIndex"))
    return ""


def _semantic_scholar(item: Item) -> Record:
    ids = _inside(item, "externalIds")
    journal, place = _inside(item, "journal"), _inside(item, "publicationVenue")
    arxiv_id = _text(ids, "ArXiv")
    doi = _text(ids, "DOI")
    return {
        "arxiv_id": arxiv_id,
        "title": item.get("title"),
        "abstract": item.get("abstract"),
        "authors": item.get("authors"),
        "published": item.get("publicationDate") or item.get("year"),
        "doi": doi,
        "pmid": _text(ids, "PubMed"),
        "s2": _text(item, "paperId"),
        "url": "" if arxiv_id or doi else item.get("url"),
        "venue": _text(item, "venue") or _text(journal, "name"),
        "volume": _text(journal, "volume"),
        "pages": _text(journal, "pages"),
        "kind": _text(place, "type"),
        "kinds": sorted(map(str, _listed(item.get("publicationTypes")))),  # conferences first
        "issn": _text(place, "issn"),
        "keywords": item.get("fieldsOfStudy"),
    }


def _crossref(item: Item) -> Record:
    title, subtitle = _first(item, "title"), _first(item, "subtitle")
    dates = (_date(item.get(key)) for key in ("published", "issued", "published-print", "created"))
    return {
        "title": joined_title(title, subtitle),
        "abstract": _text(item, "abstract") or _first(item, "abstract"),
        "authors": [_person_or_body(each) for each in _listed(item.get("author"))],
        "published": next(filter(None, dates), ""),
        "doi": _text(item, "DOI"),
        "url": "" if _text(item, "DOI") else _text(item, "URL"),
        "venue": _first(item, "container-title"),
        "kind": _text(item, "type"),
        "volume": _text(item, "volume"),
        "issue": _text(item, "issue"),
        "pages": _text(item, "page") or _text(item, "article-number"),
        "publisher": _text(item, "publisher"),
        "issn": item.get("ISSN"),
        "isbn": item.get("ISBN"),
        "keywords": item.get("subject"),
        "retraction": _retraction(item),
    }


def _person_or_body(author: object) -> object:
    """Return an author as Crossref and Zotero have it, where a name alone is a body's."""
    is_body = isinstance(author, Mapping) and not PARTED.intersection(author)
    return whole(_text(author, "name")) if is_body else author


PARTED: Final = frozenset(("family", "lastName"))


def _retraction(item: Item) -> str:
    """Return what Crossref knows of a paper's retraction, in words; "" for none."""
    notices = (each for each in _objects(item, "updated-by") if each.get("type") in RETRACTIONS)
    notice = next(notices, None)
    return _told(notice, _text(notice, "DOI"), "retracted", " on ") if notice else ""


RETRACTIONS: Final = ("retraction", "withdrawal", "removal")


@dataclass(frozen=True, slots=True)
class Update:
    """A notice that Crossref has of a paper.

    Attributes:
        doi: The paper's.
        told: What it says, and where, in words.
        is_retraction: Whether the paper was taken back by it.
    """

    doi: str
    told: str
    is_retraction: bool


def updates_in(item: object) -> Iterator[Update]:
    """Yield what Crossref's record of a notice says of the papers that it is of."""
    own_doi = plain_doi(_text(item, "DOI"))
    for each in _objects(item, "update-to") if isinstance(item, Mapping) else ():
        doi, kind = plain_doi(_text(each, "DOI")), _text(each, "type")
        if doi and kind in RETRACTIONS:
            yield Update(doi, _told(each, own_doi, "retracted", " on "), is_retraction=True)
        elif doi and kind:
            name = one_line(kind.replace("_", " "))[:MOST_KIND_CHARACTERS]
            yield Update(doi, _told(each, own_doi, name, " of "), is_retraction=False)


def _told(update: Item, doi: str, what: str, on: str) -> str:
    """Say what a notice says, from when it is, and where it can be read."""
    day = _date(update.get("updated"))
    return f"{what}{f'{on}{day}' if day else ''}{f': {doi_address(doi)}' if doi else ''}"


MOST_KIND_CHARACTERS: Final = 60


def _zotero(item: Item) -> Record:
    people = _objects(item, "creators")
    authors: list[object] = [e for e in people if e.get("creatorType", "author") == "author"]
    authors = authors or _pairs(item.get("author"))
    extra = _text(item, "extra")
    return {
        "title": _text(item, "title"),
        "abstract": _text(item, "abstractNote"),
        "authors": [_person_or_body(each) for each in authors or people],
        "published": _text(item, "date"),
        "arxiv_id": find_arxiv_id(_text(item, "archiveID"), _text(item, "number"), extra)
        or arxiv_id_in(_text(item, "url")),
        "doi": _text(item, "DOI") or _named_in(extra, "DOI"),
        "pmid": _named_in(extra, "PMID"),
        "citekey": _text(item, "citationKey")
        or _text(item, "citekey")
        or _named_in(extra, "Citation Key"),
        "url": _text(item, "url"),
        "venue": next(filter(None, (_text(item, name) for name in ZOTERO_VENUES)), ""),
        "kind": _text(item, "itemType"),
        "volume": _text(item, "volume"),
        "issue": _text(item, "issue") or _text(item, "reportNumber"),
        "pages": _text(item, "pages"),
        "publisher": next(filter(None, (_text(item, name) for name in ZOTERO_PUBLISHERS)), ""),
        "issn": _text(item, "ISSN"),
        "isbn": _text(item, "ISBN"),
        "keywords": item.get("tags"),
        "collections": item.get(NAMED),
    }


def _pairs(people: object) -> list[object]:
    """Return names as Citoid has them, given and family name apart."""
    pairs = [each for each in people if isinstance(each, list)] if isinstance(people, list) else []
    return [dict(zip(("given", "family"), each, strict=False)) for each in pairs]


ZOTERO_PUBLISHERS: Final = ("publisher", "university", "institution")
ZOTERO_VENUES: Final = (
    "publicationTitle",
    "proceedingsTitle",
    "bookTitle",
    "conferenceName",
    "repository",
)


def _named_in(extra: str, name: str) -> str:
    """Return a value of Zotero's field "Extra", where a line names it."""
    lines = (line.partition(":") for line in extra.splitlines())
    return next((value.strip() for key, _, value in lines if key.strip() == name), "")


def _csl(item: Item) -> Record:
    custom = item.get("custom")
    own = _text(custom, OWN_ID) if isinstance(custom, Mapping) else ""
    note, doi = _text(item, "note"), _text(item, "DOI")
    record: dict[str, object] = {
        "id": own,
        "title": _text(item, "title"),
        "abstract": _text(item, "abstract"),
        "authors": read_people(item.get("author")),
        "published": _date(item.get("issued")) or _text(item, "issued"),
        "arxiv_id": find_arxiv_id(_text(item, "number"), doi, note),
        "doi": doi or _named_in(note, "DOI"),
        "pmid": _text(item, "PMID") or _named_in(note, "PMID"),
        "citekey": _text(item, "citation-key")
        or _named_in(note, "Citation Key")
        or _cite_key(item),
        "url": _text(item, "URL"),
        "venue": next(filter(None, (_text(item, name) for name in CSL_VENUES)), ""),
        **_csl_imprint(item),
        "keywords": _text(item, "keyword"),
        "collections": custom.get("collections") if isinstance(custom, Mapping) else (),
        "retraction": noted_retraction(note),
        "notices": noted_later(note),
    }
    if own:
        return OwnRecord(record)
    is_whole = record["abstract"] and record["authors"] and record["published"]
    return record if is_whole else _completed(record, item)


CSL_VENUES: Final = ("container-title", "event-title", "collection-title")
CSL_PREPRINT: Final = ("container-title", "publisher", "number", "archive", "genre")


def _csl_imprint(item: Item) -> dict[str, object]:
    kind, number = _text(item, "type"), _text(item, "number")
    if kind == "article" and is_of_preprints(" ".join(_text(item, name) for name in CSL_PREPRINT)):
        kind = "preprint"  # as CSL calls it
    return {
        "kind": kind if kind != "article" or _text(item, "container-title") else "",
        "volume": _text(item, "volume"),
        "issue": _text(item, "issue") or (number if kind == "report" else ""),
        "pages": _text(item, "page") or (number if kind == "article-journal" else ""),
        "publisher": _text(item, "publisher"),
        "issn": item.get("ISSN"),
        "isbn": item.get("ISBN"),
    }


def _cite_key(item: Item) -> str:
    """Return an item's id where people cite by it, and it is no address or number of Zotero's."""
    key = _text(item, "id")
    return key if key and "/" not in key and not key.isdigit() else ""


def _plain(item: Item) -> Record:
    """Read a record as people's scripts write it, or services with names of their own."""
    more: dict[str, object] = {}
    if not item.get("abstract") and (abstract := _indexed_abstract(item)):
        item = {**item, "abstract": abstract}
    for key, others in PLAIN_KEYS.items():
        if not item.get(key):
            more[key] = next((item[other] for other in others if item.get(other)), item.get(key))
    return _completed({**item, **more}, item)


def _completed(record: dict[str, object], item: Item) -> Record:
    """Complete a record by what its item has under other names, or nested."""
    missing = [key for key in FINDERS if not SAYS_SOMETHING.get(key, _is_filled)(record.get(key))]
    tells = tells_any(item)
    found = Found(item) if missing or tells else None
    for key in missing:
        record[key] = (found.find(key) if found else None) or record.get(key)
    if found and tells:
        told = named_imprint(found.whole)
        record |= {key: value for key, value in told.items() if value and not record.get(key)}
        record.setdefault("kind", item.get("type"))
        record.setdefault("kinds", named_kinds(found.whole))
    return record


def _is_filled(value: object) -> bool:
    return bool(value) and isinstance(value, str | int) and bool(str(value).strip())


def _has_any(value: object) -> bool:
    return isinstance(value, str | list | tuple) and bool(value)


SAYS_SOMETHING: Final[Mapping[str, Callable[[object], object]]] = {
    "authors": lambda value: not isinstance(value, Mapping) and read_people(value),
    "published": lambda value: isinstance(value, str | int) and parse_date(str(value)[:40]),
    "keywords": _has_any,
    "doi": lambda value: isinstance(value, str) and plain_doi(value),
}


PLAIN_KEYS: Final = {
    "abstract": ("text", "summary", "abstract_text", "abstractText", "Abstract"),
    "authors": ("author", "creators", "contributors", "Authors"),
    "published": ("publication_date", "publicationDate", "publishedAt", "publish_time", "pubdate"),
    "doi": ("DOI",),
    "pmid": ("pubmed_id", "PMID"),
    "url": ("link", "URL", "paper_url", "url_abs", "html_url"),
    "venue": ("journal", "journal-ref", "journal_ref", "booktitle", "container-title"),
    "keywords": ("tags", "Keywords"),
}


def _text(item: object, name: str) -> str:
    value = item.get(name) if isinstance(item, Mapping) else None
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < 256:
        return str(value)
    return value if isinstance(value, str) else ""


def _inside(item: Item, name: str) -> Item:
    value = item.get(name)
    return value if isinstance(value, Mapping) else {}


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _objects(item: Item, name: str) -> list[Item]:
    value = item.get(name)
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _first(item: Item, name: str) -> str:
    """Return the first text of a list of texts, or the text."""
    value = item.get(name)
    texts = value if isinstance(value, list) else [value]
    return next((each for each in texts if isinstance(each, str) and each.strip()), "")


def _date(issued: object) -> str:
    """Make an ISO date of `date-parts`, whose numbers may be texts, or give the raw date."""
    if not isinstance(issued, Mapping):
        return ""
    spans = issued.get("date-parts")
    if isinstance(spans, list) and spans and isinstance(spans[0], list):
        parts = [str(part) for part in spans[0][:3]]
        numbers = [int(part) for part in parts if part.isdecimal() and len(part) < 5]
        return iso_date(*numbers) or "" if numbers else ""
    texts = (_text(issued, name) for name in ("raw", "literal", "date-time"))
    return next((found for text in texts if (found := parse_date(text))), "")


Shape = Callable[[Item], object]
# The first that an item has tells from where it is.
SHAPES: Final[Sequence[tuple[Shape, Callable[[Item], Record]]]] = (
    (
        lambda item: item.get("object") == "page" and _inside(item, "properties"),
        lambda item: _plain(_notion_page(_inside(item, "properties"))),
    ),
    (lambda item: isinstance(item.get("passages"), list), record_of_passages),
    (
        lambda item: "authors_parsed" in item or ("versions" in item and "categories" in item),
        _arxiv,
    ),
    (
        lambda item: (
            "abstract_inverted_index" in item or str(item.get("id", "")).startswith(OPENALEX)
        ),
        _openalex,
    ),
    (lambda item: "paperId" in item, _semantic_scholar),
    (
        lambda item: (
            isinstance(item.get("title"), list)
            and {"DOI", "container-title", "issued"} & item.keys()
        ),
        _crossref,
    ),
    (lambda item: "itemType" in item or "abstractNote" in item, _zotero),
    (
        lambda item: {"id", "type"} <= item.keys() or "issued" in item or "container-title" in item,
        _csl,
    ),
)
