"""Access: passwords, waits and limits as functions, and what a real server lets through."""

from __future__ import annotations

import importlib
import json
import logging
import re
import socket
import threading
from types import SimpleNamespace

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from rag.cli import main
from rag.errors import ConfigurationError
from rag.library import Library
from rag.settings import Settings
from rag.userdata.accounts import Account
from tests.support.page_server import call, client, served
from ui.serve import listen, page_url
from ui.server import passwords
from ui.server.access import AccessPolicy, TokenBucket, build_access_policy, is_loopback
from ui.server.accounts import AccountFile, Users, printed_user, put_user
from ui.server.middleware import ROUTES, is_foreign
from ui.server.passwords import hash_password, is_password
from ui.server.tries import FREE_TRIES, FREE_TRIES_OF_ACCOUNT, TRIES_WINDOW_S, LoginThrottle

PASSWORD = "correct horse battery"


WORK = (passwords.COST, passwords.BLOCK, passwords.PARALLEL)

pytestmark = pytest.mark.usefixtures("cheap_hashes")


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


# --- passwords -------------------------------------------------------------------------------


@given(st.text(min_size=8, max_size=40), st.text(min_size=8, max_size=40))
@examples(max_examples=40, deadline=None)
def test_a_hash_admits_its_own_password_and_no_other(password, other):
    hashed = hash_password(password)
    assert is_password(password, hashed)
    assert is_password(other, hashed) == (other == password)


def test_two_hashes_of_a_password_differ_and_hold_nothing_of_it():
    first, second = hash_password(PASSWORD), hash_password(PASSWORD)
    assert first != second
    assert PASSWORD not in first
    assert first.startswith("scrypt$")


def test_a_hash_takes_the_work_that_is_recommended_for_scrypt():
    assert WORK == (2**15, 8, 3)


@pytest.mark.parametrize("password", ["", "short", "x" * 1025])
def test_a_password_that_is_too_short_or_too_long_is_refused(password):
    with pytest.raises(ConfigurationError, match="8 to 1024"):
        hash_password(password)


@pytest.mark.parametrize("name", ["", "  ", "a:b", "a\nb", "#ada"])
def test_a_name_that_no_line_can_hold_is_refused(name):
    with pytest.raises(ConfigurationError, match="cannot be named"):
        printed_user(name, PASSWORD)


def editors(**passwords):
    """Accounts by their passwords."""
    return [Account(name, hash_password(password)) for name, password in passwords.items()]


def test_a_file_of_users_is_written_line_by_line_and_read(tmp_path):
    path = tmp_path / "users"
    kept = AccountFile(path)
    put_user(kept, "ada", PASSWORD)
    path.write_text("# the group\n" + path.read_text() + "\n")
    put_user(kept, "bob", PASSWORD + "2", "reader")
    put_user(kept, "ada", PASSWORD + "3")  # another password takes the place of the first
    assert path.stat().st_mode & 0o077 == 0
    assert path.read_text().startswith("# the group\n\nbob:reader:scrypt$")
    assert [each.name for each in tmp_path.iterdir()] == ["users"]
    users = Users(kept=kept)
    assert [(each.name, each.role) for each in kept.all()] == [("bob", "reader"), ("ada", "editor")]
    assert users.admits("ada", PASSWORD + "3")
    assert users.admits("bob", PASSWORD + "2")
    assert not users.admits("ada", PASSWORD)
    assert not users.admits("eve", PASSWORD)
    assert not users.admits("", "")


def test_a_file_without_roles_goes_on_as_one_of_editors(tmp_path):
    path = tmp_path / "users"
    path.write_text(f"ada:{hash_password(PASSWORD)}\n")
    (ada,) = AccountFile(path).all()
    assert ada.role == "editor"
    put_user(AccountFile(path), "ada", PASSWORD)
    assert path.read_text().count(":") == 1  # as earlier versions read it, too


def test_a_new_password_keeps_the_role_unless_one_is_named(tmp_path):
    kept = AccountFile(tmp_path / "users")
    put_user(kept, "eve", PASSWORD, "reader")
    assert not put_user(kept, "eve", PASSWORD).is_new
    assert kept.all()[0].role == "reader"
    put_user(kept, "eve", PASSWORD, "editor")
    assert kept.all()[0].role == "editor"


