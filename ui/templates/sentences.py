"""Sentences about what is there and what was just done, alike on every tab."""

from __future__ import annotations

from html import escape


def counted(number: int, thing: str) -> str:
    """`1 paper`, `2 papers`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def said_html(text: str, *, is_warning: bool = False) -> str:
    """A sentence about what was just done; nothing for none."""
    kind = "said warning" if is_warning else "said"
    return f'<p class="{kind}" role="status">{escape(text)}</p>' if text else ""
