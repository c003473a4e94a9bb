"""Thoughts are told from what is said, however a reply is cut into pieces."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.llm.thoughts import Thoughts

CASES = [
    ("Plain words, a < b and [1].", "Plain words, a < b and [1].", ""),
    ("<think>why</think>So.", "So.", "why"),
    ("why</think>So.", "So.", "why"),
    ("<think>why", "", "why"),
    ("<think>a<think>b</think>c</think>So.", "So.", "a\nbc"),
    ("<think>a<think>b</think>c", "", "a\nbc"),
    ("So <think>why</think>it is<think>hm</think>!", "So it is!", "why\nhm"),
    ("So.</thi", "So.", ""),
    ("So <", "So <", ""),
    ("<think></think>So.", "So.", ""),
    ("<think>why</think>So. </think>", "So. ", "why"),
    ("Tags such as `<think>` and `</think>` mark thoughts.",) * 2 + ("",),
    ("[THINK]why[/THINK]So [THIS].", "So [THIS].", "why"),
    ("◁think▷why◁/think▷So.", "So.", "why"),
    ("<seed:think>why</seed:think>So.", "So.", "why"),
    ('<think lang="en">why</think><answer>So.</answer>', "So.", "why"),
    ("<|channel>thought\nwhy<channel|>So.", "So.", "why"),
    ("<|channel|>analysis<|message|>why<|end|>", "", "why"),
    ("<|channel|>final<|message|>So.<|return|>", "So.", ""),
    (
        "<|channel|>analysis<|message|>why<|end|><|start|>assistant<|channel|>commentary to=f "
        "<|constrain|>json<|message|>{}<|call|><|start|>assistant<|channel|>final<|message|>So.",
        "So.",
        "why\n{}",
    ),
    ("analysisWe wonder.assistantfinalSo.", "So.", "We wonder."),
    ("analysis of dams shows this.", "analysis of dams shows this.", ""),
]


def read(pieces):
    thoughts = Thoughts()
    for piece in pieces:
        thoughts.feed(piece)
    thoughts.finish()
    return thoughts.said, thoughts.thought


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 1000])
@pytest.mark.parametrize(("reply", "said", "thought"), CASES, ids=[c[0][:40] for c in CASES])
def test_what_is_said_and_what_is_thought(reply, said, thought, size):
    pieces = [reply[n : n + size] for n in range(0, len(reply), size)]
    assert read(pieces) == (said, thought)


SIGNS = st.sampled_from(
    ["<think>", "</think>", "<", "`", "a", "So.", "[", "<|channel|>", "final", "<|message|>", "\n"]
)


@given(st.lists(SIGNS, max_size=12), st.lists(st.integers(1, 6), max_size=30))
def test_the_pieces_of_a_reply_do_not_matter(signs, sizes):
    reply = "".join(signs)
    pieces, at = [], 0
    for size in sizes:
        pieces.append(reply[at : at + size])
        at += size
    assert read([*pieces, reply[at:]]) == read([reply])


@pytest.mark.parametrize("text", ["natural gas", "known as", "a", "a research assistant"])
def test_a_last_word_that_a_sign_begins_with_is_said(text):
    assert read([text]) == (text, "")


@given(st.text(max_size=60))
@example("AS")
def test_text_without_signs_is_said_as_it_is(text):
    if not set(text) & set("<[◁`") and "assistantfinal" not in text.lower():
        thoughts = Thoughts()
        thoughts.feed(text)
        thoughts.finish()
        assert thoughts.said == text.lstrip()


def test_what_comes_apart_is_a_thought():
    thoughts = Thoughts()
    thoughts.feed("", "why ")
    thoughts.feed("So.", "so")
    thoughts.finish()
    assert (thoughts.said, thoughts.thought) == ("So.", "why so")
