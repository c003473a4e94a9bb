"""Record what a run was made with: settings, versions, hashes of papers, questions, code."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from rag.identifiers import content_hash
from rag.provenance import prompt_hashes, public_settings, versions
from rag.settings import Settings
from rag.types import Paper

HASH_DIGITS: Final = 12
ROOT: Final = Path(__file__).parents[2]
CODE: Final = ("rag", "prompts", "eval")


class Provenance(BaseModel):
    """What a run was made with.

    Attributes:
        system: What was measured: `paperchat`, or a baseline's name.
        mode: `extractive`, or the model that wrote the answers.
        corpus: Hash over the papers, independent of their order.
        commit: Of the working copy, with `+` when it has changes; None outside of one.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    system: str
    mode: str
    judge: str | None
    papers: int
    corpus: str
    questions: str
    settings: dict[str, str]
    prompts: dict[str, str]
    code: str
    commit: str | None
    versions: dict[str, str]

    @property
    def fingerprint(self) -> str:
        """A hash that changes with anything that a figure could depend on."""
        return digest([self.model_dump_json(exclude={"commit"})])


def describe_run(
    system: str,
    mode: str,
    *,
    papers: Iterable[Paper],
    questions: Iterable[str],
    settings: Settings,
    judge: str | None = None,
) -> Provenance:
    """Return what a run is made with here and now."""
    hashes = sorted(content_hash(paper) for paper in papers)
    return Provenance(
        system=system,
        mode=mode,
        judge=judge,
        papers=len(hashes),
        corpus=digest(hashes),
        questions=digest(questions),
        settings=public_settings(settings),
        prompts=prompt_hashes(),
        code=_code_hash(),
        commit=_commit(),
        versions=versions(),
    )


def digest(parts: Iterable[str]) -> str:
    """Return a short hash of texts in their order."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(part.encode() + b"\0")
    return sha.hexdigest()[:HASH_DIGITS]


def code_files(parts: Iterable[str]) -> list[Path]:
    """Return the Python files of packages and modules, named by paths without `.py`."""
    found: set[Path] = set()
    for part in parts:
        module = (ROOT / part).with_suffix(".py")
        found.update([module] if module.exists() else (ROOT / part).rglob("*.py"))
    return sorted(found)


def _code_hash() -> str:
    """Hash the code that makes figures, as a working copy may be edited without a commit."""
    files = code_files(CODE)
    return digest(f"{path.relative_to(ROOT)}\n{path.read_text(encoding='utf-8')}" for path in files)


def _commit() -> str | None:
    head = _git("rev-parse", "--short=12", "HEAD")
    if not head:
        return None
    return f"{head}+" if _git("status", "--porcelain", "--untracked-files=no") else head


def _git(*words: str) -> str | None:
    """Return the output of git in the code's folder, or None when it is no working copy."""
    try:
        done = subprocess.run(
            ["git", "-C", str(ROOT), *words],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
