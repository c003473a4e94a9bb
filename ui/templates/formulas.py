"""Render LaTeX as MathML, which browsers show by themselves; what is no formula stays text."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from html import escape, unescape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LONGEST: Final = 2000  # characters; the longest formula of 100,000 arXiv abstracts has fewer
LONGEST_NARROW: Final = 40  # characters that fit a line of a phone even when each is a symbol
WIDE: Final = '<span class="wide"'  # around a formula that may be wider than the page
# The tags and attributes that may reach the page; `href`, `style` and `class` are none of them.
TAGS: Final = re.compile(
    r"math|mrow|mi|mn|mo|ms|mspace|mtext|mfrac|msqrt|mroot|mstyle|mpadded|mphantom|menclose"
    r"|mfenced|msub|msup|msubsup|munder|mover|munderover|mmultiscripts|mprescripts|none"
    r"|mtable|mtr|mtd|mlabeledtr|merror"
)
ATTRIBUTES: Final = re.compile(
    r"display|mathvariant|stretchy|fence|form|separator|largeop|movablelimits|accent|accentunder"
    r"|linethickness|rowspacing|columnspacing|columnalign|rowlines|columnlines|displaystyle"
    r"|scriptlevel|minsize|maxsize|mathsize|lspace|rspace|width|height|depth|notation"
)


@lru_cache(maxsize=512)
def formula_html(latex: str, *, is_display: bool = False) -> str:
    """Render a formula as MathML; as its text when it cannot be parsed."""
    from latex2mathml.converter import convert_to_element

    if len(latex) <= LONGEST and _is_balanced(latex):
        with suppress(Exception):  # any error of the converter means: no formula
            display = "block" if is_display else "inline"
            written = _written(convert_to_element(latex, display=display))
            is_wide = len(latex) > LONGEST_NARROW
            return f"{WIDE}>{written}</span>" if is_wide else written
    sign = "$$" if is_display else "$"
    return f"<code>{escape(f'{sign}{latex}{sign}')}</code>"


def _is_balanced(latex: str) -> bool:
    """Return whether every brace is closed; the converter drops what follows an open one."""
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", latex):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return not depth


def _written(element: Element) -> str:
    """Render an element with known tags and attributes only, all text escaped."""
    inside = escape(unescape(element.text or ""), quote=False)
    inside += "".join(_written(child) + escape(unescape(child.tail or "")) for child in element)
    if not TAGS.fullmatch(element.tag):
        return inside
    known = ((name, value) for name, value in element.attrib.items() if ATTRIBUTES.fullmatch(name))
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in known)
    return f"<{element.tag}{attributes}>{inside}</{element.tag}>"
