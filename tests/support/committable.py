"""Refuse files that no commit may hold: over 1 MB, a private key, or a `.env`.

Run by pre-commit with the names of the changed files: `python tests/support/committable.py FILE…`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

MOST_BYTES = 1_000_000
PRIVATE_KEY = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")


def find_objection(path: Path) -> str | None:
    """Why a file may not be committed; None when it may."""
    if path.name == ".env":
        return "holds settings of one machine, and keys"
    if not path.is_file():  # removed, or a submodule
        return None
    if path.stat().st_size > MOST_BYTES:
        return f"has {path.stat().st_size:,} bytes; {MOST_BYTES:,} is the most"
    if PRIVATE_KEY.search(path.read_bytes()):
        return "holds a private key"
    return None


def main(names: list[str]) -> int:
    """Tell each objection on a line; 1 when there is any."""
    told = [f"{name}: {why}" for name in names if (why := find_objection(Path(name)))]
    sys.stderr.write("".join(f"{line}\n" for line in told))
    return bool(told)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
