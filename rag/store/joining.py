"""Join records that are one paper: by what identifies them, then by title and near abstract.

A record that a library knows from the same source takes the place of the earlier one: it was
corrected. What is typed in or pasted does so field by field, where it is no worse. Records of one
paper from different sources are merged field by field, the better value of each. Two papers of one
title whose abstracts differ stay two.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Protocol, TypeVar

from rag.authors import joined_family_names
from rag.identifiers import (
    SEEN,
    SHARED_SCHEMES,
    arxiv_id_of,
    content_hash,
    id_from_title,
    is_of_database,
    plain_arxiv_id,
)
from rag.imprints import joined_imprint
from rag.store.cite_keys import CiteKeys, Holders, joined_identifiers, new_alias
from rag.text import folded
from rag.types import BY_HAND, Merged, Note, Paper, Updated

TITLE: Final = "title"  # the scheme under which a title's hash is kept
LEAST_SHARED_WORDS: Final = 0.6  # of the shorter abstract; those of one subject share 0.1 to 0.3
LONGER: Final = 1.3  # as much longer an abstract is whole where another was cut off
ITEMS: Final = "zotero"  # the scheme of the items of a Zotero
SUFFIX_CHARACTERS: Final = 6
# What stands beside a paper's texts, in no order.
REPORTED: Final = ("identifiers", "tags", "collections", "edited", "notices")
SAID: Final = ("identifiers", "tags")  # what a record takes away when it says it no more
BESIDE: Final = ("retraction", "imprint", "family_names")  # likewise, each of one value
NOTED: Final = (*REPORTED, "origins")  # the same record in another file is no news
Key = tuple[str, str]
T = TypeVar("T")


class Known(Holders, Protocol):
    """What a library knows of its papers."""

    def hashes(self, paper_ids: Sequence[str]) -> dict[str, str]:
        """Return the content hashes of papers by id; unknown ids are left out."""

    def papers_of(self, paper_ids: Sequence[str]) -> dict[str, Paper]:
        """Find papers by id; unknown ids are left out."""


@dataclass(slots=True)
class Joined:
    """What a batch of records comes to.

    Attributes:
        changed: Papers to be written, by id; each is new or another than before.
        noted: Those of them of which nothing changes that is embedded or searched.
        merged: Papers that records of several sources were joined to.
        notes: What of records that were typed in was not taken, and why; which cite keys are other
            than in the file.
    """

    changed: dict[str, Paper] = field(default_factory=dict)
    noted: set[str] = field(default_factory=set)
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    merged: list[Merged] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


class Joiner:
    """Finds, for the records of one run, the papers that they are.

    Args:
        known: The library.
        is_dry: Whether nothing is written, so that what came before is remembered here.
    """

    def __init__(self, known: Known, *, is_dry: bool) -> None:
        self._known = known
        self._is_dry = is_dry
        self._met: dict[str, bool] = {}  # the papers of this run, and whether they are new
        self._updated: set[str] = set()
        self._changes: dict[str, Updated] = {}
        self._remembered: dict[str, Paper] = {}
        self._keys: dict[Key, list[str]] = {}  # of a dry run
        self._cite_keys = CiteKeys(known, remembers=is_dry)

    def join(self, batch: Sequence[Paper]) -> Joined:
        """Find what has to be written of a batch of records, in their order."""
        joined = Joined()
        around = _Around(self._known, batch, joined.changed, self._remembered, self._keys)
        self._cite_keys.look_up(batch)
        for paper in batch:
            self._join_one(paper, around, joined)
        if self._is_dry:
            self._remember(joined.changed.values())
        return joined

    def _join_one(self, paper: Paper, around: _Around, joined: Joined) -> None:
        if around.holds_unchanged(paper, self._met):
            if paper.paper_id in self._met:
                into = around.source_of(paper)
                joined.merged.append(Merged(paper.paper_id, paper.title, paper.source, into))
            self._count(paper.paper_id, joined, is_changed=False, is_new=False)
            return
        found = around.find(paper, self._met)
        if found is None:
            own, told = self._cite_keys.settled(replace(paper, paper_id=around.free_id(paper)))
            around.put(own)
            self._tell(own, told, joined)
            self._count(own.paper_id, joined, is_changed=True, is_new=True)
            return
        is_correction = _is_correction(found, paper, self._met)
        whole, told = self._cite_keys.settled(_joined(found, paper, self._met))
        is_seen = is_read_anew(whole, found)
        is_changed = is_seen or is_noted_anew(whole, found)
        if is_changed:
            self._tell(paper, told or new_alias(found, whole), joined)
            is_noted = not is_seen and found.paper_id not in joined.changed.keys() - joined.noted
            around.put(whole)
            (joined.noted.add if is_noted else joined.noted.discard)(found.paper_id)
        if not is_correction and (
            found.source != paper.source
            or found.title != paper.title
            or found.paper_id in self._met
        ):
            joined.merged.append(Merged(found.paper_id, paper.title, paper.source, found.source))
        is_reported = content_hash(whole) != content_hash(found) or is_noted_anew(
            whole, found, REPORTED
        )
        if (paper.source in BY_HAND) and (why := _why_kept(found, paper, whole)):
            joined.notes.append(Note(str(paper.source), why))
        if is_reported and not self._met.get(found.paper_id):
            self._note_change(whole, found)
        self._count(found.paper_id, joined, is_changed=is_reported, is_new=False)

    @property
    def met(self) -> Mapping[str, bool]:
        """The ids of the papers that records of this run are of, and whether they are new."""
        return self._met

    @property
    def changes(self) -> tuple[Updated, ...]:
        """The papers of before that were changed until now, with all that changed of each."""
        return tuple(self._changes.values())

    def _note_change(self, whole: Paper, found: Paper) -> None:
        before = self._changes.get(whole.paper_id)
        names = (*(before.fields if before else ()), *_changed_fields(whole, found))
        fields = tuple(dict.fromkeys(names))
        self._changes[whole.paper_id] = Updated(whole.paper_id, whole.title, fields)

    def _tell(self, paper: Paper, told: str, joined: Joined) -> None:
        if told:
            joined.notes.append(Note(paper.source or "", told))

    def _count(self, paper_id: str, joined: Joined, *, is_changed: bool, is_new: bool) -> None:
        if paper_id in self._met:
            joined.duplicates += 1
            if is_changed and not self._met[paper_id] and paper_id not in self._updated:
                joined.updated += 1
                joined.unchanged -= 1
                self._updated.add(paper_id)
            return
        self._met[paper_id] = is_new
        if is_new:
            joined.added += 1
        elif is_changed:
            self._updated.add(paper_id)
            joined.updated += 1
        else:
            joined.unchanged += 1

    def _remember(self, papers: Iterable[Paper]) -> None:
        for paper in papers:
            self._remembered[paper.paper_id] = paper
            for key in keys_of(paper):
                self._keys.setdefault(key, []).append(paper.paper_id)


class _Around:
    """What a batch may be joined to: the library, and what of the batch is already there."""

    def __init__(
        self,
        known: Known,
        batch: Sequence[Paper],
        changed: dict[str, Paper],
        remembered: Mapping[str, Paper],
        keys: Mapping[Key, list[str]],
    ) -> None:
        ids = [paper.paper_id for paper in batch]
        self._hashes = known.hashes(ids)
        wanted = list({key for paper in batch for key in keys_of(paper)})
        self._by_key = {key: list(found) for key, found in known.known_by(wanted).items()}
        for key in wanted:
            self._by_key.setdefault(key, []).extend(keys.get(key, ()))
        linked = {each for found in self._by_key.values() for each in found}
        unlike = {
            paper.paper_id
            for paper in batch
            if paper.paper_id in self._hashes and not self.is_as_before(paper)
        }
        self._papers = known.papers_of(sorted(linked | unlike)) | dict(remembered)
        self._changed = changed

    def is_as_before(self, paper: Paper) -> bool:
        return self._hashes.get(paper.paper_id) == content_hash(paper)

    def holds_unchanged(self, paper: Paper, met: Mapping[str, bool]) -> bool:
        """Whether the library holds the record as it is, with all that it is known by."""
        if paper.paper_id in self._changed or not self.is_as_before(paper):
            return False
        held = self._papers.get(paper.paper_id)
        return (
            held is None
            or _adds_nothing(held, paper)
            or not is_noted_anew(_joined(held, paper, met), held)
        )

    def source_of(self, paper: Paper) -> str | None:
        """Where the paper that a record is of came from; its own source where that is not read."""
        held = self._papers.get(paper.paper_id)
        return held.source if held else paper.source

    def find(self, paper: Paper, met: Mapping[str, bool]) -> Paper | None:
        """Find the paper that a record is of, or None."""
        same = self._papers.get(paper.paper_id)
        if same and not is_from_title(paper.paper_id):
            return same
        for scheme, value in keys_of(paper):
            if scheme != TITLE:
                for each in self._named((scheme, value)):
                    if not _are_apart(each, paper):
                        return each
        named = self._named((TITLE, id_from_title(paper.title)))
        if same and same not in named:
            named.append(same)
        alike = [each for each in named if not _are_apart(each, paper) and are_near(each, paper)]
        if alike:
            return max(alike, key=lambda each: shared_words(each.abstract, paper.abstract))
        own = [each for each in named if each.source == paper.source and each.paper_id not in met]
        is_own = len(own) == 1 and own[0].paper_id == paper.paper_id
        return own[0] if is_own and not _are_two_typed(own[0], paper) else None

    def _named(self, key: Key) -> list[Paper]:
        ids = dict.fromkeys(self._by_key.get(key, ()))
        return [self._papers[each] for each in ids if each in self._papers]

    def free_id(self, paper: Paper) -> str:
        """Return the record's id, with a suffix where another paper of its title has it."""
        taken = self._papers.get(paper.paper_id)
        if taken is None or not is_from_title(paper.paper_id):
            return paper.paper_id
        return suffixed_id(paper)

    def put(self, paper: Paper) -> None:
        self._papers[paper.paper_id] = self._changed[paper.paper_id] = paper
        for key in keys_of(paper):
            self._by_key.setdefault(key, []).append(paper.paper_id)


