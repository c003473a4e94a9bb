"""Phrase what is there and what was just done, alike on every tab."""

from __future__ import annotations

from html import escape
from typing import Final

# What settings are called on the page, where a sentence names a variable of the environment.
NAMES_HERE: Final = (
    ("OPENAI_BASE_URL", "the address"),
    ("OPENAI_API_KEY", "the key"),
    ("OPENAI_MODEL", "the model"),
    (", or raise RAG_DEADLINE_S", ""),
    (", or raise RAG_TIMEOUT_S", ""),
    ("; `paperchat ingest --help` lists them", ""),  # the page lists them below the field
    (
        "add it by hand: paperchat papers add --title … --abstract …",
        "paste its title and abstract into the field above",
    ),
)


def counted(number: int, thing: str) -> str:
    """Return `1 paper`, `2 papers`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def said_html(text: str, *, is_warning: bool = False) -> str:
    """Render a sentence about what was just done; nothing for none."""
    kind = "said warning" if is_warning else "said"
    return f'<p class="{kind}" role="status">{escape(text)}</p>' if text else ""


def for_page(message: str) -> str:
    """Return the sentence of an error, with the names of settings on the page."""
    message = named_here(message)
    return message[:1].upper() + message[1:]


def named_here(message: str) -> str:
    """Return a message with what it names as the page calls it."""
    for name, field in NAMES_HERE:
        message = message.replace(name, field)
    return message
