"""Turn records into papers: the one door, where what a reader found is validated and cleaned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from functools import lru_cache
from typing import Final, get_args

from rag.cleaning import clean_abstract, clean_text, clean_title, is_withdrawal
from rag.identifiers import (
    arxiv_id_in,
    doi_address,
    find_arxiv_id,
    id_from_title,
    plain_arxiv_id,
    plain_doi,
    plain_pmid,
)
from rag.names import FamilyNames, is_telling
from rag.readers.dates import best_date
from rag.readers.hyphens import with_lines_joined
from rag.readers.imprints import read_imprint
from rag.readers.people import Person, read_family_names, read_people
from rag.text import one_line
from rag.types import Imprint, Kind, Paper

MOST_ID_CHARACTERS: Final = 200
MOST_INTEGER_BITS: Final = 256
MOST_EXACT: Final = 2**53  # larger whole numbers are not held exactly by a float
MOST_TITLE_CHARACTERS: Final = 2_000
MOST_ABSTRACT_CHARACTERS: Final = 200_000  # what is longer is a whole paper, or a broken file
MOST_TAGS: Final = 50
TAGS_REMEMBERED: Final = 1 << 11
MOST_TAG_CHARACTERS: Final = 100
NAMES_OF_TAGS: Final = ("tag", "display_name", "name", "subject", "keyword", "value", "term")
MOST_COLLECTIONS: Final = 50
MOST_COLLECTION_CHARACTERS: Final = 300
MOST_RETRACTION_CHARACTERS: Final = 300
TITLE_SHOWN: Final = 160  # nearly all titles whole: people search for them
NO_ABSTRACT: Final = "no abstract"  # the reason of a record that lacks only that

IDS: Final = ("id", "_id", "paper_id", "arxiv_id")
DATES: Final = (
    *("published", "publication_date", "publicationDate", "publishedAt", "publish_time", "date"),
    *("year", "pub_year", "publication_year"),
)
VENUES: Final = ("venue", "journal", "booktitle", "container-title", "journal-ref")
SCHEMES: Final = ("arxiv", "doi", "pmid", "openalex", "s2", "citekey", "citealias", "zotero")
GIVEN_SCHEMES: Final = ("openalex", "s2", "citekey", "zotero")
IMPRINT: Final = "imprint"
OF_IMPRINT: Final = tuple(each.name for each in fields(Imprint))
# What a user may set by hand, by the names of `Paper`'s fields.
EDITABLE: Final = (*("title", "abstract", "authors", "published", "url", "venue", "tags", IMPRINT),)
FIELD_NAMES: Final = {
    "published": "a date: give a year, a month or a day, such as 2020-07-16",
    "url": "a link: give an address that begins with https:// or http://",
    "doi": "a DOI: give one such as 10.1000/182",
    "authors": "authors: give names",
    "pages": "pages: give the first and the last, such as 45-67",
    "issn": "an ISSN: give one such as 1476-4687",
    "isbn": "an ISBN: give one such as 978-3-16-148410-0",
    "kind": f"a kind: give {', '.join(get_args(Kind)[:-1])} or {get_args(Kind)[-1]}",
}
RETRACTED: Final = re.compile(r"^\s*(?:retracted|withdrawn)\b", re.IGNORECASE)
SINCE_THEN: Final = re.compile(r"(?:^\s*|; )since then: ", re.IGNORECASE)  # of rag.export
MOST_NOTICES: Final = 50
RETRACTED_KIND: Final = re.compile(
    r"\s*(retracted|withdrawn)(?: (?:publication|article|paper))?\s*$", re.IGNORECASE
)
# What publishers put before a title, and Web of Science behind it; no title that begins so.
RETRACTED_TITLE: Final = re.compile(
    r"^[\[(]?(retracted|withdrawn)(?: (?:article|paper|chapter|publication))? ?[:\])]"
    r"|\((retracted|withdrawn) (?:article|paper|chapter|publication)[^()]*\)\W*$",
    re.IGNORECASE,
)
DIGIT_DATE: Final = re.compile(r"\d{4}-\d{1,2}(?:-\d{1,2})?")
LISTED: Final = re.compile(r"^\s*\[\s*([\"'].*[\"'])\s*\]\s*$", re.DOTALL)
WEB_ADDRESS: Final = re.compile(r"^https?://[^\s<>\"']+$")
PUBMED: Final = "https://pubmed.ncbi.nlm.nih.gov/"

Record = Mapping[str, object]


class LatexRecord(dict[str, object]):
    """A record whose texts are LaTeX throughout."""


class OwnRecord(dict[str, object]):
    """A record that paperchat wrote itself: its texts are clean, and stay as they are."""


class RecordError(Exception):
    """Raised when a record is no paper; the message says why, in words for the user.

    Args:
        why: The message.
        reason: What is wrong, in words that fit every record with which the same is wrong.
    """

    def __init__(self, why: str, reason: str = "") -> None:
        super().__init__(why)
        self.reason = reason or why.partition(": ")[0]


class UnreadableError(Exception):
    """Raised when a whole file cannot be read; the message says why, in words for the user."""


def read_whole(lines: Iterable[str], most: int, kind: str) -> str:
    """Join the lines of a file.

    Raises:
        UnreadableError: They have more than so many characters together.
    """
    kept, characters = [], 0
    for line in lines:
        characters += len(line)
        if characters > most:
            raise UnreadableError(f"it is a {kind} of more than {most:,} characters")
        kept.append(line)
    return "".join(kept)


def paper_from_record(record: Record, source: str) -> Paper:
    """Make the paper that a record describes.

    Keys: `title`; `abstract`, `text` or `summary`; and where known `id`, `_id`, `paper_id` or
    `arxiv_id`; `doi`; `pmid`; `citekey`; `authors`; `published`, `date`, `year`, `update_date` or
    arXiv's `versions`; `url`; `venue` or `journal`; `keywords` or `tags`; `collections`;
    `retraction`; `notices`; `kinds` of publication; those of `read_imprint`; `source`. An optional
    value that cannot be understood is left out.

    Raises:
        RecordError: Title or abstract is missing, or the id cannot serve as one.
    """
    title, abstract = _title_and_abstract(record)
    url = _web_address(_first_text(record, "url", "link", "URL"))
    own_id = _own_id(record)
    doi = plain_doi(_first_text(record, "doi", "DOI") or url or "")
    arxiv_id = _arxiv_id(record, own_id, url, doi)
    identifiers = _identifiers(record, arxiv_id, doi)
    people = _authors(record)
    paper = Paper(  # by place, which is faster for what is done for every record
        own_id or arxiv_id or id_from_title(title),
        title,
        abstract,
        tuple(map(str, people)),
        _published(record),
        url or _address(arxiv_id, identifiers),
        _venue(record),
        _first_text(record, "source") or source,
        identifiers,
        _tags(record),
        (),
        _collections(record),
        _first_text(record, "retraction")[:MOST_RETRACTION_CHARACTERS] or _marked(record, title),
        (),
        read_family_names(people),
        read_imprint(record),
    )
    if isinstance(record, OwnRecord):
        return _with_kept(paper, record)
    return _with_notices(paper, record) if record.get("notices") else paper


def paper_without_abstract(record: Record, source: str) -> Paper | None:
    """Make the paper of a record that lacks only its abstract, which stays empty; else None."""
    try:
        kind = type(record) if isinstance(record, LatexRecord | OwnRecord) else dict
        titled = kind({**record, "abstract": record.get("title")})
        return replace(paper_from_record(titled, source), abstract="")
    except RecordError:
        return None


def _with_kept(paper: Paper, record: OwnRecord) -> Paper:
    """Return a paper with what is known beside its record: other sources, edits, notices."""
    found = {name: record.get(name) for name in ("origins", "edited", "notices")}
    texts = {
        name: tuple(one_line(each) for each in value if isinstance(each, str))
        for name, value in found.items()
        if isinstance(value, list | tuple)
    }
    edited = tuple(name for name in texts.get("edited", ()) if name in EDITABLE)
    stated = _exported_family_names(record.get("family_names"), paper.authors)
    origins, notices = (tuple(filter(None, texts.get(name, ()))) for name in ("origins", "notices"))
    return replace(
        paper,
        origins=origins,
        edited=edited,
        notices=notices,
        family_names=paper.family_names or stated,
    )


def _with_notices(paper: Paper, record: Record) -> Paper:
    """Return a paper with what a bibliography of ours tells that came out of it since."""
    told = record.get("notices")
    texts = (each for each in told if isinstance(each, str)) if isinstance(told, list) else ()
    return replace(paper, notices=tuple(filter(None, map(one_line, texts))))


def _exported_family_names(value: object, authors: Sequence[str]) -> FamilyNames:
    """Return pairs as our own JSON Lines have them."""
    pairs = value if isinstance(value, list | tuple) else ()
    told = {
        one_line(_text(each[0])): one_line(_text(each[1]))
        for each in pairs
        if isinstance(each, list | tuple) and len(each) == 2
    }
    known = [(author, told[author]) for author in authors if author in told]
    return tuple(pair for pair in known if is_telling(*pair))


def edited_paper(paper: Paper, values: Record) -> Paper:
    """Return a paper with fields set by hand, which nothing that is read later overwrites.

    Args:
        paper: As it is.
        values: New values by the names of `Paper`'s fields, or `doi`; an empty one clears what
            need not be there.

    Raises:
        RecordError: A value cannot be taken as it is.
    """
    if "authors" in values:
        values = {**values, "authors": read_people(values["authors"])}
    known = {name: getattr(paper, name) for name in EDITABLE} | asdict(paper.imprint)
    read = paper_from_record(OwnRecord({**known, **values, "id": paper.paper_id}), "")
    _require_read(read, values)
    named = (IMPRINT if name in OF_IMPRINT else name for name in values)
    changed = {name: getattr(read, name) for name in named if name in EDITABLE}
    edited = tuple(dict.fromkeys((*paper.edited, *changed)))
    if "authors" in changed:
        changed["family_names"] = _edited_family_names(paper, values["authors"])
    identifiers = paper.identifiers
    if "doi" in values:
        given = _keys_of_doi(values["doi"], read)
        kept = (key for key in identifiers if key[0] not in ("doi", *dict(given)))
        identifiers = (*kept, *given)
    return replace(paper, **changed, identifiers=identifiers, edited=edited)


def _edited_family_names(paper: Paper, people: object) -> FamilyNames:
    """Return the family names that were typed; where none was, that of before stays."""
    names = people if isinstance(people, tuple) else ()
    typed = {each for each in names if isinstance(each, Person)}
    kept = {name: family for name, family in paper.family_names if name not in typed}
    known = kept | dict(read_family_names(names))
    return tuple((str(name), known[name]) for name in names if name in known)


def _keys_of_doi(given: object, read: Paper) -> tuple[tuple[str, str], ...]:
    """Return what a DOI that was set by hand identifies its paper by: arXiv's stand for its ids."""
    if found := find_arxiv_id(str(given)):
        return (("arxiv", found),)
    return tuple(key for key in read.identifiers if key[0] == "doi")


