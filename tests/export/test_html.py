"""An answer as a page of HTML, and as a notebook shows it."""

from __future__ import annotations

import pytest

from rag.export import answer_html
from rag.types import Answer, Citation, Paper

PAPER = Paper("a", "Links ](http://x) <b>", "Moss <i>grows</i>.", url="https://a.example/a")


def answer(text, question="How?"):
    return Answer(
        question, text, "answered", citations=(Citation(1, PAPER, PAPER.abstract, 0, 18, 1),)
    )


def test_a_page_holds_answer_sources_and_quotes():
    page = answer_html(answer("**Moss** grows [1]."))
    assert "<h2>How?</h2>" in page
    assert "<strong>Moss</strong> grows [1]." in page
    assert 'href="https://a.example/a"' in page
    assert "Moss &lt;i&gt;grows&lt;/i&gt;." in page


@pytest.mark.parametrize(
    "hostile",
    ["<script>x</script>", "[a](javascript:x)", "![a](http://x.example/p.png)", "<img src=x>"],
)
def test_nothing_in_a_page_runs_or_loads(hostile):
    page = answer_html(answer(f"{hostile} [1].", question=f"How {hostile}?"))
    body = page.partition("<body>")[2]
    assert not any(tag in page for tag in ("<script", "<img"))
    assert 'href="javascript' not in body
    assert "default-src 'none'" in page


def test_a_notebook_shows_the_text_and_the_quotes_of_the_cited_papers():
    shown = answer("Moss grows [1].")._repr_markdown_()
    assert shown.startswith(
        "Moss grows [1].\n\n\\[1\\] [Links \\](http://x) <b>](<https://a.example/a>)"
    )
    assert shown.endswith("> Moss <i>grows</i>.")
