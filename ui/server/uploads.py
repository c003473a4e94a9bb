"""Keep what visitors upload to themselves, and not for long.

Gradio receives files into a folder from which it serves whoever signed in and knows a path, and two
visitors who upload the same file share one there. So a file goes, before it is read, into a folder
of its own that nothing is served from; whatever became of it, it is removed after ten minutes.
"""

from __future__ import annotations

import os
import secrets
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from rag.embedding import OnProgress
from rag.errors import SourceError
from rag.types import Progress

KEPT_S: Final = 600.0
SWEPT_EVERY_S: Final = 30.0
FRESHENED_EVERY_S: Final = 60.0  # what is being read
VARIABLE: Final = "GRADIO_TEMP_DIR"  # where Gradio receives files
RECEIVED: Final = "received"
TAKEN: Final = "taken"
NAME: Final = "paperchat-uploads"
TOO_LATE: Final = "What you uploaded was removed after ten minutes. Upload it again."


def uploads_folder() -> Path:
    """Return the folder of uploads, which nobody else on this machine may enter.

    Made when absent, and told to Gradio, which looks for it while it builds a page.
    """
    told = Path(os.environ.get(VARIABLE) or tempfile.gettempdir())
    if told.name == RECEIVED and told.parent.name.startswith(NAME):
        base = told.parent
    else:
        base = told / f"{NAME}-{_user()}"
    if not _is_ours(base):
        base = Path(tempfile.mkdtemp(prefix=f"{NAME}-"))
    for name in (RECEIVED, TAKEN):
        (base / name).mkdir(mode=0o700, exist_ok=True)
    os.environ[VARIABLE] = str(base / RECEIVED)
    return base


def is_received(file: Path) -> bool:
    """Whether a file lies where files are received, whatever links say."""
    try:
        return file.resolve().is_relative_to((uploads_folder() / RECEIVED).resolve())
    except (OSError, ValueError):
        return False


def _user() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0  # Windows has a temporary folder for each


def _is_ours(folder: Path) -> bool:
    """Make a folder for ourselves alone; return whether it is one, and nobody put it there."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return False
    if not hasattr(os, "getuid"):
        return True
    is_private = found.st_uid == os.getuid() and not found.st_mode & 0o077
    return stat.S_ISDIR(found.st_mode) and is_private


def take(files: Sequence[str]) -> tuple[Path, ...]:
    """Take files that were received into a folder of their own.

    Raises:
        SourceError: They were removed meanwhile.
    """
    own = uploads_folder() / TAKEN / secrets.token_hex(16)
    own.mkdir(mode=0o700)
    taken = []
    for number, file in enumerate(files):
        place = own / str(number)  # two may have one name
        place.mkdir(mode=0o700)
        try:
            taken.append(Path(file).rename(place / Path(file).name))
        except OSError as exc:
            raise SourceError(TOO_LATE) from exc
    return tuple(taken)


def reading(files: Sequence[Path], on_progress: OnProgress) -> OnProgress:
    """Keep files while they are read, however long that takes; return what is told of it.

    Raises:
        SourceError: They were removed meanwhile.
    """
    last = 0.0

    def tell(progress: Progress) -> None:
        nonlocal last
        if time.monotonic() - last >= FRESHENED_EVERY_S:
            _freshen(files)
            last = time.monotonic()
        on_progress(progress)

    if not _freshen(files):
        raise SourceError(TOO_LATE)
    return tell


def _freshen(files: Sequence[Path]) -> bool:
    try:
        for each in files:
            os.utime(each)
    except FileNotFoundError:
        return False
    return True


def remove_files(files: Sequence[Path]) -> None:
    """Remove files, with the folders of their own."""
    for each in files:
        each.unlink(missing_ok=True)
        for folder in (each.parent, each.parent.parent):
            if TAKEN in folder.parts[:-1]:
                with suppress(OSError):  # another file of the same upload
                    folder.rmdir()


def sweep(folder: Path, now: float) -> int:
    """Remove all that lies in a folder for longer than an upload is kept; return how many files.

    Args:
        folder: The folder of uploads.
        now: The time, seconds since the epoch.
    """
    swept = 0
    for place in (folder / RECEIVED, folder / TAKEN):
        for inside, folders, files in os.walk(place, topdown=False):
            swept += sum(_removed_if_old(Path(inside, each), now, Path.unlink) for each in files)
            for each in folders:
                _removed_if_old(Path(inside, each), now, Path.rmdir)
    return swept


def _removed_if_old(path: Path, now: float, remove_it: Callable[[Path], None]) -> bool:
    try:
        if now - path.lstat().st_mtime < KEPT_S:
            return False
        remove_it(path)
    except OSError:  # gone, or a folder with something newer
        return False
    return True


def start_sweeping(folder: Path) -> None:
    """Sweep a folder of uploads now and then, as long as this process lives."""

    def work() -> None:
        while True:
            sweep(folder, time.time())
            time.sleep(SWEPT_EVERY_S)

    threading.Thread(target=work, name="uploads", daemon=True).start()
