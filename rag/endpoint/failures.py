"""Describe an endpoint's failures in words for the user, never showing the key."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx
import openai

from rag.endpoint.dialect import LONGEST_REFUSAL, REFUSING
from rag.endpoint.pieces import UnreadableError
from rag.errors import (
    ConfigurationError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelError,
    ModelRateLimitError,
    ModelResponseError,
    ModelTimeoutError,
)
from rag.settings import Settings
from rag.text import one_line

PLACEHOLDER_KEY: Final = "none"  # local endpoints want none, the client wants one
FORM_REFUSED: Final = (400, 422)  # what endpoints say that know no response format
# What the client, and the reading of what it hands on, raise over JSON or bytes of no known shape.
SHAPELESS: Final = (TypeError, AttributeError, ValueError, LookupError, RecursionError)


def plain_key(settings: Settings) -> str:
    """Return the key as the endpoint wants it.

    Raises:
        ConfigurationError: It holds characters that no key has.
    """
    if settings.openai_api_key is None:
        return PLACEHOLDER_KEY
    key = settings.openai_api_key.get_secret_value().strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError(
            "OPENAI_API_KEY holds characters that no key has, such as a line break or a quotation "
            "mark. Copy the key again."
        )
    return key or PLACEHOLDER_KEY


@contextmanager
def translated(where: str, model: str, secret: str) -> Iterator[None]:
    """Raise the client's failures as ours, without the key that an endpoint may have repeated."""
    try:
        yield
    except (openai.OpenAIError, httpx.HTTPError, *SHAPELESS) as exc:
        error = translate_error(exc, where, model)
        if secret == PLACEHOLDER_KEY or secret not in f"{error}{exc}":
            raise error from exc
        # The cause is left out too: whoever prints a traceback prints what it says.
        raise _without(secret, error) from None


def _without(secret: str, error: ModelError) -> ModelError:
    clean = type(error)(str(error).replace(secret, "…"))
    clean.retryable = error.retryable
    clean.retry_after_s = error.retry_after_s
    clean.form_refused = error.form_refused
    clean.refusal = error.refusal.replace(secret, "…")
    return clean


def translate_error(exc: Exception, where: str, model: str) -> ModelError:
    """Translate an error of the client into one of ours, in words for the user."""
    if isinstance(exc, openai.APITimeoutError | httpx.TimeoutException):
        return ModelTimeoutError(
            f"The endpoint {where} did not answer in time. Ask again, or raise RAG_TIMEOUT_S."
        )
    if isinstance(exc, openai.APIStatusError):
        return _status_error(exc, where, model)
    if isinstance(exc, openai.APIResponseValidationError | UnreadableError | json.JSONDecodeError):
        return ModelResponseError(
            f"The endpoint {where} sent something that is not a completion. Check OPENAI_BASE_URL."
        )
    if isinstance(exc, SHAPELESS):
        return ModelResponseError(
            f"The endpoint {where} sent something that cannot be read ({type(exc).__name__}). "
            "Check OPENAI_BASE_URL."
        )
    if isinstance(exc, openai.APIConnectionError | httpx.TransportError):
        return ModelConnectionError(
            f"The connection to {where} failed ({_first_line(exc.__cause__ or exc)}). "
            "Check OPENAI_BASE_URL and the network, then ask again."
        )
    return ModelResponseError(
        f"The endpoint {where} failed ({_first_line(exc)}). Check OPENAI_MODEL and OPENAI_BASE_URL."
    )


def _status_error(exc: openai.APIStatusError, where: str, model: str) -> ModelError:
    error = _by_status(exc, where, model)
    if exc.status_code in REFUSING:
        error.refusal = _refusal(exc)
    return error


def _refusal(exc: openai.APIStatusError) -> str:
    """Return all that the endpoint says, beginning with the parameter that it names."""
    named = f"parameter {exc.param}: " if isinstance(exc.param, str) else ""
    try:
        return f"{named}{exc.response.text[:LONGEST_REFUSAL]}"
    except httpx.HTTPError:  # the body was never read
        return named


def _by_status(exc: openai.APIStatusError, where: str, model: str) -> ModelError:
    code = exc.status_code
    if code in (401, 403):
        return ModelAuthenticationError(
            f"The endpoint {where} refused the key ({code}). Check OPENAI_API_KEY."
        )
    if code == 404:
        return ModelResponseError(
            f"The endpoint {where} does not know the model {model!r} (404). "
            "Check OPENAI_MODEL and OPENAI_BASE_URL."
        )
    if code == 429 or code >= 500:
        return _passing_error(exc, where)
    error = ModelResponseError(
        f"The endpoint {where} failed ({_describe(exc)}). Check OPENAI_MODEL and the settings."
    )
    error.form_refused = code in FORM_REFUSED
    return error


def _passing_error(exc: openai.APIStatusError, where: str) -> ModelError:
    """Build the error for a failure that may pass."""
    wait = retry_after_s(exc.response.headers)
    error: ModelError
    if exc.status_code == 429:
        when = f"in {wait:g} s" if wait is not None else "later"
        error = ModelRateLimitError(
            f"The endpoint {where} accepts no more questions now (429). Ask again {when}."
        )
    else:
        error = ModelResponseError(
            f"The endpoint {where} failed ({_describe(exc)}). Ask again later."
        )
    error.retryable = True
    error.retry_after_s = wait
    return error


def retry_after_s(headers: httpx.Headers) -> float | None:
    """Return the seconds that an endpoint asks to wait, at least 0; None when it does not say.

    Read are `retry-after-ms`, which some endpoints send beside the standard one, and `retry-after`
    as a number of seconds or as a date of HTTP (RFC 9110, 10.2.3).
    """
    seconds = _number(headers.get("retry-after-ms"))
    if seconds is not None:
        return max(seconds / 1000, 0.0)
    value = headers.get("retry-after", "")
    seconds = _number(value)
    if seconds is None:
        seconds = _seconds_until(value)
    return None if seconds is None else max(seconds, 0.0)


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _seconds_until(date: str) -> float | None:
    try:
        when = parsedate_to_datetime(date.strip())
    except (ValueError, OverflowError):
        return None
    if when.tzinfo is None:  # "-0000", or nothing: dates of HTTP are in UTC
        when = when.replace(tzinfo=UTC)
    return (when - datetime.now(UTC)).total_seconds()


def _describe(exc: openai.APIStatusError) -> str:
    """Describe a failure by its status and by what the endpoint says, if that is plain text."""
    body = exc.body if isinstance(exc.body, dict) else {"message": exc.body}
    said = body.get("message") or body.get("detail")
    if not isinstance(said, str) or _is_unsafe(said):
        return str(exc.status_code)
    detail = one_line(said)[:200].rstrip(".")
    return f"{exc.status_code}: {detail}" if detail else str(exc.status_code)


def _first_line(exc: BaseException) -> str:
    """Return the first line of an error, or its type where the line could hold a key or a page."""
    line = one_line((str(exc).strip().splitlines() or [""])[0])[:200].rstrip(".")
    return line if line and not _is_unsafe(line) else type(exc).__name__


def _is_unsafe(text: str) -> bool:
    return re.search(r"[{}<>]|key|bearer|sk-", text, re.IGNORECASE) is not None
