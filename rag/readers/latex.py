"""Read the LaTeX of BibTeX's fields as text: accents, signs and braces; formulas stay."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from rag.text import one_line

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text

HAS_LATEX: Final = re.compile(r"[\\{}$~]|--|``|''|[?!]`")
BARE_DOLLAR: Final = re.compile(r"(?<!\\)\$")
# Many abstracts are pasted into the field as they are: a percent sign that is not escaped is a
# percent sign there, not the beginning of a comment.
BARE_SIGN: Final = re.compile(r"(?<!\\)[%&]")
KERNEL: Final = {
    "textbraceleft": "{",
    "textbraceright": "}",
    "textasciicircum": "^",
    "LaTeX": "LaTeX",
    "TeX": "TeX",
    "url": "%s",
}
MARK: Final = re.compile(r"\\.|[{}$]|\s+", re.DOTALL)
# A macro that takes what stands behind the space: `\c c`, `\' e`, `\ss in`.
OPEN_MACRO: Final = re.compile(r"\\(?:[A-Za-z]+|[\"'`^~=.])$")
SIMPLE: Final = re.compile(r"(?:[^\\{}$]|\\[%&$#_{}])*")
ESCAPE: Final = re.compile(r"\\([%&$#_{}])")
JOINED: Final = {"---": "—", "--": "–", "``": "“", "''": "”", "?`": "¿", "!`": "¡", "~": " "}
WORDS_REMEMBERED: Final = 1 << 14


def plain_text(latex: str) -> str:
    """Turn LaTeX into text on one line.

    It is read word by word, for pylatexenc needs milliseconds for an abstract, and most words
    hold no LaTeX.
    """
    if not HAS_LATEX.search(latex):
        return one_line(latex)
    if len(BARE_DOLLAR.findall(latex)) % 2:  # prices
        latex = BARE_DOLLAR.sub(r"\\$", latex)
    return one_line(" ".join(map(_read_word, _words(latex))))


def _words(text: str) -> Iterator[str]:
    """Split text at the spaces that stand outside braces and formulas."""
    start, depth, is_formula = 0, 0, False
    for mark in MARK.finditer(text):
        sign = mark[0]
        if sign.isspace():
            word = text[start : mark.start()]
            if not depth and not is_formula and not OPEN_MACRO.search(word):
                yield word
                start = mark.end()
        elif sign == "$":
            is_formula = not is_formula
        elif len(sign) == 1:
            depth = max(0, depth + (1 if sign == "{" else -1))
    yield text[start:]


@lru_cache(WORDS_REMEMBERED)
def _read_word(word: str) -> str:
    if SIMPLE.fullmatch(word):
        for signs, joined in JOINED.items():
            word = word.replace(signs, joined)
        return ESCAPE.sub(r"\1", word)
    pieces = re.split(r"((?<!\\)\$[^$]*\$)", word)
    escaped = (
        piece if number % 2 else BARE_SIGN.sub(r"\\\g<0>", piece)
        for number, piece in enumerate(pieces)
    )
    return str(_decoder().latex_to_text("".join(escaped)))


@cache
def _decoder() -> LatexNodes2Text:
    """Build pylatexenc's decoder with what it lacks of LaTeX's kernel; once, for it takes long."""
    from pylatexenc.latex2text import (
        LatexNodes2Text,
        MacroTextSpec,
        get_default_latex_context_db,
    )

    known = get_default_latex_context_db()
    macros = [MacroTextSpec(name, text) for name, text in KERNEL.items()]
    known.add_context_category("kernel", prepend=True, macros=macros)
    return LatexNodes2Text(latex_context=known, math_mode="verbatim")
