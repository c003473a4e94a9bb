"""Count tokens with tiktoken from the tables that llama-index-core ships; downloads nothing."""

from __future__ import annotations

import importlib.util
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tiktoken

ENCODING = "o200k_base"
SIGN = "…"
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
    """Return the beginning or end of a text in at most `most` tokens, with an ellipsis if cut.

    The ellipsis counts; it is all that is left where there is room for no more.
    """
    tokens = _encoding().encode_ordinary(text)
    if len(tokens) <= most:
        return text
    for kept in range(most - 1, 0, -1):  # half a word may take more tokens than it did as a whole
        part = tokens[-kept:] if keep_end else tokens[:kept]
        words = _encoding().decode(part, errors="ignore").strip()
        cut = f"{SIGN}{words}" if keep_end else f"{words}{SIGN}"
        if count_tokens(cut) <= most:
            return cut
    return SIGN
