"""Tokens made in the settings: what programs do by them at a real server, and when they end."""

from __future__ import annotations

import re

import httpx
import openai
import pytest

from rag.library import Library
from rag.settings import Settings
from rag.userdata.accounts import Account
from tests.support.page_server import served
from tests.ui.test_roles import PASSWORD, Person
from ui.server.access import AccessPolicy, Holder, build_access_policy
from ui.server.accounts import AccountFile, Users, put_user
from ui.server.loading import Loading
from ui.server.passwords import hash_password
from ui.server.proxy import build_trusted_proxy
from ui.settings.programs import Programs

SECRET = re.compile(r"paperchat_[\w-]{40,}")
LISTING = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ASKING = {"model": "paperchat-extractive", "messages": [{"role": "user", "content": "Cats?"}]}

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def library(tmp_path):
    settings = Settings(library=tmp_path / "library", embedder="none", llm="extractive")
    with Library.open(settings=settings) as library:
        library.ingest({"id": "cats", "title": "Cats in the Air", "abstract": "A cat bends."})
        yield library


@pytest.fixture
def kept(tmp_path):
    kept = AccountFile(tmp_path / "users")
    put_user(kept, "ada", PASSWORD)
    put_user(kept, "rob", PASSWORD, "reader")
    return kept


def make(person, name):
    """What the page shows after a token was made, and the token."""
    told = person.press("programs", "make", [], name=name)
    (secret,) = set(SECRET.findall(told)) or {None}
    return told, secret


def ask(address, secret):
    header = {"authorization": f"Bearer {secret}"} if secret else {}
    return httpx.get(f"{address}v1/models", headers=header)


def test_a_user_makes_a_token_sees_it_once_and_takes_it_back(library, kept, caplog):
    caplog.set_level("INFO")
    with served(library, AccessPolicy(users=Users(kept=kept))) as address:
        assert "made in the page's Settings" in ask(address, None).json()["error"]["message"]
        ada, rob = Person(address, "ada"), Person(address, "rob")
        told, secret = make(ada, "notebook <1>")
        assert "not shown again" in told
        assert "notebook &lt;1&gt;" in told
        later = ada.press("set", "select", [])
        assert "notebook" in later
        assert "not used yet" in later
        assert not SECRET.search(later)
        assert "notebook" not in rob.press("set", "select", [])
        client = openai.OpenAI(base_url=f"{address}v1", api_key=secret, max_retries=0)
        assert client.chat.completions.create(**ASKING).choices[0].message.content
        assert "last used" in ada.press("set", "select", [])
        token = {
            "authorization": f"Bearer {secret}",
            "accept": "application/json, text/event-stream",
        }
        assert "fetch" in httpx.post(f"{address}mcp", json=LISTING, headers=token, timeout=60).text
        (number,) = re.findall(r'data-token=\\"(\d+)', later)
        assert "revoked already" in rob.press("programs", "revoke", [], token=number)
        assert ask(address, secret).status_code == 200
        ada.press("programs", "revoke", [], token=number)
        assert ask(address, secret).status_code == 401
        assert httpx.post(f"{address}mcp", json=LISTING, headers=token).status_code == 401
    assert secret not in caplog.text


@pytest.mark.parametrize("end", ["account", "password", "comes again"])
def test_a_token_ends_with_the_account_and_with_the_password(library, kept, end):
    clock = [0.0]
    users = Users(kept=kept, clock=lambda: clock[0])
    with served(library, AccessPolicy(users=users)) as address:
        _, secret = make(Person(address, "ada"), "laptop")
        assert ask(address, secret).status_code == 200
        if end != "password":
            kept.remove("ada")
        if end != "account":
            put_user(kept, "ada", PASSWORD)
        clock[0] += 2
        assert ask(address, secret).status_code == 401


def test_all_tokens_of_a_user_and_the_page_are_held_to_one_rate(library, kept):
    access = AccessPolicy(users=Users(kept=kept), rate_limit=2)
    with served(library, access) as address:
        rob = Person(address, "rob")
        secrets = [make(rob, name)[1] for name in ("one", "two")]
        asked = [
            httpx.post(
                f"{address}v1/chat/completions",
                json=ASKING,
                headers={"authorization": f"Bearer {secret}"},
            ).status_code
            for secret in (*secrets, secrets[0])
        ]
    assert asked == [200, 200, 429]


def test_wrong_tokens_shut_the_door_as_wrong_passwords_do(library, kept):
    with served(library, AccessPolicy(users=Users(kept=kept))) as address:
        told = [ask(address, f"paperchat_{'x' * 43}").status_code for _ in range(6)]
    assert told == [401] * 5 + [429]


def test_a_page_of_this_machine_has_tokens_beside_those_that_are_set(library):
    programs = Programs(Loading.of(library, AccessPolicy(tokens=frozenset({"x" * 20}))))
    (secret,) = set(SECRET.findall(programs.make(None, "mine")))
    with served(library, AccessPolicy(tokens=frozenset({"x" * 20}))) as address:
        assert ask(address, None).status_code == 401
        assert ask(address, secret).status_code == 200
        assert ask(address, "x" * 20).status_code == 200


@pytest.mark.parametrize(
    "access",
    [
        AccessPolicy(host="0.0.0.0", tokens=frozenset({"x" * 20})),
        AccessPolicy(users=Users([Account("ada", "scrypt$1")])),
    ],
    ids=["open to strangers", "wants a password now"],
)
def test_a_token_of_nobody_opens_no_page_but_that_of_this_machine(library, access):
    secret = library.program_tokens.make("", "mine").secret
    loading = Loading.of(library, access)
    token = library.program_tokens.find(secret)
    assert AccessPolicy().admits(token)
    assert not access.admits(token)
    assert "mine" not in Programs(loading).show(None)
    assert not SECRET.search(Programs(loading).make(None, "another"))


def test_who_a_proxy_signs_in_has_tokens_where_there_is_an_account(library):
    users = Users([Account("ada", hash_password(PASSWORD))])
    proxy = build_trusted_proxy("X-User", ["127.0.0.1"])
    programs = Programs(Loading.of(library, AccessPolicy(users=users, proxy=proxy)))
    assert SECRET.search(programs.make("ada", "laptop"))
    assert "users add" in programs.show("eve")
    assert not SECRET.search(programs.make("eve", "laptop"))


def test_a_password_of_the_command_line_keeps_its_tokens_over_a_restart():
    first, again = (
        build_access_policy(host="127.0.0.1", auth=("ada", PASSWORD)).holder("ada")
        for _ in range(2)
    )
    other = build_access_policy(host="127.0.0.1", auth=("ada", PASSWORD + "2")).holder("ada")
    assert first == again != other
    assert first != Holder("ada")


def test_before_the_library_is_there_the_settings_say_so():
    assert "not ready" in Programs(Loading()).show(None)
    assert "not ready" in Programs(Loading()).make(None, "laptop")
