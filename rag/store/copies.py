"""Copy what is derived out of a folder that cannot be written.

Neither the engines of vectors nor tantivy read without writing beside its files.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from rag.store.reached import VECTORS, WORDS

logger = logging.getLogger(__name__)


def copy_derived(folder: Path) -> TemporaryDirectory[str]:
    """Copy vectors and words of a library; what cannot be read is left out, and made anew."""
    copy = TemporaryDirectory(prefix="paperchat-")
    for name in (*VECTORS.values(), WORDS):
        source, target = folder / name, Path(copy.name) / name
        if not source.is_dir():
            continue
        try:
            _copy_files(source, target)
        except OSError as exc:  # such as a file that went meanwhile
            logger.warning("%s cannot be copied (%s) and is made again", source, exc)
            shutil.rmtree(target, ignore_errors=True)
    return copy


def _copy_files(source: Path, target: Path) -> None:
    """Copy the files without their rights: the copy can be written."""
    for path in sorted(source.rglob("*")):
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file():
            shutil.copyfile(path, place)
