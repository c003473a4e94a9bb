"""Collect the fields of a record whose tags may stand more than once, in the order they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from rag.readers.records import Record, RecordError

MOST_RECORD_CHARACTERS: Final = 2_000_000
COST_OF_A_VALUE: Final = 20  # in characters: one without text takes memory too


class Fields:
    """What stands behind the tags of one record.

    Attributes:
        characters: How much the record holds, each value counted as a few more.
    """

    def __init__(self) -> None:
        self._pieces: dict[str, list[list[str]]] = {}  # lines of values of tags
        self._last = ""
        self.characters = 0

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def __contains__(self, tag: str) -> bool:
        return tag in self._pieces

    def add(self, tag: str, value: str) -> None:
        """Begin another value of a tag."""
        self._last = tag
        self.characters += COST_OF_A_VALUE
        if self.characters <= MOST_RECORD_CHARACTERS:
            self._pieces.setdefault(tag, []).append([])
        self.go_on(value)

    def go_on(self, line: str) -> None:
        """Add a line to the last value."""
        self.characters += len(line)
        if self._last and self.characters <= MOST_RECORD_CHARACTERS:
            self._pieces[self._last][-1].append(line.strip())

    @property
    def last(self) -> str:
        """The tag that was met last, or ""."""
        return self._last

    def all(self, *tags: str) -> list[str]:
        """Return the values of the first tag that has any."""
        return next((found for tag in tags if (found := self._values(tag))), [])

    def every(self, *tags: str) -> list[str]:
        """Return the values of all the tags."""
        return [value for tag in tags for value in self._values(tag)]

    def text(self, *tags: str) -> str:
        """Return the first value of the first tag that has one, or ""."""
        return next(iter(self.all(*tags)), "")

    def whole(self, *tags: str) -> str:
        """Return all values of the first tag that has any as one text, or ""."""
        return " ".join(self.all(*tags))

    def _values(self, tag: str) -> list[str]:
        joined = (_joined(lines) for lines in self._pieces.get(tag, ()))
        return [value for value in joined if value]

    def require_size(self) -> None:
        """Raise `RecordError` for what is too long for a record."""
        if self.characters > MOST_RECORD_CHARACTERS:
            raise RecordError(f"it is longer than {MOST_RECORD_CHARACTERS:,} characters")


def _joined(lines: Sequence[str]) -> str:
    """Return lines as one; they stay lines where one may end within a word, or is a label."""
    may_break = any(line[-1:] == "-" and line[-2:-1].isalnum() for line in lines[:-1])
    is_labelled = len(lines) > 1 and lines[0].rstrip(":. ").isalpha()
    return ("\n" if may_break or is_labelled else " ").join(lines).strip()


def read_each(
    records: Iterable[Fields], make: Callable[[Fields], Record]
) -> Iterator[Record | RecordError]:
    """Make a record, or what is wrong with it, of the fields of each, in order."""
    for fields in records:
        try:
            fields.require_size()
            yield make(fields)
        except RecordError as exc:
            yield exc
