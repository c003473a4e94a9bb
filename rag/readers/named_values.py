"""Find a paper's title, abstract, people, date and ids in nested data by what they are called.

Services and programs nest the same few values in their own ways (`{"title": {"value": …}}`,
`attributes.titles[0].title`, `title_s`), so the names decide, and of two the one less deep. What
lies inside the journal, the references or another work is not the paper's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import chain
from typing import Final

from rag.identifiers import arxiv_id_in, find_arxiv_id, plain_arxiv_id, plain_doi, plain_pmid
from rag.readers.dates import combine, day_of_milliseconds, parse_date
from rag.readers.people import read_people

Data = Mapping[str, object]

TEXT: Final = "#text"  # the key of an element's own text beside its attributes
DEEPEST: Final = 8
MOST_NODES: Final = 4_000
MOST_OF_A_LIST: Final = 200
MOST_PEOPLE: Final = 20_000

# Names without case, signs and prefixes, as `key_of` gives them; the better ones stand first.
TITLES: Final = (
    *("articletitle", "title", "titles", "papertitle", "documenttitle", "maintitle", "displayname"),
    *("titleproper", "titleinfo", "titledisplay", "dctitle", "t1", "booktitle"),
    "headline",
)
ABSTRACTS: Final = (
    *("abstract", "abstracts", "abstracttext", "summary", "summaries", "ab", "descriptions"),
    *("zusammenfassung", "dcdescriptionabstract", "dcdescription", "paperabstract"),
)
LESSER_ABSTRACTS: Final = ("description", "otherabstract", "text")
DESCRIPTIONS: Final = frozenset(("description", "dcdescription"))  # of whatever it may be
PEOPLE: Final = (
    *("authorlist", "authors", "author", "creators", "creator", "contribgroup", "contributors"),
    *("authorships", "authfullname", "authornames", "authorstring", "names", "name", "au", "a1"),
    *("autoren", "autor", "byline", "authordisplay", "dccontributorauthor", "dccreator"),
)
DATES: Final = (
    *("published", "publicationdate", "datepublished", "publishedat", "publishtime", "issued"),
    *("pubdate", "dateofpublication", "dateissued", "releasedate", "date", "produceddate"),
    *(
        "publicationyear",
        "publicationdateyear",
        "yearpublished",
        "pubyear",
        "yearofpublication",
        "produceddatey",
    ),
    *(
        "publisheddate",
        "pdate",
        "dcdateissued",
        "year",
        "jahr",
        "coverdate",
        "onlinedate",
        "dates",
        "yr",
        "dcyear",
        "dcdate",
    ),
)
YEARS: Final = ("year", "Year", "publication_year", "pub_year")  # the issue's, whatever dates say
LATE_DATES: Final = (
    *("articledate", "firstpublicationdate", "earliestdate", "preprintdate", "submitteddate"),
    *("created", "datestamp", "odate", "cdate", "tcdate"),
)
MILLISECONDS: Final = range(10**11, 4 * 10**12)  # since 1970, from 1973 to 2096: a moment
DOIS: Final = (
    *(
        "doi",
        "doiid",
        "dois",
        "do",
        "dcdoi",
        "articledoi",
        "electronicresourcenum",
        "digitalobjectidentifier",
    ),
    *("elocationid", "identifier", "identifiers", "ids", "ee", "idno", "url", "link", "uri", "id"),
    *("idnumber", "officialurl", "sameas", "dcidentifierdoi"),
)
ARXIV_IDS: Final = (
    *("arxivid", "arxiv", "arxiveprints", "eprint", "eprints", "id", "identifier", "identifiers"),
    *("ee", "url", "link", "idno", "entryid", "absurl", "urlabs", "pdfurl"),
)
PMIDS: Final = ("pmid", "pubmedid", "pubmed")
ADDRESSES: Final = (
    *("url", "link", "uri", "htmlurl", "paperurl", "landingpageurl", "externalurl", "urlabs"),
    *("entryid", "absurl", "identifier", "dcidentifieruri", "dcidentifier", "pdfurl"),
)
VENUES: Final = (
    *("journal", "journaltitle", "fulltitle", "containertitle", "publicationtitle", "sourcetitle"),
    *("venue", "booktitle", "secondarytitle", "journalref", "journalmeta"),
    *("journalinfo", "periodical", "relateditem", "publicationname", "jf", "journalname"),
    *("proceeding", "proceedings", "journals"),
)
KEYWORDS: Final = ("keywords", "keyword", "tags", "subjects", "subject", "labelsnamed")
NAMES: Final = ("name", "label")  # which may be of anything
# What is about another thing than the paper; its date and its title are the venue's.
HOSTS: Final = frozenset(
    "journal journalinfo journalissue journalmeta journalmetadata host periodical source venue "
    "relateditem container proceedingsmetadata ispartof".split()
)
OTHERS: Final = frozenset(
    "references reference referencelist reflist citation citations citedby cites citationlist "
    "related relatedidentifiers relatedarticle relatedarticles relatedobject comments license "
    "commentscorrectionslist commentcorrectionlist licenses links files attachments publisher "
    "conference meshheadinglist chemicallist affiliations affiliation aff body back editors "
    "editor funding funders grants grantslist user submittedby submitter organization history "
    "permissions subarticle response encodingdesc revisiondesc pubmeddata authornotes "
    "daterevised datecompleted datecreated pubmedpubdate".split()
)
NO_AUTHORS: Final = re.compile(
    r"^(?:editor|edt|translator|trl|advisor|ths|supervisor|reviewer|contributor|reader|funder"
    r"|hosting\w*|data\w+|degree ?supervisor|thesis ?advisor|dissertant|publisher|pbl)s?$",
    re.IGNORECASE,
)
ROLES: Final = frozenset(
    "contribtype contributorrole role creatortype contributortype roleterm".split()
)
# A summary may be an abstract, or the chief part of a record.
READ_WHOLE: Final = frozenset((*PEOPLE, *DATES, *LATE_DATES, *ABSTRACTS, *LESSER_ABSTRACTS)) - {
    "summary"
}
# Where the text of a wrapping stands.
INSIDE: Final = (
    *(TEXT, "value", "text", "articletitle", "title", "abstracttext", "abstract", "content"),
    *("description", "displayname", "fulltitle", "journaltitle", "name", "full", "label", "doi"),
    *("date", "id", "uri", "url", "href", "p", "journaltitlegroup", "journal", "titleinfo"),
    "roleterm",
)
LANGUAGE: Final = re.compile(r"^[a-z]{2}(?:[-_][A-Za-z]{2})?$")
SOLR_SUFFIX: Final = re.compile(r"_(?:ss?|is?|txt|t|dt|tdate|sort)$")
MOST_BESIDE_AN_ID: Final = 8
SCHEMES: Final = {"doi": "doi", "arxiv": "arxiv", "pubmed": "pmid", "pmid": "pmid"}


@lru_cache(1 << 13)
def key_of(name: str) -> str:
    """Return a name without case, signs, prefix of a namespace and ending of a Solr field."""
    bare = SOLR_SUFFIX.sub("", name).rpartition(":")[2]
    return TEXT if bare == TEXT else "".join(filter(str.isalnum, bare)).casefold()


class Found:
    """The values of an item by their names, those less deep first.

    Args:
        item: What describes one paper, and perhaps its journal and references too.
    """

    def __init__(self, item: Data) -> None:
        self._item = item
        self._own, self._nodes = _by_name(item, HOSTS | OTHERS)

    @cached_property
    def whole(self) -> Mapping[str, list[object]]:
        """All values, also what is said of the journal and the issue."""
        return _by_name(self._item, OTHERS)[0]

    def find(self, key: str) -> object:
        """Find what a record has under a key; "" or nothing where it is not found."""
        return FINDERS[key](self)

    def title(self) -> str:
        """Return the first title that says anything; a bare name is one only above an abstract."""
        texts = (text for each in self._titles() if (text := text_of(_item_title(each)).strip()))
        found = next(texts, "")
        if found and "nonsort" in self._own:  # of MODS: the article before it
            found = _behind_article(text_of(self._own["nonsort"]).strip(), found)
        if found and "subtitle" in self._own:
            return joined_title(found, text_of(self._own["subtitle"]).strip())
        if found or not any(name in self._own for name in ("abstract", "abstracts")):
            return found
        return next((each for each in _every(self._own, NAMES) if isinstance(each, str)), "")

    def abstract(self) -> str:
        """Return the first abstract that says anything; what is described has to be a paper's."""
        own = self._own
        if not (self.authors() or self.published() or self.identifier("doi")):
            own = {name: each for name, each in own.items() if name not in DESCRIPTIONS}
        return _abstract(own, self._titles())

    def _titles(self) -> list[object]:
        return list(_every(self._own, TITLES))

    def authors(self) -> tuple[str, ...]:
        """Return the people who are called authors, or creators."""
        return _people(self._own)

    def published(self) -> str:
        """Return the paper's date, else its issue's, else when it was first seen."""
        years = (self._date_in(name) for name in YEARS if name in self._item)
        dates = [*filter(None, years), *map(date_of, _every(self._own, DATES))]
        if first := _best(dates):
            return first
        return _best(map(date_of, _every(self.whole, (*DATES, *LATE_DATES))))

    def _date_in(self, year: str) -> str:
        """Return a year with the month beside it."""
        value, month = self._item[year], text_of(self._item.get("month"))
        found = date_of(value)
        return (combine(found, month) if month and len(found) == 4 else found) or found

    def venue(self) -> str:
        """Return the journal, the book or the conference."""
        hosts = [each for each in self._own.get("source", ()) if isinstance(each, Mapping)]
        return next(filter(None, map(text_of, (*_every(self._own, VENUES), *hosts))), "")

    def identifier(self, scheme: str) -> str:
        """Return the id of a scheme, `doi`, `arxiv` or `pmid`."""
        names, read = IDS[scheme]
        return _typed_id(self._nodes, scheme) or _first(self._own, names, read)

    def url(self) -> str:
        """Return a web address."""
        return _first(self._own, ADDRESSES, _web_address)

    def keywords(self) -> object:
        """Return keywords as texts, or the text that lists them."""
        return _keywords(self._own)


