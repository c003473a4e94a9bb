import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import Library
from rag.store.likeness import FILE, group_alike, hash_ends

LONG = " ".join(f"word{n}" for n in range(30))


@pytest.fixture
def twins(lexical_settings, tmp_path):
    own = lexical_settings.model_copy(update={"library": tmp_path / "library"})
    with Library.open(settings=own) as library:
        library.ingest(
            [
                {"id": "a", "title": "Kettles", "abstract": LONG},
                {"id": "b", "title": "A song of kettles", "abstract": f"{LONG} And more."},
            ]
        )
        yield library


def pairs(library):
    return [[each.paper_id for each in group] for group in library.catalog.duplicates()]


def test_a_paper_that_came_later_is_compared_with_those_that_were_there(twins):
    assert pairs(twins) == [["a", "b"]]
    twins.ingest({"id": "c", "title": "Of kettles", "abstract": f"Besides, {LONG}"})
    assert pairs(twins) == [["a", "b", "c"]]


def test_a_paper_that_was_corrected_is_compared_as_it_is_now(twins):
    twins.ingest({"id": "b", "title": "A song of kettles", "abstract": "Another text. " * 12})
    assert pairs(twins) == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half of it", None])
def test_what_is_kept_is_made_again_where_it_is_damaged(twins, content):
    file = twins.folder / FILE
    file.unlink() if content is None else file.write_bytes(content)
    with Library.open(settings=twins.settings) as opened:
        assert pairs(opened) == [["a", "b"]]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=9))
def test_all_that_share_a_hash_are_grouped_and_nobody_else(rows):
    hashes = np.array(rows, np.uint64).reshape(-1, 2)
    groups = {tuple(group) for group in group_alike(hashes)}
    for one in range(len(rows)):
        for other in range(one + 1, len(rows)):
            alike = any(a == b != 0 for a, b in zip(rows[one], rows[other], strict=True))
            assert alike == any({one, other} <= set(group) for group in groups)


def test_an_abstract_of_a_few_words_has_no_hash():
    assert hash_ends("Kettles sing.") == (0, 0)
    assert hash_ends(LONG)[0] == hash_ends(f"{LONG.upper()} and more")[0] != 0
