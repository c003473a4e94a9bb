"""Open the library that a command's options name, and ask what a new one begins with."""

from __future__ import annotations

import argparse
import sys
from typing import Final

from rag.library import Library
from rag.settings import Settings, read_settings
from rag.terminal import is_answered_yes, shown_progress, write_notice

NEW_AND_EMPTY: Final = (
    "{library!r} is a new library, and empty: `paperchat ingest SOURCE… --library {library}` reads "
    "papers into it, and --starter fills it with the starter papers."
)
FILL_IT: Final = "{library!r} is a new library. Fill it with the starter papers?"


def open_library(
    options: argparse.Namespace, *, starter: bool = False, rebuild: bool = False
) -> Library:
    """Open the library that the options name; a new one gets the starter papers if asked."""
    settings = read_settings(library=options.library)
    is_filled = starter and fills_new(options, settings)
    with shown_progress() as on_progress:
        library = Library.open(
            settings=settings,
            llm=getattr(options, "llm", None),
            rebuild=rebuild,
            on_progress=on_progress,
        )
        if starter:
            library.fill_new(is_wanted=is_filled, on_progress=on_progress)
    return library


def fills_new(options: argparse.Namespace, settings: Settings) -> bool:
    """Return whether a new library gets the starter papers: the default one, another if asked.

    At a terminal the user is asked; else a line says what another new library begins with.
    """
    if options.library is None or options.starter:
        return True
    folder = settings.library.expanduser()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        return False
    if sys.stdin.isatty() and sys.stderr.isatty():
        return is_answered_yes(FILL_IT.format(library=str(folder)))
    write_notice(NEW_AND_EMPTY.format(library=str(folder)))
    return False
