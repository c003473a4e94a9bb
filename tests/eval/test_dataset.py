"""Question sets as files: what is refused with which line, slices, and the set that ships."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from eval.data import dataset
from eval.data.dataset import Sample, default_question_sets, read_question_sets, read_samples
from rag.errors import SourceError


def single(number=1, **changes):
    known = {"id": f"q{number}", "type": "single", "question": "Why?", "papers": ["A Paper"]}
    return known | changes


def write(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_an_id_that_stands_twice_is_named_with_both_lines(tmp_path):
    path = write(tmp_path / "set.jsonl", single(1), single(2), single(1))
    with pytest.raises(SourceError, match=r"set\.jsonl, line 3: id: 'q1' stands already in line 1"):
        read_samples(path)


def test_line_numbers_count_empty_lines(tmp_path):
    path = tmp_path / "set.jsonl"
    path.write_text(f"{json.dumps(single())}\n\n{{}}\n", encoding="utf-8")
    with pytest.raises(SourceError, match="line 3"):
        read_samples(path)


def test_two_sets_may_not_share_an_id(tmp_path):
    paths = [write(tmp_path / name, single()) for name in ("a.jsonl", "b.jsonl")]
    with pytest.raises(SourceError, match=r"'q1' stands in a\.jsonl and in b\.jsonl"):
        read_question_sets(paths)


def test_several_sets_are_read_in_order(tmp_path):
    paths = [write(tmp_path / f"{n}.jsonl", single(n)) for n in (2, 1)]
    assert [sample.id for sample in read_question_sets(paths)] == ["q2", "q1"]


@pytest.mark.parametrize(
    ("row", "place", "expected"),
    [
        (single(), 0, ("all", "single")),
        (single(kind="typo"), 0, ("all", "single", "kind:typo")),
        (
            {"id": "c", "type": "conversation", "turns": [single(), single()]},
            0,
            ("all", "first turns"),
        ),
        (
            {"id": "c", "type": "conversation", "turns": [single(), single()]},
            1,
            ("all", "later turns"),
        ),
        (
            single(type="unanswerable", papers=[], kind="off_topic"),
            0,
            ("all", "unanswerable", "kind:off_topic"),
        ),
    ],
)
def test_a_question_belongs_to_its_type_and_kind(row, place, expected):
    assert Sample.model_validate(row).slices(place) == expected


def test_a_paraphrase_shares_the_cluster_of_what_it_paraphrases():
    assert Sample.model_validate(single(2, paraphrase_of="q1")).cluster == "q1"
    assert Sample.model_validate(single(2)).cluster == "q2"


def test_the_sets_that_ship_hold_together():
    samples = read_question_sets(default_question_sets())
    assert {sample.type for sample in samples} >= {
        "single",
        "multi",
        "conversation",
        "unanswerable",
    }
    ids = {sample.id for sample in samples}
    assert all(s.paraphrase_of is None or s.paraphrase_of in ids for s in samples)


def test_sets_are_found_in_folders_too_and_their_absence_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "QUESTIONS", tmp_path)
    with pytest.raises(SourceError, match="--questions"):
        default_question_sets()
    (tmp_path / "deep").mkdir()
    path = write(tmp_path / "deep" / "set.jsonl", single())
    assert default_question_sets() == [path]


def test_a_question_of_records_or_of_the_assistant_needs_no_paper():
    row = {"id": "d1", "type": "direct", "question": "How many papers?", "origin": "records"}
    (turn,) = Sample.model_validate(row).turns
    assert (turn.papers, turn.origin, turn.exactly) == ((), "records", False)
    with pytest.raises(ValidationError, match="needs papers"):
        Sample.model_validate(row | {"origin": "papers"})
