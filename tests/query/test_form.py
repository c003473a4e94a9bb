"""The form that a question asks its answer to have."""

from __future__ import annotations

import pytest

from rag.query.form import NO_FORM, Form, form_of, without_form


@pytest.mark.parametrize(
    ("question", "form", "rest"),
    [
        ("one sentence only: what is moss?", Form(1), "what is moss?"),
        ("what is moss, 2 sentences max", Form(2), "what is moss"),
        ("Describe the buoys (two sentences)", Form(2), "Describe the buoys"),
        ("in at most three sentences, what is moss?", Form(3), "what is moss?"),
        ("As bullet points: why do crabs dig?", Form(as_bullets=True), "why do crabs dig?"),
        ("why do crabs dig - bullet points please", Form(as_bullets=True), "why do crabs dig"),
        ("all papers on crabs, just the titles", Form(titles_only=True), "all papers on crabs"),
        ("explain moss in simple words", Form(plainly=True), "explain moss"),
        (
            "explain moss to me in plain English, in one sentence",
            Form(1, plainly=True),
            "explain moss to me",
        ),
        ("just the titles", Form(titles_only=True), "just the titles"),
        ("does it read one sentence at a time?", NO_FORM, "does it read one sentence at a time?"),
        ("how are two sentences compared?", NO_FORM, "how are two sentences compared?"),
        ("", NO_FORM, ""),
    ],
)
def test_the_form_is_told_from_what_is_asked(question, form, rest):
    assert (form_of(question), without_form(question)) == (form, rest)