def keys_of(paper: Paper) -> list[Key]:
    """List what a paper can be found by: its public identifiers, then its title."""
    shared = [key for key in paper.identifiers if key[0] in SHARED_SCHEMES]
    if arxiv_id := arxiv_id_of(paper):
        shared.append(("arxiv", arxiv_id))
    return list(dict.fromkeys([*shared, (TITLE, id_from_title(paper.title))]))


def suffixed_id(paper: Paper) -> str:
    """Return the id of a paper where another one of its title has the one made from the title."""
    digest = hashlib.sha256(folded(paper.abstract).encode()).hexdigest()
    return f"{paper.paper_id}-{digest[:SUFFIX_CHARACTERS]}"


def is_from_title(paper_id: str) -> bool:
    """Whether an id was made from a title alone."""
    return paper_id.startswith("t-") and len(paper_id) >= len(id_from_title(""))


def _are_apart(one: Paper, other: Paper) -> bool:
    """Whether two records are surely of different papers: their own ids or identifiers differ."""
    if one.paper_id != other.paper_id and _is_given(one) and _is_given(other):
        return True
    first, second = dict(one.identifiers), dict(other.identifiers)
    first.setdefault("arxiv", arxiv_id_of(one))
    second.setdefault("arxiv", arxiv_id_of(other))
    both = (scheme for scheme in ("arxiv", "pmid") if first.get(scheme) and second.get(scheme))
    return any(first[scheme] != second[scheme] for scheme in both)


