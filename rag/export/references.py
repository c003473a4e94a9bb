"""Build the entries that every citation format is rendered from.

Only what the record says is passed on; unknown fields are left out.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from typing import Final, Literal

from rag.authors import names_of
from rag.cleaning import clean_abstract, clean_title
from rag.identifiers import arxiv_id_of, id_from_title, is_of_preprints
from rag.names import Name, split_name
from rag.text import one_line, squeezed, without_accents
from rag.types import CITE_ALIAS, CITE_KEY, NO_IMPRINT, Imprint, Kind, Paper

EntryKind = Kind | Literal["other"]

DOI: Final = re.compile(r"^https?://(?:dx\.)?doi\.org/(10\.\d{4,9}/\S+)$", re.IGNORECASE)
# Venues come as names or as the short forms that OpenReview and Papers with Code use.
JOURNAL: Final = re.compile(
    r"\b(?:journal|transactions|letters|reviews?|annals|magazine|bulletin|frontiers|ieee access"
    r"|national academy of sciences|pnas|jmlr|tmlr|t?pami|neural computation|neurocomputing)\b"
    r"|\b(?:j|lett|rev|trans|ann|bull|mag)\.(?:\s|$)|^(?:nature|science)\b",
    re.IGNORECASE,
)
# What has a DOI and is in no journal.
BOOK: Final = re.compile(
    r"\b(?:press|books?|handbook|lecture notes|thesis|dissertation|encyclop\w+|university"
    r"|springer|elsevier|wiley|zenodo|figshare|dryad|github|blog|reports?)\b",
    re.IGNORECASE,
)
CONFERENCE: Final = re.compile(
    r"\b(?:conference|proceedings|proc\.|workshops?|symposium|congress|meeting|advances in neural"
    r"|neurips|nips|icml|iclr|cvpr|iccv|eccv|wacv|aaai|ijcai|aistats|uai|colt|kdd|www|acl|emnlp"
    r"|naacl|eacl|coling|interspeech|icassp|icra|iros|corl|automl|sigir|ecir|cikm|wsdm|recsys|chi)\b",
    re.IGNORECASE,
)
SMALL_WORDS: Final = re.compile(
    "a|an|the|of|on|in|at|by|for|from|to|with|and|or|as|is|are|be|can|do|does|how|what|why|when"
    "|via|into"
)
# What BibTeX and pandoc take for a key.
KEY: Final = re.compile(r"[^\W_][\w:.+/-]{0,79}")
# Letters that are no others with an accent.
IN_ASCII: Final = str.maketrans(
    {
        **{"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D"},
        **{"ı": "i", "ħ": "h", "Ħ": "H", "ŧ": "t", "Ŧ": "T", "þ": "th", "Þ": "Th"},
        **{"ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe"},
    }
)
# By both `ingest` takes a note apart again.
SINCE_THEN: Final = "since then: "
BETWEEN_NOTES: Final = "; "
WORDS_WITHOUT_AUTHOR: Final = 3
HASH_CHARACTERS: Final = 6


@dataclass(frozen=True, slots=True)
class Reference:
    """A paper as an entry of a bibliography.

    Attributes:
        key: The citation key, unique in its bibliography: the user's own, where one came with the
            paper, else of ASCII letters, digits and hyphens.
        year: Also `month` and `day`: as far as they are known.
        abstract: The authors' own text; None where the library holds only a summary of it.
        own_id: The paper's id in the library, where it follows from nothing else.
        own_key: The key, where it is one that came with the paper.
        aliases: Other keys by which texts of theirs cite it.
        note: That it was retracted, for people to read.
        later: What came out of it since, each with `SINCE_THEN` before it.
    """

    key: str
    kind: EntryKind
    title: str
    authors: tuple[Name, ...]
    year: int | None
    month: int | None
    day: int | None
    venue: str | None
    arxiv_id: str | None
    doi: str | None
    url: str | None
    abstract: str | None
    own_id: str | None
    pmid: str | None = None
    keywords: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    own_key: str | None = None
    aliases: tuple[str, ...] = ()
    note: str | None = None
    later: tuple[str, ...] = ()
    imprint: Imprint = NO_IMPRINT

    @property
    def whole_note(self) -> str:
        """What became of it, on one line: that it was retracted, and what came out of it since."""
        told = BETWEEN_NOTES.join(filter(None, (self.note, *self.later)))
        return told[:1].upper() + told[1:]


def build_references(papers: Iterable[Paper]) -> list[Reference]:
    """Build an entry for each paper, in order; one that is given twice stands once.

    The first paper with a key of the user's keeps it, since their texts cite it by that. Capitals
    do not tell keys apart: BibTeX refuses entries that differ by them alone.
    """
    once = list({paper.paper_id: paper for paper in papers}.values())
    owners: dict[str, str] = {}
    for paper in once:
        if key := _own_key(paper):
            owners.setdefault(key.casefold(), paper.paper_id)
    keys = [_own_key(paper) or _plain_key(paper) for paper in once]
    count = Counter(key.casefold() for key in keys)
    taken = set(count)
    return [
        _reference(
            paper,
            key
            if count[key.casefold()] == 1 or owners.get(key.casefold()) == paper.paper_id
            else _hashed_key(key, paper),
            taken,
        )
        for key, paper in zip(keys, once, strict=True)
    ]


def _reference(paper: Paper, key: str, taken: Set[str]) -> Reference:
    parts = [int(part) for part in (paper.published or "").split("-") if part]
    year, month, day = (*parts, None, None, None)[:3]
    venue = one_line(paper.venue or "")
    known = dict(paper.identifiers)
    arxiv_id = arxiv_id_of(paper) or known.get("arxiv", "")
    doi = DOI.match(paper.url or "")
    return Reference(
        key=key,
        kind=_kind(
            venue,
            arxiv_id,
            known=paper.imprint.kind,
            is_published=bool({"doi", "pmid"} & known.keys()),
        ),
        title=one_line(paper.title),
        authors=tuple(names_of(paper)),
        year=year,
        month=month,
        day=day,
        venue=venue or None,
        arxiv_id=arxiv_id or None,
        doi=doi[1] if doi else known.get("doi"),
        url=paper.url,
        abstract=None if paper.is_summary else one_line(paper.abstract) or None,
        own_id=None if _follows_from_record(paper, arxiv_id) else paper.paper_id,
        pmid=known.get("pmid"),
        keywords=paper.tags,
        collections=paper.collections,
        own_key=key if _own_key(paper) else None,
        aliases=tuple(each for each in _aliases(paper) if each.casefold() not in taken),
        note=_note(paper.retraction or ""),
        later=tuple(f"{SINCE_THEN}{one_line(each)}" for each in paper.notices),
        imprint=_on_lines(paper.imprint),
    )


def _follows_from_record(paper: Paper, arxiv_id: str) -> bool:
    """Return whether reading the entry again gives the same paper without our id."""
    follows = paper.paper_id == (arxiv_id or id_from_title(paper.title))
    is_clean = clean_title(paper.title) == paper.title
    return follows and is_clean and clean_abstract(paper.abstract) == paper.abstract


def _kind(venue: str, arxiv_id: str, *, known: Kind | None, is_published: bool) -> EntryKind:
    """Tell what a paper is in: as its record says, else by the name of that.

    Args:
        venue: The name; "" where it is not known.
        arxiv_id: The paper's, or "".
        known: What its record says; many call a preprint an article.
        is_published: Whether a DOI or PubMed knows it, as of what is in no conference and no book
            they know journals' papers.
    """
    is_preprint = is_of_preprints(venue) or bool(arxiv_id and not venue)
    if known and not (known == "article" and is_preprint):
        return known
    if is_preprint:
        return "preprint"
    if JOURNAL.search(venue):
        return "article"
    if CONFERENCE.search(venue):
        return "conference"
    return "article" if venue and is_published and not BOOK.search(venue) else "other"


def _on_lines(told: Imprint) -> Imprint:
    """Return an imprint whose texts are on one line each, wherever it came from."""
    volume, issue, pages, publisher, issn, isbn = (
        one_line(text) if text else None
        for text in (told.volume, told.issue, told.pages, told.publisher, told.issn, told.isbn)
    )
    return Imprint(told.kind, volume, issue, pages, publisher, issn, isbn)


def _note(retraction: str) -> str | None:
    return retraction[:1].upper() + retraction[1:] or None


def listed(words: tuple[str, ...]) -> str:
    """Return words as a text that `ingest` takes apart again: commas inside a word stay.

    A semicolon inside a word, which would part it, becomes a space; one behind a single word tells
    that its comma parts nothing.
    """
    has_commas = any("," in word or "|" in word for word in words)
    text = ("; " if has_commas else ", ").join(
        " ".join(word.replace(";", " ").split()) for word in words
    )
    return f"{text};" if has_commas and len(words) == 1 else text


def _own_key(paper: Paper) -> str:
    """Return the key by which the user cites the paper, or ""."""
    key = dict(paper.identifiers).get(CITE_KEY, "")
    return key if KEY.fullmatch(key) else ""


def _aliases(paper: Paper) -> Iterator[str]:
    known = (value for scheme, value in paper.identifiers if scheme == CITE_ALIAS)
    return (key for key in known if KEY.fullmatch(key))


def _plain_key(paper: Paper) -> str:
    """Return first author's family name, year, and first telling word of the title.

    It depends on the paper alone, so that a paper has the same key in every export; also once a
    record states a family name of two words, of which a key has the last.
    """
    words = [word for word in map(_plain, paper.title.split()) if word]
    telling = [word for word in words if not SMALL_WORDS.fullmatch(word)] or words
    family = _plain(split_name(paper.authors[0]).family) if paper.authors else ""
    year = str(paper.year or "")
    if family:
        return "".join([family, year, *telling[:1]])
    named = "".join(telling[:WORDS_WITHOUT_AUTHOR]) + year
    return named if telling else _hashed_key(f"paper{year}", paper)


def _plain(text: str) -> str:
    return squeezed(without_accents(text).translate(IN_ASCII))


def _hashed_key(key: str, paper: Paper) -> str:
    """Return the key of a paper whose plain one is shared; it depends on the paper alone."""
    digest = hashlib.sha256(paper.paper_id.encode("utf-8", "replace")).hexdigest()
    return f"{key}-{digest[:HASH_CHARACTERS]}"
