"""Tell what answers are made with: settings that may be shown, versions, prompts."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator
from functools import cache
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from typing import Final

from pydantic import SecretStr

from rag.settings import ADDRESS, Settings
from rag.types import MadeWith

HASH_DIGITS: Final = 12
PACKAGES: Final = ("paperchat", "llama-index-core", "chromadb", "onnxruntime", "tantivy", "numpy")
# Folders, people and access are private, and make no answer.
PRIVATE: Final = frozenset({"library", "cache", "contact", "chroma_tenant", "chroma_database"})


def made_with(settings: Settings, revision: int, papers: int) -> MadeWith:
    """Return what an answer is made with now.

    Args:
        settings: Those of the library that answers.
        revision: Of it.
        papers: How many it has.
    """
    return MadeWith(
        revision,
        papers,
        tuple(public_settings(settings).items()),
        tuple(versions().items()),
        tuple(prompt_hashes().items()),
    )


def public_settings(settings: Settings) -> dict[str, str]:
    """Return the settings that may be shown: no key, no address, no folder, no person."""
    shown: dict[str, str] = {}
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        is_address = any(getattr(each, "pattern", None) == ADDRESS for each in field.metadata)
        is_secret = isinstance(value, SecretStr) or "SecretStr" in str(field.annotation)
        if name not in PRIVATE and not is_address and not is_secret:
            shown[name] = str(value)
    return shown


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that make answers."""
    return {"python": platform.python_version()} | {
        name: metadata.version(name) for name in PACKAGES
    }


@cache
def prompt_hashes() -> dict[str, str]:
    """Return a short hash of every prompt, by its name."""
    found = sorted(_prompts(resources.files("prompts")))
    return {name: hashlib.sha256(text.encode()).hexdigest()[:HASH_DIGITS] for name, text in found}


def _prompts(folder: Traversable, above: str = "") -> Iterator[tuple[str, str]]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _prompts(each, f"{above}{each.name}/")
        elif each.name.endswith(".md"):
            yield f"{above}{each.name.removesuffix('.md')}", each.read_text(encoding="utf-8")