def _marked(record: Record, title: str) -> str | None:
    """Return that a paper was retracted, where its title or its kind of publication says so."""
    kinds = record.get("kinds")
    for kind in kinds if isinstance(kinds, list | tuple) else [kinds]:
        if isinstance(kind, str) and (found := RETRACTED_KIND.match(kind)):
            return f"{found[1].lower()}, as its record tells"
    found = RETRACTED_TITLE.search(title)
    return f"{(found[1] or found[2]).lower()}, as its title tells" if found else None


def noted_retraction(*notes: str) -> str:
    """Find the note that says of a paper that it was retracted; "" for none."""
    found = next((note.strip() for note in notes if RETRACTED.match(note)), "")
    found = SINCE_THEN.split(found)[0]
    return found[:1].lower() + found[1:]


def noted_later(*notes: str) -> list[str]:
    """Find what notes say that came out of a paper since, as our own exports write it."""
    told = (each.strip() for note in notes for each in SINCE_THEN.split(note)[1:])
    return [each for each in told if each][:MOST_NOTICES]


def require_fields(values: Record) -> None:
    """Refuse what was typed in as a field of a paper and cannot be read as that.

    Args:
        values: By the names of `Paper`'s fields, or `doi`.

    Raises:
        RecordError: A value cannot be taken as it is.
    """
    paper = OwnRecord({"title": "a title", "abstract": "an abstract", **values})
    _require_read(paper_from_record(paper, ""), values)