FINDERS: Final[Mapping[str, Callable[[Found], object]]] = {
    "title": Found.title,
    "abstract": Found.abstract,
    "authors": Found.authors,
    "published": Found.published,
    "doi": lambda found: found.identifier("doi"),
    "arxiv_id": lambda found: found.identifier("arxiv"),
    "pmid": lambda found: found.identifier("pmid"),
    "url": Found.url,
    "venue": Found.venue,
    "keywords": Found.keywords,
}


def _behind_article(article: str, title: str) -> str:
    """Return a title with the word that catalogues pass over when they sort, once."""
    between = "" if article[-1:] in "'’-" else " "
    before = f"{article}{between}"
    return title if title.casefold().startswith(before.casefold()) else f"{before}{title}"


def joined_title(title: str, subtitle: str) -> str:
    """Return a title with its subtitle, once."""
    if not subtitle or subtitle.casefold() in title.casefold():
        return title
    return (
        f"{title.rstrip()} {subtitle}" if title.rstrip()[-1:] in ":?!–—" else f"{title}: {subtitle}"
    )


def has_paper(item: Data) -> bool:
    """Return whether a title and an abstract are found under their names."""
    found = Found(item)
    return bool(found.title() and found.abstract())


def _by_name(item: Data, closed: frozenset[str]) -> tuple[dict[str, list[object]], list[Data]]:
    """Sort values by their names, less deep ones first, and list the mappings they stand in."""
    found: dict[str, list[object]] = {}
    nodes, level = 0, [item]
    seen: list[Data] = []
    for depth in range(DEEPEST):
        below: list[Data] = []
        for node in level:
            seen.append(node)
            for name, value in node.items():
                key = key_of(name)
                if not (depth and key == "text"):  # which below may be of anything
                    found.setdefault(key, []).append(value)
                nodes += 1
                if key in closed or key in READ_WHOLE or nodes > MOST_NODES:
                    continue
                inside = value[:MOST_OF_A_LIST] if isinstance(value, list) else [value]
                below += sorted((e for e in inside if isinstance(e, Mapping)), key=_is_past)
        level = below
    return found, seen


