"""Tell other programs on this machine that a page serves a library: a note in its folder.

The note has the page's address and a token that opens its door, so it is readable by its owner
alone, and goes when the page ends. One that a killed page left is passed over: its process is gone,
or nobody answers at the address.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

NAME: Final = "page.json"
MOST_BYTES: Final = 4096
ANSWERS_WITHIN_S: Final = 1.0
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Page:
    """A page that serves a library.

    Attributes:
        url: Its address, with a slash at the end.
        token: What opens its door to programs of its user.
        pid: Its process.
    """

    url: str
    token: str
    pid: int


@contextmanager
def noted(folder: Path, url: str, token: str) -> Iterator[None]:
    """Leave a note in a library's folder for as long as the block lasts.

    A folder that cannot be written gets none.
    """
    page = Page(url, token, os.getpid())
    try:
        _write(folder, page)
    except OSError as exc:
        logger.info("no note of the page in %r: %s", str(folder), exc)
    try:
        yield
    finally:
        if _read(folder) == page:
            with suppress(OSError):
                (folder / NAME).unlink()


def find_page(folder: Path) -> Page | None:
    """Return the page that serves the library in a folder, or None."""
    page = _read(folder)
    return page if page and _is_running(page.pid) and _answers(page.url) else None


def _write(folder: Path, page: Page) -> None:
    beside = folder / f"{NAME}.{secrets.token_hex(4)}"
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    try:
        with os.fdopen(file, "w", encoding="utf-8") as writing:
            json.dump(asdict(page), writing)
        beside.replace(folder / NAME)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def _read(folder: Path) -> Page | None:
    """Read a note of this user's that nobody else can read; None where there is none."""
    try:
        with (folder / NAME).open("rb") as file:
            if not _is_own(os.fstat(file.fileno())):
                return None
            known = json.loads(file.read(MOST_BYTES))
            page = Page(str(known["url"]), str(known["token"]), int(known["pid"]))
            is_sound = urlsplit(page.url).scheme == "http" and page.pid > 0
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return page if is_sound else None


def _is_own(found: os.stat_result) -> bool:
    """Whether a file is this user's alone; else anybody could have questions sent to them."""
    if os.name == "nt":
        return True
    return found.st_uid == os.getuid() and not found.st_mode & OTHERS


def _is_running(pid: int) -> bool:
    if os.name == "nt":  # where the signal 0 is one that ends processes
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _answers(url: str) -> bool:
    try:
        address = urlsplit(url)
        with socket.create_connection((address.hostname, address.port or 80), ANSWERS_WITHIN_S):
            return True
    except (OSError, ValueError):
        return False
