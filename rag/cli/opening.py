"""Opens the library that a command's options name."""

from __future__ import annotations

import argparse

from rag.library import Library
from rag.settings import read_settings
from rag.terminal import shown_progress


def open_library(
    options: argparse.Namespace, *, starter: bool = False, rebuild: bool = False
) -> Library:
    """The library that the options name; a new one gets the starter papers when asked for."""
    settings = read_settings(library=options.library)
    with shown_progress() as on_progress:
        library = Library.open(
            settings=settings,
            llm=getattr(options, "llm", None),
            rebuild=rebuild,
            on_progress=on_progress,
        )
        if starter and library.is_new:
            library.ingest_starter(on_progress)
    return library