def _is_past(item: Data) -> bool:
    """Return whether an item is a state of before: of a list of them one is called current."""
    return item.get("current") is False


def _every(found: Mapping[str, list[object]], names: Sequence[str]) -> Iterator[object]:
    return chain.from_iterable(found[name] for name in names if name in found)


def _first(
    found: Mapping[str, list[object]], names: Sequence[str], read: Callable[[str], str]
) -> str:
    """Return what is read of the first value that something can be read of."""
    texts = (text for each in _every(found, names) for text in _texts(each))
    return next(filter(None, map(read, texts)), "")


def _texts(value: object) -> Iterator[str]:
    """Give every text of a list, or the text of a value."""
    for each in value[:MOST_OF_A_LIST] if isinstance(value, list) else [value]:
        if text := text_of(each).strip():
            yield text


def text_of(value: object, depth: int = 0) -> str:
    """Find the text of a value: itself, the first of a list, or what a wrapping calls so."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or depth > DEEPEST:
        return ""
    if isinstance(value, int):
        return str(value) if value.bit_length() < 256 else ""
    if isinstance(value, list):
        inside = (text_of(each, depth + 1) for each in value[:MOST_OF_A_LIST])
        return next((text for text in inside if text.strip()), "")
    if isinstance(value, Mapping):
        keys = {key_of(str(name)): each for name, each in value.items()}
        texts = (text_of(keys[name], depth + 1) for name in INSIDE if name in keys)
        found = next((text for text in texts if text.strip()), "")
        return found or _in_a_language(value)
    return ""


def _in_a_language(value: Data) -> str:
    """Choose the English one of a text in several languages, else the first."""
    if not all(isinstance(name, str) and LANGUAGE.match(name) for name in value):
        return ""
    texts = [each for each in (value.get("en"), *value.values()) if isinstance(each, str)]
    return next((text for text in texts if text.strip()), "")


def _item_title(value: object) -> object:
    """Choose the paper's title of those of its journal and series, where their types are told."""
    items = value if isinstance(value, list) else []
    typed = (each for each in items if isinstance(each, Mapping) and each.get("type") == "item")
    return next(typed, value)


