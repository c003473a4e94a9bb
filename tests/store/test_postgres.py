"""A library's database on a PostgreSQL server: the same as in a file, for several processes."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest
from sqlalchemy import select

from rag.errors import ConfigurationError, LibraryError, LibraryUnavailableError
from rag.identifiers import content_hash
from rag.passages import cut_spans
from rag.store.listing import PaperList
from rag.store.papers import LibraryState, NewPaper, PaperStore
from rag.store.postgres import PostgresDatabase
from rag.store.schema import library
from rag.types import Answer, Filters, Paper
from rag.userdata.conversations import Conversations
from rag.userdata.feedback import Feedback

BEAVER = Paper("b", "Beaver Dams", "Beavers build dams.", ("Ada Ek",), "2020", tags=("Wetlands",))
OTTER = Paper("o", "Ötter Rivers", "Otters swim in rivers.", ("Bo Å",), "2021-05", "https://o.org")
WILLOW = Paper("w", "willows", "Willows grow by water.\0", collections=("Trees/Wet",))


@pytest.fixture
def url(postgres):
    return postgres.new_database()


@pytest.fixture
def database(url):
    with closing(PostgresDatabase(url)) as opened:
        yield opened


@pytest.fixture
def papers(database):
    store = PaperStore(database)
    store.create(LibraryState(None, 1, 220))
    store.put([as_new(each) for each in (BEAVER, OTTER, WILLOW)])
    return store


def as_new(paper):
    return NewPaper(paper, content_hash(paper), cut_spans(paper, 220))


def test_papers_come_back_as_they_were_written(papers):
    found = papers.papers_of(["o", "b", "none"])
    assert found == {"o": OTTER, "b": BEAVER}
    assert papers.papers_of(["w"])["w"].collections == ("Trees/Wet",)


def test_what_a_server_cannot_hold_is_left_out(papers):
    assert papers.papers_of(["w"])["w"].abstract == "Willows grow by water."


def test_each_change_is_a_revision_that_others_can_follow(papers):
    assert papers.revision() == 1
    papers.remove(["o"])
    changes = papers.changes_after(1, 100)
    assert (changes.until, dict(changes.removed), changes.written) == (2, {"o": 1}, [])


def test_the_list_is_ordered_and_filtered_as_in_a_file(papers, database):
    listing = PaperList(database)
    titles = [each.title for each in listing.browse("", "title", 0, 9).headings]
    assert titles == ["Beaver Dams", "Ötter Rivers", "willows"]
    since = listing.browse("", "year", 0, 9, filters=Filters(since=2021), is_reversed=True)
    assert [each.paper_id for each in since.headings] == ["o"]
    assert [each.paper_id for each in listing.browse("otter", "added", 0, 9).headings] == ["o"]
    assert listing.browse("", "added", 0, 9, lacking=("date",)).found == 1
    assert papers.members(["trees"], []) == ["w"]
    assert papers.members([], ["wetlands"]) == ["b"]


def test_conversations_and_ratings_are_kept_as_in_a_file(papers, database):
    talks, feedback = Conversations(database), Feedback(database)
    answer = Answer("How do beavers build?\0", "With 100% wood.", "answered")
    first, second = talks.create("ada"), talks.create("ada", "Otters")
    turn = talks.append("ada", first.conversation_id, answer)
    talks.append("ada", first.conversation_id, answer)
    assert [each.title for each in talks.of("ada")] == ["How do beavers build?", "Otters"]
    assert talks.pin("ada", second.conversation_id)
    assert talks.pin("ada", second.conversation_id)
    assert [each.is_pinned for each in talks.of("ada")] == [True, False]
    found = talks.search("ada", "100% beavers")
    assert [each.conversation_id for each in found] == [first.conversation_id]
    assert talks.search("ada", "100_") == []
    assert talks.settle("ada", turn.turn_id, answer)
    for thumb in ("up", "down"):
        feedback.rate("ada", turn.turn_id, thumb, answer)
    assert [each.thumb for each in feedback.ratings()] == ["down"]
    assert talks.delete("ada", first.conversation_id)
    assert talks.load("ada", first.conversation_id) is None


def test_turns_of_several_threads_are_all_kept_in_some_order(papers, database):
    talks = Conversations(database)
    key = talks.create("ada").conversation_id
    answer = Answer("Why?", "So.", "answered")
    work = [threading.Thread(target=talks.append, args=("ada", key, answer)) for _ in range(8)]
    for each in work:
        each.start()
    for each in work:
        each.join()
    assert len(talks.load("ada", key)) == 8


def test_one_process_at_a_time_changes_papers(database, url):
    with closing(PostgresDatabase(url)) as other:
        with database.locked(0), database.locked(0):
            with pytest.raises(TimeoutError), other.locked(0):
                pass
            with pytest.raises(TimeoutError), other.locked(0.05):
                pass
        with other.locked(0):
            pass


def test_who_lost_the_lock_by_a_restart_can_write_no_more(papers, database, postgres):
    with database.locked(1):
        postgres.restart()
        for _ in range(2):
            with pytest.raises(LibraryUnavailableError, match="do the same again"):
                papers.put([as_new(BEAVER)])
    papers.put([as_new(BEAVER)])
    assert papers.revision() == 2


def test_a_server_that_is_down_is_told_in_one_sentence_and_used_again_when_it_is_up(
    papers, postgres
):
    postgres.stop()
    with pytest.raises(LibraryUnavailableError) as told:
        papers.revision()
    assert "PostgreSQL at 127.0.0.1:" in str(told.value)
    assert "see that the server runs" in str(told.value)
    assert "\n" not in str(told.value)
    assert "?." not in str(told.value)
    postgres.start()
    assert papers.revision() == 1


@pytest.mark.parametrize(
    ("user", "database", "why"),
    [("ada", "none_such", "does not exist"), ("nobody", "postgres", "does not exist")],
)
def test_a_wrong_database_or_user_is_told_in_one_sentence(postgres, user, database, why):
    wrong = PostgresDatabase(postgres.url(database, user))
    with pytest.raises(LibraryUnavailableError, match=f"{why}.*RAG_DATABASE_URL is right"):
        PaperStore(wrong).state()


def test_a_user_without_rights_is_told_so(postgres, url):
    name = url.rpartition("/")[2]
    postgres.sql("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN")
    guest = PostgresDatabase(postgres.url(name, "guest"))
    with pytest.raises(LibraryUnavailableError, match="permission denied"):
        PaperStore(guest).state()


def test_no_password_is_told(postgres):
    url = postgres.url("none_such").replace("ada@", "ada:hush-hush@")
    with pytest.raises(LibraryError) as told:
        PaperStore(PostgresDatabase(url)).state()
    assert "hush" not in str(told.value)


def test_what_is_no_address_is_told_so():
    with pytest.raises(ConfigurationError, match="postgresql://user"):
        PostgresDatabase("my database")


def test_tables_of_a_later_version_are_left_alone(papers, url, postgres):
    postgres.sql("UPDATE paperchat.library SET schema_version = 999", url.rpartition("/")[2])
    with pytest.raises(LibraryError, match="Install that version or a later one"):
        PaperStore(PostgresDatabase(url)).state()


def test_processes_that_open_a_new_database_at_once_make_one_library(url):
    databases = [PostgresDatabase(url) for _ in range(4)]

    def make(database):
        with database.locked(30):
            store = PaperStore(database)
            made.append((store.state() or store.create(LibraryState(None, 1, 220))).library_id)

    made = []
    work = [threading.Thread(target=make, args=(each,)) for each in databases]
    for each in work:
        each.start()
    for each in work:
        each.join()
    with databases[0].reading() as connection:
        assert set(connection.execute(select(library.c.library_id)).scalars()) == set(made)
    assert len(made) == 4
    for each in databases:
        each.close()
