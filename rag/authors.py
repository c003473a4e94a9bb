"""Take papers' authors apart by the family names that records state."""

from __future__ import annotations

from collections.abc import Iterable

from rag.names import SUFFIXES, FamilyNames, Name, is_telling, split_name, stated_name
from rag.text import folded, one_line
from rag.types import Paper


def names_of(paper: Paper) -> list[Name]:
    """Return the authors' names in their parts: as records state them, else as they are found."""
    known = dict(paper.family_names)
    return [
        stated_name(one_line(each), known[each]) if each in known else split_name(one_line(each))
        for each in paper.authors
        if one_line(each)
    ]


def joined_family_names(authors: Iterable[str], *records: Paper) -> FamilyNames:
    """Return what records of one paper state of the authors' family names, the first before others.

    A record that writes an author with other given names or initials states it of them, too.
    """
    stating = [each for each in records if each.family_names]
    if not stating:
        return ()
    found = (
        (each, next(filter(None, (_told(each, of) for of in stating)), "")) for each in authors
    )
    return tuple((author, family) for author, family in found if family)


def _told(author: str, record: Paper) -> str:
    """Return the family name that a record states of an author; "" for none."""
    if author in record.authors:
        return dict(record.family_names).get(author, "")
    return next(filter(None, (_in(author, *pair) for pair in record.family_names)), "")


def _in(author: str, name: str, family: str) -> str:
    """Return the family name of another spelling of a name, as the author is written; or ""."""
    words, known = author.split(), family.split()
    if words and words[-1].casefold() in SUFFIXES:
        words = words[:-1]
    own = " ".join(words[-len(known) :])
    is_longer = len(words) > len(known) and len(name.split()) > len(known)
    if not is_longer or folded(own) != folded(family) or folded(author)[:1] != folded(name)[:1]:
        return ""
    return own if is_telling(author, own) else ""
