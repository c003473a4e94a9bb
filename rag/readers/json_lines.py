"""Read JSON Lines: one object a line, as in BEIR corpora and the arXiv metadata snapshot."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final, TextIO

from rag.readers.records import Record, RecordError

LINES_LOOKED_AT: Final = 20
OBJECT: Final = re.compile(r'\{\s*(?:"|\}|$)')  # a brace alone may also be LaTeX


def looks_like_json_lines(text: str) -> bool:
    """Whether one of the first lines with content opens a JSON object."""
    filled = (line.strip() for line in text.splitlines())
    first = [line for line, _ in zip(filter(None, filled), range(LINES_LOOKED_AT), strict=False)]
    return any(OBJECT.match(line) for line in first)


def read_json_lines(file: TextIO) -> Iterator[Record | RecordError]:
    """Read a record, or what is wrong with it, for every line with content."""
    for line in file:
        if line.strip():
            yield _read_line(line)


def _read_line(line: str) -> Record | RecordError:
    try:
        line.encode()
        value = json.loads(line)
    except UnicodeEncodeError:
        return RecordError("it is not text in UTF-8")
    except (ValueError, RecursionError) as exc:  # ValueError also for numbers of too many digits
        return RecordError(f"broken JSON: {exc}")
    if not isinstance(value, dict):
        return RecordError(f"a JSON object is needed, not {type(value).__name__}")
    return value
