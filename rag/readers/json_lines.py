"""Read JSON Lines: one object a line, as in BEIR corpora and the arXiv metadata snapshot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from rag.readers.json_items import records_of
from rag.readers.json_values import parse
from rag.readers.records import Record, RecordError
from rag.readers.text_files import MOST_LINE_CHARACTERS

LINES_LOOKED_AT: Final = 20
OBJECT: Final = re.compile(r'\{\s*(?:["\'].*\}|\})[,;]?$')  # a brace alone may also be LaTeX
PRETTY: Final = re.compile(r'^(?:[{\[]$|"\w+"\s*:)')  # lines of one value that has several
BEGUN: Final = re.compile(r'\{\s*"[^"]+"\s*:\s*[^\s{\[]')


def looks_like_json_lines(text: str) -> bool:
    """Tell whether a first line with content is a JSON object, or the only one begins it."""
    lines = [line for line in map(str.strip, text.split("\n")) if line]
    first = lines[:LINES_LOOKED_AT]
    if first and (first[0].startswith("[{") or any(map(PRETTY.match, first))):
        return False
    return any(map(OBJECT.match, first)) or any(
        BEGUN.match(line) and len(line) > 60 for line in first[-1:]
    )


def read_json_lines(file: Iterable[str]) -> Iterator[Record | RecordError]:
    """Read a record, or what is wrong with it, for every line with content."""
    for line in file:
        text = line.strip()
        if len(text) >= MOST_LINE_CHARACTERS - 1:
            yield RecordError(f"it is longer than {MOST_LINE_CHARACTERS:,} characters")
        elif text:
            yield from records_of(parse(text.rstrip(",;") if text[-1] in ",;" else text))
