"""What a model says of the papers as a whole is understood in many words, and findings are not."""

from __future__ import annotations

import pytest

from rag.answering.stances import declines, split_disagreement


@pytest.mark.parametrize(
    "text",
    [
        "The papers do not answer this question.",
        "The excerpts don't mention how many GPUs were used [1].",
        "None of the papers tells what it costs.",
        "No paper reports the cost of training.",
        "The number of GPUs is not specified.",
        "There is no information about the price.",
        "The provided information cannot be answered from.".replace("information", "question"),
        "I could not find the answer in the papers.",
        "NOT FOUND [1]",
    ],
)
def test_that_the_papers_do_not_tell_is_understood(text):
    assert declines(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The model does not need retraining [1].",
        "Dropout is not used [2].",
        "The method does not describe noise well [1].",
        "It does not provide labels to the model [1].",
        "The papers do not give the size, but they report 8 layers [1].",
        "Networks learn [1]. The papers do not say why.",
        "There is no gain without noise [1].",
    ],
)
def test_a_finding_is_no_refusal(text):
    assert not declines(text)


def test_a_disagreement_is_told_from_what_follows():
    said, rest = split_disagreement("The two studies contradict each other. Dams hold [1].")
    assert (said, rest) == (True, "Dams hold [1].")


@pytest.mark.parametrize("text", ["Dams hold [1].", "The results differ by 5 % [1]. So.", ""])
def test_a_finding_is_no_disagreement(text):
    assert split_disagreement(text) == (False, text)
