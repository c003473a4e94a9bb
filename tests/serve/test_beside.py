"""An assistant's server beside a page on the same folder: it asks the page while there is one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError

from rag.library import Library
from rag.serve.beside import NAME, Page, find_page, noted
from rag.serve.door import LocalDoor
from rag.serve.mcp_beside import ServedBeside
from rag.serve.mcp_server import build_server, tools_for
from rag.settings import Settings
from rag.userdata.accounts import Account
from tests.serve.test_mcp import connected
from tests.support import ROOT
from tests.support.loopback import free_port
from tests.support.needs import missing
from tests.support.page_server import serving
from tests.support.scripted_service import ScriptedService
from ui.server.access import AccessPolicy
from ui.server.accounts import Users
from ui.server.loading import Loading
from ui.server.passwords import hash_password

TOKEN = "the-token-of-the-page-itself"
USERS = Users([Account("ada", hash_password("secret-word"))])
MOSS = {"id": "moss", "title": "Counting Moss", "abstract": "Drones count moss at 7 % of error."}
OWN = {"RAG_EMBEDDER": "none", "RAG_LLM": "extractive", "PYTHONPATH": str(ROOT)}


@pytest.fixture
def library(tmp_path):
    settings = Settings(library=tmp_path / "library", embedder="none", llm="extractive")
    with Library.open(settings=settings) as opened:
        opened.ingest(MOSS)
        yield opened


# --- the note ------------------------------------------------------------------------------------


def test_a_note_is_the_users_alone_and_goes_with_the_page(tmp_path):
    with ScriptedService() as page:
        with noted(tmp_path, page.url, TOKEN):
            assert find_page(tmp_path) == Page(page.url, TOKEN, os.getpid())
            assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
            assert [each.name for each in tmp_path.iterdir()] == [NAME]
        assert list(tmp_path.iterdir()) == []


def test_the_note_of_a_later_page_stays(tmp_path):
    with noted(tmp_path, "http://127.0.0.1:1/", TOKEN):
        later = json.dumps({"url": "http://127.0.0.1:2/", "token": TOKEN, "pid": 2})
        (tmp_path / NAME).write_text(later, encoding="utf-8")
        (tmp_path / NAME).chmod(0o600)
    assert (tmp_path / NAME).read_text("utf-8") == later


def test_a_folder_that_cannot_be_written_gets_no_note(tmp_path):
    with noted(tmp_path / "gone", "http://127.0.0.1:1/", TOKEN):
        assert find_page(tmp_path / "gone") is None


def ended_pid():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


@pytest.mark.parametrize(
    ("changed", "mode"),
    [
        ({"pid": ended_pid}, 0o600),
        ({"pid": lambda: -1}, 0o600),  # which would be all processes
        ({"url": lambda: f"http://127.0.0.1:{free_port()}/"}, 0o600),
        ({"url": lambda: "https://elsewhere.example/"}, 0o600),
        ({"url": lambda: "http://[/"}, 0o600),
        ({}, 0o644),  # somebody else may have written it
        ({"pid": lambda: "x"}, 0o600),
    ],
)
def test_a_note_that_leads_nowhere_is_passed_over(tmp_path, changed, mode):
    with ScriptedService() as page:
        told = {"url": page.url, "token": TOKEN, "pid": os.getpid()}
        (tmp_path / NAME).write_text(json.dumps(told), encoding="utf-8")
        (tmp_path / NAME).chmod(0o600)
        assert find_page(tmp_path)
        told |= {name: make() for name, make in changed.items()}
        (tmp_path / NAME).write_text(json.dumps(told), encoding="utf-8")
        (tmp_path / NAME).chmod(mode)
        assert find_page(tmp_path) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", "nothing", '{"url": 3}', "[" * 3000, "\x00"])
def test_a_note_that_is_none_is_passed_over(tmp_path, text):
    (tmp_path / NAME).write_text(text, encoding="utf-8")
    (tmp_path / NAME).chmod(0o600)
    assert find_page(tmp_path) is None


# --- the door of the page ------------------------------------------------------------------------


@contextmanager
def page_of(library, access=None):
    """The page of a library, which admits its own user's programs, with its note."""
    loading = Loading.of(library, access)
    loading.token = TOKEN
    with serving(loading, 7985) as address, noted(library.folder, address, TOKEN):
        yield address


