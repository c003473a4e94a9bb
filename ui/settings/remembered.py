"""Keep settings over a reload: choices in the browser, a key in the server's memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from pydantic import SecretStr

from rag.errors import ConfigurationError
from rag.settings import Settings
from ui.settings.session import SessionSettings, with_answers, with_endpoint

MOST_KEYS: Final = 500


class SessionKeys:
    """Keys of the latest 500 browser sessions, by a random id of each; in memory only.

    Each belongs to who had signed in then: the next one at the same browser has the same id.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: OrderedDict[tuple[str, str], tuple[str | None, SecretStr]] = OrderedDict()

    def keep(self, session_id: str, settings: SessionSettings, user: str | None = None) -> None:
        """Keep the key of a session with its address, or forget it."""
        own = (user or "", session_id)
        with self._lock:
            self._keys.pop(own, None)
            if session_id and settings.key is not None:
                self._keys[own] = (settings.base_url, settings.key)
            while len(self._keys) > MOST_KEYS:
                self._keys.popitem(last=False)

    def find(
        self, session_id: str, base_url: str | None, user: str | None = None
    ) -> SecretStr | None:
        """Return the key of a session for an address; None for another address, or another user."""
        with self._lock:
            address, key = self._keys.get((user or "", session_id), (None, None))
        return key if address == base_url else None


def to_browser(settings: SessionSettings) -> dict[str, object]:
    """Return the settings for the browser: all but the key."""
    return {
        "mode": settings.mode,
        "model": settings.model,
        "base_url": settings.base_url or "",
        "top_k": settings.top_k,
        "answer_words": settings.answer_words,
        "unsupported": settings.unsupported,
        "depth": settings.depth,
        "has_worked": settings.has_worked,
    }


def from_browser(
    start: SessionSettings,
    kept: Mapping[str, object],
    key: SecretStr | None,
    *,
    settings: Settings,
    allows_others: bool,
) -> SessionSettings:
    """Return the settings that a browser kept; invalid ones stay as at the start.

    Args:
        start: The settings before any change.
        kept: What `to_browser` gave, or whatever a browser sends.
        key: The session's own.
        settings: The operator's.
        allows_others: Whether an address other than the operator's may be asked.
    """
    try:
        changed = with_answers(
            start,
            mode=str(kept.get("mode", start.mode)),
            top_k=float(str(kept.get("top_k", start.top_k))),
            answer_words=float(str(kept.get("answer_words", start.answer_words))),
            unsupported=str(kept.get("unsupported", start.unsupported)),
            depth=str(kept.get("depth", start.depth)),
        )
        restored = with_endpoint(
            changed,
            model=str(kept.get("model", start.model)),
            base_url=str(kept.get("base_url", "")),
            key=key.get_secret_value() if key else "",
            settings=settings,
            allows_others=allows_others,
        )
    except (ConfigurationError, ValueError, OverflowError):
        return start
    has_worked = restored.has_worked or kept.get("has_worked") is True
    return replace(restored, has_worked=has_worked)