def test_users_are_who_they_are_now(tmp_path, caplog):
    clock, kept = Clock(), AccountFile(tmp_path / "users")
    put_user(kept, "ada", PASSWORD)
    users = Users(kept=kept, clock=clock)
    put_user(kept, "bob", PASSWORD)
    assert users.find("bob") is None
    clock.now += 2
    users.refresh()
    assert users.find("bob")
    (tmp_path / "users").write_text("bob:no hash\n")  # half written by hand: nobody is shut out
    for _ in range(3):
        clock.now += 2
        users.refresh()
    assert users.find("bob")
    assert caplog.text.count("the users stay as they were") == 1
    (tmp_path / "users").write_text("")
    clock.now += 2
    users.refresh()
    assert users.find("bob") is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "# nobody\n\n",
        "ada:plain-password",
        "ada",
        ":scrypt$32$8$1$AAAA$AAAA",
        "ada:scrypt$0$8$1$AAAA$AAAA",
        "ada:scrypt$33$8$1$AAAA$AAAA",
        "ada:scrypt$1073741824$8$1$AAAA$AAAA",  # would hold the server for minutes
        "ada:scrypt$32$8$1$A$A",
        "ada:md5$AAAA",
        "ada:owner:scrypt$32$8$1$AAAA$AAAA",
        "ada:reader:reader:scrypt$32$8$1$AAAA$AAAA",
    ],
)
def test_a_file_that_holds_no_users_is_refused_without_showing_it(tmp_path, content):
    path = tmp_path / "users"
    path.write_text(content)
    with pytest.raises(ConfigurationError) as raised:
        build_access_policy(host="127.0.0.1", auth_file=path)
    assert "paperchat users add" in str(raised.value) or "names no user" in str(raised.value)
    assert "plain-password" not in str(raised.value)


def test_a_file_of_users_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        build_access_policy(host="127.0.0.1", auth_file=tmp_path / "none")


