"""Give every paper of a library a cite key of its own, whatever the files say that it came from.

The paper that had a key first keeps it, since texts cite it by that. Of one paper that two files
cite by different keys the first is the paper's, the others are its aliases.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import Final, Protocol

from rag.types import CITE_ALIAS, CITE_KEY, Paper

SCHEMES: Final = (CITE_KEY, CITE_ALIAS)
SUFFIXES_TRIED: Final = 20  # at once
Key = tuple[str, str]


class Holders(Protocol):
    """What tells which papers have a key."""

    def known_by(self, keys: Sequence[Key]) -> dict[Key, list[str]]:
        """Find the ids of the papers that have the identifiers."""

    def titles(self, paper_ids: Sequence[str]) -> dict[str, str]:
        """Find the titles of papers by id; unknown ids are left out."""


def joined_identifiers(old: Sequence[Key], new: Sequence[Key]) -> tuple[Key, ...]:
    """Join what one paper is known by in two places; of several cite keys the first stays its."""
    whole = dict.fromkeys((*old, *new))
    keys = [value for scheme, value in whole if scheme == CITE_KEY]
    others = {(CITE_KEY, value) for value in keys[1:]}
    known = [(CITE_ALIAS, each[1]) if each in others else each for each in whole]
    return tuple(dict.fromkeys(known))


def new_alias(before: Paper, now: Paper) -> str:
    """Say that a paper has another cite key, beside its own; "" where it has not."""
    own = dict(before.identifiers).get(CITE_KEY)
    new = [key for key in now.identifiers if key[0] == CITE_ALIAS and key not in before.identifiers]
    return f"{now.title!r} stays cited as {own!r}; {new[0][1]!r} is its second key" if new else ""


class CiteKeys:
    """Tells the cite keys of papers from those that other papers have.

    Args:
        known: The library.
        remembers: Whether papers that were settled are not found in the library by and by, as in
            a dry run.
    """

    def __init__(self, known: Holders, *, remembers: bool) -> None:
        self._known = known
        self._remembers = remembers
        self._holders: dict[str, list[str]] = {}
        self._titles: dict[str, str] = {}

    def look_up(self, papers: Iterable[Paper]) -> None:
        """Find at once who has the keys of a batch of papers."""
        if not self._remembers:
            self._holders.clear()
            self._titles.clear()
        self._look_up(dict.fromkeys(value for paper in papers for _, value in _keys(paper)))

    def settled(self, paper: Paper) -> tuple[Paper, str]:
        """Return a paper with keys that no other has, and what a user should know of them."""
        mine = list(_keys(paper))
        if not mine:
            return paper, ""
        taken = {value: self._other(value, paper) for _, value in mine}
        if not any(taken.values()):
            return self._put(paper), ""
        key = next((value for scheme, value in mine if scheme == CITE_KEY), "")
        own = self._free(key, paper) if taken.get(key) else key
        known = [
            (scheme, own if (scheme, value) == (CITE_KEY, key) else value)
            for scheme, value in paper.identifiers
            if scheme != CITE_ALIAS or not taken[value]
        ]
        told = ""
        if own != key:
            told = f"{paper.title!r} is cited as {own!r}, since {key!r} is {taken[key]!r}"
        return self._put(replace(paper, identifiers=tuple(known))), told

    def _put(self, paper: Paper) -> Paper:
        self._titles[paper.paper_id] = paper.title
        for _, value in _keys(paper):
            held = self._holders.setdefault(value, [])
            if paper.paper_id not in held:
                held.append(paper.paper_id)
        return paper

    def _other(self, value: str, paper: Paper) -> str:
        """Return the title of another paper that has a key, "" for none."""
        others = (each for each in self._holders.get(value, ()) if each != paper.paper_id)
        return next((self._titles.get(each) or each for each in others), "")

    def _free(self, key: str, paper: Paper) -> str:
        """Return the key with the first number behind that makes it the paper's alone."""
        for start in count(2, SUFFIXES_TRIED):
            tried = [f"{key}-{number}" for number in range(start, start + SUFFIXES_TRIED)]
            self._look_up([each for each in tried if each not in self._holders])
            if free := next((each for each in tried if not self._other(each, paper)), ""):
                return free
        raise AssertionError  # there is no last number

    def _look_up(self, values: Iterable[str]) -> None:
        wanted = [(scheme, value) for value in values for scheme in SCHEMES]
        wanted = [key for key in wanted if key[1] not in self._holders]
        if not wanted:
            return
        found = self._known.known_by(wanted)
        for key in wanted:
            self._holders.setdefault(key[1], []).extend(found.get(key, ()))
        ids = {each for holders in found.values() for each in holders}
        self._titles |= self._known.titles(sorted(ids - self._titles.keys()))


def _keys(paper: Paper) -> Iterator[Key]:
    return (each for each in paper.identifiers if each[0] in SCHEMES)
