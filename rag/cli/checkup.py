"""Check what `paperchat doctor` reports on: packages, library, embedder, language model."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from prompts import render_prompt
from rag.assembly import build_llm
from rag.embedding.weights import find_model_files
from rag.endpoint.local import describe_found, find_local_servers, may_look
from rag.errors import ConfigurationError, LibraryError, RagError
from rag.library import Library
from rag.settings import Settings
from rag.store.chroma import server_version
from rag.store.servers import find_servers, shared_database

SERVERS = "servers"
PACKAGES = ("llama-index-core", "chromadb", "tantivy", "onnxruntime", "openai", "gradio")


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check."""

    subject: str
    is_fine: bool
    told: str


def examine(settings: Settings) -> list[Finding]:
    """Check everything, each part even when another fails."""
    servers: dict[str, Callable[[Settings], str]] = {SERVERS: _servers}
    checks: dict[str, Callable[[Settings], str]] = {
        "packages": _packages,
        **(servers if settings.database_url or settings.chroma_url else {}),
        "library": _library,
        "embedder": _embedder,
        "language model": _language_model,
    }
    return [_finding(subject, check, settings) for subject, check in checks.items()]


def _finding(subject: str, check: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding(subject, True, check(settings))
    except RagError as exc:
        return Finding(subject, False, str(exc))


def _packages(_settings: Settings) -> str:
    versions = [f"{name} {metadata.version(name)}" for name in PACKAGES]
    return f"Python {platform.python_version()}, {', '.join(versions)}"


def _servers(settings: Settings) -> str:
    told = []
    if database := shared_database(settings):
        with closing(database):
            told.append(f"{database.place}, version {database.version()}")
    if chroma := find_servers(settings).chroma:
        told.append(f"{chroma.place}, version {server_version(chroma)}")
    return "; ".join(told)


def _library(settings: Settings) -> str:
    with Library.open(settings=settings, llm="extractive") as library:
        report = library.check_quickly()
        if not report.is_sound:
            told = "; ".join(str(fault) for fault in report.faults if not fault.is_mended)
            raise LibraryError(f"{told}. Run `paperchat papers verify --repair`.")
        size = sum(f.stat().st_size for f in library.folder.rglob("*") if f.is_file())
        free = shutil.disk_usage(library.folder).free
        return (
            f"{len(library):,} papers in {library.place} "
            f"({size / 1e6:,.0f} MB used, {free / 1e9:,.0f} GB free)"
        )


def _embedder(settings: Settings) -> str:
    if settings.embedder == "none":
        return "none, as RAG_EMBEDDER asks: papers are found by their words alone"
    if settings.embedder != "minilm":
        return f"{settings.embedder} at {settings.openai_base_url or 'the OpenAI service'}"
    if find_model_files(settings.cache) is None:
        with Library.open(settings=settings, llm="extractive") as library:
            if why := library.prepare():
                raise ConfigurationError(why)
    files = find_model_files(settings.cache)
    where: Path = files.graph if files else settings.cache
    return f"all-MiniLM-L6-v2, int8, in {where}"


def _language_model(settings: Settings) -> str:
    llm = build_llm(settings, None)
    if llm is None:
        servers = find_local_servers() if may_look(settings) else ()
        told = "none is set: answers are made of the papers' own sentences"
        return f"{told}; {describe_found(servers)}" if servers else told
    llm.complete(render_prompt("probe", word="ready"))
    return (
        f"{llm.metadata.model_name} at {settings.openai_base_url or 'the OpenAI service'} answers"
    )
