"""Convert the embedder's weights in a process of its own: what that takes, 250 MB, goes with it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from rag.errors import EmbedderUnavailableError

TEXTS: Final = "model.onnx"
QUESTIONS: Final = "questions.onnx"
IS_REFUSED: Final = 3  # the child's exit code where the system refuses to write; it says the number


def convert(published: Path, folder: Path) -> None:
    """Write the graphs for texts and for questions into a folder.

    Raises:
        OSError: They cannot be written.
        EmbedderUnavailableError: The weights cannot be converted.
    """
    command = [sys.executable, "-m", "rag.embedding.converting", str(published.resolve())]
    done = subprocess.run(
        [*command, str(folder.resolve())],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    if done.returncode == IS_REFUSED:
        number = int(done.stdout)
        raise OSError(number, os.strerror(number))
    if done.returncode:
        told = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
        raise EmbedderUnavailableError(f"The embedder could not be converted: {told}")


def convert_here(published: Path, folder: Path) -> None:
    """Write the graphs from this process."""
    from rag.embedding.adaptation import load_differences
    from rag.embedding.graph import convert

    published.open("rb").close()  # safetensors' error for a missing file has no number
    convert(published, folder / TEXTS)
    convert(published, folder / QUESTIONS, load_differences())


def main() -> int:
    """Convert what the arguments name; return the exit code."""
    try:
        convert_here(Path(sys.argv[1]), Path(sys.argv[2]))
    except OSError as exc:
        sys.stdout.write(str(exc.errno or errno.EIO))
        return IS_REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