def _is_given(paper: Paper) -> bool:
    """Whether the id is the user's own, and follows from nothing else."""
    return not (is_from_title(paper.paper_id) or plain_arxiv_id(paper.paper_id))


def are_near(one: Paper, other: Paper) -> bool:
    """Whether two abstracts can be versions of one; a summary is near whatever it sums up."""
    if one.is_summary or other.is_summary:
        return True
    return shared_words(one.abstract, other.abstract) >= LEAST_SHARED_WORDS


def shared_words(one: str, other: str) -> float:
    """Return the share of the shorter text's words that the longer one has too, in [0, 1]."""
    first, second = set(folded(one).split()), set(folded(other).split())
    least = min(len(first), len(second))
    return len(first & second) / least if least else 0.0


def _are_two_typed(one: Paper, other: Paper) -> bool:
    """Whether unlike abstracts that were typed in are two papers', and not one's stub and text."""
    lengths = sorted((len(one.abstract), len(other.abstract)))
    return other.source in BY_HAND and lengths[1] < LONGER * lengths[0]


def _why_kept(found: Paper, paper: Paper, whole: Paper) -> str:
    """In words, why a paper keeps another abstract than the one that was typed in; "" else."""
    if whole.abstract == paper.abstract or whole.abstract != found.abstract:
        return ""
    if "abstract" in found.edited:
        return f"{found.title!r} keeps the abstract that you set by hand"
    if len(found.abstract) > len(paper.abstract):
        return f"{found.title!r} keeps its longer abstract; edit the paper to have the shorter one"
    return f"{found.title!r} keeps its abstract from {found.source}; edit it to have another"