def test_the_command_makes_a_line_from_a_password_that_is_not_echoed(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("rag.cli.accounts.getpass", lambda prompt: PASSWORD)
    assert main(["users", "add", "ada"]) == 0
    name, _, hashed = capsys.readouterr().out.strip().partition(":")
    assert name == "ada"
    assert is_password(PASSWORD, hashed)
    path = tmp_path / "users"
    assert main(["users", "add", "ada", "--file", str(path)]) == 0
    assert capsys.readouterr().out == ""
    assert Users(kept=AccountFile(path)).admits("ada", PASSWORD)


def test_two_passwords_that_differ_write_nothing(monkeypatch, capsys):
    typed = iter([PASSWORD, PASSWORD + "x"])
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("rag.cli.accounts.getpass", lambda prompt: next(typed))
    assert main(["users", "add", "ada"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "differ" in told.err


# --- who has to sign in ----------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "::1", "[::1]"])
def test_this_machine_alone_needs_no_password(host):
    access = build_access_policy(host=host)
    assert access.is_local
    assert access.users is None
    assert access.allows_endpoints


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "papers.example", ""])
def test_any_other_address_wants_a_password_or_the_word_that_none_is_wanted(host):
    with pytest.raises(ConfigurationError) as raised:
        build_access_policy(host=host)
    assert "--auth USER:PASSWORD" in str(raised.value)
    assert "--no-auth" in str(raised.value)
    assert build_access_policy(host=host, no_auth=True).users is None
    access = build_access_policy(host=host, auth=("ada", PASSWORD))
    assert access.users.admits("ada", PASSWORD)
    assert not access.allows_endpoints
    assert build_access_policy(host=host, no_auth=True, allow_endpoints=True).allows_endpoints


def test_a_password_and_none_do_not_go_together():
    with pytest.raises(ConfigurationError, match="--no-auth"):
        build_access_policy(host="0.0.0.0", auth=("ada", PASSWORD), no_auth=True)


def test_the_command_refuses_an_open_address_with_what_to_do(capsys):
    assert main(["chat", "--host", "0.0.0.0", "--no-browser"]) == 2
    told = capsys.readouterr().err
    assert "--auth-file" in told
    assert len(told.splitlines()) == 1


def test_is_loopback_takes_no_name_for_an_address():
    assert not is_loopback("127.0.0.1.example")
    assert not is_loopback("localhost.example")


# --- how often -------------------------------------------------------------------------------


def test_a_client_may_act_so_often_at_once_and_then_has_to_wait():
    clock = Clock()
    bucket = TokenBucket(6, clock)
    assert [bucket.wait_s("a") for _ in range(6)] == [0.0] * 6
    assert bucket.wait_s("a") == pytest.approx(10.0)
    assert bucket.wait_s("b") == 0.0  # another client is not held up
    clock.now += 10
    assert bucket.wait_s("a") == 0.0
    assert bucket.wait_s("a") > 0


@given(st.integers(1, 60), st.lists(st.floats(0, 30), max_size=60))
def test_nobody_acts_more_often_than_allowed_in_any_minute(rate, pauses):
    clock = Clock()
    bucket = TokenBucket(rate, clock)
    allowed = []
    for pause in pauses:
        clock.now += pause
        if not bucket.wait_s("a"):
            allowed.append(clock.now)
    for start in allowed:  # a full bucket at its start, and what is filled up during it
        assert sum(start <= then < start + 60 for then in allowed) <= 2 * rate


def test_forgotten_clients_do_not_pile_up(monkeypatch):
    monkeypatch.setattr("ui.server.access.MOST_CLIENTS", 3)
    monkeypatch.setattr("ui.server.tries.MOST_REMEMBERED", 3)
    bucket, tries = TokenBucket(1), LoginThrottle()
    for number in range(10):
        bucket.wait_s(str(number))
        tries.begin(str(number), f"user {number}")
    assert len(bucket._levels) == 3
    assert len(tries._addresses) == len(tries._accounts) == 3


def test_tries_shut_the_door_for_a_while_and_for_their_address_alone():
    clock = Clock()
    tries = LoginThrottle(clock)
    assert [tries.begin("1.2.3.4") for _ in range(FREE_TRIES)] == [0.0] * FREE_TRIES
    for wait in (tries.wait_s("1.2.3.4"), tries.begin("1.2.3.4"), tries.begin("1.2.3.4", "ada")):
        assert wait == pytest.approx(TRIES_WINDOW_S)
    assert tries.wait_s("5.6.7.8") == 0
    clock.now += TRIES_WINDOW_S + 1
    assert tries.begin("1.2.3.4") == 0


def test_an_account_is_shut_when_many_addresses_try_it():
    tries = LoginThrottle(Clock())
    told = [tries.begin(f"10.0.0.{n}", "ada") for n in range(FREE_TRIES_OF_ACCOUNT)]
    assert set(told) == {0.0}
    assert tries.begin("10.0.1.1", "ada") == pytest.approx(TRIES_WINDOW_S)
    assert tries.begin("10.0.1.1", "bob") == 0


def test_who_signs_in_takes_back_their_own_tries_and_nobody_elses():
    tries = LoginThrottle(Clock())
    for user in ("ada", "ada", "eve", "eve"):
        tries.begin("1.2.3.4", user)
    for _ in range(3):  # an account of one's own opens no door to others
        assert tries.begin("1.2.3.4", "eve") == 0
        tries.succeed("1.2.3.4", "eve")
    assert [tries.begin("1.2.3.4", "ada") for _ in range(3)] == [0.0] * 3
    assert tries.begin("1.2.3.4", "ada") > 0
    tries.succeed("5.6.7.8", "ada")
    assert tries.begin("1.2.3.4", "ada") > 0
    tries.succeed("1.2.3.4", "ada")
    assert tries.begin("1.2.3.4", "ada") == 0


def visitor(session="s", address="1.2.3.4", username=None):
    host = SimpleNamespace(host=address)
    return SimpleNamespace(username=username, session_hash=session, client=host)


def test_a_visitor_who_asks_too_often_is_told_when_to_ask_again():
    access = AccessPolicy(rate_limit=2)
    assert [access.why_not_now(visitor()) for _ in range(2)] == [None, None]
    told = access.why_not_now(visitor())
    assert "2 questions a minute" in told
    assert "Ask again in" in told
    assert access.why_not_now(visitor("another")) is None


def test_new_sessions_do_not_lift_the_limit_of_an_address():
    access = AccessPolicy(rate_limit=1)
    told = [access.why_not_now(visitor(f"s{number}")) for number in range(30)]
    assert told.count(None) == 20


def test_a_user_has_one_limit_in_all_sessions():
    access = AccessPolicy(rate_limit=1)
    assert access.why_not_now(visitor("a", username="ada")) is None
    assert access.why_not_now(visitor("b", username="ada"))
    assert access.why_not_now(visitor("c", username="bob")) is None


def test_no_limit_is_no_limit():
    assert {AccessPolicy(rate_limit=0).why_not_now(visitor()) for _ in range(500)} == {None}


# --- what gets through -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, False),  # no browser
        ({"sec-fetch-site": "same-origin", "origin": "http://a"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "same-site"}, True),  # another port of this machine
        ({"origin": "http://a:7860", "host": "a:7860"}, False),
        ({"origin": "http://b", "host": "a:7860"}, True),
        ({"origin": "null", "host": "a:7860"}, True),
        ({"origin": "https://b", "host": "a", "x-forwarded-host": "b"}, False),
    ],
)
def test_a_request_that_another_site_sends_is_known(headers, foreign):
    assert is_foreign(headers) == foreign


