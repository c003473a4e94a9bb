"""Render a conversation as one HTML file that stands alone: answers, markers and their sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

from markupsafe import Markup

from rag.types import Answer, Citation
from ui.chat.answers import answer_html, card_id, notice_html
from ui.chat.cards import meta_line
from ui.chat.paper_table import legend_html, table_html
from ui.chat.render import question_html
from ui.templates.rendering import Template

STYLE: Final = """
:root { color-scheme: light dark; }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.6 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; } h3 { font-size: 0.95rem; }
a { color: #0f766e; } .marker { font-size: 0.8em; text-decoration: none; vertical-align: 0.2em; }
strong { display: block; } table { border-collapse: collapse; font-size: 0.9rem; }
:is(th, td) { text-align: left; vertical-align: top; padding: 0.4rem 0.8rem 0.4rem 0; }
.wide { overflow-x: auto; }
:is(.meta, .by-model, .notice, .unsure, footer) { color: #78716c; font-size: 0.88rem; }
.claim-unsupported, .claim-contradicted { color: #b42318; } blockquote { margin: 0.3rem 0 0.8rem; }
blockquote { padding-left: 0.8rem; border-left: 3px solid #99a; } section { margin-bottom: 1rem; }
button { all: unset; }
@media (prefers-color-scheme: dark) {
  body { background: #181614; color: #e9e6e2; } a { color: #5eead4; }
}
"""
MADE_BY: Final = "Made with paperchat from the abstracts of the papers."


def conversation_html(answers: Sequence[Answer], title: str, receipt: str = "") -> str:
    """Render a conversation, its answers oldest first, with no script and nothing to fetch.

    Args:
        answers: Of the conversation.
        title: Of the page.
        receipt: The address of what an answer was made with; "" for none.
    """
    turns = [_turn(answer, turn) for turn, answer in enumerate(answers, start=1)]
    return _page(title, ALONE.draw("conversation", title, turns, MADE_BY, receipt))


def notice_page(text: str) -> str:
    """Render a page of one sentence."""
    return _page("paperchat", ALONE.draw("notice", text))


def _page(title: str, body: Markup) -> str:
    return f"{ALONE.draw('page', title, Markup(STYLE), body)}\n"


def _turn(answer: Answer, turn: int) -> Mapping[str, object]:
    if answer.table:
        body = table_html(answer, answer.table, turn, is_fixed=True)
        body += legend_html(answer, answer.table) + notice_html(answer)
    else:
        body = answer_html(answer, turn)
    grouped = groupby(answer.citations, key=lambda citation: citation.marker)
    sources = [_source(list(group), turn) for _, group in grouped]
    return {"question": question_html(answer.question), "body": body, "sources": sources}


def _source(citations: Sequence[Citation], turn: int) -> Mapping[str, object]:
    paper, marker = citations[0].paper, citations[0].marker
    quotes = dict.fromkeys(citation.quote for citation in citations)
    return {
        "place": card_id(turn, marker),
        "marker": marker,
        "paper": paper,
        "quotes": list(quotes),
    }


ALONE: Final = Template("standalone", meta=meta_line)
