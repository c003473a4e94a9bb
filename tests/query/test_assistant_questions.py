"""Questions for the assistant that no rule knows are told from those for papers by example."""

from __future__ import annotations

import numpy as np
import pytest

from prompts import load_prompt
from rag.query.assistant_questions import AssistantQuestions, load_examples
from rag.query.talk import small_talk
from rag.types import Message

UNRULED = [
    ("what do the little numbers behind your sentences mean", "markers"),
    ("why won't you tell me anything about that", "declining"),
    ("do you look at the plots in the papers too", "figures"),
    ("is it ok to base my diagnosis on your answers", "reliance"),
    ("how are you different from a search engine like google scholar", "others"),
    ("will you still know tomorrow what i asked today", "memory"),
]


def test_every_kind_of_example_has_its_text():
    assert all(load_prompt(f"assistant/{name}").template.strip() for name in load_examples())


@pytest.mark.parametrize(("question", "name"), UNRULED)
def test_what_no_rule_knows_is_answered_by_the_nearest_example(starter, question, name):
    assert not small_talk(question)
    answer = starter.ask(question)
    assert answer.origin == "assistant"
    assert not answer.citations
    assert answer.text == load_prompt(f"assistant/{name}").safe_substitute(papers="436 papers")


@pytest.mark.parametrize(
    "question",
    [
        "which language model does it run on",
        "what accuracy do they claim",
        "can a network remember what it was taught before",
        "do you have anything on forgetting",
        "how sure are deep networks of what they say",
    ],
)
def test_questions_for_papers_are_left_to_papers(starter, question):
    before = (Message("user", "What is WaveMix?"), Message("assistant", "WaveMix is a network."))
    assert starter.ask(question, before).origin != "assistant"


def test_a_question_that_speaks_to_nobody_must_be_nearer_to_an_example():
    texts = [text for group in load_examples().values() for text in group]
    vectors = np.eye(len(texts), dtype=np.float32)
    near = 0.75 * vectors[0]  # a cosine of 0.75 with the first example
    model = AssistantQuestions(lambda _: vectors, lambda _: near)
    assert model.find("do you rank") == next(iter(load_examples()))
    assert model.find("do networks rank") is None