def _joined(found: Paper, paper: Paper, met: Mapping[str, bool]) -> Paper:
    """Join a record to its paper; what a user set by hand stays."""
    is_correction = _is_correction(found, paper, met)
    whole = _corrected(found, paper) if is_correction else merge(found, paper)
    return replace(
        whole,
        **_set_by_hand(found),
        collections=_union(found.collections, paper.collections),
        retraction=paper.retraction or found.retraction,
        notices=_union(found.notices, paper.notices),
        edited=_union(found.edited, paper.edited),
    )


def _set_by_hand(paper: Paper) -> dict[str, Any]:
    """Return the fields that a user set; family names are set with the authors."""
    beside = ("family_names",) if "authors" in paper.edited else ()
    return {name: getattr(paper, name) for name in (*paper.edited, *beside)}


def _is_correction(found: Paper, paper: Paper, met: Mapping[str, bool]) -> bool:
    """Whether a record comes again from where it came, or is the user's own by its id."""
    if found.paper_id in met:
        return False
    is_item = found.paper_id == paper.paper_id or bool(_items(found) & _items(paper))
    is_again = found.source == paper.source and is_item
    return is_again or (found.paper_id == paper.paper_id and _is_given(paper))


def _items(paper: Paper) -> set[Key]:
    """The items of a Zotero that a paper is."""
    return {key for key in paper.identifiers if key[0] == ITEMS}


def _corrected(found: Paper, paper: Paper) -> Paper:
    """Put the record in the place of its earlier version; what other sources added is kept."""
    source, origins = _sources(found, paper)
    kept = replace(
        paper,
        paper_id=found.paper_id,
        source=source,
        identifiers=joined_identifiers(found.identifiers, paper.identifiers),
        tags=_tags(found.tags, paper.tags),
        origins=origins,
        imprint=joined_imprint(paper, found),
    )
    if not found.origins and paper.source not in BY_HAND:
        tags = paper.tags if paper.source == found.source else kept.tags
        return replace(kept, tags=tags, identifiers=_newer(found.identifiers, paper.identifiers))
    is_longer = len(found.abstract) >= LONGER * len(paper.abstract)
    authors = max((paper.authors, found.authors), key=_fullness)
    return replace(
        kept,
        abstract=found.abstract if is_longer else paper.abstract,
        authors=authors,
        family_names=joined_family_names(authors, paper, found),
        published=_better_date(paper.published, found.published),
        url=paper.url or found.url,
        venue=paper.venue or found.venue,
    )


def _sources(found: Paper, paper: Paper) -> tuple[str | None, tuple[str, ...]]:
    """Return a paper's source, which stays, and its others once one more has a record of it.

    What is typed in comes from nowhere; a summary's source says that it is one.
    """
    is_first = not found.source or (found.is_summary and not paper.is_summary)
    source = paper.source if is_first else found.source
    more = (*paper.origins, *(() if paper.source in BY_HAND else (paper.source,)))
    every = _union((*found.origins, found.source), more)
    return source, tuple(each for each in every if each and each != source)


def merge(old: Paper, new: Paper) -> Paper:
    """Join two records of one paper: of each field the better value; the id and source stay."""
    takes_abstract = old.is_summary and not new.is_summary
    is_whole = not new.is_summary and len(new.abstract) >= LONGER * len(old.abstract)
    source = new.source if takes_abstract else old.source
    origins = _union((*old.origins, old.source), (*new.origins, new.source))
    authors = _better_authors(old.authors, new.authors)
    return replace(
        old,
        abstract=new.abstract if takes_abstract or is_whole else old.abstract,
        authors=authors,
        family_names=joined_family_names(authors, old, new),
        published=_better_date(old.published, new.published),
        url=_better_url(old.url, new.url),
        venue=old.venue or new.venue,
        imprint=joined_imprint(old, new),
        source=source,
        identifiers=joined_identifiers(old.identifiers, new.identifiers),
        tags=_tags(old.tags, new.tags),
        origins=tuple(each for each in origins if each and each != source),
    )


def _better_url(old: str | None, new: str | None) -> str | None:
    """Return the first address, unless it is a database's page and the other one is not."""
    is_closed = old and new and is_of_database(old)
    return new if is_closed or not old else old


