r"""Signs that LaTeX has in formulas alone, which converters put into braces: `{$\alpha$}`, `{$<$}`.

Zotero writes such for letters of a text that is no formula; so does our own export.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from rag.cleaning.macros import symbols
from rag.cleaning.scripts import LOWERED, RAISED

# By their macros. What text in Latin letters has, and no font of LaTeX's outside of formulas.
MACROS: Final[Mapping[str, str]] = {
    **{"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ϵ": "epsilon", "ε": "varepsilon"},
    **{"ζ": "zeta", "η": "eta", "θ": "theta", "ϑ": "vartheta", "ι": "iota", "κ": "kappa"},
    **{"λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma"},
    **{"τ": "tau", "υ": "upsilon", "ϕ": "phi", "φ": "varphi", "χ": "chi", "ψ": "psi"},
    **{"ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi"},
    **{"Π": "Pi", "Σ": "Sigma", "Υ": "Upsilon", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega"},
    **{"≤": "leq", "≥": "geq", "≈": "approx", "∼": "sim", "∞": "infty", "→": "rightarrow"},
    **{"≠": "neq"},
}
SIGNS: Final = {macro: sign for sign, macro in MACROS.items()}
IN_FORMULAS: Final = {"-": "−"}
SPECIAL: Final = frozenset("\\{}$&#^_~%")
IN_BRACES: Final = re.compile(
    r"\{\$\s*(?:(?P<sign>[<>=+±−-])|\\(?P<macro>[A-Za-z]+)\s*"
    r"|(?P<place>[_^])(?:(?P<one>\d)|\{(?P<number>[-+\d]+)\}))\s*\$\}"
)
PLAIN_RAISED: Final = frozenset("¹²³")  # which fonts have
GREEK: Final = "\u0370-\u03ff"
LONE: Final = re.compile(
    rf"(?P<sign>(?<![{GREEK}])[{''.join(MACROS)}](?![{GREEK}]))|(?P<minus>−)"
    r"|(?P<raised>[⁰¹²³⁴-⁹⁺⁻]+)|(?P<lowered>[₀-₉₊₋]+)"
)
AT_FOOT: Final = {ord(low): high for low, high in zip("₀₁₂₃₄₅₆₇₈₉₊₋", "0123456789+-", strict=True)}
ON_TOP: Final = {ord(top): low for top, low in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-", strict=True)}


def with_signs(latex: str) -> str:
    """Write the signs that stand in formulas of their own, in braces, as text in these braces."""
    return IN_BRACES.sub(_as_text, latex) if "{$" in latex else latex


def _as_text(found: re.Match[str]) -> str:
    if sign := found["sign"]:
        return f"{{{IN_FORMULAS.get(sign, sign)}}}"
    if macro := found["macro"]:
        sign = SIGNS.get(macro) or symbols().get(macro, "")
        return f"{{{sign}}}" if len(sign) == 1 and sign not in SPECIAL else found[0]
    number = found["one"] or found["number"]
    return f"{{{number.translate(RAISED if found['place'] == '^' else LOWERED)}}}"


def in_formulas(text: str) -> str:
    """Write the signs of a text that LaTeX has in formulas alone as such, in braces."""
    return text if text.isascii() else LONE.sub(_as_formula, text)


def _as_formula(found: re.Match[str]) -> str:
    if sign := found["sign"]:
        return f"{{$\\{MACROS[sign]}$}}"
    if found["minus"]:
        return "{$-$}"
    if run := found["raised"]:
        is_plain = PLAIN_RAISED.issuperset(run)
        return run if is_plain else f"{{$^{{{run.translate(ON_TOP)}}}$}}"
    return f"{{$_{{{found['lowered'].translate(AT_FOOT)}}}$}}"