@pytest.mark.parametrize(
    "path",
    [
        "/monitoring",
        "/monitoring/summary",
        "/gradio_api/deep_link",
        "/gradio_api/proxy=http://169.254.169.254/",
        "/gradio_api/runs",
        "/gradio_api/run-history/buckets",
        "/gradio_api/openapi.json",
        "/gradio_api/vibe-edit",
        "/gradio_api/dev/reload",
        "/gradio_api/component_server",
        "/docs",
        "/openapi.json",
        "/gradio_api/stream/x",
        "/../etc/passwd",
    ],
)
def test_what_the_page_does_not_need_is_not_served(path):
    assert not ROUTES.fullmatch(path)


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    settings = Settings(
        library=tmp_path_factory.mktemp("zoo") / "library", embedder="none", llm="extractive"
    )
    with Library.open(settings=settings) as library:
        library.ingest(
            {"id": "cats", "title": "Cats in the Air", "abstract": "A falling cat bends."}
        )
        yield library


@pytest.fixture(scope="module")
def address(zoo):
    with served(zoo) as address:
        yield address


def test_the_page_has_two_documented_endpoints_and_no_other(address):
    info = httpx.get(f"{address}gradio_api/info").raise_for_status().json()
    assert set(info["named_endpoints"]) == {"/ask", "/search"}
    assert info["unnamed_endpoints"] == {}
    assert all(each["description"] for each in info["named_endpoints"].values())
    config = httpx.get(f"{address}config").json()
    public = {d["api_name"] for d in config["dependencies"] if d["api_visibility"] == "public"}
    assert public == {"ask", "search"}


def test_the_endpoints_answer(address):
    with client() as visitor:
        answer = call(visitor, address, "ask", ["What does a falling cat do?"])
        (told,) = answer["output"]["data"]
        assert told["status"] == "answered"
        assert told["citations"][0]["quote"] == "A falling cat bends."
        (found,) = call(visitor, address, "search", ["cat", 3])["output"]["data"]
        assert [hit["paper"]["paper_id"] for hit in found["hits"]] == ["cats"]


@pytest.mark.parametrize("route", ["file=", "file/"])
def test_no_file_is_served(address, zoo, tmp_path, route):
    secret = tmp_path / ".env"
    secret.write_text("OPENAI_API_KEY=sk-0")
    files = ["/etc/passwd", str(secret), ".env", "rag/types.py", *map(str, zoo.folder.iterdir())]
    files += ["../../../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "http://127.0.0.1:9/x"]
    for file in files:
        got = httpx.get(f"{address}gradio_api/{route}{file}", follow_redirects=False)
        assert got.status_code in (400, 403, 404), (file, got.status_code)


def test_every_answer_has_the_headers_that_browsers_obey(address):
    page = httpx.get(address)
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy
    assert "'unsafe-inline'" not in policy.partition("style-src")[0]
    nonce = policy.partition("nonce-")[2].partition("'")[0]
    assert page.text.count("<script") == page.text.count(f'<script nonce="{nonce}"') > 0
    assert nonce not in httpx.get(address).text
    for got in (page, httpx.get(f"{address}nothing"), httpx.get(f"{address}theme.css")):
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["referrer-policy"] == "no-referrer"


def test_the_letters_of_the_page_come_from_here_and_are_kept(address):
    page = httpx.get(address).text
    styles = httpx.get(f"{address}fonts/faces.css")
    faces = re.findall(r"url\(([\w-]+\.woff2)\)", styles.text)
    assert "url(http" not in styles.text
    assert len(faces) == 5
    assert 'href="fonts/faces.css"' in page
    for face in faces:
        font = httpx.get(f"{address}fonts/{face}")
        assert font.content.startswith(b"wOF2")
        assert "immutable" in font.headers["cache-control"]
    assert {f"{each}.woff2" for each in re.findall(r"fonts/([\w-]+)\.woff2", page)} <= set(faces)
    assert httpx.get(f"{address}fonts/inter-license.txt").status_code == 404


BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("typed", "leads_to"),
    [
        ("library", "/?tab=library"),
        ("library/", "/?tab=library"),
        ("settings", "/?tab=settings"),
        ("chat", "/"),
    ],
)
def test_the_name_of_a_tab_as_an_address_leads_to_the_tab(address, typed, leads_to):
    got = httpx.get(address + typed, headers=BROWSER)
    assert (got.status_code, got.headers["location"]) == (303, leads_to)


