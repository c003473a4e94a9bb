"""Cut BibTeX into entries and fields; every character is looked at a fixed number of times.

bibtexparser read 10 MB in about 30 s, and longer than in proportion where braces do not match.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from rag.readers.records import RecordError
from rag.readers.text_files import Text

MOST_ENTRY_CHARACTERS: Final = 2_000_000
PIECE_CHARACTERS: Final = 1 << 20
# `@['JournalArticle', 'Review']{` is met too.
OPENING: Final = re.compile(r"(?:^|(?<=[})]))\s*@\s*([A-Za-z]+|\[[\w', ]{2,80}\])\s*([{(])")
# An entry that begins on a line of its own inside another: the other was never closed.
INSIDE: Final = re.compile(r"^\s*@\s*(?:[A-Za-z]+|\[[\w', ]{2,80}\])\s*[{(]\s*[^\s,{}()=\"]+\s*,")
BRACE: Final = re.compile(r"\\.|[{}()\"]", re.DOTALL)
NAME: Final = re.compile(r"[\s,]*([^\s=,{}\"#][^=,{}\"#]*?)\s*=\s*")
BARE: Final = re.compile(r"[^\s,#{}\"]+")
SPACE: Final = re.compile(r"\s*")
KEY: Final = re.compile(r"\s*([^,={}\"]*?)\s*(?:,|$)")


@dataclass(slots=True)
class Entry:
    """An entry: its kind in small letters, its key, and its fields' values by their names."""

    kind: str
    key: str
    fields: dict[str, str]


@dataclass(slots=True)
class _Open:
    """What of an entry has been met."""

    kind: str
    line: int
    is_round: bool
    depth: int = 0
    pieces: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, text: str) -> None:
        self.size += len(text)
        if self.size <= MOST_ENTRY_CHARACTERS:
            self.pieces.append(text)


def read_entries(file: Text, strings: dict[str, str]) -> Iterator[Entry | RecordError]:
    """Give every entry, or what is wrong with it; definitions of strings are added to `strings`."""
    opened: _Open | None = None
    number = 0
    while line := file.readline(PIECE_CHARACTERS):
        number += 1
        if opened and INSIDE.match(line):
            if opened.kind not in ("comment", "preamble"):
                yield _broken(opened.line, "a brace is missing at the end")
            opened = None
        rest = line
        while rest:
            if opened is None:
                opened, rest = _begin(rest, number)
            else:
                closed, rest = _go_on(opened, rest)
                if closed:
                    yield from _finished(opened, strings)
                    opened = None
    if opened and opened.kind not in ("comment", "preamble"):
        yield _broken(opened.line, "the end of file stands inside the entry")


def _begin(text: str, number: int) -> tuple[_Open | None, str]:
    found = OPENING.search(text)
    if not found:
        return None, ""
    return _Open(found[1].lower(), number, found[2] == "("), text[found.end() :]


def _go_on(opened: _Open, text: str) -> tuple[bool, str]:
    """Take what belongs to the entry; whether it ends, and what stands behind it."""
    for mark in BRACE.finditer(text):
        sign = mark[0]
        if sign == "{":
            opened.depth += 1
        elif sign == "}" and (opened.depth or not opened.is_round):
            if not opened.depth:
                opened.add(text[: mark.start()])
                return True, text[mark.end() - 1 :] if opened.is_round else _behind(
                    text, mark.end()
                )
            opened.depth -= 1
        elif sign == ")" and opened.is_round and not opened.depth:
            opened.add(text[: mark.start()])
            return True, _behind(text, mark.end())
    opened.add(text)
    return False, ""


def _behind(text: str, at: int) -> str:
    """Return what stands behind an entry, with the brace that shows that one ended."""
    rest = text[at:]
    return "" if not rest.strip() or "@" not in rest else rest.lstrip()


def _finished(opened: _Open, strings: dict[str, str]) -> Iterator[Entry | RecordError]:
    if opened.size > MOST_ENTRY_CHARACTERS:
        yield RecordError(f"it is longer than {MOST_ENTRY_CHARACTERS:,} characters")
        return
    if opened.kind in ("comment", "preamble"):
        return
    body = "".join(opened.pieces)
    if opened.kind == "string":
        fields, _ = _fields(body, 0, strings)
        strings.update(fields)
        return
    key, at = _key(body)
    fields, end = _fields(body, at, strings)
    if body[end:].strip(" \t\n,"):
        yield _broken(opened.line, f"no field begins at {' '.join(body[end:].split())[:30]!r}")
    else:
        yield Entry(opened.kind, key, fields)


def _key(body: str) -> tuple[str, int]:
    found = KEY.match(body)
    return (found[1], found.end()) if found else ("", 0)


def _broken(line: int, why: str) -> RecordError:
    return RecordError(f"broken BibTeX in line {line}: {why}")


def _fields(body: str, at: int, strings: Mapping[str, str]) -> tuple[dict[str, str], int]:
    """Return the fields from a place on, and where they end; of two of a name the first."""
    fields: dict[str, str] = {}
    while found := NAME.match(body, at):
        value, at = _value(body, found.end(), strings)
        fields.setdefault(found[1].strip().lower(), value)
    return fields, at


def _value(body: str, at: int, strings: Mapping[str, str]) -> tuple[str, int]:
    """Return a value, whose parts may be joined by `#`, and where it ends."""
    parts: list[str] = []
    while True:
        part, at = _part(body, at, strings)
        parts.append(part)
        after = SPACE.match(body, at)
        end = after.end() if after else at
        if body[end : end + 1] != "#":
            return "".join(parts), at
        space = SPACE.match(body, end + 1)
        at = space.end() if space else end + 1


def _part(body: str, at: int, strings: Mapping[str, str]) -> tuple[str, int]:
    sign = body[at : at + 1]
    if sign in ("{", '"'):
        end = _closing(body, at + 1, sign)
        return body[at + 1 : end], min(end + 1, len(body))
    found = BARE.match(body, at)
    if not found:
        return "", at
    return strings.get(found[0].lower(), found[0]), found.end()


def _closing(body: str, at: int, sign: str) -> int:
    """Find where a value in braces or quotation marks ends."""
    depth = 0
    for mark in BRACE.finditer(body, at):
        if mark[0] == "{":
            depth += 1
        elif mark[0] == "}":
            if not depth and sign == "{":
                return mark.start()
            depth = max(0, depth - 1)
        elif mark[0] == '"' and sign == '"' and not depth:
            return mark.start()
    return len(body)