def tools_at(address, token):
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"accept": "application/json, text/event-stream"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    return httpx.post(f"{address}mcp", json=listing, headers=headers, timeout=30)


def test_the_own_token_opens_a_page_that_wants_passwords_and_lets_papers_be_added(library):
    access = AccessPolicy(users=USERS, rate_limit=1)
    with page_of(library, access) as address:
        assert tools_at(address, None).status_code == 401
        assert tools_at(address, "another-token-than-that").status_code == 401
        assert "add_papers" in tools_at(address, TOKEN).text
    with page_of(library) as address:  # where anybody on this machine may ask, nobody else may add
        assert "add_papers" not in tools_at(address, None).text


def test_a_page_without_an_own_token_admits_nobody_by_none(library):
    access = AccessPolicy(users=USERS)
    with serving(Loading.of(library, access), 7985) as address:
        headers = {"authorization": "Bearer"}
        reply = httpx.post(f"{address}mcp", json={}, headers=headers, timeout=30)
        assert reply.status_code == 401


# --- asking the page -----------------------------------------------------------------------------


class Opener:
    """Opens the library when it is asked to, and counts how often."""

    def __init__(self, library):
        self._library = library
        self.asked = 0

    def __call__(self):
        self.asked += 1
        return self._library


@pytest.fixture
def opener(library):
    return Opener(library)


@contextmanager
def beside(library, opener, *, may_add=False):
    """An assistant whose server stands beside a page, or beside none."""
    tools = tools_for(may_add=may_add)
    served = ServedBeside(library.folder, LocalDoor(opener), tools)
    with connected(build_server(served)) as assistant:
        yield assistant


def titles(assistant):
    return [each["title"] for each in assistant.use("search", query="moss")["results"]]


def test_the_page_is_asked_while_there_is_one(library, opener):
    with beside(library, opener, may_add=True) as assistant:
        with page_of(library, AccessPolicy(users=USERS, rate_limit=1)):
            for _ in range(3):  # the owner may ask more often than visitors
                assert titles(assistant) == ["Counting Moss"]
            heard = []

            async def hear(progress, total, message):
                heard.append(message)

            asked = {"question": "How well do drones count moss?"}
            answer = assistant.do("call_tool", "ask", asked, progress_callback=hear)
            assert "7 %" in answer.structured_content["text"]
            assert heard[0] == "searching"
            assert assistant.use("add_papers", text="Title: Ferns\nAbstract: Ferns grow.")["added"]
            names = [each.name for each in assistant.do("list_resources").resources]
            assert names == ["Counting Moss", "Ferns"]
            assert (
                "# Counting Moss" in assistant.do("read_resource", "paper://moss").contents[0].text
            )
            assert opener.asked == 0
        assert titles(assistant) == ["Counting Moss"]
        assert opener.asked == 1
        with page_of(library):
            titles(assistant)
        assert opener.asked == 1


def test_what_is_wrong_with_a_request_is_told_as_the_page_tells_it(library, opener):
    with beside(library, opener) as assistant, page_of(library):
        assert "no paper 'nope'" in assistant.call("get_paper", id="nope").content[0].text
        assert "'k'" in assistant.call("search", query="moss", k=0).content[0].text
        with pytest.raises(MCPError, match="no paper 'nope'"):
            assistant.do("read_resource", "paper://nope")
        with pytest.raises(MCPError, match="no tool 'add_papers'"):
            assistant.call("add_papers", text="Title: Ferns\nAbstract: Ferns grow.")
        assert opener.asked == 0


