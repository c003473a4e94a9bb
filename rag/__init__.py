"""paperchat: questions to a library of research papers, answered with verified citations.

    from rag import Library, ask

Importing this package loads nothing heavy; names are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.errors import RagError
    from rag.library import Library, ask
    from rag.settings import Settings
    from rag.types import Answer, Citation, Filters, Hit, IngestReport, Message, Paper

_HOMES = {
    "Answer": "rag.types",
    "Citation": "rag.types",
    "Filters": "rag.types",
    "Hit": "rag.types",
    "IngestReport": "rag.types",
    "Library": "rag.library",
    "Message": "rag.types",
    "Paper": "rag.types",
    "RagError": "rag.errors",
    "Settings": "rag.settings",
    "ask": "rag.library",
}

__all__ = [
    "Answer",
    "Citation",
    "Filters",
    "Hit",
    "IngestReport",
    "Library",
    "Message",
    "Paper",
    "RagError",
    "Settings",
    "ask",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
