"""Answers as Markdown with links: whole, growing, and back again in the history."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.export.growing import CORRECTED
from rag.serve.openai_api.linking import (
    GrowingText,
    linked,
    linked_answer,
    pieces,
    unlinked,
)
from rag.types import Answer, CheckedSentence, Citation, Paper

MOSS = Paper("moss", "Moss [a] Grows", "Moss grows slowly.", url="https://a.example/m(1)?x=1")
TEA = Paper("tea", "Tea Cools", "Tea cools fast.", url="https://a.example/tea")
CITED = {
    1: Citation(1, MOSS, MOSS.abstract, 0, 18, 0.9),
    2: Citation(2, TEA, TEA.abstract, 0, 15, 1),
}
TEXT = "Moss grows slowly [1]. Tea cools fast [2]."


def answer(text=TEXT, **others):
    return Answer("q", text, "answered", citations=tuple(CITED.values()), **others)


def draft(text, end):
    """A draft of which the part up to `end` was checked."""
    checked = (CheckedSentence(text[:end], 0, end, (1,), "supported"),) if end else ()
    return replace(answer(text), status="draft", sentences=checked)


def sent(drafts, final):
    growing = GrowingText()
    return [growing.grow(each) for each in drafts], growing.finish(final), growing.sent


def test_a_marker_becomes_a_link_to_its_paper_and_its_place_is_told():
    found = linked_answer(answer())
    assert found.text.startswith(
        "Moss grows slowly [[1]](https://a.example/m%281%29?x=1). "
        "Tea cools fast [[2]](https://a.example/tea).\n\n**Sources**\n\n"
    )
    links = [found.text[each.start : each.end] for each in found.links]
    assert links == ["[[1]](https://a.example/m%281%29?x=1)", "[[2]](https://a.example/tea)"]
    assert "- \\[1\\] [Moss \\[a\\] Grows](https://a.example/m%281%29?x=1)" in found.text


def test_a_caveat_stands_above_and_a_notice_below():
    text = linked_answer(answer(caveat="It may be none.", notice="The model failed.")).text
    order = ("*It may be none.*", "Moss grows", "*The model failed.*", "**Sources**")
    places = [text.index(each) for each in order]
    assert places == sorted(places)


@pytest.mark.parametrize("text", ["see `w[1]`", "```\nx[1]\n```", "in [0, 1]", "an unknown [9]"])
def test_what_is_no_cited_marker_is_left(text):
    assert linked(text, CITED).text == text


def test_what_a_model_writes_brings_no_image_tag_or_link_of_its_own():
    text = linked("<img src=x> ![a](http://x.example) [b](javascript:x) [1]", CITED).text
    assert "<" not in text
    assert text.count("![") == text.count("\\![") == 1
    assert "](javascript" not in text


@given(st.text(st.sampled_from("ab .[]()1290\n`$!<"), max_size=60))
def test_links_never_overlap_and_each_is_where_it_is_said_to_be(text):
    found = linked(text, CITED)
    after = 0
    for each in found.links:
        assert after <= each.start < each.end <= len(found.text)
        assert found.text[each.start :].startswith(f"[[{each.citation.marker}]](")
        after = each.end


def test_an_answer_in_the_history_reads_as_it_was():
    assert unlinked(linked_answer(answer()).text) == TEXT
    assert unlinked(TEXT) == TEXT


def test_only_checked_sentences_are_sent_and_the_rest_follows():
    end = TEXT.index(" Tea")
    added, last, whole = sent([draft(TEXT[:10], 0), draft(TEXT[:30], end)], answer())
    assert added == ["", "Moss grows slowly [[1]](https://a.example/m%281%29?x=1)."]
    assert "".join(added) + last == whole.text == linked_answer(answer()).text
    assert [each.citation.marker for each in whole.links] == [1, 2]


def test_a_text_that_became_another_is_sent_anew_and_said_to_be():
    end = TEXT.index(" Tea")
    final = answer("The papers disagree. Tea cools fast [2].", caveat="It may be none.")
    added, last, whole = sent([draft(TEXT[:30], end)], final)
    assert added[0].startswith("Moss")
    assert last.startswith(f"{CORRECTED}The papers disagree. Tea")
    assert "*It may be none.*" in last
    assert all(whole.text[each.start :].startswith("[[") for each in whole.links)


@given(st.text(max_size=300))
def test_pieces_are_the_text(text):
    assert "".join(pieces(text)) == text
