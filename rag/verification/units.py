"""Split what a model wrote into the units that are checked: sentences, and rows of tables.

A row of a Markdown table is one unit, without the bars at its ends, so that its marker stands in
its last cell, and a row that is removed leaves no hole. The head of a table claims nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from rag.sentences import Sentence, split_sentences

FENCED: Final = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
RULE: Final = re.compile(r":?-+:?")  # a cell of the line below a table's head
BAR: Final = re.compile(r"(?<!\\)\|")

Kind = Literal["sentence", "code", "row", "head"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of a text that is checked as a whole, or not at all.

    Attributes:
        sentence: What is checked of it, and its place.
        kind: `row` and `head` are lines of a table; its ruler is part of the head.
        start: Where the whole unit begins: for lines of a table, the line.
        end: Where it ends.
    """

    sentence: Sentence
    kind: Kind
    start: int
    end: int

    @property
    def is_in_table(self) -> bool:
        """Whether it is a line of a table."""
        return self.kind in ("row", "head")

    @property
    def said(self) -> str:
        """Return it as a sentence: the first cell of a row, and what the others say of it."""
        if self.kind != "row":
            return self.sentence.text
        cells = [cell.strip() for cell in BAR.split(self.sentence.text)]
        first, *others = [*filter(None, cells), ""]
        others = list(filter(None, others))
        return f"{first}: {'; '.join(others)}" if others else first


def split_units(text: str) -> list[Unit]:
    """Return the units of a text, in order."""
    fences = [match.span() for match in FENCED.finditer(text)]
    lines = {line.start: line for line in _table_lines(text, fences)}
    units = list(lines.values())
    for each in split_sentences(text):
        if any(line.start <= each.start < line.end for line in lines.values()):
            continue
        is_code = any(start <= each.start < end for start, end in fences)
        units.append(Unit(each, "code" if is_code else "sentence", each.start, each.end))
    return sorted(units, key=lambda unit: unit.start)


def _table_lines(text: str, fences: Sequence[tuple[int, int]]) -> Iterator[Unit]:
    """Yield the lines of tables: one with bars above a ruler, the ruler, and those below it.

    A line that begins and ends with a bar at the end of the text may become a table's head.
    """
    lines = [line for line in _lines(text) if not any(a <= line[0] < b for a, b in fences)]
    kinds: dict[int, Kind] = {}
    for at, (start, end) in enumerate(lines):
        line = text[start:end]
        if at and _is_ruler(line) and BAR.search(text[slice(*lines[at - 1])]):
            kinds |= {at - 1: "head", at: "head"}
        elif at - 1 in kinds and BAR.search(line):
            kinds[at] = "row"
        elif end == len(text) and _has_bars_at_both_ends(line.strip()):
            kinds[at] = "head"
    for at, kind in kinds.items():
        start, end = lines[at]
        yield Unit(_inside(text, start, end), kind, start, end)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each line, without its break."""
    start = 0
    for line in text.splitlines(keepends=True):
        yield start, start + len(line.rstrip("\r\n"))
        start += len(line)


def _is_ruler(line: str) -> bool:
    """Return whether a line parts a table's head from its rows."""
    cells = line.strip().removeprefix("|").removesuffix("|").split("|")
    return "|" in line and all(RULE.fullmatch(cell.strip()) for cell in cells)


def _has_bars_at_both_ends(line: str) -> bool:
    return len(line) > 1 and line.startswith("|") and line.endswith("|")


def _inside(text: str, start: int, end: int) -> Sentence:
    """Return a line without the bars at its ends, and without the white space beside them."""
    line = text[start:end].rstrip()
    if line.endswith("|") and not line.endswith("\\|"):
        line = line[:-1].rstrip()
    inner = line.lstrip().removeprefix("|").lstrip()
    first = start + len(line) - len(inner)
    return Sentence(inner, first, first + len(inner))
