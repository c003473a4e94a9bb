"""Clean and compare texts; pure functions."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from functools import partial
from typing import Final

# What moves a terminal's cursor or sets its colours; control characters, apart from those that are
# white space; lone surrogates; the mark with which files begin.
UNWANTED: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff]"
)
NEITHER_LETTER_NOR_DIGIT: Final = re.compile(r"[^a-z0-9]")
PRINTABLE: Final = bytes(range(0x20, 0x7F))
LONG: Final = 100  # characters
LEAST_COLUMNS: Final = 10  # of a line's text, however narrow the place
NUMBER_WORDS: Final = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def one_line(text: str) -> str:
    """Put text on one line: white space collapsed, control characters and surrogates dropped."""
    line = text.strip().replace("\n", " ")
    is_printable = line.isprintable if len(line) < LONG else partial(_is_printable, line)
    if "  " not in line and is_printable():  # no white space but single spaces
        return line
    line = " ".join(line.split())
    return line if line.isprintable() else " ".join(UNWANTED.sub("", text).split())


def _is_printable(text: str) -> bool:
    """Return what `isprintable` does, which is slow for long texts."""
    return not text.encode().translate(None, PRINTABLE) if text.isascii() else text.isprintable()


def wrapped(text: str, width: int, hang: int = 0) -> str:
    """Break the lines of a text that are wider than a number of columns, between words.

    Args:
        text: Of which shorter lines stay as they are.
        width: Columns.
        hang: By how many columns what goes on stands further in than its line begins.
    """
    return "\n".join(_wrapped_line(line, width, hang) for line in text.split("\n"))


def _wrapped_line(line: str, width: int, hang: int) -> str:
    if len(line) <= width:
        return line
    begin = len(line) - len(line.lstrip())
    return textwrap.fill(
        line.strip(),
        max(width, begin + hang + LEAST_COLUMNS),
        initial_indent=" " * begin,
        subsequent_indent=" " * (begin + hang),
        break_long_words=False,  # such as an address, which is to be copied
        break_on_hyphens=False,
        replace_whitespace=False,
    )


def why_unread(error: Exception) -> str:
    """Return why a file cannot be read, as the system says it where it was asked."""
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def is_utf8(text: str) -> bool:
    """Return whether UTF-8 can hold the text: whether it has no lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def title_key(title: str) -> str:
    """Reduce a title to its letters and digits in lower case, equal for two spellings of one."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", title).casefold())


def count_of(word: str) -> int:
    """Return the number that digits, or a word from "two" to "ten" in lower case, stand for."""
    return NUMBER_WORDS.index(word) + 2 if word in NUMBER_WORDS else int(word)


def squeezed(text: str) -> str:
    """Reduce text to its ASCII letters and digits in lower case."""
    return NEITHER_LETTER_NOR_DIGIT.sub("", text.lower())


def folded(text: str) -> str:
    """Reduce text to what a search compares: one line, without case and accents."""
    line = one_line(text)
    return (line if line.isascii() else without_accents(line)).casefold()


def without_accents(text: str) -> str:
    """Leave out every letter's accents."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in apart if not unicodedata.combining(sign))
