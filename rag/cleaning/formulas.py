r"""Read formulas of LaTeX: those that are words and numbers in truth become text, others stay.

`$\mathcal{O}(n\log n)$` and `$3\times10^{-5}$` can be read, searched and compared with what is said
of them; `$\alpha_{ij}$` stays a formula, to be shown as one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from rag.cleaning.scripts import CAN_LOWER, CAN_RAISE, LOWERED, RAISED

MOST_TEXT_CHARACTERS: Final = 200  # what is longer is no number and no name of an order
TOKEN: Final = re.compile(r"\\([A-Za-z]+)(\s*)|\\(.)|([\^_])|([{}])|([^\\^_{}]+)", re.DOTALL)
STYLES: Final = frozenset(
    (
        *"mathcal mathbf mathrm mathsf mathit mathtt mathnormal text textbf textrm textit".split(),
        *"texttt textsf textsc mbox hbox operatorname boldsymbol bm emph mathop left right".split(),
        *"big Big bigl bigr Bigl Bigr rm bf it cal limits nolimits displaystyle".split(),
    )
)
NAMES: Final = frozenset(
    "log ln exp sin cos tan tanh min max arg argmin argmax lim det dim ker gcd Pr poly".split()
)
SIGNS: Final = {
    **{"times": "×", "cdot": "·", "pm": "±", "mp": "∓", "sim": "~", "approx": "≈", "simeq": "≃"},
    **{"leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "lt": "<", "gt": ">", "ll": "≪", "gg": "≫"},
    **{"neq": "≠", "ne": "≠", "to": "→", "rightarrow": "→", "leftarrow": "←", "circ": "∘"},
    **{"ldots": "…", "dots": "…", "cdots": "…", "infty": "∞", "degree": "°", "leqslant": "≤"},
    **{"geqslant": "≥", "lesssim": "≲", "gtrsim": "≳", "div": "÷", "textendash": "–"},
    **{"quad": " ", "qquad": " "},
}
ESCAPED: Final = {**{each: each for each in "%&#_${}"}, **dict.fromkeys(" ,;:\\>", " "), "!": ""}
ORDER: Final = re.compile(r"^[~≈=≤]?\s?(?:[OoΘΩω]|poly)\([^=<>]*\)$")
UNIT: Final = re.compile(r"^[^A-Za-z\\]*\d[^A-Za-z]*\\(?:mathrm|text|textrm|rm|mbox|,)")
DEGREES: Final = re.compile(
    r"^([\d.,\s–-]*)(?:\{\})?\^\s*(?:\\circ|o|\{\s*(?:\\rm\s*)?(?:\\circ|o)\s*\})\s*$"
)
FORMULAS_REMEMBERED: Final = 1 << 12


@lru_cache(FORMULAS_REMEMBERED)
def formula_text(formula: str) -> str:
    """Return the text that a formula with its dollar signs stands for, or it on one line."""
    inner = formula.strip("$")
    if "\\" in inner and len(inner) <= MOST_TEXT_CHARACTERS:
        text = _text(inner)
        if text is not None and _is_plain(text, inner):
            return text
    return kept_formula(formula)


def _is_plain(text: str, inner: str) -> bool:
    """Return whether a text says a number, with a unit or without, or the order of a growth."""
    has_letters = any(map(str.isalpha, text.replace("∞", "")))
    return not has_letters or bool(ORDER.match(text)) or bool(UNIT.search(inner))


def kept_formula(formula: str) -> str:
    """Return the formula on one line; "" where nothing stands between its dollar signs."""
    inner, mark = formula.strip("$"), "$$" if formula.startswith("$$") else "$"
    if degrees := DEGREES.match(inner):  # how a sign is set that has no key
        return f"{degrees[1].strip()}°"
    return f"{mark}{' '.join(inner.split())}{mark}" if inner.strip() else ""


def _text(inner: str) -> str | None:
    """Return the formula as text, or None where text cannot say it."""
    written = ""
    tokens = TOKEN.finditer(inner)
    for token in tokens:
        name, gap, sign, script, _, plain = token.groups()
        if script:
            part = _script(script, inner[token.end() :])
            if part is None:
                return None
            taken, after = part
            written += after
            for _ in range(taken):
                next(tokens, None)
        elif name or sign:
            read = _macro(name, sign, is_after_letter=written[-1:].isalnum())
            if read is None:
                return None
            written += read + (" " if gap and (written[-1:].isspace() or name in NAMES) else "")
        elif plain:
            written += plain
    return " ".join(written.split())


def _macro(name: str | None, sign: str | None, *, is_after_letter: bool) -> str | None:
    if sign:
        return ESCAPED.get(sign)
    if name in STYLES:
        return ""
    if name in NAMES:
        return f" {name}" if is_after_letter else str(name)
    return SIGNS.get(str(name))


SCRIPT: Final = re.compile(r"\s*(?:\{([^{}]*)\}|\\circ\b|([^\\{}\s]))")


def _script(script: str, rest: str) -> tuple[int, str] | None:
    """Tell how many tokens a raised or lowered part has, and how it is written; else None."""
    found = SCRIPT.match(rest)
    if not found:
        return None
    inside, bare = found.groups()
    part = "∘" if inside is None and not bare else inside or bare or ""
    part = "".join(part.replace("\\circ", "∘").split())
    can, table = (CAN_RAISE, RAISED) if script == "^" else (CAN_LOWER, LOWERED)
    if not part or not can.issuperset(part):
        return None
    run = TOKEN.match(rest, found.start(2)) if bare else None
    if run:  # a bare script takes one sign of several: what follows it is plain text
        return 1, part.translate(table) + run[0][1:]
    return len(TOKEN.findall(found[0])), part.translate(table)
