"""Start paperchat with its own packages, whatever other distributions call theirs.

A wheel keeps `rag`, `ui`, `eval` and `prompts` in the folder of this file, which `paperchat.pth`
appends to Python's path: so no file of another distribution is overwritten, and `from rag import`
works. The command looks there first. In a checkout the packages are at the top.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> int:
    """Run the command; return its exit code."""
    here = Path(__file__).parent
    if (here / "rag").is_dir():
        sys.path.insert(0, str(here))
    from rag.cli import main as run

    return run()
