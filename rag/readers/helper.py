"""Help another process read a long file, as `rag.readers.helping` asks."""

from __future__ import annotations

import marshal
import shutil
import signal
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from rag.readers.helping import READY, Read, as_values
from rag.readers.sources import items_of_lines


def help_reading(folder: Path, read: Read, numbers: Iterable[str]) -> None:
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
    """Help with what the arguments name, until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is helped decides
    folder, place, source = sys.argv[1:]
    try:
        help_reading(Path(folder), partial(items_of_lines, int(place), source), sys.stdin)
    finally:  # also where who is helped was ended
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