def test_an_address_that_is_none_leads_people_back_and_tells_programs(address):
    read = httpx.get(f"{address}papers/12", headers=BROWSER)
    assert read.status_code == 404
    assert read.headers["content-type"].startswith("text/html")
    assert 'href="/?tab=library"' in read.text
    assert read.headers["x-frame-options"] == "SAMEORIGIN"
    called = httpx.get(f"{address}papers/12")
    assert (called.status_code, called.json()) == (404, {"detail": "There is nothing here."})
    assert httpx.post(f"{address}papers/12", headers=BROWSER).status_code == 404


def test_a_file_that_never_changes_is_kept_by_the_browser_and_nothing_else_is(address):
    (asset, *_) = re.findall(r"assets/[\w-]+\.js", httpx.get(address).text)
    assert "immutable" in httpx.get(f"{address}{asset}").headers["cache-control"]
    for path in ("", "config", "theme.css", asset.replace("assets", "static"), f"{asset}x"):
        assert "immutable" not in httpx.get(f"{address}{path}").headers.get("cache-control", "")
    missing = httpx.get(f"{address}assets/missing-12345678.js")
    assert missing.status_code == 404
    assert "cache-control" not in missing.headers


def test_the_events_of_the_page_are_summed_up_for_nobody(address, monkeypatch):
    summed = []
    monkeypatch.setattr("gradio.queueing.Queue._get_df", staticmethod(summed.append))
    with client() as visitor:
        call(visitor, address, "search", ["cat", 3])
    assert summed == []


def test_a_page_of_this_machine_answers_to_no_other_name(address):
    assert httpx.get(address, headers={"host": "evil.example"}).status_code == 421
    assert httpx.get(address, headers={"host": "localhost:1"}).status_code == 200


def test_another_site_cannot_send_anything(address):
    join = f"{address}gradio_api/queue/join"
    sent = httpx.post(join, json={}, headers={"origin": "http://evil.example"})
    assert sent.status_code == 403


def test_a_request_that_is_too_large_is_refused(address, monkeypatch):
    monkeypatch.setattr("ui.server.middleware.MOST_BODY_BYTES", 1000)
    join = f"{address}gradio_api/queue/join"
    assert httpx.post(join, content=b" " * 1001).status_code == 413
    assert httpx.post(join, content=b" " * 1000).status_code == 422  # small enough, but no JSON
    assert httpx.post(join, content=iter([b"{}"])).status_code == 413  # of no known length


def test_an_upload_that_is_too_large_is_refused_with_its_limit(address, monkeypatch):
    content = b"x" * (51 * 1024 * 1024)
    got = httpx.post(f"{address}gradio_api/upload", files={"files": ("a.txt", content)}, timeout=60)
    assert got.status_code == 413
    assert "maximum allowed size" in got.text


def test_a_question_too_many_is_refused_in_a_sentence(zoo):
    with served(zoo, AccessPolicy(rate_limit=2)) as address, client() as visitor:
        told = [call(visitor, address, "ask", ["A cat?"], "one session") for _ in range(3)]
    assert [each["success"] for each in told] == [True, True, False]
    assert "2 questions a minute" in told[2]["output"]["error"]


# --- signing in ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded(zoo):
    with served(zoo, AccessPolicy(users=Users(editors(ada=PASSWORD)))) as address:
        yield address


