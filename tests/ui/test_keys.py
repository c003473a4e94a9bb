"""A key of one's own for a model stays one's own, over real sockets and a real endpoint."""

from __future__ import annotations

import json

import pytest

from rag.library import Library
from rag.settings import Settings
from rag.userdata.accounts import Account
from tests.support.page_server import served
from tests.support.person import PASSWORD, Person
from ui.server.access import AccessPolicy
from ui.server.accounts import Users
from ui.server.passwords import hash_password

QUESTION = "What does a falling cat do?"
MODEL = "hers-alone-7b"
KEYS = {"ada": "sk-of-ada-alone", "bob": "sk-of-bob-alone"}
TABS = {"ada": "a" * 32, "bob": "b" * 32}  # the random id that page.js makes for each tab

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def library(tmp_path):
    settings = Settings(library=tmp_path / "library", embedder="none", llm="extractive")
    with Library.open(settings=settings) as library:
        library.ingest([{"title": "Cats in the Air", "abstract": "A falling cat bends its back."}])
        yield library


@pytest.fixture
def address(library):
    hashed = hash_password(PASSWORD)
    users = Users([Account("ada", hashed), Account("bob", hashed)])
    with served(library, AccessPolicy(users=users)) as address:
        yield address


class Visitor(Person):
    """Somebody with a tab, in which they set a model and ask."""

    def __init__(self, address, name, endpoint, tab=None):
        super().__init__(address, name)
        self.name, self.endpoint = name, endpoint
        self.tab = tab or TABS[name]
        self.seen = ""

    def told(self, text):
        self.seen += text
        return text

    def type_key(self, key):
        fields = ["model", MODEL, self.endpoint.url, 6, 105, "remove", "quick"]
        return self.told(self.press("settings-key", "blur", [None, *fields, key, self.tab]))

    def reload(self):
        """Open the page again, with all that the browser keeps of it."""
        kept = {"mode": "model", "model": MODEL, "base_url": self.endpoint.url, "has_worked": True}
        index = next(
            each["id"] for each in self.config["dependencies"] if "keptSettings" in str(each["js"])
        )
        return self.told(self.run(index, [self.tab, kept]))

    def ask(self):
        here = {"owner": "", "conversation": ""}
        return self.told(self.press("question", "submit", [QUESTION, None, here, None]))

    def keys_sent(self):
        """The keys of the requests that the endpoint has got since."""
        sent = [each["Authorization"] for each in self.endpoint.headers]
        self.endpoint.headers.clear()
        return {each.removeprefix("Bearer ") for each in sent}


def test_each_of_two_users_asks_with_their_own_key(address, endpoint, library):
    endpoint.reply("A falling cat bends its back [1].")
    visitors = [Visitor(address, name, endpoint) for name in KEYS]
    for each in visitors:
        each.type_key(KEYS[each.name])
    for each in visitors:
        each.reload()
    endpoint.headers.clear()
    for each in (*visitors, *visitors):
        each.ask()
        assert each.keys_sent() == {KEYS[each.name]}
    for each in visitors:
        assert not [key for key in KEYS.values() if key in each.seen + json.dumps(each.config)]
    for file in library.folder.rglob("*"):
        if file.is_file():
            assert not [key for key in KEYS.values() if key.encode() in file.read_bytes()], file


def test_who_signs_in_where_somebody_else_was_does_not_get_their_key(address, endpoint):
    """The tab's id stays over a sign-out, and could be told."""
    endpoint.reply("A falling cat bends its back [1].")
    ada = Visitor(address, "ada", endpoint)
    ada.type_key(KEYS["ada"])
    ada.http.get(f"{address}logout")
    bob = Visitor(address, "bob", endpoint, tab=ada.tab)
    told = bob.reload()
    endpoint.headers.clear()
    bob.ask()
    assert KEYS["ada"] not in bob.keys_sent()
    assert KEYS["ada"] not in told
    again = Visitor(address, "ada", endpoint)
    again.reload()
    endpoint.headers.clear()
    again.ask()
    assert again.keys_sent() == {KEYS["ada"]}


def test_who_has_no_key_asks_with_nobodys(address, endpoint):
    endpoint.reply("A falling cat bends its back [1].")
    ada, bob = (Visitor(address, name, endpoint) for name in KEYS)
    ada.type_key(KEYS["ada"])
    ada.reload()
    ada.ask()
    endpoint.headers.clear()
    bob.reload()
    bob.ask()
    assert not bob.keys_sent() & set(KEYS.values())
