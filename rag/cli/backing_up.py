"""Run `paperchat backup` and `paperchat restore`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from rag.cli.opening import open_library
from rag.library import Library
from rag.settings import read_settings
from rag.terminal import shown_progress, write_json, write_line

BACKUP: Final = "write the whole library into one file, also while it is used"
RESTORE: Final = "bring a library back from such a file"


def add_backup(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `paperchat backup`."""
    parser.add_argument("file", type=Path, metavar="FILE", help="one that is there is replaced")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=back_up)


def add_restore(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `paperchat restore`."""
    parser.add_argument("file", type=Path, metavar="FILE", help="that `paperchat backup` wrote")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=restore)


def back_up(options: argparse.Namespace) -> int:
    """Write the library into a file."""
    library = open_library(options)
    with shown_progress() as on_progress:
        kept = library.back_up(options.file, on_progress)
    if options.json:
        write_json(kept)
    else:
        size = options.file.expanduser().stat().st_size
        write_line(
            f"{kept.papers:,} papers and {kept.conversations:,} conversations are kept in "
            f"{str(options.file)!r} ({size / 1e6:,.1f} MB)"
        )
    return 0


def restore(options: argparse.Namespace) -> int:
    """Bring a library back from a file."""
    settings = read_settings(library=options.library)
    with shown_progress() as on_progress:
        kept = Library.restore(options.file, settings=settings, on_progress=on_progress)
    if options.json:
        write_json(kept)
    else:
        write_line(
            f"{kept.papers:,} papers and {kept.conversations:,} conversations are back, as they "
            f"were at {kept.made_at}"
        )
    return 0
