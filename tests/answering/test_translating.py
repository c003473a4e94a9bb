"""Questions in other languages: translated by a model, or declined in their language."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.translating import are_alike
from tests.support.endpoint_papers import BEAVERS, CLAIM, own_sentence, shape

QUESTION = "Wie wählen Biber den Ort für einen Damm?"
ENGLISH = "How do beavers choose where a dam is built?"
INTO_ENGLISH = "You translate questions"
OUT_OF_ENGLISH = "You translate sentences"
WRITTEN = f"{own_sentence(BEAVERS)} [1]."
GERMAN = "Biber wählen den Ort eines Dammes nach dem Klang fließenden Wassers."


@pytest.fixture
def translates(endpoint):
    def script(question=ENGLISH, sentences=(GERMAN,)):
        endpoint.when(INTO_ENGLISH, question)
        endpoint.when(OUT_OF_ENGLISH, json.dumps({"sentences": list(sentences)}))
        endpoint.reply(WRITTEN)
        return endpoint

    return script


def test_a_question_is_searched_for_in_english_and_answered_in_its_language(ask, translates):
    endpoint = translates()
    answer = ask(QUESTION)
    assert (answer.question, answer.status) == (QUESTION, "answered")
    assert shape(answer) == [(GERMAN, [1])]
    (citation,) = answer.citations
    assert (citation.paper, citation.quote) == (BEAVERS, f"{own_sentence(BEAVERS)}.")
    assert "Translated from the English sentences" in answer.notice
    assert len(endpoint.requests) == 3
    assert answer.usage.prompt_tokens == 3 * 11


@pytest.mark.parametrize(
    "sentences", [(), (GERMAN, GERMAN), ("",), ("Biber wählen den Ort in 7 Nächten.",)]
)
def test_a_translation_that_says_other_things_is_not_shown(ask, translates, sentences):
    translates(sentences=sentences)
    answer = ask(QUESTION)
    assert shape(answer) == [(f"{own_sentence(BEAVERS)}.", [1])]
    assert "could not be translated" in answer.notice


@pytest.mark.parametrize("reply", ["", "Das weiß ich nicht, und es ist eine Frage.", "？？"])
def test_a_question_that_is_not_translated_is_declined_in_its_language(ask, translates, reply):
    translates(question=reply)
    answer = ask(QUESTION)
    assert (answer.status, answer.reason) == ("abstained", "another_language")
    assert answer.text.startswith("Ich kann bisher nur auf Englisch suchen.")


def test_an_english_question_is_not_translated(ask, translates):
    endpoint = translates()
    assert shape(ask(ENGLISH)) == [(f"{own_sentence(BEAVERS)}.", [1])]
    assert len(endpoint.requests) == 1


def test_without_a_model_the_refusal_says_what_helps(beavers):
    answer = beavers.ask(QUESTION)
    assert answer.reason == "another_language"
    assert "Sprachmodell" in answer.text
    assert "set a language model" in answer.text


@given(st.lists(st.text(min_size=1).filter(str.strip), max_size=4))
def test_sentences_are_like_themselves_and_not_like_fewer(texts):
    assert are_alike(texts, texts)
    assert not are_alike([*texts, CLAIM], texts)
