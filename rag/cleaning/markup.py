"""Read the markup of web pages and publishers as text: HTML, JATS, MathML and entities.

Only tags that are known to be markup are: `a <b and c> d` stays. Not covered: tables and matrices,
whose cells follow one another.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from rag.cleaning.scripts import raised

ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,31}[0-9]{0,2});")
MOST_TIMES_ESCAPED: Final = 3  # `&amp;amp;lt;` was met
TAG: Final = re.compile(r"<(/?)([A-Za-z][\w.-]{0,30}:)?([A-Za-z][\w-]{0,30})((?:[\s/][^<>]*)?)>")
COMMENT: Final = re.compile(r"<!--[^>]*-->|<!\[CDATA\[|\]\]>|<[?!][^<>]*>")
BLOCKS: Final = frozenset(
    "p div br hr sec section title label list list-item li ul ol dl dd dt h1 h2 h3 h4 h5 h6 tr td "
    "th table tbody thead tfoot caption blockquote pre abstract abstracttext article header footer "
    "disp-formula disp-quote def-list def-item def body html copyright".split()
)
INLINE: Final = frozenset(
    "i b em strong u s q a sub sup inf sc scp small big tt code span font italic bold underline "
    "monospace strike roman sans-serif overline styled-content named-content ext-link uri xref "
    "email inline-formula alternatives inline-graphic graphic img inline-supplementary-material "
    "formula tex tex-math fn object-id cite abbr mark ins del nobr wbr emphasis superscript "
    "subscript up hi ce sans ext email institution kbd var samp time".split()
)
MATH: Final = frozenset(
    "math mrow mi mn mo ms mtext mspace msub msup msubsup mfrac msqrt mroot mover munder "
    "munderover mstyle mfenced mtable mtr mtd mpadded mphantom merror menclose semantics "
    "annotation annotation-xml mmultiscripts mprescripts none maction mlabeledtr".split()
)
HIDDEN: Final = frozenset(("script", "style", "annotation", "annotation-xml", "mphantom"))
ATTRIBUTE: Final = re.compile(r"^[\s/]*$|=")
# What a title above an abstract says that the abstract's place says already.
NEEDLESS_TITLES: Final = frozenset(("abstract", "summary", "a b s t r a c t", "zusammenfassung"))
SPACED: Final = re.compile(r"^(?:[=<>≤≥≈≃~∼±×+→∈⊂∝≪≫≠≡−–-]|&[lg]t;)$")
TEX_MATH: Final = re.compile(r"<(?:\w+:)?tex-math[^<>]*>", re.IGNORECASE)
TEX_MATH_END: Final = re.compile(r"</(?:\w+:)?tex-math\s*>", re.IGNORECASE)
# A document beside the text; in BibTeX of Springer's all its signs are escaped.
DOCUMENT: Final = re.compile(r"(?:\\|\{\\backslash\})documentclass\b")
DOCUMENT_END: Final = re.compile(r"(?:\\|\{\\backslash\})end(?:\{|\{\\\{\})document(?:\{\\\}\}|\})")
ESCAPED: Final = re.compile(r"\{\\(backslash|textasciicircum|textasciitilde|[{}$_&%#^])(?:\{\})?\}")
SIGNS_ESCAPED: Final = {"backslash": "\\", "textasciicircum": "^", "textasciitilde": "~"}
TEX_BODY: Final = ("\\begin{document}", "\\end{document}")


def text_of_markup(text: str) -> str:
    """Turn markup into text; what is escaped twice over is unescaped as often."""
    if "<" in text:
        text = _without_tags(text)
    for _ in range(MOST_TIMES_ESCAPED):
        if "&" not in text or not ENTITY.search(text):
            return text
        text = ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
        if "<" in text:
            text = _without_tags(text)
    return text


def without_entities(text: str) -> str:
    """Turn entities into the signs that they stand for, also where they are escaped again."""
    for _ in range(MOST_TIMES_ESCAPED):
        if "&" not in text or not ENTITY.search(text):
            break
        text = ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    return text


def unwrap_tex_math(text: str) -> str:
    """Leave of TeX documents that publishers write around a formula the formula alone."""
    if "tex-math" in text:
        text = _unwrapped(text, TEX_MATH, TEX_MATH_END, keeps_ends=True)
    if "documentclass" in text:
        text = _unwrapped(text, DOCUMENT, DOCUMENT_END, keeps_ends=False)
    return text


def _unwrapped(
    text: str, opening: re.Pattern[str], closing: re.Pattern[str], *, keeps_ends: bool
) -> str:
    written, at = [], 0
    for begin in opening.finditer(text):
        if begin.start() < at:
            continue
        end = closing.search(text, begin.end())
        if end is None:
            break
        first, last = (begin.end(), end.start()) if keeps_ends else (begin.start(), end.end())
        written += [text[at:first], _formula(text[begin.start() : end.end()])]
        at = last
    return "".join([*written, text[at:]])


def _formula(document: str) -> str:
    document = ESCAPED.sub(lambda found: SIGNS_ESCAPED.get(found[1], found[1]), document)
    document = TEX_MATH_END.sub("", TEX_MATH.sub("", document))
    _, begin, inside = document.partition(TEX_BODY[0])
    body = inside.partition(TEX_BODY[1])[0] if begin else document
    body = body.replace("<![CDATA[", "").replace("]]>", "").strip().strip("$").strip()
    return f"${body}$" if body else ""


@dataclass(slots=True)
class _Element:
    """An element that is open: what it holds so far, a piece for each child of mathematics."""

    name: str
    pieces: list[str] = field(default_factory=list)

    def text(self) -> str:
        return "".join(self.pieces)


def _without_tags(text: str) -> str:
    text = COMMENT.sub(" ", text) if "<!" in text or "<?" in text else text
    open_elements = [_Element("")]
    at = 0
    for tag in TAG.finditer(text):
        if not _is_markup(tag):
            continue
        open_elements[-1].pieces.append(text[at : tag.start()])
        at = tag.end()
        name = tag[3].lower()
        if tag[1]:
            _close(open_elements, name)
        elif tag[4].rstrip().endswith("/") or name in ("br", "hr", "img", "wbr", "mspace", "none"):
            open_elements[-1].pieces.append(" " if name in BLOCKS or name == "mspace" else "")
        else:
            _open(open_elements, name)
    open_elements[-1].pieces.append(text[at:])
    while len(open_elements) > 1:
        _close_last(open_elements)
    return open_elements[0].text()


def _is_markup(tag: re.Match[str]) -> bool:
    name = tag[3].lower()
    if tag[2] and tag[2].lower() in ("jats:", "mml:", "m:", "xlink:", "xhtml:", "ce:", "sb:"):
        return True
    known = name in INLINE or name in BLOCKS or name in MATH or name in HIDDEN
    return known and ATTRIBUTE.search(tag[4]) is not None


MOST_OPEN: Final = 200  # elements within elements; markup of more is of no page


def _open(open_elements: list[_Element], name: str) -> None:
    if len(open_elements) >= MOST_OPEN:
        _close_last(open_elements)
    if name in BLOCKS:
        open_elements[-1].pieces.append(" ")
    open_elements.append(_Element(name))


def _close(open_elements: list[_Element], name: str) -> None:
    """Close the element of the name, and those that were left open inside it."""
    if not any(each.name == name for each in open_elements[-5:]):
        open_elements[-1].pieces.append(" " if name in BLOCKS else "")
        return
    while open_elements[-1].name != name:
        _close_last(open_elements)
    _close_last(open_elements)


def _close_last(open_elements: list[_Element]) -> None:
    element = open_elements.pop()
    whole = WRITTEN.get(element.name, _Element.text)(element)
    if element.name in BLOCKS:
        whole += " "
    open_elements[-1].pieces.append(whole)


def _hidden(_: _Element) -> str:
    return ""


def _raised(element: _Element) -> str:
    return raised(element.text())


def _title(element: _Element) -> str:
    words = " ".join(element.text().split())
    if words.casefold().rstrip(":. ") in NEEDLESS_TITLES:
        return ""
    return words if not words or words[-1] in ".:?!" else f"{words}:"


def _operator(element: _Element) -> str:
    sign = element.text().strip()
    return f" {sign} " if SPACED.match(sign) else sign


def _children(element: _Element) -> list[str]:
    return [piece.strip() for piece in element.pieces if piece.strip()]


def _power(element: _Element) -> str:
    base, *power = _children(element) or [""]
    above = "".join(power)
    up = raised(above)
    return base + (up if up != above or not above else f"^{above}")


def _low(element: _Element) -> str:
    base, *below = _children(element) or [""]
    index = "".join(below)
    return base + (index if index.isdecimal() else f"_{index}")


def _fraction(element: _Element) -> str:
    return "/".join(_children(element))


def _root(element: _Element) -> str:
    return f"√({element.text().strip()})"


def _one_of(element: _Element) -> str:
    """Choose the first alternative that says anything."""
    return next((piece for piece in element.pieces if piece.strip()), "")


def _math(element: _Element) -> str:
    return " ".join(element.text().split())


WRITTEN: Final[Mapping[str, Callable[[_Element], str]]] = {
    **dict.fromkeys(HIDDEN, _hidden),
    **dict.fromkeys(("sup", "superscript", "up"), _raised),
    **dict.fromkeys(("title", "h1", "h2", "h3", "h4", "h5", "h6"), _title),
    **{"mo": _operator, "msup": _power, "msub": _low, "mfrac": _fraction},
    **{"msqrt": _root, "alternatives": _one_of, "math": _math},
}
