"""Tell visitors apart: by the name that they logged in with, else by a random id of the browser."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

# The random ids that page.js makes. Nothing else from a browser is an owner, so that none can
# impersonate a user who has logged in.
RANDOM_ID: Final = re.compile(r"[0-9a-f]{32}")


def owner_of(here: Mapping[str, str], user: str | None = None) -> str:
    """Return whose conversations a page shows; empty for somebody of whom nothing is stored.

    Args:
        here: What the browser remembers.
        user: Who has logged in.
    """
    return user or random_id(here.get("owner"))


def random_id(told: object) -> str:
    """Return an id that page.js made; empty for anything else."""
    return told if isinstance(told, str) and RANDOM_ID.fullmatch(told) else ""
