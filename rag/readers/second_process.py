"""The second process in which a long file is read, started by `rag.readers.two_processes`."""

from __future__ import annotations

import marshal
import shutil
import signal
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from rag.readers.sources import items_of_lines
from rag.readers.two_processes import READY, Read, as_values


def read_blocks(folder: Path, read: Read, numbers: Iterable[str]) -> None:
    """Read the blocks of lines whose numbers come, as long as any do."""
    (folder / READY).touch()
    for each in numbers:
        lines = folder / f"{each.strip()}.lines"
        items = list(map(as_values, read(marshal.loads(lines.read_bytes()))))
        lines.unlink()
        unfinished = lines.with_suffix(".part")
        unfinished.write_bytes(marshal.dumps(items))
        unfinished.rename(lines.with_suffix(".items"))


def main() -> None:
    """Read what the arguments name, until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process decides
    folder, place, source = sys.argv[1:]
    try:
        read_blocks(Path(folder), partial(items_of_lines, int(place), source), sys.stdin)
    finally:  # also where the first process was ended
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
