"""Render untrusted text as HTML; pure functions.

Nothing of the text becomes a tag of its own: HTML is off, images are off, and a link leads to the
web or nowhere. Formulas become MathML.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Final

from ui.templates.formulas import WIDE, formula_html

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

Link = Callable[[int], str]

MARKER: Final = re.compile(r"\[(\d{1,3})\](?!\()")
WEB: Final = ("http://", "https://")
# Blocks that may be wider than the page scroll in their own place, with the keyboard too. Only the
# renderer writes these tags; those of the text are escaped.
SCROLLING: Final[Mapping[str, str]] = {
    "<pre>": '<pre tabindex="0">',
    "<table>": '<div class="wide" tabindex="0"><table>',
    "</table>": "</table></div>",
    WIDE: f'{WIDE} tabindex="0"',
}
HEADINGS_BELOW: Final = 3  # a model's headings are below the page's own
# Stand in the text where a passage begins or ends. They count as signs, beside which Markdown's
# stars begin and end emphasis as they would beside nothing.
BEGIN, END = "\U0001f700", "\U0001f704"
STAND_INS: Final = re.compile(f"([{BEGIN}{END}])")
# What precedes the text of a sentence in Markdown: marks of lists, headings, quotes, tables.
LEAD: Final = re.compile(r"\s*(?:(?:[-*+•>|]|#{1,6}|\d{1,3}[.)])\s+)*")
TRAIL: Final = re.compile(r"[\s|]*\Z")


@dataclass(frozen=True, slots=True)
class Passage:
    """A span `text[start:end]` to highlight: its opening tag, and what precedes it."""

    start: int
    end: int
    tag: str
    sign: str = ""


def unlinked(marker: int) -> str:
    """Render a marker that leads nowhere."""
    return f"[{marker}]"


def plain_html(text: str) -> str:
    """Render text as it is, with formulas."""
    return _plain_parser().renderInline(text) if "$" in text else escape(text)


def markdown_html(text: str, link: Link = unlinked, passages: Sequence[Passage] = ()) -> str:
    """Render a model's Markdown as HTML.

    Args:
        text: What the model wrote.
        link: Renders a marker `[n]`; brackets in code and formulas are none.
        passages: What to highlight, in order, without overlap; those that a code block cuts
            are ignored.
    """
    shown = [passage for passage in map(_trimmed(text), passages) if _can_be_shown(text, passage)]
    parser = _model_parser()
    tokens = parser.parse(_with_stand_ins(text, shown), {})
    _point_out(tokens, iter(shown))
    markup = str(parser.renderer.render(tokens, parser.options, {"link": link}))
    for tag, scrolling in SCROLLING.items():
        markup = markup.replace(tag, scrolling)
    return markup


def _trimmed(text: str) -> Callable[[Passage], Passage]:
    """Return a passage without punctuation at its ends that is not part of its sentence."""

    def trimmed(passage: Passage) -> Passage:
        inside = text[passage.start : passage.end]
        lead, trail = LEAD.match(inside), TRAIL.search(inside)
        start = passage.start + (lead.end() if lead else 0)
        end = passage.end - (len(trail[0]) if trail else 0)
        return Passage(start, end, passage.tag, passage.sign)

    return trimmed


def _can_be_shown(text: str, passage: Passage) -> bool:
    places = passage.start, passage.end
    is_cut = any(text[:place].count("```") % 2 for place in places)
    return passage.start < passage.end and not is_cut


def _with_stand_ins(text: str, passages: Sequence[Passage]) -> str:
    text = STAND_INS.sub("\ufffd", text)
    pieces, at = [], 0
    for passage in passages:
        pieces += [text[at : passage.start], BEGIN, text[passage.start : passage.end], END]
        at = passage.end
    return "".join(pieces) + text[at:]


def _point_out(tokens: Sequence[Token], passages: Iterator[Passage]) -> None:
    """Put a tag around what is between placeholders, never across an element's border."""
    current: Passage | None = None
    sign = ""
    for token in tokens:
        if token.children is None:
            token.content = STAND_INS.sub("", token.content)
            continue
        children: list[Token] = []
        is_open = False
        for piece in _pieces(token.children):
            if piece.nesting or piece.content in (BEGIN, END):
                children += [_html("</span>")] if is_open else []
                is_open = False
            if piece.content == BEGIN:
                current = next(passages, None)
                sign = current.sign if current else ""
            elif piece.content == END:
                current = None
            else:
                if current and not piece.nesting and not is_open:
                    children.append(_html(current.tag + escape(sign)))
                    is_open, sign = True, ""
                children.append(piece)
        token.children = [*children, _html("</span>")] if is_open else children


def _pieces(children: Sequence[Token]) -> Iterator[Token]:
    """Yield the tokens, with texts split at placeholders."""
    from markdown_it.token import Token

    for child in children:
        if child.type != "text":
            child.content = STAND_INS.sub("", child.content)
            yield child
            continue
        for content in filter(None, STAND_INS.split(child.content)):
            yield Token("text", "", 0, content=content)


def _html(markup: str) -> Token:
    from markdown_it.token import Token

    return Token("html_inline", "", 0, content=markup)


@cache
def _plain_parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return _with_formulas(MarkdownIt("zero", {"html": False}))


@cache
def _model_parser() -> MarkdownIt:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.texmath import texmath_plugin

    parser = MarkdownIt("commonmark", {"html": False, "breaks": True})
    parser.enable(["table", "strikethrough"]).disable(["image", "reference", "html_block"])
    parser.disable("html_inline")
    parser.validateLink = lambda url: url.lower().startswith(WEB)  # type: ignore[method-assign]
    texmath_plugin(parser, "brackets")
    parser.inline.ruler.before("link", "marker", _find_marker)
    parser.add_render_rule("marker", _marker)
    parser.add_render_rule("link_open", _link_open)
    parser.add_render_rule("heading_open", _heading)
    parser.add_render_rule("heading_close", _heading)
    return _with_formulas(parser)


def _with_formulas(parser: MarkdownIt) -> MarkdownIt:
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    parser.use(
        dollarmath_plugin,
        allow_space=False,  # a dollar before a space is money
        allow_digits=False,
        allow_labels=False,
        double_inline=True,
    )
    for name in ("math_inline", "math_inline_double", "math_block"):
        parser.add_render_rule(name, _formula)
    return parser


def _find_marker(state: StateInline, silent: bool) -> bool:
    match = MARKER.match(state.src, state.pos)
    if not match:
        return False
    if not silent:
        state.push("marker", "", 0).meta = {"number": int(match[1])}
    state.pos = match.end()
    return True


# What markdown-it calls to write a token: with itself, all tokens, the place, options and `env`.


def _marker(
    _: object, tokens: Sequence[Token], at: int, __: object, env: Mapping[str, Link]
) -> str:
    return env["link"](tokens[at].meta["number"])


def _formula(_: object, tokens: Sequence[Token], at: int, *__: object) -> str:
    return formula_html(tokens[at].content.strip(), is_display=tokens[at].type != "math_inline")


def _link_open(_: object, tokens: Sequence[Token], at: int, *__: object) -> str:
    address = escape(str(tokens[at].attrGet("href") or ""))
    return f'<a href="{address}" target="_blank" rel="noopener noreferrer nofollow">'


def _heading(_: object, tokens: Sequence[Token], at: int, *__: object) -> str:
    level = min(6, int(tokens[at].tag[1]) + HEADINGS_BELOW)
    slash = "/" if tokens[at].nesting < 0 else ""
    return f"<{slash}h{level}>"