def _abstract(own: Mapping[str, list[object]], titles: Sequence[object]) -> str:
    languages = next((len(each) for each in titles if isinstance(each, list)), 1)
    described = (each for each in own.get("description", ()) if isinstance(each, list))
    texts = (_whole_abstract(each, languages) for each in _every(own, ABSTRACTS))
    more = (_whole_abstract(each, len(each)) for each in described)  # notes of all kinds follow
    others = (_whole_abstract(each, languages) for each in _every(own, LESSER_ABSTRACTS))
    return next((text for text in chain(texts, more, others) if text.strip()), "")


def _whole_abstract(value: object, languages: int, depth: int = 0) -> str:
    """Return an abstract of parts; of several abstracts the first, or the one that is called so."""
    if isinstance(value, Mapping):
        keys = {key_of(str(name)): each for name, each in value.items()}
        parts = next((keys[name] for name in PARTS if name in keys), None)
        if parts is not None and depth < DEEPEST:
            return _whole_abstract(parts, 1, depth + 1)
        return _labelled(keys) or _by_heading(value)
    if not isinstance(value, list):
        return text_of(value)
    items = [each for each in value[:MOST_OF_A_LIST] if isinstance(each, Mapping)]
    if len(items) < len(value[:MOST_OF_A_LIST]):
        texts = [text_of(each) for each in value[:MOST_OF_A_LIST] if not isinstance(each, Mapping)]
        return texts[0] if texts and len(texts) == languages > 1 else " ".join(texts)
    return _of_several([{key_of(str(name)): v for name, v in each.items()} for each in items])


