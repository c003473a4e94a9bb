"""Read JSON in whatever form it is saved: pretty-printed, in arrays, one behind the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rag.readers.json_items import records_of
from rag.readers.json_values import read_values
from rag.readers.records import Record, RecordError
from rag.readers.text_files import Text

START: Final = re.compile(r'\s*(?:\[\s*(?:null\s*,\s*){0,999})?(?:\{\s*"|\{\s*$|\[\s*\]|\{\s*\})')


def looks_like_json(text: str) -> bool:
    """Return whether the text begins an object, or an array of objects."""
    return START.match(text) is not None


def read_json(file: Text) -> Iterator[Record | RecordError]:
    """Read a record, or what is wrong with it, for every paper, in order."""
    for value in read_values(file):
        yield from records_of(value)
