"""Papers that a file had when it was read before, and has no more."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from rag.library import Library
from rag.settings import Settings
from rag.store.gone import MOST_AT_ONCE
from rag.types import TYPED


@pytest.fixture
def library(tmp_path):
    settings = Settings(library=tmp_path / "library", embedder="none", llm="extractive")
    with Library.open(settings=settings) as library:
        yield library


WORDS = ("otters", "beavers", "herons", "newts", "trouts", "voles", "swans", "toads")


def entry(number, *, abstract=True):
    word = WORDS[number]
    text = f"We count {word} along {number} rivers. They are many." if abstract else ""
    return f"@article{{{word}, title = {{On {word}}}, year = 2020, abstract = {{{text}}}}}"


def bib(tmp_path, *entries, name="refs.bib"):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n\n".join(entries))
    return path


def told(report):
    return [(each.title, each.source, each.others, each.is_removed) for each in report.gone]


def test_what_was_deleted_from_a_file_is_told_and_stays(library, tmp_path):
    assert library.ingest(bib(tmp_path, *map(entry, range(4)))).gone == ()
    file = bib(tmp_path, *map(entry, range(3)))
    for is_dry in (True, False, False):
        report = library.ingest(file, dry_run=is_dry)
        assert told(report) == [("On newts", "refs.bib", (), False)]
    assert len(library) == 4


def test_it_is_taken_out_where_that_is_wanted(library, tmp_path):
    library.ingest(bib(tmp_path, *map(entry, range(4))))
    library.ingest(bib(tmp_path, entry(2), name="other.bib"))
    report = library.ingest(bib(tmp_path, *map(entry, range(2))), removes_gone=True)
    expected = [
        ("On herons", "refs.bib", ("other.bib",), True),
        ("On newts", "refs.bib", (), True),
    ]
    assert told(report) == expected
    assert [each.title for each in library.papers()] == ["On otters", "On beavers", "On herons"]
    assert (library.papers()[2].source, library.papers()[2].origins) == ("other.bib", ())
    assert library.ingest(bib(tmp_path, *map(entry, range(2)))).gone == ()


def test_a_paper_that_stays_for_zotero_keeps_what_zotero_knows_it_by(library, tmp_path):
    library.ingest(bib(tmp_path, *map(entry, range(3))))
    known = ("zotero", "users/0/ABCD2345")
    paper = {"title": "On herons", "abstract": "We count herons along 2 rivers. They are many."}
    library.ingest({**paper, "zotero": known[1], "source": "Zotero", "year": 2020})
    library.ingest(bib(tmp_path, *map(entry, range(2))), removes_gone=True)
    (kept,) = [each for each in library.papers() if each.title == "On herons"]
    assert known in kept.identifiers
    assert kept.source == "Zotero"


def test_another_file_of_the_same_name_is_no_newer_state_of_the_first(library, tmp_path):
    library.ingest(bib(tmp_path, *map(entry, range(4))))
    other = bib(tmp_path, entry(0), *map(entry, range(5, 8)), name="b/refs.bib")
    assert library.ingest(other).gone == ()
    assert library.ingest([tmp_path / "refs.bib", other]).gone == ()


@pytest.mark.parametrize(
    "broken",
    [
        (entry(0), entry(1), "@article{newts, title = {On newts"),  # cut short
        (entry(0), entry(1), entry(3, abstract=False)),  # is there, without its abstract
    ],
)
def test_nothing_is_told_of_what_may_be_there_and_was_not_read(library, tmp_path, broken):
    library.ingest(bib(tmp_path, entry(0), entry(1), entry(3)))
    assert library.ingest(bib(tmp_path, *broken)).gone == ()


def test_a_record_without_an_abstract_hides_no_other_that_is_gone(library, tmp_path):
    library.ingest(bib(tmp_path, *map(entry, range(4))))
    file = bib(tmp_path, entry(0), entry(1), entry(2, abstract=False))
    assert [each.title for each in library.ingest(file).gone] == ["On newts"]


def test_a_packed_file_that_is_cut_short_tells_nothing(library, tmp_path):
    entries = "\n\n".join(
        f"{entry(n % 8).replace('@article{', f'@article{{x{n}')}".replace("On ", f"On {n} ")
        for n in range(2000)
    )
    path = tmp_path / "p.bib.gz"
    path.write_bytes(gzip.compress(entries.encode()))
    assert library.ingest(path).added == 2000
    path.write_bytes(path.read_bytes()[:-2000])
    report = library.ingest(path)
    assert (report.unchanged > 1000, report.gone) == (True, ())
    path.write_bytes(gzip.compress(entries[: entries.rindex("@article")].encode()))
    assert [each.title for each in library.ingest(path).gone] == ["On 1999 toads"]


def test_pasted_text_and_records_tell_nothing(library, tmp_path):
    library.ingest_text("\n\n".join(map(entry, range(3))))
    assert library.ingest_text("\n\n".join(map(entry, range(2)))).gone == ()


def test_of_many_papers_all_that_are_gone_are_told(library, tmp_path):
    count = 2 * MOST_AT_ONCE + 10
    path = Path(tmp_path / "many.jsonl")
    lines = [
        json.dumps({"id": f"p{n}", "title": f"On newt {n}", "abstract": f"We count {n} newts."})
        for n in range(count)
    ]
    path.write_text("\n".join(lines))
    library.ingest(path)
    path.write_text("\n".join(lines[: MOST_AT_ONCE + 9]))
    assert len(library.ingest(path).gone) == MOST_AT_ONCE + 1


def own(tmp_path, name, *numbers, text="They are many."):
    """A file of records with ids of their own."""
    rows = [
        {"id": f"own-{n}", "title": f"On {WORDS[n]}", "abstract": f"We count {WORDS[n]}. {text}"}
        for n in numbers
    ]
    path = tmp_path / name
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


@pytest.mark.parametrize("text", ["They are many.", "They are few."], ids=["same", "corrected"])
@pytest.mark.parametrize("has_gone", ["one.jsonl", "two.jsonl"])
def test_a_paper_with_an_id_of_its_own_stays_for_the_other_file_that_has_it(
    library, tmp_path, has_gone, text
):
    library.ingest(own(tmp_path, "one.jsonl", 0, 1, 2))
    library.ingest(own(tmp_path, "two.jsonl", 0, 1, 2, text=text))
    paper = library.get("own-2")
    assert {paper.source, *paper.origins} == {"one.jsonl", "two.jsonl"}
    assert paper.abstract.endswith(text)  # it is theirs by its id
    report = library.ingest(own(tmp_path, has_gone, 0, 1, text=text), removes_gone=True)
    (other,) = {"one.jsonl", "two.jsonl"} - {has_gone}
    assert told(report) == [("On herons", has_gone, (other,), True)]
    assert (library.get("own-2").source, library.get("own-2").origins) == (other, ())
    report = library.ingest(own(tmp_path, other, 0, 1, text=text), removes_gone=True)
    assert told(report) == [("On herons", other, (), True)]
    assert library.get("own-2") is None


def test_a_file_that_has_the_same_records_changes_no_more_when_both_are_read_again(
    library, tmp_path
):
    files = [own(tmp_path, name, 0, 1) for name in ("one.jsonl", "two.jsonl")]
    library.ingest(files[0])
    report = library.ingest(files[1])
    assert (report.unchanged, report.changes) == (2, ())
    before = library.papers()
    revision = library._index.papers.revision()
    for file in files:
        assert library.ingest(file).unchanged == 2
    assert library._index.papers.revision() == revision
    assert [(each.source, each.origins) for each in before] == [("one.jsonl", ("two.jsonl",))] * 2


def test_what_is_typed_in_anew_by_its_id_is_no_other_source(library, tmp_path):
    library.ingest(own(tmp_path, "one.jsonl", 0))
    library.ingest({"id": "own-0", "title": "On otters", "abstract": "Typed.", "source": TYPED})
    paper = library.get("own-0")
    assert (paper.source, paper.origins) == ("one.jsonl", ())
