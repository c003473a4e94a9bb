"""What becomes of uploads over a real socket, and who may make which call."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path

import pytest

from rag.errors import SourceError
from rag.library import Library
from rag.settings import Settings
from rag.types import Progress
from rag.userdata.accounts import Account
from tests.support.page_server import call, client, served
from tests.support.person import PASSWORD, Person
from ui.library.papers import Pending, add
from ui.server import uploads
from ui.server.access import AccessPolicy
from ui.server.accounts import Users
from ui.server.passwords import hash_password

CATS = b"@article{c, title={Cats in the Air}, abstract={A falling cat bends its back.}}"
ADD = [None, None, "", None]
NOT_UPLOADED = "was not uploaded"
OLD_S = uploads.KEPT_S + 1

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The folder of uploads."""
    monkeypatch.setenv(uploads.VARIABLE, str(tmp_path / "temporary"))
    return uploads.uploads_folder()


@pytest.fixture
def library(tmp_path):
    settings = Settings(library=tmp_path / "library", embedder="none", llm="extractive")
    with Library.open(settings=settings) as library:
        library.ingest([{"title": "Dogs in Water", "abstract": "A wet dog shakes."}])
        yield library


def policy(**others):
    hashed = hash_password(PASSWORD)
    return AccessPolicy(users=Users([Account("ada", hashed), Account("eve", hashed)]), **others)


def held(folder):
    """The files of uploads that there are, but those in which nothing is."""
    return [each for each in folder.rglob("*") if each.is_file() and each.stat().st_size]


def test_nobody_reads_what_somebody_uploaded(library, folder):
    with served(library, policy()) as address:
        ada, eve = Person(address, "ada"), Person(address, "eve")
        path = ada.upload("refs.bib", CATS)
        assert "Add 1 paper" in ada.preview(path)
        (now,) = held(folder)
        for asked in (path, now):
            for route in ("file=", "file/"):
                got = eve.http.get(f"{address}gradio_api/{route}{asked}")
                assert got.status_code in (403, 404), asked
            assert "Add 1 paper" not in eve.preview(str(asked))


@pytest.mark.parametrize("path", ["here", "https://example.org/refs.bib"])
def test_the_page_reads_nothing_that_was_not_uploaded(library, folder, tmp_path, path):
    """Gradio copies what any field of a request names into the folder that it serves."""
    private = tmp_path / "private.bib"
    private.write_bytes(CATS)
    named = str(private) if path == "here" else path
    file = {"path": named, "orig_name": "x.bib", "meta": {"_type": "gradio.FileData"}}
    with served(library, policy()) as address:
        eve = Person(address, "eve")
        told = eve.preview(named)
        assert NOT_UPLOADED in told
        for data in ([file], [[{"x": file}]]):
            answer = json.dumps(call(eve.http, address, "ask", data))
            assert NOT_UPLOADED in answer
    assert held(folder) == []
    assert private.read_bytes() == CATS


def test_two_who_upload_the_same_file_do_not_take_it_from_each_other(library, folder):
    with served(library, policy()) as address:
        ada, eve = Person(address, "ada"), Person(address, "eve")
        for each in (ada, eve):
            assert "Add 1 paper" in each.preview(each.upload("refs.bib", CATS))
        assert len(held(folder)) == 2
        ada.press("library-discard", "click", [None])
        assert len(held(folder)) == 1
        assert "1 paper added" in eve.press("library-add", "click", ADD)
        assert held(folder) == []
    assert len(library) == 2


def test_a_file_that_holds_nothing_is_removed_once_it_is_read(library, folder):
    with served(library, policy()) as address:
        ada = Person(address, "ada")
        ada.preview(ada.upload("refs.bib", b"nothing that a reader knows"))
        assert held(folder) == []


def test_the_folder_of_uploads_is_for_nobody_else(folder):
    for each in (folder, folder / uploads.RECEIVED, folder / uploads.TAKEN):
        assert stat.S_IMODE(each.stat().st_mode) == 0o700


def test_a_folder_that_somebody_else_may_enter_is_not_taken(tmp_path, monkeypatch):
    monkeypatch.setenv(uploads.VARIABLE, str(tmp_path / "shared"))
    squatted = tmp_path / "shared" / f"{uploads.NAME}-{os.getuid()}"
    squatted.mkdir(parents=True, mode=0o777)
    squatted.chmod(0o777)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert uploads.uploads_folder() != squatted


def received(folder, name, age_s):
    """A file that was uploaded some time ago."""
    file = folder / uploads.RECEIVED / "a hash" / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(CATS)
    os.utime(file, (time.time() - age_s,) * 2)
    return str(file)


