"""Set how one browser session is answered, and open the library that answers so."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

from rag.errors import ConfigurationError
from rag.library import Library
from rag.settings import ANSWER_WORDS, TOP_K, Settings
from rag.types import EXTRACTIVE, Depth

Mode = Literal["extractive", "model"]
Unsupported = Literal["remove", "mark"]

PAPERS_RANGE: Final = (1, 20)  # nobody reads more than 20 abstracts beside an answer
WORDS_RANGE: Final = (40, 300)
MOST_NAME_CHARACTERS: Final = 200
NO_OTHER_ENDPOINT: Final = (
    "This page is open to other machines, so it asks no other endpoint than the one that its "
    "operator has set. Started with --allow-endpoints, it does."
)


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How questions of one browser session are answered, as long as it lives.

    Attributes:
        model: Name of the model; empty for the operator's.
        base_url: Address of the endpoint; None for the operator's.
        key: Key of that endpoint; None for the operator's, which goes to the operator's alone.
        top_k: Papers that reach the answer.
        answer_words: Longest extractive answer from one paper; a model's grows with it.
        unsupported: What becomes of a model's sentences that no paper supports.
        depth: How long an answer is worked at.
        has_worked: Whether this model has answered a call; until then the papers' own sentences
            answer.
    """

    mode: Mode = "extractive"
    model: str = ""
    base_url: str | None = None
    key: SecretStr | None = None
    top_k: int = TOP_K
    answer_words: int = ANSWER_WORDS
    unsupported: Unsupported = "remove"
    depth: Depth = "quick"
    has_worked: bool = False

    @property
    def is_draft(self) -> bool:
        """Whether a model is chosen that has not answered yet."""
        return self.mode == "model" and not self.has_worked

    def is_same_endpoint(self, other: SessionSettings) -> bool:
        """Return whether both ask the same model at the same address with the same key."""
        mine = (self.model, self.base_url, self.key)
        return mine == (other.model, other.base_url, other.key)


def as_set(settings: Settings, llm: str | None = None) -> SessionSettings:
    """Return the settings before any change: those of the operator.

    Args:
        settings: Those of the operator.
        llm: What the page was started with, in place of `settings.llm`.
    """
    model = settings.find_model(llm)
    return SessionSettings(
        mode="model" if model else "extractive",
        model=model or (settings.openai_model if settings.has_endpoint else ""),
        top_k=_within(settings.top_k, PAPERS_RANGE),
        answer_words=_within(settings.answer_words, WORDS_RANGE),
        unsupported=settings.unsupported,
        depth=settings.depth,
        has_worked=bool(model),  # the operator chose it
    )


def _within(value: int, limits: tuple[int, int]) -> int:
    return min(max(value, limits[0]), limits[1])


def answered_otherwise(current: SessionSettings, how: str) -> SessionSettings:
    """Return the settings for asking once more: with `more` papers, by a `model`, thoroughly."""
    if how == "more":
        return replace(current, top_k=_within(current.top_k * 2, PAPERS_RANGE))
    if how in ("thorough", "quick"):
        return replace(current, depth="quick" if how == "quick" else "thorough")
    if how == "extractive":
        return replace(current, mode="extractive")
    return replace(current, mode="model") if how == "model" and current.has_worked else current


def ways_to_ask_again(current: SessionSettings, model: str) -> list[tuple[str, str]]:
    """Return how else a question could be asked, each with its label.

    Args:
        current: The settings now.
        model: The name of the model that would write.
    """
    more = answered_otherwise(current, "more").top_k
    ways = [("more", f"With up to {more} papers")] if more > current.top_k else []
    is_quick = current.depth == "quick"
    ways.append(("thorough", "Thoroughly") if is_quick else ("quick", "Quickly"))
    if current.mode == "model" and current.has_worked:
        return [*ways, ("extractive", "With the papers' own sentences")]
    return [*ways, ("model", f"By {model}")] if current.has_worked and model else ways


