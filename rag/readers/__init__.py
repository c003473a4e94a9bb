"""Read papers: a table of file formats, a reader each, and one door where records become papers."""

from rag.readers.sources import (
    STDIN,
    Item,
    Meter,
    Source,
    advise_look_up,
    collected,
    noting,
    read_sources,
    read_text,
    require_paper,
)
from rag.readers.table import FORMATS, READERS, SUFFIXES, Reader

__all__ = [
    "FORMATS",
    "READERS",
    "STDIN",
    "SUFFIXES",
    "Item",
    "Meter",
    "Reader",
    "Source",
    "advise_look_up",
    "collected",
    "noting",
    "read_sources",
    "read_text",
    "require_paper",
]
