"""Read the pieces of a reply, whatever JSON an endpoint puts there; pure functions.

The client hands on what it could not read as it is: any value may be of any type.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from rag.text import UNWANTED

CUT: Final = ("length", "max_tokens", "max_output_tokens", "model_length")
FILTERED: Final = ("content_filter", "safety", "prohibited_content", "blocklist")
THOUGHTS: Final = ("reasoning_content", "reasoning", "thinking")
HIGH, LOW = "\ud800", "\udc00"  # where the two halves of a sign beyond 16 bits begin
MOST_THOUGHT_PARTS: Final = 100


class UnreadableError(ValueError):
    """A piece holds something where text belongs that is none."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What a piece of a reply adds.

    Attributes:
        written: Text.
        thought: What came apart from the text as a thought.
        refused: What the model says in declining to answer.
        finish: Why the reply ends here, as the endpoint calls it; "" where it goes on.
        calls_tool: Whether a tool is called, which none was offered.
        is_completion: Whether it looks like a part of a completion at all.
    """

    written: str = ""
    thought: str = ""
    refused: str = ""
    finish: str = ""
    calls_tool: bool = False
    is_completion: bool = True


def read_piece(piece: object) -> Piece:
    """Read a chunk of a stream, or a whole completion.

    Raises:
        UnreadableError: Its text is a number or the like.
    """
    choices = value_of(piece, "choices")
    if not isinstance(choices, list | tuple):
        return Piece(is_completion=False)
    if not choices:
        return Piece()
    choice = choices[0]
    said = value_of(choice, "delta") or value_of(choice, "message")
    finish = value_of(choice, "finish_reason")
    content = value_of(said, "content")
    if content is None and not is_object(said):
        content = value_of(choice, "text")
    written, thought = _parts(content)
    apart = next((t for name in THOUGHTS if (t := _plain(value_of(said, name)))), "")
    refused = value_of(said, "refusal")
    return Piece(
        written,
        apart or thought,
        refused if isinstance(refused, str) else "",
        "" if finish is None else str(finish).lower(),
        bool(value_of(said, "tool_calls") or value_of(said, "function_call")),
    )


def read_counts(piece: object) -> dict[str, int]:
    """Read the token counts of a piece, by name; what is no number is left out."""
    usage = value_of(piece, "usage")
    counts = {name: value_of(usage, name) for name in ("prompt_tokens", "completion_tokens")}
    return {
        name: count
        for name, count in counts.items()
        if isinstance(count, int) and not isinstance(count, bool) and count >= 0
    }


def value_of(thing: object, name: str) -> object:
    """Return a field of a JSON object, however the client has read it; None where there is none."""
    if isinstance(thing, dict):
        return thing.get(name)
    return getattr(thing, name, None) if isinstance(thing, BaseModel) else None


def is_object(thing: object) -> bool:
    """Return whether it is an object of JSON."""
    return isinstance(thing, dict | BaseModel)


def _parts(content: object) -> tuple[str, str]:
    """Read text and thoughts of a content, which some endpoints send as a list of parts."""
    if content is None:
        return "", ""
    if isinstance(content, str):
        return content, ""
    if not isinstance(content, list):
        raise UnreadableError(type(content).__name__)
    parts = [_part(part) for part in content]
    return "".join(text for text, _ in parts), "".join(thought for _, thought in parts)


def _part(part: object) -> tuple[str, str]:
    if isinstance(part, str):
        return part, ""
    if not is_object(part):
        raise UnreadableError(type(part).__name__)
    kind, text = value_of(part, "type") or "text", value_of(part, "text")
    if kind in ("thinking", "reasoning"):
        return "", _plain(value_of(part, "thinking") or text)
    return (text, "") if kind in ("text", "output_text") and isinstance(text, str) else ("", "")


def _plain(value: object) -> str:
    return "".join(_strings(value))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value[:MOST_THOUGHT_PARTS]:
            yield from _strings(value_of(part, "text"))


class Cleaner:
    """Make pieces of text that UTF-8 can hold and a terminal can show.

    The halves of a sign that came in two pieces are put together; a lone half goes.
    """

    def __init__(self) -> None:
        self._half = ""

    def __call__(self, text: str) -> str:
        """Clean the next piece."""
        text = self._half + text
        self._half = text[-1:] if HIGH <= text[-1:] < LOW else ""
        text = text[: len(text) - len(self._half)]
        if text.isascii() and text.isprintable():
            return text
        paired = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
        return UNWANTED.sub("", paired.replace("\r\n", "\n"))
