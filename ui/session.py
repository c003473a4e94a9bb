from __future__ import annotations

from dataclasses import dataclass

from rag.library import Library


@dataclass(frozen=True)
class SessionSettings:
    mode: str = "extractive"


def library_for(library: Library, session: SessionSettings) -> Library:
    return library
