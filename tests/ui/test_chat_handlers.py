"""A conversation between the page and the library, as functions: pace, stop, limits, keeping."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.library import Library
from rag.settings import Settings
from rag.types import EXTRACTIVE, NO_FILTERS, Answer, Filters, PaperTable
from rag.userdata.excerpts import Excerpt
from tests.support.html import Seen
from ui.chat import handlers, storage
from ui.chat.bars import (
    Choices,
    Listed,
    conversation_list,
    day_group,
    filter_bar,
    found_list,
    queue_html,
    welcome_html,
)
from ui.chat.handlers import Chat, PageState
from ui.chat.question import Asked, Tabled
from ui.chat.render import (
    Place,
    Rated,
    filter_labels,
    is_finished,
    stage_line,
    turn_html,
    understood_html,
)
from ui.chat.views import Views
from ui.server.visitors import owner_of
from ui.settings.session import SessionSettings, answered_otherwise, ways_to_ask_again

CATS = {"title": "How Cats Turn", "abstract": "A falling cat turns and lands on its feet."}
FALLS = {
    "title": "A Model of Falling Cats and of Dogs",
    "abstract": "We propose a model of falling cats and of dogs. " * 5,
}
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


def asked(library, question=QUESTION, chat=None, **others):
    """The conversation after a question, kept."""
    task = Asked(question, library, library, **others)
    begun = task.begin(chat or Chat(OWNER, uuid.uuid4().hex))
    *_, chat = task.states(begun)
    return task.keep(chat)


# --- pace and stop


def test_a_session_keeps_the_papers_that_were_found_but_not_their_passages(library):
    answer = asked(library).turns[-1]
    assert answer.hits
    assert all(hit.paper.abstract and hit.passages == () for hit in answer.hits)


def test_what_is_there_of_a_stopped_answer_is_kept_and_says_so():
    chat = handlers.stopped(Chat(turns=(draft("Cats tu"),)))
    assert (chat.turns[0].text, chat.turns[0].status) == ("Cats tu", "stopped")
    assert "Stopped" in chat.turns[0].notice
    assert handlers.stopped(chat) == chat
    assert handlers.stopped(Chat()) == Chat()
    assert handlers.stopped(Chat(turns=(draft(""),))).turns[0].notice == handlers.STOPPED_EARLY
    failed = handlers.stopped(Chat(turns=(draft(""),)), "No room on the disk.")
    assert failed.turns[0].notice == "No room on the disk."


def test_a_stopped_answer_is_kept_as_one(library):
    chat = asked(library)
    chat = storage.with_question(library, chat, QUESTION)
    stopped = handlers.stopped(replace(chat, turns=(*chat.turns[:-1], draft("Cats turn. They"))))
    kept = storage.settled(library, stopped)
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


@pytest.mark.parametrize("question", ["Hello!", QUESTION, "Who won the cup in 1954?"])
def test_every_finished_answer_says_what_could_be_asked_next(library, question):
    library.ingest([FALLS])
    chat = asked(library, question)
    views = Views(library, library, None)
    assert 'data-do="ask"' in views.turn(chat, 1)
    on_its_way = replace(chat, turns=(draft(""),))
    assert 'data-do="ask"' not in views.turn(on_its_way, 1)
    earlier = replace(chat, turns=(*chat.turns, draft("")))
    assert 'data-do="ask"' not in views.turn(earlier, 1)


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
        ({"collection": "Rivers", "tag": "dams"}, Filters(collections=("Rivers",), tags=("dams",))),
    ],
)
def test_what_is_typed_becomes_a_limit_or_nothing(typed, filters):
    assert handlers.with_filter(NO_FILTERS, **typed) == filters


def test_undated_papers_are_included_and_taken_out_again_by_a_click():
    included = handlers.without(Filters(2020), "dated")
    assert included == Filters(2020, undated=True)
    assert ("undated", "or undated") in filter_labels(included)
    assert handlers.without(included, "undated") == Filters(2020)
    assert handlers.without(included, "years") == NO_FILTERS


def test_an_answer_of_some_years_offers_the_undated_papers():
    dated, either = (
        replace(final(), filters=Filters(2020)),
        replace(final(), filters=Filters(2020, undated=True)),
    )
    assert 'data-filter="dated"' in understood_html(dated, 1)
    assert 'data-filter="dated"' not in understood_html(either, 1)
    assert 'data-filter="dated"' not in understood_html(final(), 1)


def test_an_answer_under_a_limit_names_it(library):
    *_, chat = handlers.respond(library, QUESTION, Chat(filters=Filters(since=2030)))
    assert chat.turns[0].status == "abstained"
    assert chat.turns[0].filters == Filters(since=2030)


@pytest.mark.parametrize("hostile", ["<img src=x onerror=alert(1)>", "\" onclick='x' a=\""])
def test_names_and_titles_around_the_chat_are_harmless(hostile):
    one = (hostile,)
    limited = Filters(authors=one, sources=one, collections=one, tags=one)
    choices = Choices((2020,), one, one, one, one)
    for markup in (
        filter_bar(limited, choices),
        conversation_list([Listed(hostile, hostile)], Listed(hostile, hostile)),
        found_list([Listed(hostile, hostile, Excerpt(hostile, hostile, hostile))]),
        queue_html([hostile]),
        welcome_html(3, [hostile]),
    ):
        assert "<img" not in markup
        assert " onclick='" not in markup


NOW = datetime(2026, 3, 10, 0, 30, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("at", "heading"),
    [
        ("2026-03-09T22:10:00Z", "Today"),  # ten past midnight here
        ("2026-03-09T21:50:00Z", "Yesterday"),
        ("2026-03-03T12:00:00.123456Z", "Last 7 days"),
        ("2026-02-10T12:00:00Z", "Last 30 days"),
        ("2025-03-10T12:00:00Z", "Earlier"),
        ("2026-03-11T12:00:00Z", "Today"),  # of a clock that goes wrong
        ("", ""),
    ],
)
def test_conversations_are_listed_under_the_days_of_the_reader(at, heading):
    assert day_group(at, NOW) == heading


def test_days_are_headings_above_their_conversations():
    listed = [
        Listed("1", "Cats", updated_at="2026-03-09T22:10:00Z"),
        Listed("2", "Dogs", updated_at="2026-03-09T22:05:00Z"),
        Listed("3", "Hens", updated_at="2026-03-01T22:05:00Z"),
    ]
    seen = Seen(conversation_list(listed, now=NOW))
    assert seen.tags.count("h3") == 2
    pinned = [replace(listed[2], is_pinned=True), *listed[:2]]
    seen = Seen(conversation_list(pinned, now=NOW))
    assert seen.text.startswith("PinnedHens")
    assert seen.values("data-on") == ["", "yes", "yes"]


def test_only_chosen_papers_are_asked_and_a_chip_takes_the_limit_away(library):
    (paper,) = library.papers()
    chat = Chat(OWNER, uuid.uuid4().hex, filters=Filters(paper_ids=("gone",)))
    assert asked(library, chat=chat, limits=chat.filters).turns[0].status == "abstained"
    assert dict(filter_labels(Filters(paper_ids=(paper.paper_id,)))) == {"papers": "1 chosen paper"}
    assert handlers.without(chat.filters, "papers") == NO_FILTERS
    assert handlers.with_filter(chat.filters, tag="fur").paper_ids == ("gone",)


@pytest.mark.parametrize(
    ("told", "ids"),
    [('["a", 1, "b"]', ("a", "b")), ("[", ()), ("{}", ()), (None, ()), ("[" * 9999, ())],
)
def test_ids_that_a_page_sends_are_read_without_a_fault(told, ids):
    assert handlers.paper_ids_in(told) == ids


def test_a_new_conversation_can_be_about_papers_a_collection_or_a_tag():
    told = {"papers": '["a"]', "collection": "Rivers", "tag": ""}
    assert handlers.scope_in(told) == Filters(paper_ids=("a",), collections=("Rivers",))
    assert handlers.scope_in({"drawn": "yes"}) == NO_FILTERS


def test_a_conversation_is_a_web_page_that_stands_alone(library):
    chat = tabled(library, [library.papers()[0].paper_id], chat=asked(library))
    file = storage.export(chat, "html", "conversation")
    seen = Seen(file["text"])
    assert file["name"].endswith(".html")
    assert {"script", "link", "img", "form"}.isdisjoint(seen.tags)
    for target in seen.values("href"):
        assert target.startswith(("#", "https://"))
    linked = {target[1:] for target in seen.values("href") if target.startswith("#")}
    assert linked <= set(seen.values("id"))
    assert QUESTION in seen.text


# --- a table of papers


def tabled(library, ids, columns=(), chat=None, **others):
    task = Tabled(ids, columns, library, library, **others)
    begun = task.begin(chat or Chat(OWNER, uuid.uuid4().hex))
    *_, chat = task.states(begun)
    return task.keep(chat)


def test_a_table_is_kept_in_its_conversation_and_a_file(library):
    (cats,) = library.papers()
    chat = tabled(library, [cats.paper_id])
    kept = storage.opened(library, OWNER, chat.conversation)
    assert kept.turns[0].question == "Table of 1 paper: problem, method, data, result"
    assert kept.turns[0].table == chat.turns[0].table
    assert storage.export(kept, "table", "turn-1")["name"].endswith(".csv")
    assert "How Cats Turn" in storage.export(kept, "table", "turn-1")["text"]


def test_a_table_takes_a_column_more_in_its_place(library):
    (cats,) = library.papers()
    chat = tabled(library, [cats.paper_id])
    chat = tabled(library, [cats.paper_id], ["Method", "Limits"], chat, replaces=True)
    assert [turn.table.columns for turn in chat.turns] == [("Method", "Limits")]


def test_a_table_on_the_page_links_its_cells_and_can_be_changed(library):
    library.ingest([FALLS])
    ids = [paper.paper_id for paper in library.papers()]
    chat = tabled(library, ids, ["Method", "<img src=x>"])
    seen = Seen(turn_html(chat.turns[0], Place(1)))
    assert "img" not in seen.tags
    assert seen.values("data-drop") == ["Method", "<img src=x>"]
    assert "#source-1-2" in seen.values("href")
    assert seen.values("class").count("empty") == 3
    assert "edit" not in seen.values("data-do")
    growing = replace(chat.turns[0], status="draft", table=PaperTable(("Method",), ()))
    seen = Seen(turn_html(growing, Place(1)))
    assert "Reading paper 1 of 2…" in seen.text
    assert "data-drop" not in dict(seen.attributes)


@pytest.mark.parametrize(
    ("style", "begins"),
    [("in-text", "(“How Cats Turn”, n.d.)"), ("apa", "How Cats Turn"), ("bibtex", "@"), ("x", "@")],
)
def test_a_reference_to_a_cited_paper_is_copied(library, style, begins):
    chat = asked(library)
    assert storage.reference(chat, 1, 1, style).startswith(begins)
    assert storage.reference(chat, 1, 9, style) == storage.reference(chat, 7, 1, style) == ""


# --- asking again in another way


@pytest.mark.parametrize(
    ("settings", "ways"),
    [
        (SessionSettings(top_k=6), {"more": "With up to 12 papers", "thorough": "Thoroughly"}),
        (SessionSettings(top_k=20), {"thorough": "Thoroughly"}),
        (SessionSettings(top_k=20, depth="thorough"), {"quick": "Quickly"}),
        (
            SessionSettings("model", "m", has_worked=True, top_k=20),
            {"thorough": "Thoroughly", "extractive": "With the papers' own sentences"},
        ),
        (
            SessionSettings("extractive", "m", has_worked=True, top_k=20),
            {"thorough": "Thoroughly", "model": "By m"},
        ),
    ],
)
def test_asking_again_offers_what_can_differ(settings, ways):
    assert dict(ways_to_ask_again(settings, "m")) == ways
    for how in ways:
        assert answered_otherwise(settings, how) != settings
    place = Place(1, otherwise=tuple(ways.items()))
    assert Seen(turn_html(final(), place)).values("data-how") == list(ways)


def test_asking_again_in_no_way_changes_nothing():
    settings = SessionSettings(model="m")
    assert answered_otherwise(settings, "") == answered_otherwise(settings, "model") == settings


# --- what is kept


def test_a_search_finds_what_was_answered_to_its_owner_alone(library):
    kept = asked(library).conversation
    (found,) = storage.found(library, OWNER, "FALLING")
    assert (found.conversation, found.title) == (kept, QUESTION)
    assert found.excerpt.match == "falling"
    assert "<mark>falling</mark>" in found_list([found])
    assert storage.found(library, OWNER, QUESTION)[0].excerpt is None
    assert storage.found(library, OWNER, " ") == []
    for stranger in ("", "somebody else"):
        assert storage.found(library, stranger, "falling") == []
    assert "No conversation" in found_list([])


def test_a_kept_conversation_is_found_by_another_server(library):
    chat = asked(library)
    assert storage.opened(library, OWNER, chat.conversation).turns == chat.turns


@pytest.mark.parametrize("owner", ["", "ann", "../x", OWNER.upper() + "x", OWNER[:-1]])
def test_a_browser_cannot_pass_for_a_user(library, owner):
    library.conversations.create("ann", "Secrets")
    assert owner_of({"owner": owner}) == ""
    assert owner_of({"owner": owner}, "ann") == "ann"
    assert storage.listed(library, "") == []


def test_a_conversation_of_somebody_else_is_empty_and_is_asked_under_another_id(library):
    theirs = asked(library).conversation
    opened = storage.opened(library, "6f" * 16, theirs)
    assert opened.turns == ()
    assert opened.conversation != theirs
    assert storage.opened(library, "6f" * 16, "ab" * 16).conversation == "ab" * 16
    assert storage.conversation_of({"conversation": "../x"}) == ""


def test_without_an_owner_nothing_is_kept(library):
    chat = asked(library, chat=Chat("", "c"))
    assert (chat.turns[0].status, chat.keys) == ("answered", ())
    assert storage.opened(library, "", "c").turns == ()


def test_a_question_is_kept_before_its_answer_and_shows_that_it_was_interrupted(library):
    task = Asked(QUESTION, library, library)
    begun = task.begin(Chat(OWNER, "c1"))
    assert begun.turns[-1].status == "draft"
    (left,) = storage.opened(library, OWNER, "c1").turns  # as after a crash
    assert (left.question, left.status, left.notice) == (QUESTION, "stopped", handlers.INTERRUPTED)
    shown = turn_html(left, Place(1))
    assert "This answer was interrupted." in shown
    assert re.search(r'<button[^>]* data-do="again"[^>]*>Ask again</button>', shown)
    assert storage.listed(library, OWNER)[0].title == QUESTION
    *_, chat = task.states(begun)
    task.keep(chat)
    (answer,) = storage.opened(library, OWNER, "c1").turns
    assert answer.status == "answered"


def test_what_is_asked_again_takes_the_place_of_the_answer_when_it_is_there(library):
    chat = asked(library)
    task = Asked("And kittens?", library, library, replaces=True)
    begun = task.begin(chat)
    assert [answer.status for answer in begun.turns] == ["draft"]
    assert storage.opened(library, OWNER, chat.conversation).turns == chat.turns
    *_, now = task.states(begun)
    again = task.keep(now)
    assert [answer.question for answer in again.turns] == ["And kittens?"]
    assert again.keys == chat.keys


def test_what_is_asked_again_and_stopped_early_leaves_the_answer_before(library):
    chat = asked(library)
    task = Asked(QUESTION, library, library, replaces=True)
    assert task.keep(handlers.stopped(task.begin(chat))).turns == chat.turns


def test_an_edited_question_begins_a_branch_and_the_old_conversation_stays(library):
    chat = asked(library, "And dogs?", asked(library))
    branch = asked(library, "And kittens?", storage.branched(library, chat, 2, "And kittens?"))
    assert [answer.question for answer in branch.turns] == [QUESTION, "And kittens?"]
    assert storage.opened(library, OWNER, chat.conversation).turns == chat.turns
    titles = [each.title for each in storage.listed(library, OWNER)]
    assert titles == ["And kittens?", QUESTION]


def test_a_page_keeps_its_limits_from_one_conversation_to_the_next_and_nothing_else():
    chat = Chat(OWNER, "a", (final(), final()), Filters(since=2020), shown=1, editing=2)
    page = PageState.of(chat)
    assert page.applied(replace(chat, filters=NO_FILTERS, shown=0, editing=0)) == chat
    assert page.applied(Chat(OWNER, "b")) == Chat(OWNER, "b", filters=Filters(since=2020))
    assert page.applied(Chat(OWNER, "a")).editing == 0  # the turn is not there any more


def test_two_servers_add_to_one_conversation_without_losing_a_turn(library):
    first = asked(library)
    asked(library, "And dogs?", first)
    both = asked(library, "And kittens?", first)  # a server that has not seen the other's turn
    assert [answer.question for answer in both.turns] == [QUESTION, "And dogs?", "And kittens?"]


def test_a_deleted_conversation_can_be_brought_back(library):
    chat = asked(library)
    removed = storage.delete(library, OWNER, chat.conversation)
    assert storage.listed(library, OWNER) == []
    assert storage.opened(library, OWNER, chat.conversation).turns == ()
    storage.restore(library, OWNER, removed)
    assert storage.opened(library, OWNER, chat.conversation).turns == chat.turns
    assert storage.delete(library, OWNER, "nothing") is None


def test_a_thumb_is_kept_explained_and_taken_back(library):
    chat = storage.rate(library, asked(library), 1, "up")
    chat = storage.comment(library, chat, 1, "short")
    assert chat.ratings == {1: Rated("up", "short")}
    assert storage.opened(library, OWNER, chat.conversation).ratings == {1: Rated("up", "short")}
    assert library.feedback.ratings()[0].comment == "short"
    chat = storage.rate(library, chat, 1, "up")
    assert (chat.ratings, library.feedback.ratings()) == ({}, [])


def test_a_conversation_that_cannot_be_kept_says_so_and_goes_on(library):
    *_, chat = handlers.respond(library, QUESTION, Chat(OWNER, "c1"))
    library._index.database.close()
    (library.folder / "paperchat.sqlite").write_bytes(b"no database" * 100)
    assert storage.with_question(library, chat, "And dogs?").keys == ()
    kept = storage.settled(library, chat)
    assert kept.turns[0].text == chat.turns[0].text
    assert "not kept" in kept.turns[0].notice
    assert not kept.is_kept
    assert storage.branched(library, replace(chat, turns=()), 1, "And dogs?").keys == ()


def test_what_could_not_be_kept_before_is_kept_once_it_can_be(library):
    *_, chat = handlers.respond(library, QUESTION, Chat(OWNER, "c1"))
    chat = asked(library, "And dogs?", chat)
    assert chat.is_kept
    assert storage.opened(library, OWNER, "c1").turns == chat.turns


def test_an_answer_of_a_conversation_that_was_deleted_meanwhile_is_told_to_be_lost(library):
    task = Asked(QUESTION, library, library)
    begun = task.begin(Chat(OWNER, "c1"))
    storage.delete(library, OWNER, "c1")
    *_, chat = task.states(begun)
    assert "not there any more" in task.keep(chat).turns[0].notice


@pytest.mark.parametrize("form", ["bibtex", "ris", "csl", "markdown"])
def test_a_file_is_called_after_the_conversation(library, form):
    file = storage.export(asked(library), form, "conversation")
    assert file["name"].startswith("why-do-cats-land-on-their-feet.")
    assert "How Cats Turn" in file["text"].replace("{", "").replace("}", "")