class Silent(ScriptedService):
    """Accepts what is asked, and says nothing."""

    def __init__(self):
        self.over = threading.Event()
        super().__init__()

    def next_answer(self, path):
        self.over.wait(30)
        return super().next_answer(path)


@pytest.mark.parametrize("status", [200, 401, 404, 500])
def test_another_server_at_the_address_is_not_taken_for_the_page(library, opener, status):
    with ScriptedService() as other, noted(library.folder, f"{other.url}/", TOKEN):
        other.answer("/mcp", "<html>hello</html>", status=status)
        with beside(library, opener) as assistant:
            assert titles(assistant) == ["Counting Moss"]
            assert len(assistant.do("list_resources").resources) == 1
            assert assistant.do("read_resource", "paper://moss").contents
    assert opener.asked == 3


def test_a_page_that_hangs_is_not_waited_for(library, opener, monkeypatch):
    monkeypatch.setattr("rag.serve.mcp_beside.HANDSHAKE_S", 0.3)
    with Silent() as silent, noted(library.folder, f"{silent.url}/", TOKEN):
        with beside(library, opener) as assistant:
            assert titles(assistant) == ["Counting Moss"]
        silent.over.set()


# --- the commands themselves ---------------------------------------------------------------------


@contextmanager
def running_page(folder, *options):
    """`paperchat chat` in a process, once it serves."""
    command = [sys.executable, "-m", "rag.cli", "chat", "--no-browser", *options]
    page = subprocess.Popen(
        [*command, "--port", str(free_port()), "--library", folder],
        env={**os.environ, **OWN},
        cwd=folder.parent,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        told = iter(page.stderr.readline, "")
        assert any("paperchat is at" in line for line in told)
        yield page
    finally:
        page.kill()
        page.communicate()


def waits_for(check):
    waited = threading.Event()
    for _ in range(500):
        if check():
            return True
        waited.wait(0.01)
    return False


def files_open_in(pid, folder):
    """How many files below a folder a process has open."""
    links = (each.readlink() for each in Path(f"/proc/{pid}/fd").iterdir() if each.is_symlink())
    return sum(each.is_relative_to(folder) for each in links)


def test_a_process_beside_a_page_opens_the_library_once_the_page_is_killed(library):
    if not Path("/proc/self/fd").is_dir():
        missing("/proc", "this system does not tell which files a process has open")
    folder = library.folder
    library.close()
    wrapper = (  # tells its own number, which the client keeps to itself
        "import os, sys; open('pid', 'w').write(str(os.getpid())); from rag.cli import main; "
        "sys.exit(main())"
    )
    arguments = ["mcp", "--verbose", "--library", str(folder)]
    server = StdioServerParameters(
        command=sys.executable,
        args=["-c", wrapper, *arguments],
        env={**OWN, "PATH": os.environ["PATH"]},
        cwd=folder.parent,
    )
    log = folder.parent / "stderr"
    with running_page(folder) as page, log.open("w", encoding="utf-8") as errors:
        assert waits_for((folder / NAME).exists)
        with connected(stdio_client(server, errlog=errors), mode="legacy") as assistant:
            assert titles(assistant) == ["Counting Moss"]
            pid = int((folder.parent / "pid").read_text("utf-8"))
            assert files_open_in(pid, folder) == 0
            page.kill()
            page.wait()
            assert (folder / NAME).exists()  # a killed page takes nothing back
            assert titles(assistant) == ["Counting Moss"]
            assert files_open_in(pid, folder) > 0
    assert "Traceback" not in log.read_text("utf-8")


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_page_that_is_stopped_takes_its_note_back(library, sign):
    library.close()
    with running_page(library.folder, "--auth", "ada:secret-word") as page:
        assert waits_for((library.folder / NAME).exists)
        page.send_signal(sign)
        page.wait(30)
        assert not (library.folder / NAME).exists()
