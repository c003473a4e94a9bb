"""Render a table that a notebook shows by itself: HTML without scripts, or Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple
from urllib.parse import quote

WEB: Final = ("http://", "https://")
NOT_IN_ADDRESS: Final = re.compile(r"[\s<>|\\]")
STYLE: Final = "text-align:left;vertical-align:top"
SIGNS: Final = str.maketrans(
    {sign: f"\\{sign}" for sign in "\\`*_[]|~"} | {"<": "&lt;", "&": "&amp;"}
)


class Cell(NamedTuple):
    """What a cell says, and where it leads.

    Attributes:
        address: Of the web; "" for nowhere.
        mark: Said behind the text, in bold; "" for nothing.
    """

    text: str
    address: str = ""
    mark: str = ""


def html_table(head: Sequence[str], rows: Sequence[Sequence[Cell]], below: str = "") -> str:
    """Return a table as HTML, in which every text is text."""
    headings = "".join(f'<th style="{STYLE}">{escape(each)}</th>' for each in head)
    body = "".join(f"<tr>{''.join(map(_html_cell, row))}</tr>" for row in rows)
    rest = f"<p>{escape(below)}</p>" if below else ""
    return f"<table><thead><tr>{headings}</tr></thead><tbody>{body}</tbody></table>{rest}"


def _html_cell(cell: Cell) -> str:
    text = escape(cell.text)
    if cell.address.startswith(WEB):
        text = f'<a href="{escape(cell.address)}">{text}</a>'
    mark = f" <b>{escape(cell.mark)}</b>" if cell.mark else ""
    return f'<td style="{STYLE}">{text}{mark}</td>'


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[Cell]], below: str = "") -> str:
    """Return a table as Markdown, in which every text is text."""
    lines = [[_plain(each) for each in head], ["---"] * len(head)]
    lines += [[_markdown_cell(cell) for cell in row] for row in rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{table}\n\n{_plain(below)}\n" if below else f"{table}\n"


def _markdown_cell(cell: Cell) -> str:
    text = _plain(cell.text)
    if cell.address.startswith(WEB):
        text = f"[{text}](<{_address(cell.address)}>)"
    return f"{text} **{_plain(cell.mark)}**" if cell.mark else text


def _plain(text: str) -> str:
    return " ".join(text.split()).translate(SIGNS)


def _address(address: str) -> str:
    return NOT_IN_ADDRESS.sub(lambda match: quote(match[0]), address)
