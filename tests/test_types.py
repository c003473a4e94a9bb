"""What the values that pass between the stages take, and refuse."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from rag.types import NO_FILTERS, Filters

NAMED = ("authors", "sources", "collections", "tags")


@pytest.mark.parametrize("field", NAMED)
@pytest.mark.parametrize(
    "given", ["Bo Tee", ["Bo Tee"], {"Bo Tee"}, {"Bo Tee": 3}, ("Bo Tee", " ")]
)
def test_a_filter_takes_one_name_or_several(field, given):
    assert getattr(Filters(**{field: given}), field) == ("Bo Tee",)


def test_names_from_a_generator_are_kept():
    assert Filters(tags=(name for name in ("sea", "land"))).tags == ("sea", "land")


@pytest.mark.parametrize("field", NAMED)
@pytest.mark.parametrize("given", ["", None, (), [""]])
def test_a_filter_without_a_name_limits_nothing(field, given):
    assert Filters(**{field: given}) == NO_FILTERS


@pytest.mark.parametrize("field", ["since", "until"])
def test_a_year_may_be_given_in_digits(field):
    assert Filters(**{field: "2022"}) == Filters(**{field: " 2022 "}) == Filters(**{field: 2022})


@pytest.mark.parametrize(
    ("field", "given", "kind"),
    [
        ("since", "soon", ValueError),
        ("since", "", ValueError),
        ("until", "2022-05", ValueError),
        ("until", "²", ValueError),
        ("until", 10**30, ValueError),
        ("since", -1, ValueError),
        ("since", 2022.5, TypeError),
        ("since", True, TypeError),
        ("until", [2022], TypeError),
        ("authors", 3, TypeError),
        ("sources", b"file", TypeError),
        ("collections", ["Rivers", None], TypeError),
        ("tags", object(), TypeError),
        ("undated", "no", TypeError),
    ],
)
def test_a_filter_of_another_kind_is_refused_by_its_name(field, given, kind):
    with pytest.raises(kind, match=f"`{field}`"):
        Filters(**{field: given})


def test_filters_are_read_from_json_as_they_were_written():
    kept = TypeAdapter(Filters)
    filters = Filters("2020", authors="Bo Tee", undated=True)
    assert kept.validate_json(kept.dump_json(filters)) == filters
