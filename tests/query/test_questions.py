"""What a question is about, and how much of the conversation retrieval hears."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.query.questions import (
    SELF_CONTAINED_SHARE,
    content_words,
    earlier_questions,
    history_weights,
)
from rag.types import Message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How are nets pruned?", ["nets", "pruned"]),
        ("What is the LOSS of ResNet-50?", ["loss", "resnet", "50"]),
        ("Don't they hum? It's what we'd hear.", ["hum", "hear"]),
        ("nets nets NETS", ["nets", "nets", "nets"]),  # a word asked twice counts twice
        ("Wie lernen Bäume? 网络", ["wie", "lernen", "bäume", "网络"]),
        ("$O(\\sqrt{n})$ with k=3", ["o", "sqrt", "n", "k", "3"]),
        ("who are you?", ["who", "are", "you"]),  # nothing else is there to search for
        ("And what about that one?", ["and", "what", "about", "that", "one"]),
        ("?!", []),
        ("", []),
    ],
)
def test_content_words_say_what_a_question_is_about(text, expected):
    assert content_words(text) == expected


def user(text):
    return Message("user", text)


def assistant(text):
    return Message("assistant", text)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([], []),
        ([user("one")], ["one"]),
        ([user("one"), assistant("an answer"), user("two"), assistant("x")], ["two", "one"]),
        ([assistant("hello")], []),
        ([user("one"), user(" \n"), user(""), user("two")], ["two", "one"]),
        ([user(str(n)) for n in range(9)], ["8", "7", "6", "5"]),
        # Blank messages do not use up the four that are looked at.
        ([user("a"), user("b"), user("c"), user("d"), user(" "), user("")], ["d", "c", "b", "a"]),
        ([user("same"), user("same")], ["same", "same"]),
    ],
)
def test_earlier_questions_are_the_users_own_latest_first(history, expected):
    assert earlier_questions(history) == expected


def test_the_history_is_not_changed():
    history = [user("one"), assistant("x"), user("two")]
    earlier_questions(history)
    assert [message.content for message in history] == ["one", "x", "two"]


@pytest.mark.parametrize(
    ("question", "count", "expected"),
    [
        ("Why?", 0, []),
        # One content word: 1.4 - 0.08 is more than the most, 1.
        ("Why?", 1, [1.0]),
        ("", 1, [1.0]),
        # Six content words: 1.4 - 6 * 0.08 = 0.92.
        ("nets trees apples moths lamps shears", 1, [0.92]),
        # Twelve: 1.4 - 0.96 = 0.44 is less than the least, 0.5.
        (" ".join(["net"] * 12), 1, [0.5]),
        (" ".join(["net"] * 500), 1, [0.5]),
        # Shares of 1, 0.8 and 0.64 out of 2.44.
        ("Why?", 3, [1 / 2.44, 0.8 / 2.44, 0.64 / 2.44]),
    ],
)
def test_earlier_questions_weigh_less_the_longer_the_question_and_the_older_they_are(
    question, count, expected
):
    """The questions point back; those that do not keep a share of it."""
    assert history_weights(f"and {question}", count) == pytest.approx(expected)
    alone = [weight * SELF_CONTAINED_SHARE for weight in expected]
    assert history_weights(question, count) == pytest.approx(alone)


@pytest.mark.parametrize(
    ("question", "leans"),
    [
        ("and for graphs?", True),
        ("does it help?", True),
        ("is that the same model", True),
        ("What about cost?", True),
        ("what is a sheaf Laplacian", False),
        ("which papers prune networks?", False),
    ],
)
def test_a_question_that_points_back_leans_more_on_the_conversation(question, leans):
    (weight,) = history_weights(question, 1)
    assert (weight > SELF_CONTAINED_SHARE) is leans


QUESTIONS = st.lists(
    st.sampled_from(["what", "is", "the", "nets", "trees", "hum", "50", "网络"]), max_size=30
).map(" ".join)


@settings(max_examples=100, deadline=None)
@given(QUESTIONS, st.integers(1, 6))
def test_the_whole_conversation_never_outweighs_the_question(question, count):
    weights = history_weights(question, count)
    assert len(weights) == count
    assert all(weight > 0 for weight in weights)
    assert all(later > earlier for later, earlier in pairwise(weights))
    assert 0.5 * SELF_CONTAINED_SHARE - 1e-9 <= sum(weights) <= 1 + 1e-9


@settings(max_examples=100, deadline=None)
@given(QUESTIONS, st.integers(1, 6))
def test_a_longer_question_leans_no_more_on_the_conversation(question, count):
    longer = sum(history_weights(f"{question} pruning moths", count))
    shorter = sum(history_weights(f"{question} pruning", count))
    assert longer <= shorter + 1e-9


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_content_words_are_words_of_the_text_in_its_order(text):
    words = content_words(text)
    place = 0
    for word in words:
        place = text.lower().index(word, place) + len(word)
    assert content_words(" ".join(words)) == words
