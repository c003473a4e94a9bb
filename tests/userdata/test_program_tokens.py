"""Tokens of programs: shown once, kept as hashes, told and taken back to their owner alone."""

from __future__ import annotations

import pytest

from rag.errors import ConfigurationError
from rag.store.sqlite import FILE, SqliteDatabase
from rag.userdata import program_tokens
from rag.userdata.program_tokens import BEGINNING, MOST_NAME, MOST_TOKENS, ProgramTokens


@pytest.fixture
def database(tmp_path):
    database = SqliteDatabase(tmp_path / FILE)
    yield database
    database.close()


@pytest.fixture
def tokens(database):
    return ProgramTokens(database)


def test_a_token_is_found_by_itself_and_stands_in_no_file(tokens, tmp_path, database):
    made = tokens.make("ada", "open-webui", "as-now")
    assert made.secret.startswith(BEGINNING)
    assert len(made.secret) > 40
    assert tokens.find(made.secret) == made.token
    assert tokens.find(made.secret[:-1]) is None
    assert made.token.name == "open-webui"
    database.close()
    kept = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert b"open-webui" in kept
    assert made.secret.encode() not in kept
    assert made.secret.removeprefix(BEGINNING).encode() not in kept


def test_nobody_lists_or_revokes_what_is_anothers(tokens):
    hers, his = tokens.make("ada", "one"), tokens.make("bob", "one")
    assert tokens.of("ada") == [hers.token]
    assert not tokens.revoke("bob", hers.token.token_id)
    assert tokens.revoke("ada", hers.token.token_id)
    assert not tokens.revoke("ada", hers.token.token_id)
    assert tokens.find(hers.secret) is None
    assert tokens.find(his.secret) == his.token


def test_a_number_is_never_used_again(tokens):
    first = tokens.make("ada", "one").token
    tokens.revoke("ada", first.token_id)
    assert tokens.make("bob", "one").token.token_id != first.token_id


def test_what_held_with_an_account_as_it_was_is_not_listed_and_then_forgotten(tokens):
    old = tokens.make("ada", "laptop", "old password")
    assert tokens.of("ada", "new password") == []
    new = tokens.make("ada", "laptop", "new password")  # the name is free again
    assert tokens.of("ada", "new password") == [new.token]
    assert tokens.find(old.secret) is None


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "has a name"),
        ("  \n ", "has a name"),
        ("x" * (MOST_NAME + 1), "at most"),
        ("a\x00b", "at most"),
        (" one ", "already"),
    ],
)
def test_a_name_that_tells_nothing_is_refused(tokens, name, why):
    tokens.make("ada", "one")
    with pytest.raises(ConfigurationError, match=why):
        tokens.make("ada", name)
    assert len(tokens.of("ada")) == 1


def test_an_owner_has_so_many_and_no_more(tokens):
    for number in range(MOST_TOKENS):
        tokens.make("ada", f"token {number}")
    with pytest.raises(ConfigurationError, match="revoke one"):
        tokens.make("ada", "one more")
    assert tokens.make("bob", "his first")


def test_the_day_of_the_last_use_is_noted_once_a_day(tokens, monkeypatch, database):
    made = tokens.make("ada", "one")
    monkeypatch.setattr(program_tokens, "now", lambda: "2026-11-28T10:00:00+00:00")
    tokens.note_use(made.token)
    (used,) = tokens.of("ada")
    assert used.used_on == "2026-11-28"
    monkeypatch.setattr(database, "writing", None)  # the same day again writes nothing
    tokens.note_use(used)