def _by_heading(value: Data) -> str:
    """Return an abstract whose parts stand under their headings."""
    if HEADINGS.isdisjoint(map(key_of, value)):
        return ""
    parts = ((name, text_of(each).strip()) for name, each in value.items())
    return " ".join(f"{name.strip(': ')}: {text}" for name, text in parts if text)


HEADINGS: Final = frozenset(
    "background objective objectives aim aims purpose introduction methods method results result "
    "findings conclusion conclusions discussion context materialsandmethods".split()
)
PARTS: Final = ("abstract", "abstracttext", "description", "sec", "p")


def _of_several(items: Sequence[Data]) -> str:
    """Choose the abstract of descriptions; join the parts of an abstract."""
    if any("descriptiontype" in each for each in items):
        items = [each for each in items if _is_called_abstract(each)][:1]
    plain = [each for each in items if "abstracttype" not in each]
    parts = plain or items
    are_parts = all({"label", "section", "heading", "nlmcategory"} & each.keys() for each in parts)
    texts = map(_labelled, parts if are_parts or _are_paragraphs(parts) else parts[:1])
    return " ".join(filter(None, texts))


def _are_paragraphs(parts: Sequence[Data]) -> bool:
    return all("text" in each or set(each) == {TEXT} for each in parts)


def _is_called_abstract(item: Data) -> bool:
    return text_of(item.get("descriptiontype")).casefold() == "abstract"


def _labelled(keys: Data) -> str:
    """Return a part of an abstract with its label in front."""
    label = next((text_of(keys[name]) for name in ("label", "heading") if name in keys), "")
    text = text_of({name: each for name, each in keys.items() if name != "label"})
    if not label or not text or label.casefold() in ("abstract", "unlabelled"):
        return text
    return f"{label.rstrip(': ')}: {text}"


def _people(own: Mapping[str, list[object]]) -> tuple[str, ...]:
    for key in PEOPLE:
        values = own.get(key, [])
        if key in ("name", "names"):  # a text of the name may be that of anything
            values = [each for each in values if not isinstance(each, str)]
        if names := _people_called(values):
            return names
    return ()


def _people_called(values: Sequence[object]) -> tuple[str, ...]:
    """Return the people of several values of a name; a text alone may hold several."""
    if len(values) == 1 and isinstance(values[0], str):
        return read_people(values[0])
    return tuple(dict.fromkeys(chain.from_iterable(people_in(each) for each in values)))


def people_in(value: object, depth: int = 0) -> list[str]:
    """List the names of the people in nested data, editors and the like left out."""
    if isinstance(value, str):
        return list(read_people([value]))
    if isinstance(value, list) and depth <= DEEPEST:
        inside = (people_in(each, depth + 1) for each in value[:MOST_PEOPLE])
        return list(chain.from_iterable(inside))
    return _person(value, depth) if isinstance(value, Mapping) and depth <= DEEPEST else []


def _person(value: Data, depth: int) -> list[str]:
    """Return the name that a mapping has the parts of, or the people that it wraps."""
    keys = {key_of(str(name)): each for name, each in value.items()}
    if any(NO_AUTHORS.match(text_of(keys[role]).strip()) for role in ROLES if role in keys):
        return []
    if parts := keys.get("namepart"):
        keys = {**keys, **_name_parts(parts)}
    texts = {name: _joined(each) for name, each in keys.items()}
    if person := read_people(texts) or read_people([texts.get(TEXT, "")]):
        return list(person)
    if "personname" in keys:  # people and bodies side by side
        wrapped = [keys[name] for name in ("personname", "organization") if name in keys]
        return [name for each in wrapped for name in people_in(each, depth + 1)]
    inside = (keys[name] for name in (*PEOPLE, *PERSONS) if name in keys)
    return next((names for each in inside if (names := people_in(each, depth + 1))), [])


PERSONS: Final = (
    *("persname", "orgname", "person", "contrib", "stringname", "namealternatives", "value"),
    *("results", "list", "items", "item", "collab", "seq", "bag", "li"),
)


