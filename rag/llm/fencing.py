"""Keep text that is data inside the fence of a prompt."""

from __future__ import annotations

import re
from typing import Final

FENCE: Final = re.compile(
    r"<(?=[\s/]*(?:paper|abstract|sentence)\b)|^-{3,}", re.IGNORECASE | re.MULTILINE
)


def unfenced(text: str) -> str:
    """Return the text so that it cannot close its fence."""
    return FENCE.sub(lambda match: "‹" if match[0] == "<" else "–", text)
