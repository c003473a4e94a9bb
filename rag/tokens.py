"""Counts tokens with tiktoken from the tables that llama-index-core ships; downloads nothing."""

from __future__ import annotations

import importlib.util
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tiktoken

ENCODING = "o200k_base"
TABLES = Path("_static") / "tiktoken_cache"


@cache
def _encoding() -> tiktoken.Encoding:
    import tiktoken

    spec = importlib.util.find_spec("llama_index.core")
    if spec and spec.origin:
        os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(Path(spec.origin).parent / TABLES))
    return tiktoken.get_encoding(ENCODING)


def count_tokens(text: str) -> int:
    """Number of o200k_base tokens; text that looks like a special token counts as plain text."""
    return len(_encoding().encode_ordinary(text))


def cut_tokens(text: str, most: int, *, keep_end: bool = False) -> str:
    """The first, or the last, `most` tokens of a text, with a sign where it is cut."""
    tokens = _encoding().encode_ordinary(text)
    if len(tokens) <= most:
        return text
    kept = tokens[len(tokens) - most :] if keep_end else tokens[:most]
    cut = _encoding().decode(kept, errors="ignore").strip()
    return f"…{cut}" if keep_end else f"{cut}…"