def _name_parts(parts: object) -> dict[str, object]:
    """MODS' parts of a name by their types, `{"family": …, "given": …}`."""
    listed = parts if isinstance(parts, list) else [parts]
    found: dict[str, object] = {}
    for part in listed[:MOST_OF_A_LIST]:
        kind = text_of(part.get("type")) if isinstance(part, Mapping) else ""
        name = kind if kind in ("family", "given") else "" if kind else "full"
        if name:
            found[name] = f"{found.get(name, '')} {_joined(part)}".strip()
    return found


def _joined(value: object) -> str:
    """Return the texts of a list together, such as several given names."""
    parts = value[:MOST_OF_A_LIST] if isinstance(value, list) else [value]
    return " ".join(filter(None, map(_own_text, parts)))


def _own_text(value: object) -> str:
    """Return a text, or that of an element with attributes; what holds more is no name's part."""
    return text_of(value.get(TEXT)) if isinstance(value, Mapping) else text_of(value)


def _best(dates: Iterable[str]) -> str:
    known = [each for each in dates if each]
    same = [each for each in known if each.startswith(known[0])]
    return max(same, key=len, default="")


def date_of(value: object, depth: int = 0) -> str:
    """Make an ISO date of a text, a year, `date-parts`, or a mapping of year, month and day."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, list):
        inside = [date_of(each, depth + 1) for each in value[:20]] if depth < 3 else []
        typed = [
            date
            for each, date in zip(value, inside, strict=False)
            if date and isinstance(each, Mapping) and _is_issue(each)
        ]
        return next(filter(None, (*typed, *inside)), "")
    if isinstance(value, int) and value in MILLISECONDS:
        return day_of_milliseconds(value)
    if not isinstance(value, Mapping):
        return parse_date(text_of(value)) or ""
    keys = {key_of(str(name)): each for name, each in value.items()}
    if isinstance(spans := keys.get("dateparts"), list) and spans and isinstance(spans[0], list):
        return combine(*([text_of(part) for part in spans[0][:3]] or [""])) or ""
    if "year" in keys:
        month, day = text_of(keys.get("month")), text_of(keys.get("day"))
        return combine(text_of(keys["year"]), month, day) or ""
    names = ("medlinedate", "raw", "literal", "datetime", "when", "pubdate", "pubdates", TEXT)
    texts = (parse_date(text_of(keys[name])) for name in (*names, "date", "value") if name in keys)
    return next(filter(None, texts), "")


ISSUED: Final = ("issued", "published", "publication", "ppub", "pub", "whenproduced", "datepub")


def _is_issue(item: Data) -> bool:
    kinds = (text_of(each).casefold() for each in item.values() if isinstance(each, str))
    return any(kind in ISSUED for kind in kinds)


def _typed_id(nodes: Sequence[Data], scheme: str) -> str:
    """Return an id whose scheme is told beside it: `{"type": "doi", "value": …}`."""
    read = IDS[scheme][1]
    for node in nodes:
        if len(node) > MOST_BESIDE_AN_ID:
            continue
        texts = [each.strip() for each in node.values() if isinstance(each, str)]
        named = any(SCHEMES.get(text.casefold()) == scheme for text in texts)
        if named and (found := next(filter(None, map(read, texts)), "")):
            return found
    return ""


def _arxiv_id(text: str) -> str:
    return plain_arxiv_id(text) or find_arxiv_id(text) or arxiv_id_in(text)


IDS: Final[Mapping[str, tuple[Sequence[str], Callable[[str], str]]]] = {
    "doi": (DOIS, plain_doi),
    "arxiv": (ARXIV_IDS, _arxiv_id),
    "pmid": (PMIDS, plain_pmid),
}


def _web_address(text: str) -> str:
    return text if re.match(r"https?://\S+$", text) else ""


def _keywords(own: Mapping[str, list[object]]) -> object:
    """Return keywords as texts, or the text that lists them."""
    value = next(iter(_every(own, KEYWORDS)), None)
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        inside = {key_of(str(name)): each for name, each in value.items()}
        value = next((inside[name] for name in (*KEYWORDS, "value") if name in inside), None)
    if not isinstance(value, list):
        return []
    subjects = (each.get("subject", each) if isinstance(each, Mapping) else each for each in value)
    return [text for each in subjects for text in _texts(each)]
