"""Question sets: what is read, and that every fault is told with its line."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.data.dataset import default_question_sets, read_question_sets, read_samples
from rag.errors import SourceError
from rag.types import Message

SINGLE = {
    "id": "q1",
    "type": "single",
    "question": "How loud are small nets?",
    "papers": ["Why do small nets hum?"],
    "answer": "As loud as a cheap microphone can hear.",
    "must_mention": ["microphone|mic", "forty|40"],
    "evidence": [["Why do small nets hum?", "We record forty of them."]],
}
CONVERSATION = {
    "id": "q2",
    "type": "conversation",
    "turns": [
        {"question": "Who prunes at night?", "papers": ["p1"], "must_mention": ["moon"]},
        {"question": "And by day?", "papers": ["p1", "p2"]},
        {"question": "Why?", "papers": ["p2"], "answer": "Nobody asked."},
    ],
}
UNANSWERABLE = {"id": "q3", "type": "unanswerable", "kind": "near_miss", "question": "How heavy?"}


def saved(folder, *lines):
    path = folder / "questions.jsonl"
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


def read(folder, *lines):
    return read_samples(saved(folder, *lines))


def test_the_shared_question_set_is_read(shared):
    samples = read_samples(shared / "gold" / "dev.jsonl")
    assert Counter(sample.type for sample in samples) == {
        "single": 90,
        "multi": 30,
        "unanswerable": 30,
        "known_item": 15,
        "conversation": 12,
    }
    assert all(sample.kind for sample in samples if sample.type == "unanswerable")
    assert all(len(s.turns) > 1 for s in samples if s.type == "conversation")


def test_the_question_sets_of_the_project_are_read_together():
    samples = read_question_sets(default_question_sets())
    assert {"single", "multi", "conversation", "unanswerable"} <= {s.type for s in samples}


def test_a_single_question_is_one_turn(tmp_path):
    (sample,) = read(tmp_path, SINGLE)
    (turn,) = sample.turns
    assert (sample.id, sample.type, sample.kind) == ("q1", "single", None)
    assert turn.question == SINGLE["question"]
    assert turn.papers == ("Why do small nets hum?",)
    assert turn.answer == SINGLE["answer"]
    assert turn.must_mention == ("microphone|mic", "forty|40")
    assert turn.evidence == (("Why do small nets hum?", "We record forty of them."),)


def test_each_turn_of_a_conversation_comes_with_the_questions_before_it(tmp_path):
    (sample,) = read(tmp_path, CONVERSATION)
    first, second, third = (Message("user", turn["question"]) for turn in CONVERSATION["turns"])
    assert [(turn.papers, history) for turn, history in sample.questions()] == [
        (("p1",), []),
        (("p1", "p2"), [first]),
        (("p2",), [first, second]),
    ]
    assert third not in [message for _, history in sample.questions() for message in history]


def test_changing_a_history_does_not_change_those_of_later_turns(tmp_path):
    (sample,) = read(tmp_path, CONVERSATION)
    lengths = []
    for _, history in sample.questions():
        lengths.append(len(history))
        history.clear()
    assert lengths == [0, 1, 2]


def test_an_unanswerable_question_needs_no_paper_and_keeps_its_kind(tmp_path):
    (sample,) = read(tmp_path, UNANSWERABLE | {"near": ["p1"]})
    assert (sample.kind, sample.near, sample.turns[0].papers) == ("near_miss", ("p1",), ())


@pytest.mark.parametrize("kind", ["single", "known_item", "multi"])
def test_samples_of_every_type_keep_their_order_and_blank_lines_are_passed_over(tmp_path, kind):
    samples = read(tmp_path, "", SINGLE | {"type": kind}, "  ", CONVERSATION, UNANSWERABLE, "")
    assert [(s.id, s.type) for s in samples] == [
        ("q1", kind),
        ("q2", "conversation"),
        ("q3", "unanswerable"),
    ]


def test_unknown_keys_are_passed_over(tmp_path):
    (sample,) = read(tmp_path, SINGLE | {"author": "me", "turn": 1})
    assert sample.id == "q1"


@pytest.mark.parametrize("separator", ["\u2028", "\x85", "\u2029"])
def test_only_a_line_feed_ends_a_line(tmp_path, separator):
    question = f"One{separator}two?"
    (sample,) = read(tmp_path, json.dumps(SINGLE | {"question": question}, ensure_ascii=False))
    assert sample.turns[0].question == question


def test_windows_line_ends_are_understood(tmp_path):
    path = tmp_path / "questions.jsonl"
    path.write_bytes(f"{json.dumps(SINGLE)}\r\n{json.dumps(CONVERSATION)}\r\n".encode())
    assert len(read_samples(path)) == 2


def without(sample, key):
    return {name: value for name, value in sample.items() if name != key}


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("{", ["broken JSON"]),
        (json.dumps(SINGLE) + ",", ["broken JSON"]),
        ("question", ["broken JSON"]),
        ("[" * 20_000, ["broken JSON"]),  # deeper than Python recurses
        ('{"id": ' + "1" * 5000 + "}", ["broken JSON"]),  # longer than Python converts
        ("[1, 2]", ["sample", "dictionary"]),
        ('"text"', ["sample"]),
        ("null", ["sample"]),
        (without(SINGLE, "id"), ["id", "required"]),
        (without(SINGLE, "type"), ["type", "required"]),
        (without(SINGLE, "question"), ["question", "required"]),
        (SINGLE | {"id": ""}, ["id", "at least 1"]),
        (SINGLE | {"id": 5}, ["id", "string"]),
        (SINGLE | {"type": "essay"}, ["type", "'single'", "'unanswerable'"]),
        (SINGLE | {"question": ""}, ["question", "at least 1"]),
        (SINGLE | {"question": None}, ["question", "string"]),
        (SINGLE | {"papers": "p1"}, ["papers"]),
        (SINGLE | {"papers": []}, ["needs papers"]),
        (without(SINGLE, "papers"), ["needs papers"]),
        (SINGLE | {"must_mention": "moon"}, ["must_mention"]),
        (SINGLE | {"evidence": [["p1"]]}, ["evidence"]),
        (CONVERSATION | {"turns": []}, ["turns", "at least 1"]),
        (CONVERSATION | {"turns": "none"}, ["turns"]),
        (CONVERSATION | {"turns": [{"question": "Why?"}]}, ["needs papers"]),
        (CONVERSATION | {"turns": [SINGLE, {"papers": ["p1"]}]}, ["turns.1.question", "required"]),
    ],
    ids=lambda value: str(value)[:50],
)
@pytest.mark.parametrize("place", [0, 2])
def test_a_line_that_is_no_sample_is_told_with_its_number(tmp_path, bad, words, place):
    lines = [SINGLE, "", CONVERSATION]  # a blank line counts in the numbers
    lines.insert(place, bad)
    with pytest.raises(SourceError) as caught:
        read(tmp_path, *lines)
    message = str(caught.value)
    assert message.startswith(f"questions.jsonl, line {place + 1}: ")
    assert all(word.casefold() in message.casefold() for word in words), message
    assert "\n" not in message


def test_the_first_of_several_faults_is_told(tmp_path):
    with pytest.raises(SourceError, match=r"line 2: "):
        read(tmp_path, SINGLE, "{", "[")


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe\x00"], ids=repr)
def test_a_file_without_samples_is_told_by_its_name(tmp_path, content):
    path = tmp_path / "questions.jsonl"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"questions\.jsonl"):
        read_samples(path)


def test_a_file_that_is_not_there_is_told_by_its_name(tmp_path):
    with pytest.raises(SourceError, match=r"absent\.jsonl.*cannot be read"):
        read_samples(tmp_path / "absent.jsonl")


def test_a_folder_is_no_question_set(tmp_path):
    with pytest.raises(SourceError, match="cannot be read"):
        read_samples(tmp_path)


def test_an_id_that_stands_twice_is_told_with_both_lines(tmp_path):
    with pytest.raises(SourceError, match=r"line 3: .*'q1'.* line 1"):
        read(tmp_path, SINGLE, CONVERSATION, SINGLE | {"question": "Another?"})


def test_several_question_sets_are_read_in_their_order(tmp_path):
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    first.write_text(json.dumps(CONVERSATION))
    second.write_text(json.dumps(SINGLE))
    assert [sample.id for sample in read_question_sets([second, first])] == ["q1", "q2"]
    assert read_question_sets([]) == []


def test_an_id_that_two_question_sets_share_is_told_with_both_names(tmp_path):
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    for path in (first, second):
        path.write_text(json.dumps(SINGLE))
    with pytest.raises(SourceError, match=r"'q1'.*a\.jsonl.*b\.jsonl"):
        read_question_sets([first, second])


@pytest.mark.parametrize(
    ("sample", "places", "slices"),
    [
        (SINGLE, 1, [("all", "single")]),
        (SINGLE | {"kind": "typo"}, 1, [("all", "single", "kind:typo")]),
        (UNANSWERABLE, 1, [("all", "unanswerable", "kind:near_miss")]),
        (CONVERSATION, 3, [("all", "first turns"), *[("all", "later turns")] * 2]),
    ],
    ids=["single", "kind", "unanswerable", "conversation"],
)
def test_a_question_belongs_to_the_slices_of_its_type_and_kind(tmp_path, sample, places, slices):
    (read_sample,) = read(tmp_path, sample)
    assert [read_sample.slices(place) for place in range(places)] == slices


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """One folder for all examples of a property."""
    return tmp_path_factory.mktemp("dataset")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)
KEYS = st.sampled_from([*SINGLE, "kind", "near", "turns"])


def fault_of(path):
    """What is wrong with a question set, or None."""
    try:
        read_samples(path)
    except SourceError as exc:
        return str(exc)
    return None


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(KEYS, JSON, max_size=4), st.booleans())
def test_any_object_is_a_sample_or_a_fault_with_its_line(scratch, change, is_filled):
    path = saved(scratch, (SINGLE if is_filled else {}) | change)
    fault = fault_of(path)
    assert fault is None or fault.startswith("questions.jsonl, line 1: ")
    if fault is None:
        (sample,) = read_samples(path)
        assert sample.id
        assert all(turn.question for turn in sample.turns)


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=60))
def test_any_text_that_is_no_question_set_is_told_by_its_name(scratch, text):
    path = scratch / "text.jsonl"
    path.write_bytes(text.encode())
    assert "text.jsonl" in fault_of(path)
