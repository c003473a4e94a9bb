"""Receipts: what an answer was made with, without anything private, and the same answer again."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from rag.errors import SourceError
from rag.provenance import prompt_hashes, public_settings
from rag.receipts import answer_differences, differences, make_receipt, read_receipt, replay
from rag.settings import Settings
from rag.types import Filters, Message, Paper

QUESTION = "How well do drones count moss?"
PLANTED = "planted-secret-93"


def planted():
    """Settings in which everything that is private holds the same word."""
    planted: dict[str, object] = {}
    for name, field in Settings.model_fields.items():
        text = f"https://{PLANTED}@a.example/v1" if name.endswith("_url") else PLANTED
        if "SecretStr" in str(field.annotation):
            planted[name] = SecretStr(text)
        elif name.endswith("_url"):
            planted[name] = text
    folders = {name: f"/home/{PLANTED}/{name}" for name in ("library", "cache")}
    return Settings(**planted, **folders, contact=f"{PLANTED}@a.example")


def test_a_receipt_is_read_as_it_was_written_and_says_how_the_answer_came_about(invented):
    answer = invented.ask(QUESTION)
    receipt = make_receipt(invented, answer)
    assert read_receipt(receipt.model_dump_json(), "r.json") == receipt
    assert receipt.revision == invented.revision
    assert receipt.text == answer.text
    assert [each.quote for each in receipt.citations] == [each.quote for each in answer.citations]
    assert [each.paper_id for each in receipt.hits] == [h.paper.paper_id for h in answer.hits]
    assert receipt.settings["top_k"] == "6"
    assert {"answer_system", "tools/ask"} <= set(receipt.prompts)
    assert receipt.versions["paperchat"]


def test_the_same_library_gives_the_same_answer_again(invented):
    history = [Message("user", "What makes sourdough rise?"), Message("assistant", "Yeast [1].")]
    filters = Filters(paper_ids=("bread",))
    answer = invented.ask("and what slows it down?", history, filters)
    then = make_receipt(invented, answer, history, filters)
    now = replay(invented, read_receipt(then.model_dump_json(), "r.json"))
    assert differences(then, now) == []
    assert answer_differences(then, now) == []


def test_what_differs_is_told_apart_from_what_it_was_made_with(invented):
    then = make_receipt(invented, invented.ask(QUESTION))
    changed = invented.with_settings(invented.settings.model_copy(update={"top_k": 2}))
    heron = Paper("heron", "Drones Count Herons", "Drones count herons and moss to 3 %.")
    invented.ingest([heron])
    try:
        now = replay(changed, then)
    finally:
        invented.remove("heron")
    made_with = differences(then, now)
    assert "papers: 4 then, 5 now" in made_with
    assert "settings: top_k: '6' then, '2' now" in made_with
    assert any(line.startswith("found: ") for line in answer_differences(then, now))


def test_no_key_address_folder_or_person_is_in_a_receipt(invented):
    library = invented.with_settings(planted(), "extractive")
    receipt = make_receipt(library, library.ask(QUESTION))
    assert PLANTED not in receipt.model_dump_json()
    assert str(invented.folder) not in receipt.model_dump_json()
    shown = public_settings(planted())
    assert {"llm", "top_k", "verify"} <= set(shown)
    assert not [name for name in shown if name.endswith(("_url", "_key"))]
    assert "api_tokens" not in shown


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"kind": "invoice"}'])
def test_what_is_no_receipt_is_said_to_be_none(text):
    with pytest.raises(SourceError, match=r"'bill\.json' is no receipt"):
        read_receipt(text, "bill.json")


def test_prompts_in_folders_are_hashed_too():
    assert all(len(each) == 12 for each in prompt_hashes().values())