def test_what_nobody_reads_is_removed_after_ten_minutes(folder):
    old, new = received(folder, "old.bib", OLD_S), received(folder, "new.bib", 5)
    (taken,) = uploads.take([received(folder, "taken.bib", OLD_S)])
    assert uploads.sweep(folder, time.time()) == 2
    assert [Path(each).exists() for each in (old, new, taken)] == [False, True, False]
    assert uploads.sweep(folder, time.time() + 2 * OLD_S) == 1
    assert {each.name for each in folder.rglob("*")} == {uploads.RECEIVED, uploads.TAKEN}


def test_a_page_removes_old_uploads_by_itself(folder, monkeypatch):
    monkeypatch.setattr(uploads, "SWEPT_EVERY_S", 0.01)
    old = Path(received(folder, "old.bib", OLD_S))
    uploads.start_sweeping(folder)
    for _ in range(500):
        if not old.exists():
            return
        time.sleep(0.01)
    raise AssertionError("it is still there")


def test_what_is_read_for_longer_than_that_stays_until_the_end(folder, monkeypatch):
    monkeypatch.setattr(uploads, "FRESHENED_EVERY_S", 0.0)
    files = uploads.take([received(folder, "refs.bib", OLD_S)])
    told = []
    tell = uploads.reading(files, told.append)
    os.utime(files[0], (time.time() - OLD_S,) * 2)
    tell(Progress("embedding", 1, 2))
    assert uploads.sweep(folder, time.time()) == 0
    assert told == [Progress("embedding", 1, 2)]


def test_who_decides_too_late_is_told_to_upload_again(library, folder):
    files = uploads.take([received(folder, "refs.bib", OLD_S)])
    uploads.sweep(folder, time.time())
    with pytest.raises(SourceError, match="removed after ten minutes"):
        add(library, Pending(files), lambda _: None)


# --- calls -------------------------------------------------------------------------------------

CALLS = (
    "config",
    "gradio_api/info",
    "gradio_api/app_id",
    "gradio_api/startup-events",
    "gradio_api/upload_progress?upload_id=x",
    "gradio_api/queue/data?session_hash=x",
    "gradio_api/heartbeat/x",
    "gradio_api/call/ask/x",
    "gradio_api/file=x",
    "gradio_api/file/x",
    "metrics",
    "v1/models",
)
SENT = ("run/ask", "run/paste", "call/ask", "call/v2/ask", "queue/join", "upload", "cancel")


def test_without_signing_in_no_call_is_made(library):
    with served(library, policy()) as address, client() as nobody:
        for path in CALLS:
            assert nobody.get(address + path).status_code in (401, 403), path
        for path in (*SENT, "reset"):
            body = {"data": [], "fn_index": 0, "session_hash": "x", "event_id": "x"}
            got = nobody.post(f"{address}gradio_api/{path}", json=body)
            assert got.status_code == 401, path


@pytest.mark.parametrize("path", ["queue/join", "run/ask", "call/ask", "cancel", "reset"])
def test_every_call_counts_for_its_user_alone(library, path, monkeypatch):
    monkeypatch.setattr("ui.server.access.CALLS_OF_A_QUESTION", 1)
    with served(library, policy(rate_limit=2)) as address:
        ada, eve = Person(address, "ada"), Person(address, "eve")
        body = {"data": ["x"], "fn_index": 0, "session_hash": "x", "event_id": "x"}
        url = f"{address}gradio_api/{path}"
        told = [ada.http.post(url, json=body).status_code for _ in range(3)]
        assert 429 not in told[:2]
        assert told[2] == 429
        assert eve.http.post(url, json=body).status_code != 429


def test_an_upload_counts_as_a_question(library):
    with served(library, policy(rate_limit=2)) as address:
        ada = Person(address, "ada")
        files = {"files": ("refs.bib", CATS)}
        url = f"{address}gradio_api/upload"
        got = [ada.http.post(url, files=files) for _ in range(3)]
        assert [each.status_code for each in got] == [200, 200, 429]
        assert int(got[2].headers["retry-after"]) > 0
        assert "2 questions a minute" in got[2].json()["detail"]
        answer = call(ada.http, address, "ask", ["What does a dog do?"])
        assert "2 questions a minute" in json.dumps(answer["output"])


def test_visitors_of_an_open_page_are_counted_by_their_address(library, monkeypatch):
    monkeypatch.setattr("ui.server.access.CALLS_OF_A_QUESTION", 1)
    monkeypatch.setattr("ui.server.access.VISITORS_OF_AN_ADDRESS", 1)
    with served(library, AccessPolicy(rate_limit=2)) as address:
        body = {"event_id": "x"}
        told = []
        for _ in range(3):
            with client() as visitor:  # a new session is no way around it
                told.append(visitor.post(f"{address}gradio_api/reset", json=body).status_code)
    assert told[2] == 429
