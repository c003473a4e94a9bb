"""A conversation between the page and the library, as functions: pace, stop, limits, keeping."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.library import Library
from rag.settings import Settings
from rag.types import EXTRACTIVE, NO_FILTERS, Answer, Filters
from rag.userdata.excerpts import Excerpt
from ui.chat import handlers, storage
from ui.chat.bars import Choices, Listed, conversation_list, filter_bar, found_list, welcome_html
from ui.chat.handlers import Chat
from ui.chat.render import Place, Rated, filter_labels, is_finished, stage_line, turn_html

CATS = {"title": "How Cats Turn", "abstract": "A falling cat turns and lands on its feet."}
QUESTION = "Why do cats land on their feet?"
OWNER = "5e" * 16  # as page.js makes them
FILTERS = st.builds(
    Filters,
    st.none() | st.integers(1990, 2030),
    st.none() | st.integers(1990, 2030),
    st.lists(st.text(min_size=1), max_size=2, unique=True).map(tuple),
    st.lists(st.text(min_size=1), max_size=2, unique=True).map(tuple),
)


@pytest.fixture
def library(tmp_path):
    settings = Settings(library=tmp_path / "library", embedder="none", llm=EXTRACTIVE)
    library = Library.open(settings=settings)
    library.ingest([CATS])
    return library


def draft(text, stage="writing"):
    return Answer(QUESTION, text, "draft", stage=stage)


def final(text="Cats turn."):
    return Answer(QUESTION, text, "answered")


def asked(library, question=QUESTION, chat=None):
    """The conversation after a question, kept."""
    *_, chat = handlers.respond(library, question, chat or Chat(OWNER))
    return storage.save(library, chat)


# --- pace and stop


def test_a_session_keeps_the_papers_that_were_found_but_not_their_passages(library):
    answer = asked(library).turns[-1]
    assert answer.hits
    assert all(hit.paper.abstract and hit.passages == () for hit in answer.hits)


def test_drafts_that_come_faster_than_the_eye_are_left_out_but_never_the_last():
    clock = iter(n / 1000 for n in range(10_000))  # a millisecond a look
    drafts = [draft("a" * n) for n in range(100)]
    shown = list(handlers.paced(iter([*drafts, final()]), lambda: next(clock)))
    assert 2 <= len(shown) <= 6
    assert shown[0] == drafts[0]
    assert shown[-1] == final()


def test_a_new_stage_is_shown_at_once():
    stages = [draft("", "searching"), draft("", "reading"), draft("a"), draft("ab", "checking")]
    assert list(handlers.paced(iter(stages), lambda: 1.0)) == stages


def test_a_stream_that_ends_in_a_draft_shows_it():
    assert list(handlers.paced(iter([draft("a"), draft("ab")]), lambda: 1.0))[-1] == draft("ab")


def test_what_is_there_of_a_stopped_answer_is_kept_and_says_so():
    chat = handlers.stopped(Chat(turns=(draft("Cats tu"),)))
    assert (chat.turns[0].text, chat.turns[0].status) == ("Cats tu", "stopped")
    assert "Stopped" in chat.turns[0].notice
    assert handlers.stopped(chat) == chat
    assert handlers.stopped(Chat()) == Chat()


def test_a_stopped_answer_is_kept_as_one(library):
    chat = asked(library)
    stopped = handlers.stopped(replace(chat, turns=(*chat.turns, draft("Cats turn. They"))))
    kept = storage.save(library, stopped)
    assert kept.turns == stopped.turns
    assert 'class="claim-unchecked"' in turn_html(kept.turns[-1], Place(2))


def test_a_draft_that_tells_something_is_still_a_draft():
    told = replace(draft("Cats turn.", "checking"), notice="1 sentence removed.")
    assert 'data-do="stop"' in turn_html(told, Place(1))
    assert not is_finished(told)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (draft("", "searching"), "Searching 1,436 papers…"),
        (draft("", "reading"), "Reading 0 papers…"),
        (draft("Cats turn. They land.", "checking"), "Checking 2 sentences…"),
        (draft("Cats"), "Writing…"),
    ],
)
def test_the_stage_is_told_in_words(answer, told):
    assert stage_line(answer, 1436) == told


def test_only_an_answer_on_its_way_can_be_stopped_and_only_a_finished_one_rated():
    assert 'data-do="stop"' in turn_html(draft("Cats"), Place(1))
    assert 'data-do="rate"' not in turn_html(draft("Cats"), Place(1))
    assert 'data-do="stop"' not in turn_html(final(), Place(1))
    assert 'data-do="again"' not in turn_html(final(), Place(1, is_last=False))


# --- limits


@given(FILTERS)
def test_every_limit_has_a_chip_that_takes_it_away(filters):
    names = [name for name, _ in filter_labels(filters)]
    left = filters
    for name in names:
        left = handlers.without(left, name)
    assert left == NO_FILTERS
    assert bool(names) == bool(filters)


@pytest.mark.parametrize(
    ("typed", "filters"),
    [
        ({"since": "2022"}, Filters(since=2022)),
        ({"since": "2022", "until": "2020"}, Filters(2020, 2022)),
        ({"since": "22", "until": "next"}, NO_FILTERS),
        ({"author": "  Ann A "}, Filters(authors=("Ann A",))),
        ({"source": "a.txt", "author": " "}, Filters(sources=("a.txt",))),
    ],
)
def test_what_is_typed_becomes_a_limit_or_nothing(typed, filters):
    assert handlers.with_filter(NO_FILTERS, **typed) == filters


def test_what_the_user_set_goes_before_what_the_question_says():
    given_, understood = Filters(since=2020), Filters(2022, 2024, ("Ann A",))
    assert handlers.joined(given_, understood) == Filters(2020, None, ("Ann A",))


def test_an_answer_under_a_limit_names_it(library):
    *_, chat = handlers.respond(library, QUESTION, Chat(filters=Filters(since=2030)))
    assert chat.turns[0].status == "abstained"
    assert chat.turns[0].filters == Filters(since=2030)


@pytest.mark.parametrize("hostile", ["<img src=x onerror=alert(1)>", "\" onclick='x' a=\""])
def test_names_and_titles_around_the_chat_are_harmless(hostile):
    limited = Filters(authors=(hostile,), sources=(hostile,))
    choices = Choices((2020,), (hostile,), (hostile,))
    for markup in (
        filter_bar(limited, choices),
        conversation_list([Listed(hostile, hostile)], "", removed=hostile),
        found_list([Listed(hostile, hostile, Excerpt(hostile, hostile, hostile))], ""),
        welcome_html(3, [hostile]),
    ):
        assert "<img" not in markup
        assert " onclick='" not in markup


# --- what is kept


def test_a_search_finds_what_was_answered_to_its_owner_alone(library):
    kept = asked(library).conversation
    (found,) = storage.found(library, OWNER, "FALLING")
    assert (found.conversation, found.title) == (kept, QUESTION)
    assert found.excerpt.match == "falling"
    assert "<mark>falling</mark>" in found_list([found], kept)
    assert storage.found(library, OWNER, QUESTION)[0].excerpt is None
    assert storage.found(library, OWNER, " ") == []
    for stranger in ("", "somebody else"):
        assert storage.found(library, stranger, "falling") == []
    assert "No conversation" in found_list([], "")


def test_a_kept_conversation_is_found_by_another_server(library):
    chat = asked(library)
    here = {"owner": OWNER, "conversation": chat.conversation}
    assert storage.refreshed(library, Chat(), here).turns == chat.turns


@pytest.mark.parametrize("owner", ["", "ann", "../x", OWNER.upper() + "x", OWNER[:-1]])
def test_a_browser_cannot_pass_for_a_user(library, owner):
    library.conversations.create("ann", "Secrets")
    assert storage.refreshed(library, Chat(), {"owner": owner}).owner == ""
    assert storage.listed(library, "") == []


def test_without_an_owner_nothing_is_kept(library):
    *_, chat = handlers.respond(library, QUESTION, Chat())
    assert storage.save(library, chat) == chat


def test_a_turn_that_is_asked_again_takes_the_place_of_what_came_after_it(library):
    chat = asked(library, "And dogs?", asked(library))
    again = asked(library, "And kittens?", chat.before(1))
    assert [answer.question for answer in again.turns] == ["And kittens?"]
    assert storage.opened(library, Chat(OWNER), chat.conversation).turns == again.turns


def test_two_tabs_add_to_one_conversation_without_losing_a_turn(library):
    first = asked(library)
    asked(library, "And dogs?", first)
    both = asked(library, "And kittens?", first)  # a tab that has not seen the other's turn
    assert [answer.question for answer in both.turns] == [QUESTION, "And dogs?", "And kittens?"]


def test_a_deleted_conversation_can_be_brought_back(library):
    chat = asked(library)
    removed = storage.delete(library, OWNER, chat.conversation)
    assert storage.listed(library, OWNER) == []
    assert storage.opened(library, chat, chat.conversation).turns == ()
    key = storage.restore(library, OWNER, removed)
    assert storage.opened(library, Chat(OWNER), key).turns == chat.turns
    assert storage.delete(library, OWNER, "nothing") is None


def test_a_thumb_is_kept_explained_and_taken_back(library):
    chat = storage.rate(library, asked(library), 1, "up")
    chat = storage.comment(library, chat, 1, "short")
    assert chat.ratings == {1: Rated("up", "short")}
    assert storage.opened(library, chat, chat.conversation).ratings == {1: Rated("up", "short")}
    assert library.feedback.ratings()[0].comment == "short"
    chat = storage.rate(library, chat, 1, "up")
    assert (chat.ratings, library.feedback.ratings()) == ({}, [])


def test_a_conversation_that_cannot_be_kept_says_so_and_goes_on(library):
    *_, chat = handlers.respond(library, QUESTION, Chat(OWNER))
    library._index.database.close()
    (library.folder / "paperchat.sqlite").write_bytes(b"no database" * 100)
    kept = storage.save(library, chat)
    assert kept.turns[0].text == chat.turns[0].text
    assert "not kept" in kept.turns[0].notice


@pytest.mark.parametrize("form", ["bibtex", "ris", "csl", "markdown"])
def test_a_file_is_called_after_the_conversation(library, form):
    file = storage.export(asked(library), form, "conversation")
    assert file["name"].startswith("why-do-cats-land-on-their-feet.")
    assert "How Cats Turn" in file["text"].replace("{", "").replace("}", "")