def _require_read(read: Paper, values: Record) -> None:
    for name, given in values.items():
        found = _field(read, name, given)
        is_cut = name == "published" and _is_cut_date(str(given), str(found))
        if given and (not found or is_cut):
            raise RecordError(f"{given!r} cannot be {FIELD_NAMES.get(name, name)}")


def _field(paper: Paper, name: str, given: object) -> object:
    if name == "doi":
        return dict(paper.identifiers).get("doi") or find_arxiv_id(str(given))
    return getattr(paper.imprint if name in OF_IMPRINT else paper, name)


def _is_cut_date(given: str, found: str) -> bool:
    """Return whether a month or a day of a date in digits is none, so that only a part was read."""
    return bool(DIGIT_DATE.fullmatch(given.strip())) and given.count("-") > found.count("-")


def _title_and_abstract(record: Record) -> tuple[str, str]:
    is_latex, is_own = isinstance(record, LatexRecord), isinstance(record, OwnRecord)
    title, abstract = _raw(record, "title"), _raw(record, "abstract", "text", "summary")
    if "-\n" in abstract and len(abstract) <= MOST_ABSTRACT_CHARACTERS:
        abstract = with_lines_joined(abstract)
    title = one_line(title) if is_own else clean_title(title, is_latex=is_latex)
    if not title:
        raise RecordError("it has no title", "no title")
    if len(title) > MOST_TITLE_CHARACTERS:
        raise RecordError(f"its title is longer than {MOST_TITLE_CHARACTERS:,} characters")
    if len(abstract) > MOST_ABSTRACT_CHARACTERS:
        raise RecordError(
            f"{title[:TITLE_SHOWN]!r} has an abstract of more than "
            f"{MOST_ABSTRACT_CHARACTERS:,} characters",
            "too long an abstract",
        )
    abstract = one_line(abstract) if is_own else clean_abstract(abstract, is_latex=is_latex)
    if not abstract:
        raise RecordError(f"{title[:TITLE_SHOWN]!r} has no abstract", NO_ABSTRACT)
    if not is_own and is_withdrawal(abstract):
        raise RecordError(
            f"{title[:TITLE_SHOWN]!r} was withdrawn, and has no abstract", "withdrawn"
        )
    return title, abstract