def sign_in(visitor, address, user, password):
    return visitor.post(f"{address}login", data={"username": user, "password": password})


def test_without_signing_in_nothing_of_the_library_is_told(guarded):
    with client() as visitor:
        page = visitor.get(guarded).text
        assert '"auth_required":true' in page
        assert "library-table" not in page
        for path in ("config", "gradio_api/info", "gradio_api/file=/etc/passwd"):
            assert visitor.get(f"{guarded}{path}").status_code == 401, path
        body = {"data": ["cat"], "fn_index": 0, "session_hash": "x"}
        for path in ("queue/join", "run/ask", "call/ask", "upload"):
            assert visitor.post(f"{guarded}gradio_api/{path}", json=body).status_code == 401, path


def test_whoever_signs_in_can_ask(guarded):
    with client() as visitor:
        assert sign_in(visitor, guarded, "ada", PASSWORD).status_code == 200
        answer = call(visitor, guarded, "ask", ["What does a falling cat do?"])
        assert answer["success"]


def test_after_wrong_passwords_even_the_right_one_has_to_wait(zoo):
    access = AccessPolicy(users=Users(editors(ada=PASSWORD)))
    with served(zoo, access) as address, client() as visitor:
        for _ in range(FREE_TRIES):
            assert sign_in(visitor, address, "ada", "a wrong one").status_code == 400
        refused = sign_in(visitor, address, "ada", PASSWORD)
        assert refused.status_code == 400
        assert "wrong passwords were given; the next may be tried in" in refused.json()["detail"]
        assert int(refused.headers["retry-after"]) > 0
        access.tries.succeed("127.0.0.1", "ada")
        assert sign_in(visitor, address, "ada", PASSWORD).status_code == 200


