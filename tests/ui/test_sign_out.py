"""Sessions end at every process of a group, over real sockets and a real PostgreSQL."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from rag.errors import LibraryUnavailableError
from rag.library import Library
from rag.settings import Settings
from rag.store.postgres import PostgresDatabase
from rag.userdata.accounts import AccountTable
from rag.userdata.sign_outs import SignOutTable
from tests.support.page_server import client, served
from tests.support.person import PASSWORD
from ui.server import passwords
from ui.server.access import build_access_policy
from ui.server.accounts import Users, put_user

ANOTHER = "quite another one"

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def databases(postgres):
    """Of two processes."""
    url = postgres.new_database()
    both = [PostgresDatabase(url) for _ in range(2)]
    yield both
    for each in both:
        each.close()


@pytest.fixture
def library(tmp_path):
    settings = Settings(library=tmp_path / "library", embedder="none", llm="extractive")
    with Library.open(settings=settings) as library:
        yield library


@pytest.fixture(params=["the database", "a file", "an option"])
def addresses(request, databases, library, tmp_path, monkeypatch):
    """Of two pages that look at each request who is still signed in."""
    monkeypatch.setattr("ui.server.accounts.FRESH_S", 0.0)
    options = {}
    if request.param == "a file":
        options = {"auth_file": tmp_path / "users"}
        (tmp_path / "users").write_text(f"ada:{passwords.hash_password(PASSWORD)}\n")
    elif request.param == "an option":
        options = {"auth": ("ada", PASSWORD)}
    else:
        put_user(AccountTable(databases[0]), "ada", PASSWORD)
        put_user(AccountTable(databases[0]), "bob", PASSWORD)
    policies = [
        build_access_policy(host="127.0.0.1", database=each, **options) for each in databases
    ]
    with ExitStack() as stack:
        yield [stack.enter_context(served(library, each)) for each in policies]


def sign_in(visitor, address, name="ada", password=PASSWORD):
    data = {"username": name, "password": password}
    assert visitor.post(f"{address}login", data=data).status_code == 200
    assert is_in(visitor, address)


def is_in(visitor, address):
    return visitor.get(f"{address}config").status_code == 200


def test_who_signs_out_at_one_process_is_signed_out_of_all(addresses):
    here, there = addresses
    with client() as one, client() as other:
        for _ in range(3):  # who signs in again at once stays in
            sign_in(one, here)
            sign_in(other, there)
            assert one.get(f"{here}logout").status_code == 302
            assert not is_in(one, here)
            assert not is_in(other, there)


@pytest.mark.parametrize("addresses", ["the database"], indirect=True)
def test_nobody_elses_sessions_end_with_ones_own(addresses):
    here, there = addresses
    with client() as ada, client() as bob, client() as nobody:
        sign_in(ada, here)
        sign_in(bob, there, "bob")
        nobody.get(f"{here}logout")
        assert is_in(ada, here)
        ada.get(f"{here}logout")
        assert is_in(bob, there)


@pytest.mark.parametrize("addresses", ["the database"], indirect=True)
def test_a_new_password_ends_the_sessions_of_all_processes(addresses, databases):
    here, there = addresses
    with client() as one, client() as other:
        sign_in(one, here)
        sign_in(other, there)
        put_user(AccountTable(databases[0]), "ada", ANOTHER)
        assert not is_in(one, here)
        assert not is_in(other, there)
        sign_in(other, there, password=ANOTHER)


def test_sign_outs_are_counted_for_each_user(databases):
    here, there = map(SignOutTable, databases)
    assert there.all() == {}
    for name in ("ada", "bob", "ada"):
        here.add(name)
    assert there.all() == {"ada": 2, "bob": 1}


def test_a_database_that_is_away_keeps_nobody_signed_in_here(caplog):
    class Away:
        def all(self):
            return {}

        def add(self, _name):
            raise LibraryUnavailableError("It is away.")

    Users(sign_outs=Away()).sign_out("ada")
    assert "other processes do not know who signed out: It is away." in caplog.text