def _first_text(record: Record, *keys: str) -> str:
    """Find the first of the keys that holds text, or a number, and put it on one line."""
    for key in keys:
        value = record.get(key)
        if value and (text := one_line(value if isinstance(value, str) else _text(value))):
            return text
        if value == 0 and (text := _text(value)):
            return text
    return ""


def _raw(record: Record, *keys: str) -> str:
    """Find the first of the keys that holds text, as it stands."""
    for key in keys:
        value = record.get(key)
        text = value if isinstance(value, str) else _text(value)
        if text and not text.isspace():
            return text
    return ""


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < MOST_EXACT:
        value = int(value)  # a year beside years that are missing
    if isinstance(value, bool) or not isinstance(value, int):
        return ""
    return "" if value.bit_length() > MOST_INTEGER_BITS else str(value)


def _own_id(record: Record) -> str:
    own = _first_text(record, *IDS)
    if len(own) > MOST_ID_CHARACTERS:
        raise RecordError(f"its id is longer than {MOST_ID_CHARACTERS} characters")
    return plain_arxiv_id(own) or (arxiv_id_in(own) if "/" in own else "") or own


def _arxiv_id(record: Record, own_id: str, url: str | None, doi: str) -> str:
    found = plain_arxiv_id(own_id) or plain_arxiv_id(_first_text(record, "arxiv_id"))
    return found or (arxiv_id_in(url) if url else "") or find_arxiv_id(doi)


def _identifiers(record: Record, arxiv_id: str, doi: str) -> tuple[tuple[str, str], ...]:
    """Return what the paper is known by elsewhere: pairs of a scheme and a value."""
    found = [("arxiv", arxiv_id)] if arxiv_id else []
    if doi and not find_arxiv_id(doi):
        found.append(("doi", doi))
    if pmid := plain_pmid(_first_text(record, "pmid")):
        found.append(("pmid", pmid))
    for scheme in GIVEN_SCHEMES:
        if scheme in record and (value := _first_text(record, scheme)):
            found.append((scheme, value))
    if exported := record.get("identifiers"):
        found += _exported_identifiers(exported)
    kept = [each for each in found if 0 < len(each[1]) <= MOST_ID_CHARACTERS]
    return tuple(dict.fromkeys(kept))