def test_forty_tries_at_once_are_no_more_than_one_after_another(zoo):
    checked = []

    class Counting(Users):
        def admits(self, user, password):
            checked.append(user)
            return super().admits(user, password)

    access = AccessPolicy(users=Counting(editors(ada=PASSWORD)))
    gate = threading.Barrier(40)
    told = []

    def guess(number):
        with client() as visitor:
            gate.wait()
            told.append(sign_in(visitor, address, "ada", f"guess {number:02}").json()["detail"])

    with served(zoo, access) as address:
        threads = [threading.Thread(target=guess, args=(n,)) for n in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(checked) == FREE_TRIES
    assert sum("may be tried in" in each for each in told) == 40 - FREE_TRIES


def test_an_account_of_ones_own_is_no_way_to_more_guesses(zoo):
    users = Users(editors(ada=PASSWORD, eve="her own password"))
    with served(zoo, AccessPolicy(users=users)) as address, client() as visitor:
        for _ in range(FREE_TRIES):
            assert sign_in(visitor, address, "ada", "a wrong one").status_code == 400
            sign_in(visitor, address, "eve", "her own password")
        assert sign_in(visitor, address, "ada", PASSWORD).status_code == 400


@pytest.fixture
def kept(tmp_path):
    """A file with Ada's account."""
    file = AccountFile(tmp_path / "users")
    put_user(file, "ada", PASSWORD)
    return file


@pytest.fixture
def watched(zoo, kept, monkeypatch):
    """The address of a page that looks the file up at each request."""
    monkeypatch.setattr("ui.server.accounts.FRESH_S", 0.0)
    with served(zoo, AccessPolicy(users=Users(kept=kept))) as address:
        yield address


def is_in(visitor, address):
    return visitor.get(f"{address}config").status_code == 200


def test_a_session_ends_with_the_account_and_with_the_password(watched, kept):
    with client() as one, client() as other:
        for visitor in (one, other):
            sign_in(visitor, watched, "ada", PASSWORD)
            assert is_in(visitor, watched)
        put_user(kept, "ada", "quite another one")
        assert not is_in(one, watched)
        assert not is_in(other, watched)
        sign_in(one, watched, "ada", "quite another one")
        assert is_in(one, watched)
        put_user(kept, "ada", "quite another one", "reader")  # a new salt is a new password
        assert not is_in(one, watched)
        sign_in(one, watched, "ada", "quite another one")
        kept.remove("ada")
        assert not is_in(one, watched)
        assert sign_in(one, watched, "ada", "quite another one").status_code == 400
        put_user(kept, "ada", PASSWORD)
        assert not is_in(one, watched)  # what is over stays over


@pytest.mark.parametrize("query", ["", "?all_session=false"])
def test_signing_out_ends_all_sessions(watched, query):
    with client() as one, client() as other:
        for visitor in (one, other):
            sign_in(visitor, watched, "ada", PASSWORD)
        kept_cookies = dict(one.cookies)
        assert one.get(f"{watched}logout{query}").status_code == 302
        assert not is_in(other, watched)
    with client(cookies=kept_cookies) as thief:
        assert not is_in(thief, watched)


def test_another_site_signs_nobody_out(watched):
    with client() as visitor:
        sign_in(visitor, watched, "ada", PASSWORD)
        foreign = {"sec-fetch-site": "cross-site"}
        assert visitor.get(f"{watched}logout", headers=foreign).status_code == 403
        assert is_in(visitor, watched)


def test_only_who_has_signed_in_may_cancel_reset_and_wait(watched):
    with client() as visitor:
        bodies = {
            "cancel": {"session_hash": "x", "fn_index": 0, "event_id": "x"},
            "reset": {"event_id": "x"},
        }
        for name, body in bodies.items():
            assert visitor.post(f"{watched}gradio_api/{name}", json=body).status_code == 401, name
        for name in ("startup-events", "heartbeat/x", "app_id"):
            assert visitor.get(f"{watched}gradio_api/{name}").status_code == 401, name
        assert visitor.get(f"{watched}gradio_api/token").status_code == 404  # no script needs it
        sign_in(visitor, watched, "ada", PASSWORD)
        for name, body in bodies.items():
            assert visitor.post(f"{watched}gradio_api/{name}", json=body).status_code != 401, name


def test_the_commands_keep_a_file_of_users(tmp_path, monkeypatch, capsys):
    file = ["--file", str(tmp_path / "users")]
    monkeypatch.setattr("rag.cli.accounts._asked_password", lambda: PASSWORD)
    assert main(["users", "add", "ada", *file]) == 0
    assert main(["users", "add", "bob", "--role", "reader", *file]) == 0
    assert "Added bob (reader)" in capsys.readouterr().err
    assert main(["users", "list", *file]) == 0
    assert capsys.readouterr().out == "ada  editor\nbob  reader\n"
    assert main(["users", "list", "--json", *file]) == 0
    assert json.loads(capsys.readouterr().out)["users"][1] == {"name": "bob", "role": "reader"}
    monkeypatch.setattr("rag.cli.accounts._asked_password", lambda: "another password")
    assert main(["users", "passwd", "bob", *file]) == 0
    assert Users(kept=AccountFile(tmp_path / "users")).admits("bob", "another password")
    assert main(["users", "remove", "ada", *file]) == 0
    capsys.readouterr()
    for command in ("remove", "passwd"):
        assert main(["users", command, "ada", *file]) == 2
        assert "There is no user 'ada'" in capsys.readouterr().err
    for command in (["list"], ["remove", "ada"], ["passwd", "ada"]):
        assert main(["users", *command]) == 2
        assert "--file FILE" in capsys.readouterr().err


def test_passwords_stand_in_no_log(guarded, caplog):
    caplog.set_level(logging.DEBUG)
    with client() as visitor:
        sign_in(visitor, guarded, "ada", PASSWORD)
    assert PASSWORD not in caplog.text


# --- ports -----------------------------------------------------------------------------------


def test_of_two_starts_at_once_each_gets_a_port_of_its_own():
    gate = threading.Barrier(8)
    sockets = []

    def start():
        gate.wait()
        sockets.append(listen("127.0.0.1", 7990))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    assert len(set(ports)) == 8


def test_when_no_port_near_is_free_the_error_says_what_to_do(monkeypatch):
    monkeypatch.setattr(importlib.import_module("ui.serve"), "PORTS_TRIED", 1)
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ConfigurationError, match="--port"),
    ):
        listen("127.0.0.1", taken.getsockname()[1])


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:1/"),
        ("0.0.0.0", "http://127.0.0.1:1/"),
        ("::1", "http://[::1]:1/"),
        ("::", "http://[::1]:1/"),
        ("papers.example", "http://papers.example:1/"),
    ],
)
def test_the_address_that_is_told_can_be_opened_on_this_machine(host, url):
    assert page_url(host, 1) == url
