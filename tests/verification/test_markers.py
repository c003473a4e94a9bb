"""Markers: every form that models write, what is none, and drafts that never show half of one."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag.verification.markers import (
    expand_numbers,
    find_markers,
    hold_back_unfinished,
    rewrite_markers,
    strip_markers,
)

KNOWN = range(1, 8)


def known(number):
    return number if number in KNOWN else None


# text, its markers, the text with the markers in one form
MARKERS = [
    ("It works [1].", [1], "It works [1]."),
    ("It works [1][2].", [1, 2], "It works [1][2]."),
    ("It works [1] [2].", [1, 2], "It works [1] [2]."),
    ("It works [1, 2].", [1, 2], "It works [1][2]."),
    ("It works [1,2; 3].", [1, 2, 3], "It works [1][2][3]."),
    ("It works [1-3].", [1, 2, 3], "It works [1][2][3]."),
    ("It works [1–3, 5].", [1, 2, 3, 5], "It works [1][2][3][5]."),
    ("It works [ 1 , 2 ].", [1, 2], "It works [1][2]."),
    ("It works [1\n].", [1], "It works [1]."),
    ("It works [[1]].", [1], "It works [1]."),
    ("It works [[1, 2]].", [1, 2], "It works [1][2]."),
    ("It works 【1】.", [1], "It works [1]."),
    ("It works 【1†source】.", [1], "It works [1]."),
    ("It works 【2†L10-L14】【3】.", [2, 3], "It works [2][3]."),
    ("It works [2, 1].", [2, 1], "It works [2][1]."),
    ("It works [1, 1-2].", [1, 2], "It works [1][2]."),  # a number is told once
    ("It works. [1]", [1], "It works. [1]"),
    ("It works[1].", [1], "It works [1]."),
    ("It works\t[1].", [1], "It works\t[1]."),
    ("[1] says that it works.", [1], "[1] says that it works."),
    ("- One [1]\n- [2]", [1, 2], "- One [1]\n- [2]"),
    ("One.\n[2] says more.", [2], "One.\n[2] says more."),
    ("It works [1] (mostly).", [1], "It works [1] (mostly)."),
    ("`code` and $x$ [1]", [1], "`code` and $x$ [1]"),
    ("```\nx[1]\n``` then [2]", [2], "```\nx[1]\n``` then [2]"),
    # Money is no math.
    ("It costs $5 [1] and $6 [2].", [1, 2], "It costs $5 [1] and $6 [2]."),
    ("[0, 1] and [1]", [1], "[0, 1] and [1]"),
]
NO_MARKERS = [
    "in [0, 1]",
    "in [0,1]",
    "in [0-5]",
    "in [00; 10]",
    "in [-1, 1]",
    "in [0.5, 1.5]",
    "in (0, 1]",
    "in [0, 1)",
    "in [1, 2)",
    "the year [2020]",
    "[a], [1a], [], [ ], [,]",
    "a link [1](https://example.org)",
    "an image ![1](x.png)",
    "a footnote [^1]",
    "a task [x]",
    "(1) and {1} and 1]",
    "`a[1]` and ``x`` and `[2]`",
    "```python\nx = a[1]\n```",
    "```\nnever closed [1]",
    "$a_{[1]}$ and $x[2]$",
    "$$\nx [1]\n$$",
    "[1",
    "[1, ",
    "【1",
    "",
]


@pytest.mark.parametrize(("text", "numbers", "_"), MARKERS)
def test_all_forms_of_markers_are_found(text, numbers, _):
    assert list(find_markers(text)) == numbers


@pytest.mark.parametrize(("text", "_", "expected"), MARKERS)
def test_markers_are_rewritten_to_one_form(text, _, expected):
    assert rewrite_markers(text, known) == expected


@pytest.mark.parametrize("text", NO_MARKERS)
def test_what_is_no_marker_stays_as_it_is(text):
    assert list(find_markers(text)) == []
    assert rewrite_markers(text, known) == text
    assert strip_markers(text) == text


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ("1", [1]),
        ("1, 2;3", [1, 2, 3]),
        ("1-3", [1, 2, 3]),
        ("1 – 3", [1, 2, 3]),
        ("3-3", [3]),
        ("3-1", [3, 1]),  # no range, but both are named
        ("1-10", list(range(1, 11))),
        ("1-11", [1, 11]),  # longer than any list of sources that is meant
        ("2, 1-3, 2", [2, 1, 3]),
        ("007", [7]),
    ],
)
def test_numbers_of_a_marker_are_expanded(numbers, expected):
    assert expand_numbers(numbers) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It works [9].", "It works."),
        ("It works [1, 9].", "It works [1]."),
        ("It works [0].", "It works."),
        ("It works [6-8].", "It works [6][7]."),
        ("It works [9] well.", "It works well."),
        ("It works [8][9] well [1].", "It works well [1]."),
        ("It works 【9†source】.", "It works."),
        ("One [9]\nTwo [1]", "One\nTwo [1]"),
    ],
)
def test_numbers_of_no_source_go_with_their_space(text, expected):
    assert rewrite_markers(text, known) == expected


def test_markers_are_renumbered_and_numbers_that_become_the_same_are_told_once():
    swapped = {1: 2, 2: 1, 3: 1}
    assert rewrite_markers("a [1] b [2, 3] c [1, 2]", swapped.get) == "a [2] b [1] c [2][1]"


def test_the_numbering_is_asked_in_the_order_of_the_text():
    asked = []
    rewrite_markers("a [3] b [1, 2] `[7]` [3]", asked.append)
    assert asked == [3, 1, 2, 3]


def test_markers_are_stripped_from_a_text():
    assert strip_markers("It works [1]. It lasts 【2】, in [0, 1] [3].") == (
        "It works. It lasts, in [0, 1]."
    )


# --- drafts --------------------------------------------------------------------------------------

STREAMED = [
    "Nets are small [1]. Trees are fast [2, 3]! Both help [1–3]; see [[2]].",
    "Odd 【1】 and 【2†source】 and 【3†L1-L20】 forms [1][2].",
    "A [1; 2], a link [1](https://a.org/[2]) and [9] is gone.",
    "Many [1, 2, 3, 4, 5, 6, 7] at once.",
    "Spaced [ 1 , 2 ,  3 ] and broken [1\n] ones.",
    "In [0, 1] and [-1, 1] it holds [2].",
    "[1] begins.\n[2] too.\n\n- item [9]\n- item [3]",
    "Numbers [12] [123] [1234] and [9][1].",
    "[x] is done, [ ] is not [1].",
]


def drafts(text, size):
    """What a reader sees while a text comes in pieces of a size."""
    for end in range(0, len(text) + 1, size):
        yield rewrite_markers(hold_back_unfinished(text[:end]), known)


@pytest.mark.parametrize("text", STREAMED)
def test_a_draft_cut_anywhere_is_the_beginning_of_the_final_text(text):
    final = rewrite_markers(text, known)
    for draft in drafts(text, 1):
        assert final.startswith(draft.rstrip())


@pytest.mark.parametrize("text", [text for text, _, _ in MARKERS if "`" not in text])
def test_no_draft_shows_a_number_that_the_final_text_does_not_show(text):
    final = rewrite_markers(text, known)
    shown = {number for draft in drafts(text, 1) for number in find_markers(draft)}
    assert shown <= set(find_markers(final))


@pytest.mark.parametrize("text", [*STREAMED, *(text for text, _, _ in MARKERS), *NO_MARKERS])
def test_nothing_but_the_beginning_of_a_marker_is_held_back(text):
    for end in range(len(text) + 1):
        shown = hold_back_unfinished(text[:end])
        held = text[len(shown) : end]
        assert text[:end] == shown + held
        assert held.lstrip()[:1] in ("", "[", "【")
        assert not [c for c in held if c in ".!?("]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It works [", "It works"),
        ("It works [1", "It works"),
        ("It works [1, ", "It works"),
        ("It works [1]", "It works"),  # may still become a link
        ("It works [[", "It works"),
        ("It works [[1]", "It works"),
        ("It works 【1†sou", "It works"),
        ("It works [1][", "It works [1]"),
        ("It works [1] ", "It works [1] "),
        ("It works [1].", "It works [1]."),
        ("It works [a", "It works [a"),
        ("It works (1", "It works (1"),
        ("1, 2", "1, 2"),
        ("", ""),
    ],
)
def test_a_marker_that_may_still_grow_is_held_back(text, expected):
    assert hold_back_unfinished(text) == expected


# --- properties ----------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "nets",
        " ",
        "\n",
        ". ",
        "[",
        "]",
        "[[",
        "]]",
        "【",
        "】",
        "†",
        "1",
        "12",
        "0",
        ",",
        "-",
        "–",
        "(",
    ]
)
WHOLE = st.sampled_from(["[1]", " [2, 3]", "[1-4]", "x[9]", "[0, 1]", "[5](a)", "[[2]]"])
CODE_AND_MATH = st.sampled_from(["`", "```", "$", "$$"])
PROSE = st.lists(PIECES | WHOLE, max_size=20).map("".join)
ANY_TEXT = st.lists(PIECES | WHOLE | CODE_AND_MATH | st.text(max_size=4), max_size=20).map("".join)


@settings(max_examples=250, deadline=None)
@given(PROSE)
def test_rewriting_shows_exactly_the_numbers_of_the_text(text):
    rewritten = rewrite_markers(text, lambda number: number)
    assert list(dict.fromkeys(find_markers(rewritten))) == list(dict.fromkeys(find_markers(text)))


@settings(max_examples=250, deadline=None)
@given(ANY_TEXT)
@example("It works [1[9] ].")  # what is left when the inner marker goes must not read as one
def test_a_stripped_text_has_no_markers(text):
    assert list(find_markers(strip_markers(text))) == []


@settings(max_examples=250, deadline=None)
@given(
    st.lists(st.sampled_from(["nets", " ", ". ", "\n", "("]) | WHOLE | CODE_AND_MATH).map("".join)
)
@example("It works [1][2]")
@example("[1] says it.")
def test_a_text_in_its_one_form_is_not_changed_by_rewriting_it_again(text):
    once = rewrite_markers(text, lambda number: number)
    assert rewrite_markers(once, lambda number: number) == once


@settings(max_examples=250, deadline=None)
@given(ANY_TEXT)
@example("- One [1]\n")
def test_holding_back_takes_nothing_but_the_end(text):
    assert text.startswith(hold_back_unfinished(text))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["Nets hum", "It is 5"]), st.integers(1, 99))))
def test_prose_survives_when_all_markers_are_stripped(sentences):
    text = " ".join(f"{words} [{number}]." for words, number in sentences)
    assert strip_markers(text) == " ".join(f"{words}." for words, _ in sentences)
    assert list(find_markers(text)) == [number for _, number in sentences]
