"""Learn which of the usual parameters an endpoint takes, from its refusals.

A refusal that names a parameter is answered with its other form: another name, or none. What then
worked is remembered for the endpoint and the model as long as the process lives.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

REFUSING: Final = (400, 404, 405, 415, 422, 500, 501)  # statuses under which parameters are named
LONGEST_REFUSAL: Final = 4000  # characters that are looked through


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an endpoint is asked; the defaults are what most understand.

    Attributes:
        length: The parameter that limits a reply, or None to leave it out.
        takes_temperature: Whether a temperature is sent.
        takes_form: Whether a reply can be held to a form.
        takes_effort: Whether a reasoning effort is sent.
        tells_usage: Whether the usage of a stream is asked for.
        takes_system: Whether a message may have the system's role; else it stands in the user's.
        streams: Whether a reply comes in pieces.
    """

    length: str | None = "max_tokens"
    takes_temperature: bool = True
    takes_form: bool = True
    takes_effort: bool = True
    tells_usage: bool = True
    takes_system: bool = True
    streams: bool = True


USUAL: Final = Dialect()
# What is looked for in a refusal, by the field of the dialect; what is named first counts.
NAMED_BY: Final[Mapping[str, re.Pattern[str]]] = {
    "length": re.compile(r"\bmax_(?:completion_)?tokens\b", re.IGNORECASE),
    "takes_temperature": re.compile(r"\btemperature\b", re.IGNORECASE),
    "takes_form": re.compile(r"response_format|json_schema|structured output", re.IGNORECASE),
    "takes_effort": re.compile(r"reasoning[_ .]?effort", re.IGNORECASE),
    "tells_usage": re.compile(r"stream_options|include_usage", re.IGNORECASE),
    "takes_system": re.compile(
        r"\bsystem\b['\"`]?\s+(?:role|message|prompt|instruction)|\brole\b[^.]{0,60}\bsystem\b"
        r"|\broles?\b[^.]{0,40}\balternat|only\s+user\s+and\s+assistant\s+roles"
        r"|developer instruction|\bmessages\W{1,4}0\W{1,4}role\b",
        re.IGNORECASE,
    ),
    "streams": re.compile(
        r"\bstreaming\b|\bstream\b(?!_)[^.]{0,60}(?:support|allow|permit|must|false|unknown"
        r"|unrecogni|verified)|(?:parameter|argument|field|body)\W{1,4}stream\b(?!_)",
        re.IGNORECASE,
    ),
}
OTHER_NAME: Final = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}


def other_forms(asked: Dialect, refusal: str, tried: frozenset[str]) -> tuple[str, Dialect] | None:
    """Find the field that a refusal is about, and the dialect with its other form.

    Args:
        asked: What was refused.
        refusal: What the endpoint says.
        tried: Fields that have had their other form in this call.

    Returns:
        None where the refusal names nothing that could be sent otherwise.
    """
    places = {
        name: found.start()
        for name, pattern in NAMED_BY.items()
        if name not in tried
        and getattr(asked, name)
        and (found := pattern.search(refusal[:LONGEST_REFUSAL]))
    }
    if not places:
        return None
    named = min(places, key=places.__getitem__)
    if named == "length":
        return named, replace(asked, length=OTHER_NAME[str(asked.length)])
    without: dict[str, Any] = {named: False}
    return named, replace(asked, **without)


class Learned:
    """The dialects of endpoints, by address and model; safe to use from several threads."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Dialect] = {}
        self._lock = threading.Lock()

    def find(self, where: str, model: str) -> Dialect:
        """Find the dialect of an endpoint; the default where nothing is known."""
        return self._known.get((where, model), USUAL)

    def keep(self, where: str, model: str, dialect: Dialect) -> None:
        """Remember what worked."""
        with self._lock:
            self._known[where, model] = dialect

    def forget(self) -> None:
        """Begin anew."""
        with self._lock:
            self._known.clear()


LEARNED: Final = Learned()
