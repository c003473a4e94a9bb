"""Keeps text that is data inside the fence that a prompt puts around it."""

from __future__ import annotations

import re
from typing import Final

FENCE: Final = re.compile(
    r"<(?=[\s/]*(?:paper|abstract|sentence)\b)|^-{3,}", re.IGNORECASE | re.MULTILINE
)


def unfenced(text: str) -> str:
    """Text that cannot close the fence that it stands in."""
    return FENCE.sub(lambda match: "‹" if match[0] == "<" else "–", text)
