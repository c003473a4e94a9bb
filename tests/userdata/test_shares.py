"""Shared answers: read by whoever has the link, shared and taken back by their owner alone."""

from __future__ import annotations

import pytest

from rag.errors import UnknownConversationError
from rag.store.sqlite import FILE, SqliteDatabase
from rag.types import Answer
from rag.userdata.conversations import Conversations
from rag.userdata.shares import Shares

ANSWER = Answer("Why do kettles sing?", "Bubbles collapse.", "answered")


@pytest.fixture
def database(tmp_path):
    database = SqliteDatabase(tmp_path / FILE)
    yield database
    database.close()


@pytest.fixture
def kept(database):
    return Conversations(database)


@pytest.fixture
def shares(database):
    return Shares(database)


@pytest.fixture
def turn(kept):
    made = kept.create("ada")
    return kept.append("ada", made.conversation_id, ANSWER).turn_id


def test_a_token_opens_the_answer_as_it_is_stored(shares, turn):
    assert shares.find(shares.share("ada", turn)) == ANSWER


def test_an_answer_has_one_token_as_long_as_it_is_shared(shares, turn):
    first = shares.share("ada", turn)
    assert shares.share("ada", turn) == first
    assert shares.of([turn, "another"]) == {turn}
    assert shares.withdraw("ada", turn)
    assert shares.find(first) is None
    assert shares.of([turn]) == frozenset()
    assert shares.share("ada", turn) != first


def test_nobody_shares_or_takes_back_what_is_anothers(shares, turn):
    with pytest.raises(UnknownConversationError):
        shares.share("bob", turn)
    token = shares.share("ada", turn)
    assert not shares.withdraw("bob", turn)
    assert shares.find(token) == ANSWER


def test_an_answer_that_is_deleted_is_not_shared_any_more(shares, kept):
    made = kept.create("ada")
    token = shares.share("ada", kept.append("ada", made.conversation_id, ANSWER).turn_id)
    kept.delete("ada", made.conversation_id)
    assert shares.find(token) is None


@pytest.mark.parametrize("token", ["", "x" * 22, "%", "' OR 1=1 --"])
def test_what_is_no_token_opens_nothing(shares, turn, token):
    shares.share("ada", turn)
    assert shares.find(token) is None
