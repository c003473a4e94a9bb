"""A proxy that signs people in: its word counts from its own address alone."""

from __future__ import annotations

import asyncio
import socket

import httpx
import pytest

from rag.errors import ConfigurationError
from rag.library import Library
from rag.settings import Settings
from rag.userdata.accounts import Account
from tests.support.page_server import call, client, served
from ui.server.access import AccessPolicy, build_access_policy
from ui.server.accounts import Users
from ui.server.loading import Loading
from ui.server.passwords import hash_password
from ui.server.proxy import USER, ProxySignIn, build_trusted_proxy
from ui.settings.person import person_html

HEADER = "X-Forwarded-User"


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("zoo") / "library"
    settings = Settings(library=folder, embedder="none", llm="extractive")
    with Library.open(settings=settings) as library:
        library.ingest(
            {"id": "cats", "title": "Cats in the Air", "abstract": "A falling cat bends."}
        )
        yield library


def behind(*addresses, **others):
    users = Users([Account("ada", hash_password("correct horse"))])
    proxy = build_trusted_proxy(HEADER, addresses)
    return AccessPolicy(users=users, proxy=proxy, **others)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"auth_header": HEADER}, "goes with --trusted-proxy"),
        ({"trusted_proxies": ["10.0.0.5"]}, "goes with --auth-header"),
        ({"auth_header": HEADER, "trusted_proxies": ["proxy.local"]}, "no address or network"),
        ({"auth_header": HEADER, "trusted_proxies": ["0.0.0.0/0"]}, "every address"),
        ({"auth_header": HEADER, "trusted_proxies": ["::/0"]}, "every address"),
        ({"auth_header": "X User:", "trusted_proxies": ["10.0.0.5"]}, "no name of a header"),
        (
            {"auth_header": HEADER, "trusted_proxies": ["10.0.0.5"], "no_auth": True},
            "does not go with",
        ),
        (
            {"auth_header": HEADER, "trusted_proxies": ["10.0.0.5"], "auth": ("ada", "pass word")},
            "does not go with",
        ),
    ],
)
def test_options_that_say_half_of_it_are_refused(options, why):
    with pytest.raises(ConfigurationError, match=why):
        build_access_policy(host="127.0.0.1", **options)


def test_a_page_behind_a_proxy_is_closed_also_without_accounts():
    access = build_access_policy(host="0.0.0.0", auth_header=HEADER, trusted_proxies=["10.0.0.5"])
    assert access.is_closed
    assert not access.actor("anybody").may_change


SEEN = [
    # peer, headers, who it is
    ("10.0.0.5", [("x-forwarded-user", "ada")], "ada"),
    ("10.0.1.77", [("X-Forwarded-User", " bob ")], "bob"),
    ("::ffff:10.0.0.5", [("x-forwarded-user", "ada")], "ada"),
    ("fd00::5", [("x-forwarded-user", "ada")], "ada"),
    ("10.0.0.5", [("x-forwarded-user", "Zoë")], "Zoë"),
    ("10.0.0.6", [("x-forwarded-user", "ada")], None),
    ("127.0.0.1", [("x-forwarded-user", "ada")], None),
    # whoever tells of another address is not at it
    ("10.0.0.6", [("x-forwarded-user", "ada"), ("x-forwarded-for", "10.0.0.5")], None),
    ("10.0.0.5", [("x-forwarded-user", "ada"), ("x-forwarded-user", "eve")], None),
    ("10.0.0.5", [("x-forwarded-user", "")], None),
    ("10.0.0.5", [("x-forwarded-user", "a" * 201)], None),
    ("10.0.0.5", [("x-forwarded-user", "a\x00b")], None),
    ("10.0.0.5", [], None),
]


@pytest.mark.parametrize(("peer", "headers", "who"), SEEN)
def test_the_header_counts_from_the_proxy_alone_and_goes_no_further(peer, headers, who):
    seen = {}

    async def app(scope, receive, send):
        seen.update(scope)

    raw = [(name.encode(), value.encode()) for name, value in [*headers, ("accept", "*/*")]]
    scope = {"type": "http", "client": (peer, 1), "headers": raw}
    proxy = build_trusted_proxy(HEADER, ["10.0.0.5", "10.0.1.0/24", "fd00::/64"])
    asyncio.run(ProxySignIn(app, proxy)(scope, None, None))
    assert seen[USER] == who
    assert b"x-forwarded-user" not in {name.lower() for name, _ in seen["headers"]}


def test_who_comes_by_the_proxy_is_in_and_asks(zoo):
    with (
        served(zoo, behind("127.0.0.1")) as address,
        client(headers={HEADER: "eve"}) as eve,
    ):
        assert eve.get(f"{address}gradio_api/user").json() == "eve"
        assert '"username":"eve"' in eve.get(address).text
        assert call(eve, address, "ask", ["What does a falling cat do?"])["success"]


def test_who_comes_without_a_name_gets_nothing(zoo):
    with served(zoo, behind("127.0.0.1")) as address, client() as visitor:
        page = visitor.get(address)
        assert page.status_code == 401
        assert "where you sign in" in page.json()["detail"]
        for path in ("config", "gradio_api/info", "gradio_api/app_id", "gradio_api/heartbeat/x"):
            assert visitor.get(f"{address}{path}").status_code == 401, path
        body = {"data": ["cat"], "fn_index": 0, "session_hash": "x"}
        for path in ("queue/join", "run/ask", "upload"):
            assert visitor.post(f"{address}gradio_api/{path}", json=body).status_code == 401, path
        signed = visitor.post(
            f"{address}login", data={"username": "ada", "password": "correct horse"}
        )
        assert signed.status_code != 200
        assert visitor.get(f"{address}config").status_code == 401
        assert visitor.get(f"{address}v1/models").status_code == 401


def test_a_name_that_comes_from_elsewhere_counts_for_nothing(zoo, monkeypatch):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    with served(zoo, behind("10.0.0.5")) as address:
        told = {HEADER: "ada", "x-forwarded-for": "10.0.0.5"}
        assert httpx.get(f"{address}config", headers=told).status_code == 401


def test_a_second_name_in_one_request_signs_nobody_in(zoo):
    with served(zoo, behind("127.0.0.1")) as address:
        port = int(address.rsplit(":", 1)[1].strip("/"))
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(
                b"GET /config HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                b"X-Forwarded-User: eve\r\nx-forwarded-user: ada\r\n\r\n"
            )
            assert b" 401 " in line.recv(100)


def test_accounts_give_roles_and_who_has_none_reads(zoo):
    access = behind("127.0.0.1")
    assert access.actor("ada").may_change
    assert not access.actor("eve").may_change
    assert access.actor("eve").name == "eve"
    told = person_html(Loading.of(zoo, access), "eve")
    assert "<b>eve</b>, a reader" in told
    assert "logout" not in told
