"""Cleaning and comparing texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text import (
    UNWANTED,
    folded,
    is_utf8,
    one_line,
    squeezed,
    title_key,
    without_accents,
    wrapped,
)
from rag.userdata.excerpts import Excerpt, find_excerpt


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" Two\n\tlines\u00a0here ", "Two lines here"),
        ("a\x00b\ud800c\x7f", "abc"),
        ("\u00c9t\u00e9", "\u00c9t\u00e9"),  # accents and case stay
    ],
)
def test_text_is_put_on_one_line(text, expected):
    assert one_line(text) == expected


@given(
    st.text(
        st.one_of(st.sampled_from("ab \n\t\r\x1c\x1b[0m\u00a0\u3000\u200b\x00"), st.characters())
    )
)
def test_text_is_put_on_one_line_as_if_word_by_word(text):
    line = " ".join(text.split())
    assert one_line(text) == (
        line if line.isprintable() else " ".join(UNWANTED.sub("", text).split())
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("M\u00fcller", "muller"),
        ("Mu\u0308ller", "muller"),
        ("STRASSE Stra\u00dfe", "strasse strasse"),
        ("\ufb01ne  print\n", "fine print"),
        ("", ""),
    ],
)
def test_a_search_passes_over_case_and_accents(text, expected):
    assert folded(text) == expected


def test_two_spellings_of_a_title_have_one_key():
    spellings = [
        "Don't Stop: Kettles, Again",
        "dont stop kettles again",
        "Don_t STOP kettles-again",
    ]
    assert {title_key(title) for title in spellings} == {"dontstopkettlesagain"}
    assert title_key("\u00c9t\u00e9") != title_key("Ete")  # accents tell titles apart


def test_text_is_squeezed_to_its_ascii_letters_and_digits():
    assert squeezed("GPT-4 (\u00e9) B\u00e4r") == "gpt4br"


@given(st.text(st.characters()))
def test_utf8_holds_text_without_lone_surrogates(text):
    assert is_utf8(text) is not any("\ud800" <= sign <= "\udfff" for sign in text)
    assert is_utf8(one_line(text))


@given(st.text("ab -/\n", max_size=200), st.integers(12, 40), st.integers(0, 4))
def test_a_text_that_is_wrapped_keeps_its_words_and_the_width_where_they_allow(text, width, hang):
    lines = wrapped(text, width, hang).split("\n")
    assert " ".join(lines).split() == text.split()
    longest = max(map(len, [*text.split(), ""]))
    indents = [len(line) - len(line.lstrip()) for line in text.split("\n")]
    assert max(map(len, lines)) <= max(width, max(indents) + hang + max(longest, 10))


def test_what_goes_on_in_a_wrapped_line_hangs_and_addresses_stay_whole():
    address = "https://example.org/a-long-address-that-is-to-be-copied"
    text = f"  12. A title that is too long for it\n     {address}\n\nEnd."
    assert wrapped(text, 24, hang=4).split("\n") == [
        "  12. A title that is",
        "      too long for it",
        f"     {address}",
        "",
        "End.",
    ]


@given(st.text())
def test_no_accent_is_left(text):
    assert without_accents(without_accents(text)) == without_accents(text)


@pytest.mark.parametrize("word", ["cafe", "caf\u00e9"])
def test_an_excerpt_is_found_whatever_the_accents(word):
    assert find_excerpt("The Caf\u00e9 sings.", [word]) == Excerpt("The ", "Caf\u00e9", " sings.")


def test_a_word_of_accents_alone_is_found_nowhere():
    assert find_excerpt("The Caf\u00e9 sings.", ["\u0301"]) is None