def _exported_identifiers(value: object) -> Iterator[tuple[str, str]]:
    """Give pairs as our own JSON Lines have them."""
    for each in value if isinstance(value, list | tuple) else ():
        if isinstance(each, list | tuple) and len(each) == 2 and each[0] in SCHEMES:
            yield str(each[0]), one_line(_text(each[1]))


def _address(arxiv_id: str, identifiers: tuple[tuple[str, str], ...]) -> str | None:
    if arxiv_id:
        return f"https://arxiv.org/abs/{arxiv_id}"
    known = dict(identifiers)
    if doi := known.get("doi"):
        return doi_address(doi)
    return f"{PUBMED}{known['pmid']}/" if "pmid" in known else None


def _web_address(text: str) -> str | None:
    return text if text and WEB_ADDRESS.match(text) else None


def _authors(record: Record) -> tuple[str, ...]:
    value = record.get("authors") or record.get("author")
    if isinstance(record, OwnRecord) and isinstance(value, Iterable):
        names = (
            name if isinstance(name, Person) else one_line(name)
            for name in value
            if isinstance(name, str)
        )
        return tuple(dict.fromkeys(filter(None, names)))
    return read_people(value)


def _venue(record: Record) -> str | None:
    venue = _first_text(record, *VENUES)
    if not venue or isinstance(record, OwnRecord):
        return venue or None
    return clean_text(venue, is_latex=isinstance(record, LatexRecord)) or None


def _published(record: Record) -> str | None:
    found = best_date(*[_text(value) for key in DATES if (value := record.get(key))])
    return found or first_version(record) or best_date(_text(record.get("update_date")))


def first_version(record: Record) -> str | None:
    """Return when the first version was made, as arXiv's snapshot tells it."""
    versions = record.get("versions")
    if isinstance(versions, list) and versions and isinstance(versions[0], Mapping):
        return best_date(_text(versions[0].get("created")))
    return None


def _tags(record: Record) -> tuple[str, ...]:
    value = record.get("keywords") or record.get("tags")
    if not value:
        return ()
    if isinstance(value, str):
        return _named_tags(tuple(words_of(value)))
    if not isinstance(value, list | tuple):
        return ()
    if set(map(type, value)) == {str}:
        return _named_tags(tuple(value))
    return _named_tags(tuple([word for each in value for word in _tag(each)]))


@lru_cache(TAGS_REMEMBERED)
def _named_tags(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return keywords as they are kept; many papers of a subject have the same ones."""
    named = [word for each in words if 0 < len(word := one_line(each)) <= MOST_TAG_CHARACTERS]
    return tuple(dict.fromkeys(named))[:MOST_TAGS]


def words_of(text: str) -> list[str]:
    """Take apart the keywords of a text, or of a list of Python's, as tables have it.

    Between semicolons, commas are of the keywords.
    """
    words = re.split(";" if ";" in text else "[,|]", LISTED.sub(r"\1", text))
    return [word.strip().strip("'\"") for word in words] if LISTED.match(text) else words


def _collections(record: Record) -> tuple[str, ...]:
    value = record.get("collections")
    if not value:
        return ()
    named = [value] if isinstance(value, str) else value if isinstance(value, list | tuple) else []
    names = (collection_name(each) for each in named if isinstance(each, str))
    return tuple(dict.fromkeys(filter(None, names)))[:MOST_COLLECTIONS]


def collection_name(text: str) -> str:
    """Put a collection's name on one line, nested ones behind `/`; "" for none."""
    parts = (one_line(part) for part in text.split("/"))
    return "/".join(filter(None, parts))[:MOST_COLLECTION_CHARACTERS]


def _tag(value: object) -> Sequence[str]:
    """Give a keyword, as a text or as Zotero, OpenAlex, DataCite and INSPIRE have it."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Mapping):
        return [value[key] for key in NAMES_OF_TAGS if _is_text(value, key)][:1]
    return ()


def _is_text(value: Mapping[str, object], key: str) -> bool:
    return isinstance(value.get(key), str)
