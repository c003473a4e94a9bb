"""Names that a text lists."""

from __future__ import annotations

import re
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.readers import people
from rag.readers.people import read_people

WORDS = (
    *(
        "Ada",
        "Bo",
        "J.",
        "J.-P.",
        "AB",
        "Xu",
        "O'Dowd",
        "Al-Dhahir",
        "ElBatt",
        "Erd\u0151s",
        "\u0141oj",
    ),
    *(
        "van",
        "de",
        "der",
        "and",
        "And",
        "et",
        "al",
        "al.",
        "Others",
        "Jr.",
        "III",
        "PhD",
        "For",
        "the",
    ),
    *(
        "Not",
        "Available",
        "No",
        "Author",
        "Team",
        "University",
        "tee",
        "\u0142oj",
        "Tee1",
        "\u738b\u82b3",
        "&",
    ),
)
NAMES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)


@given(st.lists(NAMES, min_size=1, max_size=5), st.sampled_from([", ", ",", "; ", " and "]))
def test_names_that_are_simple_are_read_as_all_others_are(names, between):
    text = between.join(names)
    quick = read_people(text)
    with patch.object(people, "SIMPLE", re.compile("(?!)")):  # so that none is simple
        assert quick == read_people(text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ada Kessel", ("Ada Kessel",)),
        ("Jun Hu, Limin Ma", ("Jun Hu", "Limin Ma")),
        ("Carlo de Falco, Daniel Cohen-Or", ("Carlo de Falco", "Daniel Cohen-Or")),
        ("No Author", ()),
        ("Ada Kessel, Not Available", ("Ada Kessel",)),
        ("Ada Kessel AND Bo Tee, Cy Pot", ("Ada Kessel", "Bo Tee", "Cy Pot")),
    ],
)
def test_people_with_given_name_first_are_told_apart(text, names):
    assert read_people(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "Kessel, A., Tee, B.",
        "Kessel, A., Tee, B",
        "Kessel, A., & Tee, B.",
        "Kessel A., Tee B.",
        "Kessel A, Tee B",
        "Kessel, A. and Tee, B.",
    ],
)
def test_initials_behind_family_names_stand_before_them(text):
    assert [name.replace(".", "") for name in read_people(text)] == ["A Kessel", "B Tee"]
