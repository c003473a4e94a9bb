"""Find the objects in a stream of JSON, one at a time: alone, in a row, or in an array.

Understood besides the rules: trailing commas, control characters inside texts, what Python prints
of a mapping, and the wrappings of MongoDB's extended JSON.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator
from typing import Final

import orjson

from rag.readers.dates import day_of_milliseconds
from rag.readers.records import RecordError
from rag.readers.text_files import Text

PIECE_CHARACTERS: Final = 1 << 16
MOST_VALUE_CHARACTERS: Final = 64_000_000  # a page of an API's answer has 5 million at the most
OUTSIDE: Final = re.compile(r'["{}\[\]]')
INSIDE: Final = re.compile(r'["\\]')
TRAILING: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|,(?=\s*[}\]])', re.DOTALL)
BETWEEN: Final = re.compile(r"[\s,;]+")
SHOWN_CHARACTERS: Final = 80
MOST_PRINTED_CHARACTERS: Final = 100_000


def read_values(file: Text) -> Iterator[object | RecordError]:
    """Give every object at the top, and every item of an array there, or what is wrong with it."""
    scanner = _Scanner()
    while piece := file.readline(PIECE_CHARACTERS):
        yield from scanner.read(piece)
    yield from scanner.finish()


def parse(text: str) -> object | RecordError:
    """Parse one value, or say what is wrong with it."""
    if '{"$' not in text:
        try:
            return _parsed(text)
        except ValueError:  # also for what JSON has not, and Python's reader takes
            pass
    try:
        value: object = json.loads(text, object_hook=_plain)
    except RecursionError:
        return RecordError("broken JSON: it is nested too deep")
    except ValueError as exc:  # also for numbers of too many digits
        return _parse_leniently(text, str(exc)[:SHOWN_CHARACTERS])
    return value


def _parsed(text: str) -> object:
    value: object = orjson.loads(text)
    return value


def _plain(item: dict[str, object]) -> object:
    """Return what MongoDB's extended JSON wraps to tell its type: a number, or an ISO date."""
    if len(item) != 1:
        return item
    (name, value), *_ = item.items()
    if name in ("$numberInt", "$numberLong", "$numberDouble", "$numberDecimal"):
        return _number(value)
    if name == "$date":
        return _day(value)
    return item


def _number(value: object) -> object:
    text = str(value)[:SHOWN_CHARACTERS]
    try:
        return int(text) if text.lstrip("-").isdecimal() else float(text)
    except ValueError:
        return text


def _day(value: object) -> object:
    """Return the day of a time in milliseconds since 1970; a text stays as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return day_of_milliseconds(value)


def _parse_leniently(text: str, why: str) -> object | RecordError:
    try:
        value: object = json.loads(TRAILING.sub(_without_comma, text), strict=False)
    except (ValueError, RecursionError):
        value = _printed(text)
    return RecordError(f"broken JSON: {why}") if value is None else value


def _printed(text: str) -> object:
    """Return a mapping that Python printed, as scripts write it for JSON; None for other text."""
    if not text.startswith(("{'", '{"')) or "'" not in text or len(text) > MOST_PRINTED_CHARACTERS:
        return None
    try:
        with warnings.catch_warnings(action="ignore"):  # of backslashes that are no escapes
            value: object = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return (
        value if isinstance(value, dict) and all(isinstance(each, str) for each in value) else None
    )


def _without_comma(found: re.Match[str]) -> str:
    return "" if found[0] == "," else found[0]


class _Scanner:
    """Cuts pieces of text where values begin and end; every character is looked at once."""

    def __init__(self) -> None:
        self._depth = 0
        self._is_array = False  # whether the values stand in an array at the top
        self._is_text = False
        self._is_escaped = False
        self._kept: list[str] = []  # of the value that is open
        self._size = 0
        self._between: list[str] = []  # what stands outside objects and arrays

    @property
    def _base(self) -> int:
        return 1 if self._is_array else 0

    def read(self, piece: str) -> Iterator[object | RecordError]:
        at = start = 0
        if self._is_escaped:
            at, self._is_escaped = 1, False
        while found := (INSIDE if self._is_text else OUTSIDE).search(piece, at):
            sign, at = found[0], found.end()
            if sign == "\\":
                self._is_escaped = at >= len(piece)
                at += 1
            elif sign == '"':
                self._is_text = not self._is_text
            elif sign in "{[":
                if self._depth == self._base:
                    yield from self._opened(sign, piece[start : found.start()])
                    start = at if self._is_array and not self._depth else found.start()
                self._depth += 1
            else:
                yield from self._closed(piece[start:at])
                if self._depth <= self._base:
                    start = at
        self._keep(piece[start:])

    def _opened(self, sign: str, before: str) -> Iterator[RecordError]:
        """Give a brace or bracket that opens a value, or the array that holds them."""
        self._outside(before)
        yield from self._told_between()
        if sign == "[" and not self._depth:
            self._is_array = True

    def _closed(self, text: str) -> Iterator[object | RecordError]:
        """Take a brace or bracket that closes, with what stands before it."""
        self._depth = max(0, self._depth - 1)
        if self._is_array and not self._depth:
            self._outside(text[:-1])
            yield from self._told_between()
            self._is_array = False
        elif self._depth == self._base:
            self._keep_value(text)
            yield from self._value()

    def _keep(self, text: str) -> None:
        if self._depth > self._base:
            self._keep_value(text)
        else:
            self._outside(text)

    def _keep_value(self, text: str) -> None:
        self._size += len(text)
        if self._size <= MOST_VALUE_CHARACTERS:
            self._kept.append(text)

    def _outside(self, text: str) -> None:
        if text and not text.isspace() and sum(map(len, self._between)) < SHOWN_CHARACTERS:
            self._between.append(text[:SHOWN_CHARACTERS])

    def _value(self) -> Iterator[object | RecordError]:
        text, size = "".join(self._kept), self._size
        self._kept, self._size = [], 0
        if size > MOST_VALUE_CHARACTERS:
            yield RecordError(f"it is longer than {MOST_VALUE_CHARACTERS:,} characters")
        elif text.strip():
            yield parse(text)

    def _told_between(self) -> Iterator[RecordError]:
        """Say that something stands where an object should: one error for each item."""
        items = [item for item in BETWEEN.split("".join(self._between)) if item]
        self._between = []
        for item in items[:1] if not self._is_array else items:
            value = parse(item)
            kind = "text" if isinstance(value, RecordError) else type(value).__name__
            yield RecordError(f"a JSON object is needed, not {kind}")

    def finish(self) -> Iterator[object | RecordError]:
        """Tell what is left open at the end."""
        if self._kept:
            self._kept, self._size = [], 0
            yield RecordError("broken JSON: the file ends inside a record")
        else:
            yield from self._told_between()
            if self._is_array:
                yield RecordError("broken JSON: the file ends inside an array")
