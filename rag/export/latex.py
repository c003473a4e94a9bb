"""Write text so that LaTeX and BibTeX show it as it is; formulas stay formulas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from rag.cleaning.lone_signs import in_formulas
from rag.cleaning.macros import symbols

# Signs that LaTeX joins to others (dashes, quotation marks) are kept apart by an empty group.
ESCAPED: Final[Mapping[str, str]] = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "{}&%$#_"},
}
# BibTeX counts braces and knows no escaped ones, so one without its partner needs a name.
NAMED_BRACES: Final[Mapping[str, str]] = {
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
}
TOKEN: Final = re.compile(
    r"""(?P<formula>(?<![\\$])\$(?=[^\s$])[^$%\#]{1,200}(?<=[^\s$\\])\$(?![\d$]))
      |(?P<sign>[\\{}~^&%$\#_])
      |(?P<joined>-(?=-)|'(?=')|`(?=`)|[?!](?=`)|<(?=<)|>(?=>))""",
    re.VERBOSE,
)
# What stands between two dollars is a formula when it says something only formulas say, or is
# one symbol; else it is prices. What opens or closes more than itself could swallow the text.
SAYS_FORMULA: Final = re.compile(r"[\\^_{}=<>+]|^\w{1,2}$")
OPENS_MORE: Final = re.compile(r"\\(?:[()\[\]]|[^A-Za-z_,;:! |{}%&])|\\$|\^\^")
MACRO: Final = re.compile(r"\\([A-Za-z]+)")
# With the names of signs all that a formula may call: a macro of any other name could read files
# or run programs when the bibliography is compiled.
STRUCTURES: Final = frozenset(
    "frac tfrac dfrac sqrt binom sum prod int oint lim limsup liminf log ln exp sin cos tan "
    "cot sec csc arcsin arccos arctan sinh cosh tanh min max sup inf arg argmin argmax det "
    "dim ker hom deg gcd Pr mathcal mathbf mathbb mathrm mathsf mathit mathtt mathfrak "
    "mathscr mathop mathrel mathbin text textbf textrm textit texttt textsf textsc mbox "
    "boldsymbol bm operatorname hat widehat tilde widetilde bar overline underline vec dot "
    "ddot check breve acute grave overset underset stackrel overbrace underbrace left right "
    "big Big bigg Bigg bigl bigr Bigl Bigr limits nolimits quad qquad rm bf it cal "
    "displaystyle textstyle lVert rVert lvert rvert Vert vert langle rangle lfloor rfloor "
    "lceil rceil mid not pmod bmod mod prime choose over leq geq neq".split()
)


def latex_text(text: str) -> str:
    """Return text for a field in braces; its braces are balanced, whatever the text holds."""
    return _written(text, ESCAPED if _is_balanced(text) else {**ESCAPED, **NAMED_BRACES})


def _written(text: str, escaped: Mapping[str, str]) -> str:
    def written(match: re.Match[str]) -> str:
        if formula := match["formula"]:
            is_formula = _is_formula(formula[1:-1])
            return formula if is_formula else escaped["$"] + _written(formula[1:], escaped)
        return escaped[match["sign"]] if match["sign"] else f"{match['joined']}{{}}"

    pieces, at = [], 0
    for match in TOKEN.finditer(text):
        pieces += [in_formulas(text[at : match.start()]), written(match)]
        at = match.end()
    return "".join([*pieces, in_formulas(text[at:])])


def _is_formula(inside: str) -> bool:
    says = SAYS_FORMULA.search(inside) and not OPENS_MORE.search(inside)
    return bool(says) and _is_balanced(inside) and _calls_signs_alone(inside)


def _calls_signs_alone(inside: str) -> bool:
    known = symbols()
    return all(name in STRUCTURES or name in known for name in MACRO.findall(inside))


def _is_balanced(text: str) -> bool:
    depth = 0
    for sign in text:
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            return False
    return depth == 0