def merge_all(papers: Sequence[Paper]) -> Paper:
    """Join papers that are one: of each field the better value, what a user set before others.

    Args:
        papers: At least one; the first gives the id, and where values are equally good its own.
    """
    whole = papers[0]
    for other in papers[1:]:
        set_by_hand = [*other.edited, *whole.edited]  # the first paper's come last, and win
        values = _set_by_hand(other) | _set_by_hand(whole)
        values.pop("tags", None)
        whole = replace(
            merge(whole, other),
            **values,
            collections=_union(whole.collections, other.collections),
            retraction=whole.retraction or other.retraction,
            notices=_union(whole.notices, other.notices),
            edited=tuple(dict.fromkeys(set_by_hand)),
        )
    return whole


def are_surely_one(papers: Sequence[Paper]) -> bool:
    """Whether nothing speaks against papers being one: near abstracts, no ids that differ."""
    first, *others = papers
    return all(are_near(first, each) and not _are_apart(first, each) for each in others)


def together(groups: Iterable[Sequence[T]]) -> list[list[T]]:
    """Put groups that share a member together; each member once, in the order it is met."""
    whole: dict[T, list[T]] = {}
    for group in groups:
        known = list({id(each): each for member in group if (each := whole.get(member))}.values())
        joined = list(dict.fromkeys([*(m for each in known for m in each), *group]))
        for member in joined:
            whole[member] = joined
    return list({id(each): each for each in whole.values()}.values())


def _adds_nothing(held: Paper, paper: Paper) -> bool:
    """Whether a record of a paper, with the same texts, surely leaves it as it is."""
    return (
        held.source == paper.source
        and not paper.retraction
        and (not paper.imprint or held.imprint == paper.imprint)
        and held.family_names == paper.family_names
        and all(set(getattr(held, name)) == set(getattr(paper, name)) for name in SAID)
        and all(set(getattr(held, name)) >= set(getattr(paper, name)) for name in NOTED)
    )


def is_read_anew(whole: Paper, found: Paper) -> bool:
    """Whether what is embedded or searched of a paper is another than before."""
    return whole.source != found.source or content_hash(whole) != content_hash(found)


def is_noted_anew(whole: Paper, found: Paper, names: Sequence[str] = NOTED) -> bool:
    """Whether what stands beside a paper's texts, or some of it, is another than before."""
    if any(getattr(whole, name) != getattr(found, name) for name in BESIDE):
        return True
    return any(set(getattr(whole, name)) != set(getattr(found, name)) for name in names)


def _changed_fields(whole: Paper, found: Paper) -> Iterator[str]:
    """Name what of a paper is another than before, as far as that is reported."""
    for name in (*SEEN, "retraction", "family_names"):
        if getattr(whole, name) != getattr(found, name):
            yield name
    for name in REPORTED:
        if set(getattr(whole, name)) != set(getattr(found, name)):
            yield name
    before = asdict(found.imprint)
    yield from (name for name, now in asdict(whole.imprint).items() if now != before[name])


def _newer(old: Sequence[Key], new: Sequence[Key]) -> tuple[Key, ...]:
    """Merge identifiers; for each scheme that the newer record has, its own replace the others.

    Several items of a Zotero may be one paper: those stay.
    """
    schemes = {scheme for scheme, _ in new if scheme != ITEMS}
    return _union(tuple(key for key in old if key[0] not in schemes), tuple(new))


def _better_authors(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    """Return the fuller of two lists of the same people; the first where they are others."""
    if old and not _surnames(old) & _surnames(new):
        return old
    return max((old, new), key=_fullness)


def _surnames(authors: Sequence[str]) -> set[str]:
    return {words[-1] for name in authors if (words := folded(name).split())}


def _fullness(authors: Sequence[str]) -> tuple[int, int]:
    """Count the people that are named, and those named by more than initials."""
    full = sum(any(len(word.strip(".")) > 1 for word in name.split()[:-1]) for name in authors)
    return len(authors), full


def _better_date(old: str | None, new: str | None) -> str | None:
    """Return the earlier record's date, unless the other gives the same date more precisely."""
    if not (old and new):
        return old or new
    return new if new.startswith(old) else old


def _union(old: tuple[T, ...], new: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*old, *new)))


def _tags(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    """Join tags, of which those that differ by case or accents alone are one: the first stays."""
    known = {folded(tag) for tag in old}
    return (*old, *(tag for tag in dict.fromkeys(new) if folded(tag) not in known))
