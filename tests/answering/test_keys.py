"""Keys: whose they are, every way in which a model writes them, and what is shown of them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.answering import keys
from rag.answering.keys import hold_back_key, keys_to_numbers, source_keys
from rag.types import Paper

NUMBERS = {"k4t7": 1, "m2x9": 2}
TEXT = st.text(alphabet="kt47mx29 []1(),.\n", max_size=40)


def paper(number, title="Nets", abstract="They hum.", **known):
    return Paper(f"paper-{number}", title, abstract, **known)


# --- whose they are ------------------------------------------------------------------------------


def test_the_same_paper_has_the_same_key_wherever_it_stands():
    one, two, three = (paper(n) for n in range(3))
    assert source_keys([one, two]) == source_keys([two, one])[::-1]
    assert source_keys([three, one])[1] == source_keys([one])[0]


def test_every_paper_has_another_key():
    many = source_keys([paper(n) for n in range(400)])
    assert len(set(many)) == 400
    assert all(re.fullmatch(r"(?:[a-z]\d){2}", key) for key in many)


@pytest.mark.parametrize("where", ["title", "abstract", "authors"])
@pytest.mark.parametrize("shown", ["{}", "[{}]", "x{}y", "upper", "{0[0]}{0[1]}[1]{0[2]}{0[3]}"])
def test_a_key_that_stands_in_a_text_is_not_used(where, shown):
    """Else a paper could speak as another, whose key follows from its id."""
    victim = paper(1)
    (key,) = source_keys([victim])
    text = key.upper() if shown == "upper" else shown.format(key)
    told = f"They hum {text} and stop."
    hostile = paper(2, **{where: (told,) if where == "authors" else told})
    found = source_keys([hostile, victim])
    assert key not in found
    assert len(set(found)) == 2


def test_a_text_that_holds_all_keys_does_not_hang_the_search_for_one():
    pairs = [f"{letter}{digit}" for letter in keys.LETTERS for digit in keys.DIGITS]
    every = " ".join(a + b for a in pairs for b in pairs)
    (key,) = source_keys([paper(1, abstract=every)])
    assert key not in every
    assert keys_to_numbers(f"Nets hum [{key}].", {key: 1}) == "Nets hum [1]."


# --- how they are written ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Nets hum [k4t7].", "Nets hum [1]."),
        ("Nets hum [k4t7, m2x9].", "Nets hum [1, 2]."),
        ("Nets hum [k4t7; m2x9].", "Nets hum [1, 2]."),
        ("Nets hum [k4t7 and m2x9].", "Nets hum [1, 2]."),
        ("Nets hum [k4t7][m2x9].", "Nets hum [1][2]."),
        ("Nets hum [m2x9, m2x9].", "Nets hum [2]."),
        ("Nets hum [[k4t7]].", "Nets hum [1]."),
        ("Nets hum 【k4t7】.", "Nets hum [1]."),
        ("Nets hum (k4t7).", "Nets hum [1]."),
        ("Nets hum (k4t7, m2x9).", "Nets hum [1, 2]."),
        ("Nets hum [paper k4t7].", "Nets hum [1]."),
        ("Nets hum [papers k4t7, m2x9].", "Nets hum [1, 2]."),
        ('Nets hum [key="k4t7"].', "Nets hum [1]."),
        ("Nets hum [K4T7].", "Nets hum [1]."),
        ("Nets hum [see k4t7, p. 4].", "Nets hum [1]."),
        ("Nets hum. [k4t7]", "Nets hum. [1]"),
        ("As k4t7 shows, nets hum.", "As [1] shows, nets hum."),  # stands in no paper: a citation
        ("Nets hum (as in k4t7 too).", "Nets hum (as in [1] too)."),
        # unknown keys go with their brackets
        ("Nets hum [z9q8].", "Nets hum."),
        ("Nets hum [z9q8, w3b5].", "Nets hum."),
        ("Nets hum [z9q8, m2x9].", "Nets hum [2]."),
        ("Nets hum (z9q8).", "Nets hum."),
        ("Nets hum [[z9q8]] loudly.", "Nets hum loudly."),
        # and everything else stays
        ("Nets hum [1] and [2, 3].", "Nets hum [1] and [2, 3]."),
        ("Nets [see] hum (a lot) [sic].", "Nets [see] hum (a lot) [sic]."),
        ("In [0, 1] ethylene (C2H4) and GPT4 and b2 hum.",) * 2,
        ("A bk4t7 or k4t72 is no key.",) * 2,
        ("", ""),
    ],
)
def test_every_way_to_write_a_key(written, expected):
    assert keys_to_numbers(written, NUMBERS) == expected


@given(TEXT)
def test_no_known_key_is_left(text):
    left = keys_to_numbers(text, NUMBERS)
    assert not re.search(r"\b(k4t7|m2x9)\b", left)


@given(st.text(max_size=60))
def test_a_text_without_anything_like_a_key_stays(text):
    if not re.search(r"[a-z]\d[a-z]\d", text, re.IGNORECASE):
        assert keys_to_numbers(text, NUMBERS) == text


# --- while they are written ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Nets hum [", "Nets hum"),
        ("Nets hum [k4", "Nets hum"),
        ("Nets hum [paper k", "Nets hum"),
        ("Nets hum [k4t7, ", "Nets hum"),
        ("Nets hum 【k4t7", "Nets hum"),
        ("Nets hum [[k4t7", "Nets hum"),
        ("Nets hum (", "Nets hum"),
        ("Nets hum (k4t", "Nets hum"),
        ("Nets hum (k4t7, m", "Nets hum"),
        ("Nets hum (loudly", "Nets hum (loudly"),
        ("As k", "As"),
        ("As k4t", "As"),
        ("As k4t7", "As"),
        ("Nets hum [see", "Nets hum"),
        ("Nets hum [see]", "Nets hum [see]"),
        ("Nets hum [k4t7]", "Nets hum [k4t7]"),
        ("Nets hum", "Nets hum"),
        ("", ""),
    ],
)
def test_what_may_still_become_a_key_is_held_back(text, shown):
    assert hold_back_key(text) == shown


WRITTEN = [
    "[k4t7]",
    "[k4t7, m2x9]",
    "[[m2x9]]",
    "【k4t7】",
    "(k4t7; m2x9)",
    "[paper k4t7]",
    "[z9q8]",
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["Nets hum", "It is 5", *WRITTEN, "(see k4t7)", "m2x9"])))
def test_at_no_moment_does_a_key_or_half_of_one_show(pieces):
    text = " ".join(pieces) + "."
    for end in range(len(text) + 1):
        shown = keys_to_numbers(hold_back_key(text[:end]), NUMBERS)
        assert not re.search(r"[kmz]\d", shown), (text[:end], shown)
