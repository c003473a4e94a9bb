"""Conversations and feedback: kept whole, each owner's apart, by several at once."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from eval.data.dataset import read_samples
from rag.codec import (
    answer_from_json,
    answer_to_json,
    history_from_json,
    history_to_json,
)
from rag.errors import LibraryError, UnknownConversationError
from rag.library import Library
from rag.settings import Settings
from rag.store import sqlite
from rag.store.schema import SCHEMA
from rag.store.sqlite import FILE, SqliteDatabase
from rag.text import folded, one_line, without_accents
from rag.types import (
    Answer,
    CheckedSentence,
    Citation,
    Filters,
    Hit,
    Message,
    Paper,
    Usage,
)
from rag.userdata.conversations import Conversations, title_of
from rag.userdata.excerpts import AFTER, BEFORE, MARKUP, find_excerpt
from rag.userdata.feedback import Feedback
from rag.userdata.question_set import KIND_DOWN, KIND_UP, question_set
from tests.support import ROOT

CASES = ROOT / "tests" / "cases"
KEY = "sk-secret-0123456789"
KETTLES = Paper(
    "kettles",
    "Why Kettles Sing",
    "A kettle sings because bubbles collapse. We recorded 30 kettles.",
    ("Ada Kessel",),
    "2021-03-05",
    "https://example.org/kettles",
    "Journal of Small Bubbles",
    "papers.jsonl",
)
TEAPOTS = Paper("teapots", "Teapots Drip", "A teapot drips when its spout is wet.")


def cited(paper, marker=1):
    quote = paper.abstract.partition(".")[0] + "."
    return Citation(marker, paper, quote, 0, len(quote), 0.93, "partly")


def answered(question="Why do kettles sing?", text="Bubbles collapse [1].", papers=(KETTLES,)):
    citations = tuple(cited(paper, n) for n, paper in enumerate(papers, start=1))
    hits = tuple(Hit(paper, 0.5) for paper in papers)
    return Answer(question, text, "answered", citations=citations, hits=hits)


ABSTAINED = Answer(
    "Who won?", "Nothing here.", "abstained", "not_in_library", hits=(Hit(TEAPOTS, 0.1),)
)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "library" / FILE


@pytest.fixture
def conversations(file):
    with closing(SqliteDatabase(file)) as database:
        yield Conversations(database)


@pytest.fixture
def feedback(file):
    with closing(SqliteDatabase(file)) as database:
        yield Feedback(database)


RELEASED_TABLES = """
    CREATE TABLE conversation (
        conversation_id TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        title TEXT NOT NULL,
        title_folded TEXT NOT NULL,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL
    ) STRICT;
    CREATE INDEX conversation_by_owner ON conversation (owner, updated_at);
    CREATE TABLE turn (
        turn_id TEXT PRIMARY KEY,
        conversation_id TEXT NOT NULL
            REFERENCES conversation (conversation_id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        asked_at TEXT NOT NULL,
        answer TEXT NOT NULL,
        text_folded TEXT NOT NULL,
        UNIQUE (conversation_id, number)
    ) STRICT;
    CREATE TABLE rating (
        owner TEXT NOT NULL,
        turn_id TEXT NOT NULL,
        thumb TEXT NOT NULL CHECK (thumb IN ('up', 'down')),
        comment TEXT NOT NULL,
        rated_at TEXT NOT NULL,
        answer TEXT NOT NULL,
        history TEXT NOT NULL,
        settings TEXT NOT NULL,
        revision INTEGER,
        PRIMARY KEY (owner, turn_id)
    ) STRICT;
    PRAGMA application_id = 1885433955;
    PRAGMA user_version = 1;
"""


# --- answers as JSON -----------------------------------------------------------------------------


def test_a_real_answer_comes_back_whole_with_its_passages(starter):
    answer = starter.ask("What is a modern Hopfield network?")
    assert answer.citations
    assert answer.hits[0].passages
    back = answer_from_json(answer_to_json(answer))
    assert back == answer
    (node, *_), (kept, *_) = answer.hits[0].passages, back.hits[0].passages
    assert kept == node


def test_every_field_of_an_answer_comes_back():
    answer = Answer(
        "q",
        "t [1]",
        "answered",
        reason="sources_disagree",
        citations=(cited(KETTLES), cited(TEAPOTS, 2)),
        confidence=0.5,
        mode="a-model",
        sentences=(CheckedSentence("t [1]", 0, 5, (1,), "supported", "contradicted"),),
        removed=("It flies.",),
        notice="A notice.",
        caveat="It may be none.",
        hits=(Hit(KETTLES, 0.9, (), 0.8, 7.5, 1, 2), Hit(TEAPOTS, 0.1)),
        filters=Filters(2019, None, ("Ada",), ("papers.jsonl",)),
        suggestions=("And teapots?",),
        usage=Usage(10, 20, 0.01),
        timings={"total": 1.5},
    )
    assert answer_from_json(answer_to_json(answer)) == answer


def test_a_paper_stands_once_however_often_it_is_named():
    answer = replace(answered(), citations=(cited(KETTLES), cited(KETTLES)))
    assert answer_to_json(answer).count("We recorded 30 kettles") == 1


def test_a_history_comes_back_with_its_citations():
    history = (Message("user", "q"), Message("assistant", "a [1]", (cited(KETTLES),)))
    assert history_from_json(history_to_json(history)) == history


def test_fields_of_another_version_are_passed_over_or_take_their_defaults():
    record = json.loads(answer_to_json(answered()))
    record["value"]["mood"] = "calm"
    del record["value"]["usage"]
    record["papers"][0]["colour"] = "red"
    assert answer_from_json(json.dumps(record)) == answered()


def test_an_answer_of_the_first_release_is_read_with_its_caveat_apart():
    answer = answer_from_json((CASES / "stored_answer.json").read_text("utf-8"))
    assert answer.caveat == "The library may not say this; these passages come nearest."
    assert answer.text.startswith("**WaveMix: A Resource-efficient Neural Network")
    assert answer.sentences
    assert all(answer.text[s.start : s.end] == s.text for s in answer.sentences)
    assert all(c.paper.abstract[c.start : c.end] == c.quote for c in answer.citations)
    assert [hit.paper for hit in answer.hits] == [answer.papers[0]]
    ids = [passage.passage_id for passage in answer.hits[0].passages]
    assert ids == ["t-5dd0dfb7d9fd#1", "t-5dd0dfb7d9fd#0"]


def test_a_text_in_stars_that_is_no_caveat_stays_in_the_text():
    answer = answered(text="*Bubbles* collapse.")
    for text in ("*It sings.*\n\nBubbles collapse [1].", "*x*\n\ny", "**Title**\nA quote."):
        kept = replace(answer, text=text)
        record = json.loads(answer_to_json(kept))
        del record["value"]["caveat"]
        assert answer_from_json(json.dumps(record)) == kept


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"papers": [], "value": {}}', '{"papers": [1], "value": {}}', "[" * 9999],
)
def test_what_is_no_stored_answer_is_a_value_error(text):
    with pytest.raises(ValueError):  # noqa: PT011  pydantic's, json's or ours
        answer_from_json(text)


# --- conversations -------------------------------------------------------------------------------


def test_a_conversation_outlives_its_process(file, conversations):
    made = conversations.create("ada")
    conversations.append("ada", made.conversation_id, answered())
    conversations.append("ada", made.conversation_id, ABSTAINED)
    conversations._database.close()
    turns = Conversations(SqliteDatabase(file)).load("ada", made.conversation_id)
    assert [turn.answer for turn in turns] == [answered(), ABSTAINED]
    assert [turn.question for turn in turns] == ["Why do kettles sing?", "Who won?"]
    assert all(turn.asked_at.endswith("Z") for turn in turns)
    assert len({turn.turn_id for turn in turns}) == 2


def test_it_is_called_after_its_first_question_unless_named(conversations):
    unnamed, named = conversations.create("ada"), conversations.create("ada", "Kitchen")
    assert unnamed.title == "New conversation"
    for made in (unnamed, named):
        conversations.append("ada", made.conversation_id, answered())
        conversations.append("ada", made.conversation_id, ABSTAINED)
    titles = {c.conversation_id: (c.title, c.turns) for c in conversations.of("ada")}
    assert titles == {
        unnamed.conversation_id: ("Why do kettles sing?", 2),
        named.conversation_id: ("Kitchen", 2),
    }


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("Short?", "Short?"),
        ("two\n lines\0", "two lines"),
        ("word " * 20, " ".join(["word"] * 12) + "…"),
        ("x" * 80, "x" * 59 + "…"),
        (" ", ""),
    ],
)
def test_a_title_is_cut_at_a_word(question, title):
    assert title_of(question) == title
    assert len(title) <= 60


def test_the_one_last_added_to_comes_first(conversations):
    first, second = conversations.create("ada", "first"), conversations.create("ada", "second")
    assert [c.title for c in conversations.of("ada")] == ["second", "first"]
    conversations.append("ada", first.conversation_id, answered())
    conversations.append("ada", second.conversation_id, answered())
    conversations.append("ada", first.conversation_id, answered())
    assert [c.title for c in conversations.of("ada", limit=1)] == ["first"]


def test_pinned_ones_stand_first_until_they_are_unpinned(conversations):
    first, second, third = (
        conversations.create("ann", title).conversation_id for title in ("one", "two", "three")
    )
    assert conversations.pin("ann", first)
    assert not conversations.pin("ben", second)
    assert [each.title for each in conversations.of("ann")] == ["one", "three", "two"]
    assert [each.is_pinned for each in conversations.of("ann")] == [True, False, False]
    assert conversations.pin("ann", first, is_pinned=False)
    assert [each.title for each in conversations.of("ann")] == ["three", "two", "one"]
    conversations.pin("ann", third)
    assert conversations.delete("ann", third)


def test_owners_never_see_or_change_what_is_others(conversations):
    made = conversations.create("ada")
    turn = conversations.append("ada", made.conversation_id, answered())
    key = made.conversation_id
    assert conversations.of("bo") == []
    assert conversations.search("bo", "kettles") == []
    assert conversations.load("bo", key) is None
    assert conversations.find("bo", key) is None
    assert conversations.rename("bo", key, "mine") is False
    assert conversations.delete("bo", key) is False
    assert conversations.settle("bo", turn.turn_id, ABSTAINED) is False
    with pytest.raises(UnknownConversationError, match="begin a new one"):
        conversations.create("bo", conversation_id=key)
    with pytest.raises(UnknownConversationError, match="begin a new one"):
        conversations.append("bo", key, answered())
    assert conversations.load("ada", key) == (turn,)


def test_renaming_and_deleting(conversations):
    key = conversations.create("ada").conversation_id
    conversations.append("ada", key, answered())
    assert conversations.rename("ada", key, " Singing \n kettles ")
    assert not conversations.rename("ada", key, "  ")
    assert conversations.find("ada", key).title == "Singing kettles"
    assert conversations.delete("ada", key)
    assert not conversations.delete("ada", key)
    assert conversations.load("ada", key) is None
    assert conversations.search("ada", "kettles") == []


def test_an_answer_takes_the_place_of_what_was_kept_of_its_question(conversations):
    key = conversations.create("ada").conversation_id
    asked = conversations.append("ada", key, Answer("Why do kettles sing?", "", "stopped"))
    assert conversations.search("ada", "collapse") == []
    assert conversations.settle("ada", asked.turn_id, answered())
    (turn,) = conversations.load("ada", key)
    assert (turn.turn_id, turn.answer, turn.asked_at) == (asked.turn_id, answered(), asked.asked_at)
    assert [found.conversation_id for found in conversations.search("ada", "collapse")] == [key]
    assert conversations.find("ada", key).updated_at > asked.asked_at
    assert not conversations.settle("ada", "no turn", answered())
    with pytest.raises(ValueError, match="draft"):
        conversations.settle("ada", asked.turn_id, Answer("q", "…", "draft"))


def test_a_conversation_can_be_made_under_an_id_that_is_known_before(conversations):
    made = conversations.create("ada", conversation_id="abc")
    assert made.conversation_id == "abc"
    assert conversations.is_taken("abc")
    assert not conversations.is_taken("abd")
    conversations.append("ada", "abc", answered())
    conversations.create("ada", "Other title", "abc")  # it is there already, and stays as it is
    assert conversations.find("ada", "abc").title == "Why do kettles sing?"


def test_a_draft_is_not_kept(conversations):
    key = conversations.create("ada").conversation_id
    with pytest.raises(ValueError, match="draft"):
        conversations.append("ada", key, Answer("q", "…", "draft"))


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("kettles", True),
        ("KETTLES bubbles", True),  # one in the title, one in the text
        ("collaps", True),
        ("kettles airplanes", False),
        ("100%", True),
        ("100_", False),  # a wildcard of LIKE is an ordinary sign
        ("%", True),
        ("straße", True),
        ("STRASSE", True),
        ("' OR 1=1 --", False),
        ("", True),
    ],
)
def test_searching_titles_questions_and_answers(conversations, words, is_found):
    key = conversations.create("ada").conversation_id
    text = "Bubbles collapse in 100% of them, on every Straße [1]."
    conversations.append("ada", key, answered(text=text))
    assert [c.conversation_id for c in conversations.search("ada", words)] == [key] * is_found


def str_of(excerpt):
    return f"{excerpt.before}|{excerpt.match}|{excerpt.after}"


def test_a_search_tells_the_line_of_what_a_title_lacks_and_none_of_what_it_has(conversations):
    key = conversations.create("ada").conversation_id
    conversations.append("ada", key, answered())
    conversations.append("ada", key, answered("And teapots?", "They **drip** [1] when wet."))
    found = {
        words: conversations.search("ada", words)[0].excerpt
        for words in ("kettles", "DRIP", "kettles wet", "collapse", "why sing")
    }
    told = {words: str_of(excerpt) for words, excerpt in found.items() if excerpt}
    assert told == {
        "DRIP": "They |drip| when wet.",
        "kettles wet": "They drip when |wet|.",
        "collapse": "Bubbles |collapse|.",
    }


@given(text=st.text(), words=st.lists(st.text(min_size=1), max_size=3))
@example(text="a\u00b4b \ufb01ne x\u0301", words=["fine"])
@example(text="\u0130stanbul", words=["i\u0307stanbul"])
def test_an_excerpt_is_short_and_stands_in_the_text(text, words):
    excerpt = find_excerpt(text, [folded(word) for word in words if folded(word)])
    if excerpt is None:
        return
    before, after = excerpt.before.lstrip("…"), excerpt.after.rstrip("…")
    assert before + excerpt.match + after in one_line(MARKUP.sub("", text)).replace("…", "") or (
        "…" in text
    )
    assert len(before) <= BEFORE
    assert len(after) <= AFTER
    plain = without_accents(folded(excerpt.match))
    assert any(without_accents(folded(w)) in plain for w in words) or not text.isascii()


def test_an_excerpt_is_cut_at_words_and_told_as_written():
    text = f"{'word ' * 30}the Straße of\n*Istanbul* [2]{' more' * 30}"
    excerpt = find_excerpt(text, ["strasse"])
    assert str_of(excerpt).startswith("…word word word the |Straße| of Istanbul more more")
    assert str_of(excerpt).endswith("more…")
    assert find_excerpt("x" * 500, ["x"]).match == "x"
    assert find_excerpt(text, ["zebra"]) is None


@given(question=st.text(), text=st.text(), owner=st.text(st.characters(codec="utf-8")))
@example(question="\ud800\0", text="a\u2028b", owner="")
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_and_answered_comes_back(conversations, question, text, owner):
    key = conversations.create(owner).conversation_id
    answer = Answer(question, text, "answered")
    conversations.append(owner, key, answer)
    assert conversations.load(owner, key)[0].answer == answer
    assert key in [c.conversation_id for c in conversations.search(owner, text, limit=10_000)] or (
        len(text.split()) > 16
    )


# --- several at once -----------------------------------------------------------------------------


def test_threads_lose_nothing(conversations):
    key = conversations.create("ada").conversation_id

    def work(n):
        conversations.append("ada", key, answered(f"Question {n}?"))
        return len(conversations.of("ada"))

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(work, range(40))) == {1}
    asked = {turn.question for turn in conversations.load("ada", key)}
    assert asked == {f"Question {n}?" for n in range(40)}


def test_processes_lose_nothing_from_the_first_moment(file):
    """All of them find no file, and one of them makes it."""
    code = (
        "import sys; from pathlib import Path\n"
        "from rag.types import Answer\n"
        "from rag.store.sqlite import SqliteDatabase\n"
        "from rag.userdata.conversations import Conversations\n"
        "kept = Conversations(SqliteDatabase(Path(sys.argv[1])))\n"
        "key = kept.create('ada').conversation_id\n"
        "for n in range(10): kept.append('ada', key, Answer(f'{n}?', 'x', 'answered'))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(file)], env=environment) for _ in range(3)
    ]
    assert [process.wait(timeout=120) for process in running] == [0, 0, 0]
    assert [c.turns for c in Conversations(SqliteDatabase(file)).of("ada")] == [10, 10, 10]


def test_a_reader_does_not_wait_for_a_writer(file, conversations):
    conversations.create("ada")
    writer = SqliteDatabase(file)
    read = []
    with writer.writing() as connection:
        connection.exec_driver_sql("DELETE FROM conversation")
        thread = threading.Thread(target=lambda: read.extend(conversations.of("ada")))
        thread.start()
        thread.join(timeout=10)
        assert len(read) == 1
        connection.rollback()
    writer.close()


def test_a_file_is_opened_while_another_process_writes(file, conversations, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_S", 0.0)
    conversations.create("ada")
    with (
        closing(SqliteDatabase(file)) as writer,
        closing(SqliteDatabase(file)) as opened,
        writer.writing(),
    ):
        assert len(Conversations(opened).of("ada")) == 1


def test_a_change_that_fails_half_way_changes_nothing(file, conversations):
    conversations.create("ada")
    database = SqliteDatabase(file)

    def fail():
        with database.writing() as connection:
            connection.exec_driver_sql("DELETE FROM conversation")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert len(conversations.of("ada")) == 1
    database.close()


# --- faults of the file --------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"this is no database", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_told_and_stays_as_it_is(file, conversations, content):
    file.parent.mkdir()
    file.write_bytes(content)
    for use in (lambda: conversations.create("ada"), lambda: conversations.of("ada")):
        with pytest.raises(LibraryError, match=r"paperchat\.sqlite.*(?:damaged|another program)"):
            use()
    assert file.read_bytes() == content


def test_a_file_cut_short_is_told(file, conversations):
    key = conversations.create("ada").conversation_id
    for _ in range(20):
        conversations.append("ada", key, answered(text="long " * 2000))
    conversations._database.close()
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    with pytest.raises(LibraryError, match="damaged"):
        Conversations(SqliteDatabase(file)).load("ada", key)


def test_another_programs_file_is_left_alone(file, conversations):
    file.parent.mkdir()
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE theirs (x)")
    with pytest.raises(LibraryError, match="another program"):
        conversations.create("ada")


def test_a_newer_file_is_not_touched(file, conversations):
    conversations.create("ada")
    conversations._database.close()
    newer = sqlite3.connect(file)
    newer.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    newer.close()
    with pytest.raises(LibraryError, match="a later version of paperchat"):
        Conversations(SqliteDatabase(file)).of("ada")


def test_conversations_of_the_released_code_are_read_on(file, conversations):
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as older:
        older.executescript(RELEASED_TABLES)
        older.execute("INSERT INTO conversation VALUES ('c', 'ada', 'Tea', 'tea', '1', '2')")
        older.commit()
    (kept,) = conversations.of("ada")
    assert (kept.title, kept.turns) == ("Tea", 0)
    conversations.append("ada", "c", answered())
    assert conversations.find("ada", "c").turns == 1
    with SqliteDatabase(file).reading() as connection:
        assert connection.exec_driver_sql("PRAGMA user_version").scalar() == SCHEMA


def test_a_folder_that_cannot_be_used_is_told(tmp_path):
    (tmp_path / "library").write_text("a file")
    with pytest.raises(LibraryError, match="cannot be used"):
        Conversations(SqliteDatabase(tmp_path / "library" / FILE)).of("ada")


def test_a_damaged_answer_is_told(file, conversations):
    key = conversations.create("ada").conversation_id
    conversations.append("ada", key, answered())
    with SqliteDatabase(file).writing() as connection:
        connection.exec_driver_sql("UPDATE turn SET answer = '{'")
    with pytest.raises(LibraryError, match="cannot be read again"):
        conversations.load("ada", key)


# --- feedback ------------------------------------------------------------------------------------

HISTORY = (
    Message("user", "What drips?"),
    Message("assistant", "Teapots [1].", (cited(TEAPOTS),)),
    Message("user", "Who won?"),
    Message("assistant", "Nothing here."),
)


def test_a_rating_keeps_all_that_led_to_the_answer(file, feedback):
    given_settings = Settings(
        openai_api_key=KEY, openai_base_url="http://ada:pw@127.0.0.1:1/v1", top_k=7
    )
    rating = feedback.rate(
        "ada",
        "turn-1",
        "down",
        answered(),
        comment=" Too short.\n",
        history=HISTORY,
        settings=given_settings,
        revision=3,
    )
    feedback._database.close()
    assert Feedback(SqliteDatabase(file)).ratings() == [rating]
    assert (rating.comment, rating.history, rating.revision) == ("Too short.", HISTORY, 3)
    assert (rating.settings["top_k"], rating.answer.mode) == (7, "extractive")
    kept = b"".join(path.read_bytes() for path in file.parent.iterdir())
    assert KEY.encode() not in kept
    assert b"ada:pw@" not in kept
    assert str(given_settings.cache).encode() not in kept


def test_changing_ones_mind_replaces_the_earlier_thumb(feedback):
    feedback.rate("ada", "turn-1", "down", answered(), comment="hm")
    feedback.rate("bo", "turn-1", "down", answered())
    changed = feedback.rate("ada", "turn-1", "up", answered())
    assert feedback.of("ada", ["turn-1", "turn-2", "turn-1"]) == {"turn-1": changed}
    assert len(feedback.ratings()) == 2
    assert feedback.withdraw("ada", "turn-1")
    assert not feedback.withdraw("ada", "turn-1")
    assert feedback.of("ada", ["turn-1"]) == {}
    assert [rating.owner for rating in feedback.ratings()] == ["bo"]


def test_a_rating_stays_when_its_conversation_is_deleted(conversations, feedback):
    key = conversations.create("ada").conversation_id
    turn = conversations.append("ada", key, answered())
    feedback.rate("ada", turn.turn_id, "up", turn.answer)
    conversations.delete("ada", key)
    assert [rating.answer for rating in feedback.ratings()] == [answered()]


def test_a_thumb_is_up_or_down(feedback):
    with pytest.raises(ValueError, match="'sideways'"):
        feedback.rate("ada", "t", "sideways", answered())


def samples_of(feedback, tmp_path, **options):
    path = tmp_path / "questions.jsonl"
    path.write_text(question_set(feedback.ratings(), **options), encoding="utf-8")
    return read_samples(path)


def test_what_was_rated_up_becomes_a_question_set(feedback, tmp_path):
    both = answered(text="Two [1], and one [2].", papers=(KETTLES, TEAPOTS))
    for n, answer in enumerate((answered(), both, ABSTAINED)):
        feedback.rate("ada", str(n), "up", answer)
    feedback.rate("ada", "3", "down", answered())
    samples = samples_of(feedback, tmp_path)
    assert [(s.type, s.kind) for s in samples] == [
        ("single", KIND_UP),
        ("multi", KIND_UP),
        ("unanswerable", KIND_UP),
    ]
    assert [s.turns[0].papers for s in samples] == [
        ("Why Kettles Sing",),
        ("Why Kettles Sing", "Teapots Drip"),
        (),
    ]
    assert [s.turns[0].answer for s in samples] == ["Bubbles collapse.", "Two, and one.", ""]
    assert "ada" not in (tmp_path / "questions.jsonl").read_text(encoding="utf-8")


def test_a_follow_up_comes_with_the_questions_before_it(feedback, tmp_path):
    feedback.rate("ada", "1", "up", answered("And kettles?"), history=HISTORY)
    (sample,) = samples_of(feedback, tmp_path)
    assert sample.type == "conversation"
    assert [(t.question, t.papers) for t in sample.turns] == [
        ("What drips?", ("Teapots Drip",)),  # "Who won?" cited nothing: no set can hold it
        ("And kettles?", ("Why Kettles Sing",)),
    ]


def test_what_was_rated_down_comes_to_be_edited_only_when_asked_for(feedback, tmp_path):
    feedback.rate("ada", "1", "down", answered(), comment="Wrong paper.")
    feedback.rate("ada", "2", "down", ABSTAINED)
    assert question_set(feedback.ratings()) == ""
    samples = samples_of(feedback, tmp_path, with_rated_down=True)
    assert [(s.type, s.kind) for s in samples] == [("single", KIND_DOWN)] * 2
    assert [s.turns[0].papers for s in samples] == [("Why Kettles Sing",), ("Teapots Drip",)]
    assert [s.turns[0].answer for s in samples] == ["", ""]
    record = json.loads((tmp_path / "questions.jsonl").read_text().splitlines()[0])
    assert (record["comment"], record["answer_given"]) == ("Wrong paper.", "Bubbles collapse [1].")


# --- the façade ----------------------------------------------------------------------------------


def test_a_library_keeps_conversations_and_feedback_beside_its_papers(lexical_settings, tmp_path):
    settings = lexical_settings.model_copy(update={"library": tmp_path / "kept"})
    with Library.open(settings=settings) as library:
        library.ingest([KETTLES])
        made = library.conversations.create("ada")
        answer = library.ask("Why do kettles sing?")
        turn = library.conversations.append("ada", made.conversation_id, answer)
        library.feedback.rate(
            "ada", turn.turn_id, "up", answer, settings=library.settings, revision=library.revision
        )
        assert library.conversations is library.conversations
    with Library.open(settings=settings) as library:
        assert library.conversations.load("ada", made.conversation_id)[0].answer == answer
        assert library.feedback.of("ada", [turn.turn_id])[turn.turn_id].revision == 1
        assert len(library) == 1
