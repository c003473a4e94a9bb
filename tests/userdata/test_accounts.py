"""Accounts of a group's page in its database: the same for all processes, at once."""

from __future__ import annotations

import pytest

from rag.cli import main
from rag.errors import ConfigurationError, LibraryUnavailableError
from rag.store.postgres import PostgresDatabase
from rag.userdata.accounts import Account, AccountTable
from rag.userdata.program_tokens import ProgramTokens
from ui.server.access import build_access_policy


@pytest.fixture
def url(postgres):
    return postgres.new_database()


@pytest.fixture
def database(url):
    opened = PostgresDatabase(url)
    yield opened
    opened.close()


def test_accounts_are_put_listed_and_removed(database):
    table = AccountTable(database)
    assert table.all() == []
    for each in (Account("bob", "h1"), Account("ada", "h2", "reader"), Account("bob", "h3")):
        table.put(each)
    assert table.all() == [Account("ada", "h2", "reader"), Account("bob", "h3")]
    assert table.remove("ada")
    assert not table.remove("ada")
    assert table.all() == [Account("bob", "h3")]


def test_the_commands_keep_the_groups_users(url, database, monkeypatch, capsys):
    monkeypatch.setenv("RAG_DATABASE_URL", url)
    monkeypatch.setattr("rag.cli.accounts._asked_password", lambda: "correct horse")
    assert main(["users", "add", "ada", "--role", "reader"]) == 0
    assert "PostgreSQL at" in capsys.readouterr().err
    assert main(["users", "list"]) == 0
    assert capsys.readouterr().out == "ada  reader\n"
    access = build_access_policy(host="0.0.0.0", database=database)
    assert access.users.admits("ada", "correct horse")


def test_the_page_takes_the_databases_accounts_where_there_are_some(database):
    with pytest.raises(ConfigurationError, match="wants a password"):
        build_access_policy(host="0.0.0.0", database=database)
    assert not build_access_policy(host="127.0.0.1", database=database).is_closed
    AccountTable(database).put(Account("ada", "h"))
    access = build_access_policy(host="0.0.0.0", database=database)
    assert access.is_closed
    AccountTable(database).remove("ada")
    access.users._read_at -= 2
    access.users.refresh()
    assert len(access.users) == 0
    assert access.is_closed  # who loses the last account does not open the page
    AccountTable(database).put(Account("ada", "h"))
    assert not build_access_policy(host="0.0.0.0", no_auth=True, database=database).is_closed


def test_a_page_whose_users_nobody_can_look_up_does_not_open():
    away = PostgresDatabase("postgresql://127.0.0.1:9/none")
    with pytest.raises(LibraryUnavailableError):
        build_access_policy(host="127.0.0.1", database=away)


def test_tokens_for_programs_are_the_groups(database):
    tokens = ProgramTokens(database)
    made = tokens.make("ada", "notebook", "as-now")
    tokens.note_use(made.token)
    (held,) = tokens.of("ada", "as-now")
    assert held.used_on
    assert tokens.find(made.secret) == held
    assert tokens.of("ada", "with another password") == []
    assert tokens.revoke("ada", held.token_id)
    assert tokens.find(made.secret) is None
