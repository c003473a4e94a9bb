"""Values of JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.readers import read_sources
from rag.readers.json_items import records_of
from rag.readers.json_values import parse
from rag.readers.records import RecordError, paper_from_record

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats()  # Python writes NaN and Infinity, and reads them
    | st.text(st.characters(exclude_categories=()))  # lone surrogates too
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner) | st.dictionaries(st.text("$abc\ud800"), inner),
    max_leaves=9,
)


@given(VALUES, st.booleans())
def test_what_json_holds_is_read_as_python_reads_it(value, is_ascii):
    text = json.dumps(value, ensure_ascii=is_ascii)
    read = parse(text)
    assert '{"$' in text or repr(read) == repr(json.loads(text))


@pytest.mark.parametrize("text", ['{"a": 1,}', "[1, 2,]", '{"a": "b\tc"}'])
def test_what_is_nearly_json_is_read_too(text):
    assert not isinstance(parse(text), RecordError)


def test_a_number_that_cannot_be_held_exactly_is_no_id():
    record = {"id": 1e23, "title": "Wide numbers", "abstract": "They are rounded."}
    assert paper_from_record(record, "").paper_id.startswith("t-")
    assert paper_from_record({**record, "id": 2021.0}, "").paper_id == "2021"


@pytest.mark.parametrize(
    ("arxiv_id", "date"),
    [
        ("2407.01234", "2024-07"),
        ("0704.0001", "2007-04"),
        ("hep-th/9901001", "1999-01"),
        ("math.GT/0309136", "2003-09"),
        ("2413.01234", None),  # no month
    ],
)
def test_arxivs_record_without_a_date_has_the_month_of_its_id(arxiv_id, date):
    item = {"id": arxiv_id, "title": "Rings", "abstract": "They turn.", "versions": ["v1"]}
    (record,) = records_of({**item, "categories": "cs.LG"})
    assert paper_from_record(record, "").published == date
    (dated,) = records_of({**item, "categories": "cs.LG", "update_date": "2020-01-02"})
    assert paper_from_record(dated, "").published == "2020-01-02"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (
            "{'title': \"Otter's sleep\", 'abstract': 'It is 5 \\\\degree.', 'doi': None}",
            "Otter's sleep",
        ),
        ("{'title': 'A', 'abstract': 'B', 'year': 2020, 'open': True}", "A"),
        ("{'title': 'A', 'abstract': open('x')}", None),
        ("{'title': " + "[" * 5000 + "}", None),
        ("{'a': " + "-" * 50_000 + "1}", None),
        ("{1: 'A'}", None),
        ("{'a', 'b'}", None),
    ],
)
def test_what_python_prints_of_a_mapping_is_read(text, title):
    value = parse(text)
    assert (value["title"] if isinstance(value, dict) else None) == title


def test_lines_that_python_printed_are_lines_of_json(tmp_path):
    path = tmp_path / "lines.txt"
    lines = [str({"title": f"It's {n}", "abstract": "Otters “sleep”.", "doi": None}) for n in "ab"]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert [each.title for each in read_sources([path])] == ["It's a", "It's b"]
