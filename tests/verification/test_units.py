"""What is checked of a model's text: sentences, and rows of tables."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag.verification.units import split_units

TABLE = "| Crab | Peak |\n|:--|--:|\n| Shore [1] | Every 12 hours. In the dark. |\n| A \\| B | c |"


def kinds(text):
    return [unit.kind for unit in split_units(text)]


def test_a_row_is_one_unit_without_the_bars_at_its_ends():
    units = split_units(f"They walk. They rest.\n\n{TABLE}\n\nSo.")
    assert [unit.kind for unit in units] == [
        *("sentence", "sentence", "head", "head", "row", "row", "sentence")
    ]
    assert units[4].sentence.text == "Shore [1] | Every 12 hours. In the dark."
    assert units[4].said == "Shore [1]: Every 12 hours. In the dark."
    assert units[5].said == "A \\| B: c"


def test_a_table_needs_no_bars_at_its_ends():
    units = split_units("Crab | Peak\n--- | ---\nShore | noon")
    assert [unit.kind for unit in units] == ["head", "head", "row"]
    assert units[2].said == "Shore: noon"


def test_bars_of_prose_and_code_are_no_table():
    assert kinds("The norm |x| is small.\nIt is.") == ["sentence", "sentence"]
    assert set(kinds(f"```\n{TABLE}\n```")) == {"code"}
    assert kinds("Above\n---\nBelow") == ["sentence"] * 3


def test_the_first_line_of_a_table_that_is_being_written_claims_nothing():
    assert kinds("So it is.\n\n| Crab | Peak |") == ["sentence", "head"]


def test_lines_of_much_white_space_are_split_at_once():
    wide = " " * 200_000
    assert kinds(f"| Crab | Peak |\n|{wide}-{wide}x\n") == ["sentence"] * 2
    assert kinds(f"| Crab | Peak |\n|--|--|\n| Shore{wide}now | noon |") == ["head", "head", "row"]


@given(st.text(st.sampled_from("ab|-:\n `.[1]\\ "), max_size=60))
def test_every_visible_sign_is_in_exactly_one_unit(text):
    units = split_units(text)
    places = [place for unit in units for place in range(unit.start, unit.end)]
    assert len(places) == len(set(places))
    left = "".join(sign for at, sign in enumerate(text) if at not in set(places))
    assert left.strip() == ""
    for unit in units:
        assert text[unit.sentence.start : unit.sentence.end] == unit.sentence.text
        assert unit.start <= unit.sentence.start <= unit.sentence.end <= unit.end
