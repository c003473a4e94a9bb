"""What LaTeX's macros stand for in text: signs, accents, words, units, and nothing."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from rag.cleaning.scripts import raised

# Combining characters.
ACCENTS: Final = {
    **{'"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "=": "\u0304"},
    **{".": "\u0307", "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "d": "\u0323"},
    **{"b": "\u0331", "r": "\u030a", "k": "\u0328", "h": "\u0309"},
}
SIGNS: Final = {
    **{each: each for each in "%&#_${}"},
    **dict.fromkeys(" \\\n\t,;:>", " "),
    **dict.fromkeys("!-/@()[]", ""),
}
# Where the table of pylatexenc has nothing, or something for mathematics.
TEXT_SYMBOLS: Final = {
    **{"textless": "<", "textgreater": ">", "lq": "‘", "rq": "’", "textbar": "|", "i": "ı"},
    **{"ohorn": "ơ", "OHORN": "Ơ", "uhorn": "ư", "UHORN": "Ư", "j": "ȷ"},
    **{"textquotedbl": '"', "textquotesingle": "'", "textasciigrave": "`"},
    **{"textasciicircum": "^", "textasciitilde": "~", "textunderscore": "_", "slash": "/"},
    **{"textbraceleft": "{", "textbraceright": "}", "lbrace": "{", "rbrace": "}", "S": "§"},
    **{"textdollar": "$", "textpercent": "%", "copyright": "©", "pounds": "£", "euro": "€"},
    **{"EUR": "€", "textmu": "µ", "micro": "µ", "degree": "°", "celsius": "°C", "sim": "~"},
    **{"textapprox": "≈", "texttimes": "×", "textpm": "±", "textrightarrow": "→", "lt": "<"},
    **{"gt": ">", "le": "≤", "ge": "≥", "ne": "≠", "percent": "%", "item": " • "},
    **{
        "textasciimacron": "¯",
        "textsim": "~",
        "textbackslash": "\\",
        "texttildelow": "~",
        "guillemotleft": "«",
    },
    **{
        "guillemotright": "»",
        "og": "«",
        "fg": "»",
        "P": "¶",
        "textnumero": "№",
        "quotedblbase": "„",
    },
    **{"glqq": "„", "grqq": "“", "flqq": "«", "frqq": "»", "textminus": "−", "textdiv": "÷"},
}
WORDS: Final = {
    **{"LaTeX": "LaTeX", "LaTeXe": "LaTeX2e", "TeX": "TeX", "BibTeX": "BibTeX", "XeTeX": "XeTeX"},
    **{"eg": "e.g.", "ie": "i.e.", "etal": "et al.", "etc": "etc.", "cf": "cf.", "vs": "vs."},
    **{"wrt": "w.r.t.", "today": "today", "log": "log", "exp": "exp", "sin": "sin", "cos": "cos"},
}
# Dropped with what they take: square brackets, and one group in braces.
DROPPED: Final = frozenset(
    "ref eqref pageref autoref cref Cref vref label footnote footnotetext footnotemark thanks "
    "index vspace hspace includegraphics bibliography usepackage documentclass begin end marginpar "
    "nocite tnote corref fnref setcounter pagestyle vskip hskip phantom vphantom hphantom "
    "pdfbookmark bookmark tag input include write".split()
)
# The first group tells how, the second holds the text.
KEPT_SECOND: Final = frozenset(
    "href textcolor colorbox foreignlanguage selectlanguage fontsize raisebox parbox".split()
)
# Of these nothing is seen.
SILENT: Final = frozenset(
    "it bf em rm sc sf tt sl itshape bfseries upshape scshape ttfamily rmfamily sffamily mdseries "
    "normalfont tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge noindent "
    "indent par newline linebreak newpage centering xspace protect relax quad qquad enspace "
    "thinspace space hfill smallskip medskip bigskip left right big Big bigg Bigg displaystyle "
    "textstyle boldmath cal nobreak allowbreak null noopsort noop ignorespaces sloppy raggedright "
    "break hline bgroup egroup begingroup endgroup nolinebreak unskip leavevmode".split()
)
MATH_ENVIRONMENTS: Final = frozenset(
    "equation equation* align align* eqnarray eqnarray* math displaymath gather gather*".split()
)
UNIT: Final = re.compile(r"\\([A-Za-z]+)\s*|\\(.)|~|([^\\~]+)", re.DOTALL)
UNITS: Final = {
    **{"second": "s", "minute": "min", "hour": "h", "day": "d", "metre": "m", "meter": "m"},
    **{"gram": "g", "kilogram": "kg", "litre": "L", "liter": "L", "ampere": "A", "kelvin": "K"},
    **{"mole": "mol", "candela": "cd", "hertz": "Hz", "newton": "N", "pascal": "Pa", "joule": "J"},
    **{"watt": "W", "coulomb": "C", "volt": "V", "farad": "F", "ohm": "Ω", "siemens": "S"},
    **{"weber": "Wb", "tesla": "T", "henry": "H", "lumen": "lm", "lux": "lx", "becquerel": "Bq"},
    **{"gray": "Gy", "sievert": "Sv", "electronvolt": "eV", "eV": "eV", "bar": "bar", "byte": "B"},
    **{"bit": "bit", "percent": "%", "degree": "°", "degreeCelsius": "°C", "celsius": "°C"},
    **{"dalton": "Da", "decibel": "dB", "bel": "B", "radian": "rad", "steradian": "sr"},
    **{"arcsecond": "″", "arcminute": "′", "tonne": "t", "hectare": "ha", "angstrom": "Å"},
    **{"molar": "M", "parsec": "pc", "s": "s", "m": "m", "g": "g", "K": "K", "Hz": "Hz", "V": "V"},
    **{"kg": "kg", "km": "km", "cm": "cm", "mm": "mm", "um": "µm", "nm": "nm", "ms": "ms"},
    **{"us": "µs", "ns": "ns", "kHz": "kHz", "MHz": "MHz", "GHz": "GHz", "mL": "mL", "ml": "ml"},
    **{"mg": "mg", "ug": "µg", "GeV": "GeV", "MeV": "MeV", "keV": "keV", "TeV": "TeV", "K": "K"},
}
PREFIXES: Final = {
    **{"femto": "f", "pico": "p", "nano": "n", "micro": "µ", "milli": "m", "centi": "c"},
    **{"deci": "d", "hecto": "h", "kilo": "k", "mega": "M", "giga": "G", "tera": "T", "peta": "P"},
    **{"kibi": "Ki", "mebi": "Mi", "gibi": "Gi", "tebi": "Ti"},
}
POWERS: Final = {"squared": "²", "cubed": "³"}
POWERS_BEFORE: Final = {"square": "²", "cubic": "³"}


@cache
def symbols() -> dict[str, str]:
    """Return the signs that stand for macros in text, by the macro's name; built once."""
    from pylatexenc.latex2text import get_default_latex_context_db

    found: dict[str, str] = {}
    for spec in get_default_latex_context_db().iter_macro_specs():
        sign = getattr(spec, "simplify_repl", None)
        if isinstance(sign, str) and sign.strip() and "%" not in sign:
            found.setdefault(spec.macroname, sign)
    return found | TEXT_SYMBOLS | WORDS


def unit_text(unit: str) -> str:
    r"""Write a unit as `siunitx` gives it: `\kilo\gram\per\metre\squared` is kg/m²."""
    written: list[str] = []
    prefix = power = ""
    for name, sign, plain in UNIT.findall(unit.replace("{", "").replace("}", "")):
        if name in PREFIXES:
            prefix = PREFIXES[name]
        elif name in POWERS_BEFORE:
            power = POWERS_BEFORE[name]
        elif name in POWERS and written:
            written[-1] += POWERS[name]
        elif name == "per":
            written.append("/")
        elif name:
            written.append(prefix + UNITS.get(name, name) + power)
            prefix = power = ""
        elif sign or plain.strip():
            written.append(_plain_unit(prefix + (sign or plain)))
            prefix = ""
    return re.sub(r" ?/ ?", "/", " ".join(each for each in (*written, prefix) if each.strip()))


def _plain_unit(text: str) -> str:
    """Read `m.s^{-1}`, whose braces are gone already."""
    return re.sub(r"\^\s*(-?\d+)", lambda found: raised(found[1]), text.strip().replace(".", " "))
