"""Fill a new library in another process: Chroma and what an ingest takes, 150 MB, go with it."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import astuple
from pathlib import Path
from typing import Final

from rag.embedding import OnProgress
from rag.library import Library
from rag.settings import Settings
from rag.store.sqlite import FILE
from rag.types import Progress

NEEDED: Final = {"embedder", "passage_tokens"}  # of the settings, beside the folders
OWN_EMBEDDERS: Final = ("minilm", "none")  # others may want a key, or a program that is running


def is_unwritten(settings: Settings) -> bool:
    """Return whether a library in a folder of this machine has never been written."""
    is_shared = settings.database_url or settings.chroma_url
    is_own = settings.embedder in OWN_EMBEDDERS and not is_shared
    return is_own and not (settings.library.expanduser() / FILE).exists()


def fill_apart(settings: Settings, on_progress: OnProgress) -> None:
    """Add the starter papers to a new library; what fails is left to do, or tell, to its opener."""
    folders = {
        name: getattr(settings, name).expanduser().resolve() for name in ("library", "cache")
    }
    given = settings.model_copy(update=folders).model_dump_json(include=NEEDED | folders.keys())
    with subprocess.Popen(
        [sys.executable, "-m", "ui.server.filling"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as filling:
        assert filling.stdin is not None
        assert filling.stdout is not None
        with suppress(BrokenPipeError), closing(filling.stdin) as stdin:  # it may have ended
            stdin.write(given)
        for line in filling.stdout:
            on_progress(Progress(*json.loads(line)))


def main() -> None:
    """Fill the library of the settings on standard input; each line of output is a progress."""
    settings = Settings(**json.load(sys.stdin))

    def tell(progress: Progress) -> None:
        sys.stdout.write(json.dumps(astuple(progress)) + "\n")
        sys.stdout.flush()

    with Library.open(settings=settings, on_progress=tell) as library:
        library.prepare(tell)
        library.fill_new(is_wanted=True, on_progress=tell)
        library.search("papers", k=1)  # so that all vectors lie in one file: nobody needs Chroma


if __name__ == "__main__":
    main()
