"""The library that comes with the package: papers told in summaries written for this project."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib import resources
from pathlib import Path

STARTER_FILE = "starter.jsonl"


def starter_file() -> AbstractContextManager[Path]:
    """Return the starter library's JSON Lines file, for as long as the context lasts."""
    return resources.as_file(resources.files("rag").joinpath("data", STARTER_FILE))
