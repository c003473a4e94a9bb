r"""Read LaTeX as text: accents, signs, macros and braces; formulas stay formulas.

Two kinds of text are met: fields of BibTeX and arXiv's, which are LaTeX throughout, and texts with
some LaTeX in them, where a brace may be a brace and `C:\new` a folder.

Every text takes time in proportion to its length, and none fails. Not covered: macros that a text
defines itself, and tables.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rag.cleaning.formulas import formula_text, kept_formula
from rag.cleaning.lone_signs import with_signs
from rag.cleaning.macros import (
    ACCENTS,
    DROPPED,
    KEPT_SECOND,
    MATH_ENVIRONMENTS,
    SIGNS,
    SILENT,
    TEXT_SYMBOLS,
    WORDS,
    symbols,
    unit_text,
)
from rag.cleaning.scripts import raised
from rag.text import one_line

# Formulas in text that has no other LaTeX; with no macros inside they stay as they are.
ONLY_FORMULAS: Final = re.compile(
    r"[^$\\{}~`'?!-]*(?:(?:\$[^$\\]+\$|'(?!')|-(?!-)|[?!](?!`))[^$\\{}~`'?!-]*)*$"
)
HAS_MACRO: Final = re.compile(r"\\[A-Za-z\"'`^~=.%&#_${}(\[,\\]")
DOLLAR: Final = re.compile(r"\\.|\$", re.DOTALL)
FORMULA_MARK: Final = re.compile(r"\\\\|\\[()\[\]]")
IN_DOLLARS: Final = r"\$\$[^$]*+\$\$|\$[^$\\]*+(?:\\.[^$\\]*+)*\$"
FORMULA: Final = re.compile(f"({IN_DOLLARS})", re.DOTALL)
TOKEN: Final = re.compile(
    rf"""(?P<plain>(?:[^\\{{}}$~`'?!-]++|-(?!-)|'(?!')|[?!](?!`))++)
    |\\(?P<word>[A-Za-z]++\*?)(?P<gap>\s*+)
    |\\(?P<sign>.)
    |(?P<formula>{IN_DOLLARS})
    |(?P<brace>[{{}}])
    |(?P<joined>---?|``|''|[?!]`|~)
    |(?P<lone>.)""",
    re.DOTALL | re.VERBOSE,
)
JOINED_SIGNS: Final = re.compile("---?|``|''|[?!]`")
JOINED: Final = {"---": "—", "--": "–", "``": "“", "''": "”", "?`": "¿", "!`": "¡"}
DOTTED: Final = {"ı": "i", "ȷ": "j"}  # letters without a dot, which an accent stands on
CITES: Final = re.compile(r"(?:[Cc]ite|textcite|parencite|autocite|footcite)[a-zA-Z]*")
PLACED_BEFORE: Final = tuple(".,;:)?!")  # signs before which no space stands
ONE_SIGN: Final = re.compile(r"\\([A-Za-z]+)\s*")
DEEPEST: Final = 60  # braces within braces; those below are left out alone


def plain_text(latex: str, *, keeps_formulas: bool = True) -> str:
    """Turn what is LaTeX throughout into text on one line.

    Args:
        latex: As it stands in the source.
        keeps_formulas: Whether formulas that are words and numbers in truth stay formulas too.
    """
    latex = with_signs(latex)
    if not _has_mark(latex):  # as in most texts
        return one_line(_with_signs_joined(latex))
    if "\\" not in latex and ONLY_FORMULAS.match(latex):
        return one_line(latex)
    written = _with_formulas_alone(latex, formula_text if not keeps_formulas else kept_formula)
    if written is not None:
        return one_line(written)
    return one_line(_Reader(latex, is_latex=True, keeps_formulas=keeps_formulas).read())


def _has_mark(text: str) -> bool:
    """Whether a text has any sign for which it needs to be read sign by sign."""
    return "\\" in text or "$" in text or "{" in text or "}" in text or "~" in text


def _with_formulas_alone(text: str, as_text: Callable[[str], str]) -> str | None:
    """Return a text that has no other LaTeX than formulas; None where it has."""
    if "$" not in text or _count_dollars(text) % 2:
        return None
    pieces = FORMULA.split(text)  # texts, and between them formulas
    if _has_mark("".join(pieces[::2])):
        return None
    pieces[::2] = map(_with_signs_joined, pieces[::2])
    pieces[1::2] = map(as_text, pieces[1::2])
    return "".join(pieces)


def _with_signs_joined(text: str) -> str:
    """Write dashes and quotation marks that are typed as several signs, where nothing else is."""
    if "--" in text or "`" in text or "''" in text:
        return JOINED_SIGNS.sub(lambda signs: JOINED[signs[0]], text)
    return text


def text_with_latex(text: str, *, keeps_formulas: bool = True) -> str:
    """Turn the LaTeX in a text into text; without macros nothing changes."""
    if not HAS_MACRO.search(text):
        return text
    return _Reader(text, is_latex=False, keeps_formulas=keeps_formulas).read()


@dataclass(slots=True)
class Token:
    """A piece of LaTeX: its kind, what it says, the spaces behind a macro's name, and all of it."""

    kind: str
    value: str
    gap: str
    raw: str


class _Reader:
    """One text on its way from LaTeX; every token is taken once."""

    def __init__(self, text: str, *, is_latex: bool, keeps_formulas: bool) -> None:
        self._is_latex = is_latex
        self._formula_text = kept_formula if keeps_formulas else formula_text
        self._tokens = _tokens(text)
        self._at = 0
        self._below = 0  # braces open below the deepest that are told apart
        self._nested = 0  # arguments of arguments

    def read(self) -> str:
        return self._group(0)

    def _next(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _group(self, depth: int) -> str:
        """Everything up to the brace that closes the group, which is taken too."""
        written: list[str] = []
        while token := self._next():
            self._at += 1
            if token.kind == "brace" and token.value == "}":
                if self._below:
                    self._below -= 1
                elif depth:
                    return "".join(written)
                elif not self._is_latex:
                    written.append("}")
            else:
                self._write(written, token, depth)
        return "".join(written)

    def _write(self, written: list[str], token: Token, depth: int) -> None:
        kind = token.kind
        if kind == "plain":
            written.append(token.value)
        elif kind == "brace":
            written.append(self._braced(depth))
        elif kind == "formula":
            written.append(self._formula_text(token.value))
        elif kind == "joined":
            written.append(self._join(token.value, written))
        elif kind == "sign":
            written.append(self._sign(token.value, depth))
        else:
            self._macro(written, token, depth)

    def _braced(self, depth: int) -> str:
        if depth >= DEEPEST:
            self._below += 1
            return ""
        first = self._next()
        is_kept = not self._is_latex and not (first and first.kind in ("word", "sign"))
        inner = self._group(depth + 1)
        return f"{{{inner}}}" if is_kept else inner

    def _join(self, signs: str, written: list[str]) -> str:
        if signs != "~":
            return JOINED[signs]
        after = self._next()
        is_before = after is not None and not after.raw[:1].isspace()
        is_apart = not written or written[-1][-1:].isspace() or not written[-1]
        return "~" if is_before and is_apart else " "  # about five, or a space that does not break

    def _sign(self, sign: str, depth: int) -> str:
        if sign in ACCENTS:
            return self._accent(sign, depth)
        if sign == "\\" and not self._is_latex:
            after = self._next()
            return " " if after is None or after.raw[:1].isspace() else "\\\\"
        return SIGNS.get(sign, sign if self._is_latex else f"\\{sign}")

    def _accent(self, sign: str, depth: int) -> str:
        letters = self._argument(depth)
        if not letters.strip():
            return sign + letters if sign in "~^\"'`=." else letters
        first = letters.lstrip()
        first = DOTTED.get(first[0], first[0]) + first[1:]
        whole = unicodedata.normalize("NFC", first[0] + ACCENTS[sign])
        if len(whole) > 1 and not self._is_latex:
            return f"{sign}{letters}"
        return whole + first[1:]

    def _argument(self, depth: int) -> str:
        """Return what a macro takes: a group, a macro, or one sign."""
        token = self._next()
        if token is None or (token.kind == "brace" and token.value == "}"):
            return ""
        if self._nested >= DEEPEST:
            return ""
        self._nested += 1
        try:
            return self._taken_argument(token, depth)
        finally:
            self._nested -= 1

    def _taken_argument(self, token: Token, depth: int) -> str:
        self._at += 1
        if token.kind == "brace":
            if depth >= DEEPEST:
                self._below += 1
                return ""
            return self._group(depth + 1)
        if token.kind == "plain":
            return self._first_sign(token)
        if token.kind == "word" and token.value in symbols():
            return symbols()[token.value]
        written: list[str] = []
        self._write(written, token, min(depth + 1, DEEPEST))
        return "".join(written)

    def _first_sign(self, token: Token) -> str:
        text = token.value.lstrip()
        if not text:
            return self._argument_after_space(token)
        rest = text[1:]
        if rest:
            self._at -= 1
            self._tokens[self._at] = Token("plain", rest, "", rest)
        return text[0]

    def _argument_after_space(self, space: Token) -> str:
        after = self._next()
        if after is not None and after.kind == "brace" and after.value == "{":
            self._at += 1
            return self._group(1)
        return space.value

    def _macro(self, written: list[str], token: Token, depth: int) -> None:
        name = token.value.rstrip("*")
        if name in ACCENTS and self._has_letter():
            written.append(self._accent(name, depth))
        elif name in DROPPED or CITES.fullmatch(name):
            written.append(self._drop(name))
            self._close_up(written)
        elif name in KEPT_SECOND:
            first = self._given_argument(depth)
            written.append(self._given_argument(depth) or first)
        elif name in MACROS:
            written.append(MACROS[name](self, depth))
        elif name in SILENT:
            written.append(" " if name in ("par", "newline", "quad", "space") else "")
        else:
            written.append(self._symbol_or_name(name, token, depth))

    def _symbol_or_name(self, name: str, token: Token, depth: int) -> str:
        known = TEXT_SYMBOLS.get(name) or WORDS.get(name) or symbols().get(name)
        if known:
            is_tight = len(known) == 1 and (self._is_latex or known.isalpha())
            return known + ("" if is_tight else token.gap)
        kept = self._given_argument(depth)
        if kept.strip():
            return kept
        if name.startswith(("text", "math")):  # a style of nothing
            return token.gap
        return (name if self._is_latex else f"\\{token.value}") + token.gap

    def _has_letter(self) -> bool:
        """Return whether an accent that is called by a letter has something to stand on."""
        after = self._next()
        return after is not None and (after.kind != "plain" or after.value[:1].isalpha())

    def _is_open(self) -> bool:
        after = self._next()
        return after is not None and after.kind == "brace" and after.value == "{"

    def _starts_option(self) -> bool:
        after = self._next()
        return after is not None and after.kind == "plain" and after.value.startswith("[")

    def _skip_options(self) -> bool:
        """Pass over square brackets that a group follows; whether there are any."""
        at = self._at
        while self._starts_option():
            inside, end, rest = self._tokens[self._at].value.partition("]")
            if not end:
                break
            if rest:
                self._tokens[self._at] = Token("plain", rest, "", rest)
                if not rest.startswith("["):
                    self._tokens[self._at] = Token("plain", f"{inside}]{rest}", "", "")
                    break
            else:
                self._at += 1
        if self._is_open():
            return True
        self._at = at
        return False

    def _given_argument(self, depth: int) -> str:
        """Return the next group, past square brackets; "" where none stands."""
        self._skip_options()
        return self._argument(depth) if self._is_open() else ""

    def _raw_argument(self) -> str:
        """Return the next group as it is written."""
        self._skip_options()
        if not self._is_open():
            return ""
        self._at += 1
        raw: list[str] = []
        open_braces = 1
        while token := self._next():
            self._at += 1
            if token.kind == "brace":
                open_braces += 1 if token.value == "{" else -1
                if not open_braces:
                    break
            raw.append(token.raw)
        return "".join(raw)

    def _ahead(self) -> str:
        """Return what stands between the next braces, where that is one piece."""
        return "".join(token.raw for token in self._tokens[self._at + 1 : self._at + 2])

    def _is_open_for_one(self) -> bool:
        """Return whether braces stand next that hold one piece."""
        behind = self._tokens[self._at + 2 : self._at + 3]
        return self._is_open() and bool(behind) and behind[0].raw == "}"

    def _drop(self, name: str) -> str:
        inside = self._raw_argument()
        return self._environment(inside) if name == "begin" and inside in MATH_ENVIRONMENTS else ""

    def _environment(self, name: str) -> str:
        """Return a formula that stands in an environment of its own."""
        raw: list[str] = []
        while token := self._next():
            self._at += 1
            if token.kind == "word" and token.value == "end":
                self._raw_argument()
                break
            raw.append(token.raw)
        return self._formula_text(f"${''.join(raw).replace('$', '')}$")

    def _close_up(self, written: list[str]) -> None:
        """Leave no space between a word and the comma behind what was dropped."""
        after = self._next()
        if after is not None and after.raw.startswith(PLACED_BEFORE):
            while written and not written[-1].strip():
                written.pop()
            if written:
                written[-1] = written[-1].rstrip()

    def quantity(self, depth: int) -> str:
        number = self._given_argument(depth)
        return f"{number} {unit_text(self._raw_argument())}".strip()

    def quantity_range(self, depth: int) -> str:
        low, high = self._given_argument(depth), self._given_argument(depth)
        return f"{low}–{high} {unit_text(self._raw_argument())}".strip()

    def unit(self, depth: int) -> str:
        return unit_text(self._raw_argument())

    def raised(self, depth: int) -> str:
        return raised(self._given_argument(depth))

    def fraction(self, depth: int) -> str:
        return f"{self._given_argument(depth)}/{self._given_argument(depth)}"

    def angle(self, depth: int) -> str:
        return f"{self._given_argument(depth)}°"

    def capitals(self, depth: int) -> str:
        return self._argument(depth).upper()

    def formula(self, depth: int) -> str:
        sign = ONE_SIGN.fullmatch(self._ahead())
        if (
            sign and sign[1] in symbols() and self._is_open_for_one()
        ):  # as converters write a letter that LaTeX has not
            self._raw_argument()
            return symbols()[sign[1]]
        return self._formula_text(f"${self._raw_argument().replace('$', '')}$")

    def as_pdf(self, depth: int) -> str:
        first = self._given_argument(depth)
        return self._given_argument(depth) or first


MACROS: Final = {
    **dict.fromkeys(("SI", "qty"), _Reader.quantity),
    **dict.fromkeys(("SIrange", "qtyrange"), _Reader.quantity_range),
    **dict.fromkeys(("si", "unit"), _Reader.unit),
    **dict.fromkeys(("frac", "sfrac", "nicefrac", "tfrac"), _Reader.fraction),
    **dict.fromkeys(("uppercase", "MakeUppercase"), _Reader.capitals),
    "textsuperscript": _Reader.raised,
    "ang": _Reader.angle,
    "ensuremath": _Reader.formula,
    "texorpdfstring": _Reader.as_pdf,
}


def _tokens(text: str) -> list[Token]:
    text = _with_dollars(text)
    if _count_dollars(text) % 2:  # prices
        text = DOLLAR.sub(lambda mark: "\\$" if mark[0] == "$" else mark[0], text)
    tokens: list[Token] = []
    for found in TOKEN.finditer(text):
        kind, raw = found.lastgroup, found[0]
        if kind == "plain" or kind == "lone":
            tokens.append(Token("plain", raw, "", raw))
        elif kind == "gap":
            tokens.append(Token("word", found["word"], found["gap"], raw))
        elif kind == "sign":
            tokens.append(Token("sign", found["sign"], "", raw))
        else:
            tokens.append(Token(str(kind), raw, "", raw))
    return tokens


def _count_dollars(text: str) -> int:
    """Count the dollar signs that no backslash escapes."""
    if "\\\\" not in text:
        return text.count("$") - text.count("\\$")
    return sum(mark[0] == "$" for mark in DOLLAR.finditer(text))


def _with_dollars(text: str) -> str:
    r"""Mark formulas as they are marked elsewhere, instead of by `\(` and `\)`."""
    if "$" in text:
        return text
    marks = [mark[0] for mark in FORMULA_MARK.finditer(text)]
    if not marks or marks.count("\\(") != marks.count("\\)"):
        return text
    if marks.count("\\[") != marks.count("\\]"):
        return text
    return FORMULA_MARK.sub(lambda mark: "$" if mark[0] != "\\\\" else mark[0], text)
