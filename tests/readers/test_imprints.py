"""Volume, issue, pages and the like are read as what they are, and nothing else is."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.readers.imprints import read_imprint
from rag.types import NO_IMPRINT, Imprint


@pytest.mark.parametrize(
    ("given", "pages"),
    [
        ("123--145", "123–145"),
        ("123 - 145", "123–145"),
        ("1023-31", "1023–1031"),  # as PubMed shortens the last page
        ("1098-101", "1098–1101"),
        ("S12-9", "S12–S19"),
        ("e100-e120", "e100–e120"),
        ("e1009", "e1009"),  # an article's number
        ("pp. 12-13", "12–13"),
        ("12-15; 20-22", "12–15, 20–22"),
        ("xii-xx", "xii–xx"),
        ("30:1-30:25", "30:1–30:25"),
        ("45+", "45"),
        ("12-12", "12"),
        ("2019-0123", "2019-0123"),  # ends before it begins: no range
        ("012345-1", "012345-1"),
        *(
            (each, None)
            for each in ("0", "0-0", "n/a", "N.PAG", "-", "?", "nan", "arXiv:2101.00001")
        ),
        (12, None),  # a number of pages
        ("1" * 61, None),
    ],
)
def test_pages(given, pages):
    assert read_imprint({"pages": given}).pages == pages


@pytest.mark.parametrize(
    ("given", "volume"),
    [
        ("12", "12"),
        (12, "12"),
        (12.0, "12"),
        ("12.0", "12"),
        ("Vol. 12", "12"),
        ("XII", "XII"),
        ("12 Suppl 1", "12 Suppl 1"),
        ("第12卷", "第12卷"),
        *((each, None) for each in ("0", "n/a", "", None, True, {}, "abs/2101.00001", "v" * 61)),
    ],
)
def test_a_volume(given, volume):
    assert read_imprint({"volume": given}).volume == volume


@pytest.mark.parametrize(
    ("given", "issn", "isbn"),
    [
        ({"issn": "0028-0836"}, "0028-0836", None),
        ({"issn": "0028083x (Print)"}, "0028-083X", None),
        ({"issn": ["0028-0836", "1476-4687", "1476-4687"]}, "0028-0836, 1476-4687", None),
        ({"issn": "978-3-16-148410-0"}, None, "978-3-16-148410-0"),  # one field for both
        ({"isbn": "9783161484100; 3 16 148410 X"}, None, "9783161484100, 3-16-148410-X"),
        ({"isbn": "978-1-4503-1234-5 1476-4687"}, "1476-4687", "978-1-4503-1234-5"),
        ({"issn": "0000-0000", "isbn": "none"}, None, None),
        ({"issn": "12345", "isbn": "+49 89 1234567"}, None, None),
    ],
)
def test_numbers_of_journals_and_books_are_told_apart_by_their_shape(given, issn, isbn):
    found = read_imprint(given)
    assert (found.issn, found.isbn) == (issn, isbn)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"kind": "Journal Article"}, "article"),
        ({"kind": "paper-conference"}, "conference"),
        ({"kind": "InCollection"}, "chapter"),
        ({"kinds": ["Research Support, N.I.H.", "Journal Article"]}, "article"),
        ({"kind": "posted-content", "kinds": ["Article"]}, "preprint"),
        ({"kind": "info:eu-repo/semantics/doctoralThesis"}, "thesis"),
        ({"kind": "dataset", "kinds": None}, None),
    ],
)
def test_a_kind(given, kind):
    assert read_imprint(given).kind == kind


@pytest.mark.parametrize(
    ("given", "publisher"),
    [("Springer,", "Springer"), ("A &amp; B", "A & B"), ("arXiv", None), ("n/a", None)],
)
def test_a_publisher(given, publisher):
    assert read_imprint({"publisher": given}).publisher == publisher


def test_a_record_that_tells_nothing_has_none():
    assert read_imprint({"title": "t", "volume": "", "kinds": []}) is NO_IMPRINT


PAGE = st.from_regex(r"[eSR]?[0-9]{1,6}[ab]?|[ivx]{1,4}", fullmatch=True)
DASHES = st.sampled_from(["-", "--", " – ", ", "])
PAGES = st.builds(lambda *parts: "".join(parts), PAGE, DASHES, PAGE)


@given(st.fixed_dictionaries({"pages": PAGE | PAGES, "volume": PAGES, "issn": PAGES}))
def test_what_was_read_is_read_again_as_it_is(record):
    found = read_imprint(record)
    assert read_imprint(asdict(found)) == found


@given(st.dictionaries(st.sampled_from(list(asdict(Imprint()))), st.text(max_size=20)))
def test_any_text_is_read_or_left_out(record):
    assert isinstance(read_imprint(record), Imprint)


@pytest.mark.parametrize(
    ("imprint", "shown"),
    [
        (Imprint(volume="12", issue="3", pages="45–67"), "12(3), 45–67"),
        (Imprint(volume="12", pages="e9"), "12, e9"),
        (Imprint(issue="3", pages="45"), "no. 3, p. 45"),
        (Imprint("conference", pages="45–67"), "pp. 45–67"),
        (Imprint("conference", publisher="ACM"), ""),
    ],
)
def test_an_imprint_is_shown_on_a_short_line(imprint, shown):
    assert str(imprint) == shown