def with_answers(
    current: SessionSettings,
    *,
    mode: str,
    top_k: float,
    answer_words: float,
    unsupported: str,
    depth: str = "",
) -> SessionSettings:
    """Return the settings with another kind of answers; numbers are clipped to their range."""
    return replace(
        current,
        mode="model" if mode == "model" else "extractive",
        top_k=_within(int(top_k), PAPERS_RANGE),
        answer_words=_within(int(answer_words), WORDS_RANGE),
        unsupported="mark" if unsupported == "mark" else "remove",
        depth="thorough" if depth == "thorough" else "quick",
    )


def with_endpoint(
    current: SessionSettings,
    *,
    model: str,
    base_url: str,
    key: str,
    settings: Settings,
    allows_others: bool,
) -> SessionSettings:
    """Return the settings with another endpoint; blank fields mean the operator's.

    A blank key keeps the one that was given, as long as the address stays: a key never goes to
    another endpoint than the one that it was typed for.

    Args:
        current: The settings before.
        model: Name of the model.
        base_url: Address of the endpoint.
        key: Its key.
        settings: The operator's.
        allows_others: Whether an address other than the operator's may be asked.

    Raises:
        ConfigurationError: The address is none, or may not be asked.
    """
    address = _address(base_url, settings)
    if address is not None and not allows_others:
        raise ConfigurationError(NO_OTHER_ENDPOINT)
    kept = current.key if address == current.base_url else None
    changed = replace(
        current,
        model=model.strip()[:MOST_NAME_CHARACTERS],
        base_url=address,
        key=SecretStr(key.strip()) if key.strip() else kept,
    )
    has_worked = current.has_worked and changed.is_same_endpoint(current)
    return replace(changed, has_worked=has_worked)


def _address(text: str, settings: Settings) -> str | None:
    """Return the address of an endpoint; None for the operator's."""
    address = text.strip().rstrip("/")
    if not address or address == (settings.openai_base_url or "").rstrip("/"):
        return None
    try:
        parts = urlsplit(address)
        is_address = bool(parts.hostname) and parts.port != 0
    except ValueError:  # an invalid port, or unclosed brackets
        is_address = False
    if not is_address or parts.scheme not in ("http", "https") or re.search(r"\s", address):
        raise ConfigurationError(
            f"{address[:100]!r} is no address of an endpoint. Give one such as "
            "http://127.0.0.1:8000/v1."
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError(
            "The address of an endpoint holds no user, password or query. "
            "The key has a field of its own."
        )
    return address


def without_key(current: SessionSettings) -> SessionSettings:
    """Return the settings without the session's own key."""
    return replace(current, key=None, has_worked=current.has_worked and current.key is None)


def effective_settings(settings: Settings, session: SessionSettings) -> Settings:
    """Return the operator's settings, overridden by those of a session.

    The operator's key goes with the operator's endpoint only.
    """
    words = session.answer_words
    others: dict[str, object] = {
        "top_k": session.top_k,
        "answer_words": words,
        "answer_tokens": max(16, round(settings.answer_tokens * words / settings.answer_words)),
        "unsupported": session.unsupported,
        "depth": session.depth,
    }
    if session.base_url is not None:
        others |= {"openai_base_url": session.base_url, "openai_api_key": session.key}
    elif session.key is not None:
        others |= {"openai_api_key": session.key}
    return settings.model_copy(update=others)


def model_name(settings: Settings, session: SessionSettings) -> str:
    """Return the model that a session asks, whatever its mode."""
    return session.model or settings.find_model() or settings.openai_model


def library_for(library: Library, session: SessionSettings) -> Library:
    """Return the library that answers as a session wants.

    Raises:
        ConfigurationError: A model is to answer, and there is no endpoint or its key is none.
    """
    settings = effective_settings(library.settings, session)
    if session.mode == "extractive" or session.is_draft:
        return library.with_settings(settings, EXTRACTIVE)
    return library.with_settings(settings, model_name(library.settings, session))
