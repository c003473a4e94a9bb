"""What the page's server logs in JSON: objects, a line each, that tell nothing of anybody."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import traceback

import httpx
import pytest

from rag.assembly import both
from rag.errors import LibraryUnavailableError, ModelResponseError
from rag.logs import is_json, log_answer, logging_json
from rag.settings import Settings
from rag.types import Answer
from tests.support import ROOT
from tests.support.loopback import free_port
from ui.server.request_log import route_of

SECRET = "who measured the tides of Ganymede"
TOKEN = "a-token-of-sixteen-characters"
KEY = "sk-of-nobody-at-all"
TIDES = {"title": "Tides of the moon", "abstract": "The moon lifts the sea twice a day."}


def logged(work, **settings):
    """What is logged in JSON while something is done."""
    stream = io.StringIO()
    with logging_json(Settings(**settings), stream):
        work()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_each_record_is_an_object_with_time_level_and_place():
    (line,) = logged(lambda: logging.getLogger("rag.store").warning("%d of %s", 3, "words"))
    assert line["time"].endswith("+00:00")
    assert {**line, "time": ""} == {
        "time": "",
        "level": "warning",
        "logger": "rag.store",
        "message": "3 of words",
    }


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ModelResponseError(f"The endpoint failed ({SECRET})."), "ModelResponseError"),
        (ValueError(SECRET), "ValueError"),
        (OSError(28, "No space left on device", SECRET), "No space left on device"),
        (LibraryUnavailableError("The server is away."), "The server is away."),
    ],
)
def test_words_of_others_are_told_by_their_kind(error, told):
    (line,) = logged(lambda: logging.getLogger("rag.engine").warning("no answer: %s", error))
    assert line["message"] == f"no answer: {told}"


def test_messages_of_other_packages_tell_what_stands_in_their_code():
    def work():
        logging.getLogger("httpx").warning("HTTP Request: %s", SECRET)
        logging.getLogger("vendor").warning(f"asked {SECRET}")  # noqa: G004

    first, second = logged(work)
    assert first["message"] == "HTTP Request: %s"
    assert SECRET not in second["message"]


def fail():
    raise ValueError(f"{SECRET}\nTraceback of {SECRET}")


def test_a_logged_error_tells_its_kind_and_places(monkeypatch):
    # A server that another test has started may have given these a way of their own.
    for name in ("uvicorn", "uvicorn.error"):
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)

    def work():
        try:
            fail()
        except ValueError:
            logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")

    (line,) = logged(work)
    assert line["error"] == "ValueError"
    assert f"{__file__}:" in line["where"][-1]
    assert SECRET not in json.dumps(line)


def test_what_is_printed_on_standard_error_is_an_object_too():
    def work():
        try:
            fail()
        except ValueError:
            traceback.print_exc()
        sys.stderr.write(f"{SECRET}\n")

    (line,) = logged(work)
    assert (line["level"], line["error"]) == ("error", "ValueError")
    assert SECRET not in json.dumps(line)


def test_an_error_that_ends_a_thread_is_logged():
    def work():
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()

    (line,) = logged(work)
    assert line["error"] == "ValueError"
    assert SECRET not in json.dumps(line)


def test_no_line_holds_a_secret_of_the_settings():
    url = "postgresql://ada:engines@127.0.0.1/papers"
    secrets = {"openai_api_key": KEY, "api_tokens": f"x, {TOKEN}", "database_url": url}
    said = f"{KEY} {TOKEN} {url}"
    (line,) = logged(lambda: logging.getLogger("rag").warning("%s", said), **secrets)
    assert line["message"] == "… … …"


def test_the_log_is_as_before_afterwards():
    handlers, err, hook = logging.root.handlers[:], sys.stderr, threading.excepthook
    logged(lambda: None)
    assert (logging.root.handlers, sys.stderr, threading.excepthook) == (handlers, err, hook)
    assert not is_json()


def test_an_answer_is_told_to_all_who_want_to_know():
    told = []
    assert both(None, None) is None
    tell = both(lambda *each: told.append(each), log_answer)
    answer = Answer(SECRET, SECRET, "answered")
    (line,) = logged(lambda: tell(answer, 0.25))
    assert told == [(answer, 0.25)]
    assert {"status": "answered", "seconds": 0.25}.items() <= line.items()
    assert SECRET not in json.dumps(line)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("/gradio_api/queue/join", "/gradio_api/queue/join"),
        ("/shared/abcdefghijklmnopqrst", "/shared/*"),
        ("/gradio_api/heartbeat/abc", "/gradio_api/heartbeat/*"),
        ("/gradio_api/file=/tmp/ada.bib", "/gradio_api/file/*"),
        ("/v1/models/mine", "/v1/models/*"),
        (f"/{SECRET}", "other"),
    ],
)
def test_a_route_holds_nothing_that_anybody_typed(path, route):
    assert route_of(path) == route


def test_a_page_logs_objects_alone_from_its_start_to_its_end(tmp_path):
    (tmp_path / "tides.jsonl").write_text(json.dumps(TIDES))
    environment = {
        **os.environ,
        "RAG_LIBRARY": str(tmp_path / "library"),
        "RAG_EMBEDDER": "none",
        "RAG_LLM": "extractive",
        "RAG_LOG": "json",
        "RAG_API_TOKENS": TOKEN,
        "PYTHONPATH": str(ROOT),
    }
    run = [sys.executable, "-m", "rag.cli"]
    subprocess.run([*run, "ingest", "tides.jsonl"], env=environment, check=True, cwd=tmp_path)
    page = subprocess.Popen(
        [*run, "chat", "--no-browser", "--port", str(free_port())],
        env=environment,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        lines = [json.loads(page.stderr.readline())]
        while not lines[-1]["message"].startswith("paperchat is at"):
            lines.append(json.loads(page.stderr.readline()))
        address = lines[-1]["message"].split()[3]
        ask(address, TOKEN)
        httpx.get(f"{address}{SECRET}")
    finally:
        page.send_signal(signal.SIGTERM)
        rest = page.communicate(timeout=30)[1]
    lines += [json.loads(line) for line in rest.splitlines()]
    assert page.returncode == 143
    assert lines[-1]["message"] == "stopped"
    assert {"/v1/chat/completions", "other"} <= {each.get("route") for each in lines}
    assert [each["writer"] for each in lines if each["logger"] == "paperchat.answer"]
    assert not [each for each in ("Ganymede", TOKEN) if each in json.dumps(lines)]


def ask(address, token):
    body = {"model": "paperchat", "messages": [{"role": "user", "content": SECRET}]}
    headers = {"authorization": f"Bearer {token}"}
    url = f"{address}v1/chat/completions"
    httpx.post(url, json=body, headers=headers, timeout=60).raise_for_status()


def test_a_page_that_cannot_start_says_so_in_an_object(tmp_path):
    environment = {**os.environ, "RAG_LOG": "json", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "rag.cli", "chat", "--host", "0.0.0.0", "--no-browser"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    (line,) = map(json.loads, done.stderr.splitlines())
    assert (done.returncode, line["level"]) == (2, "error")
    assert "--auth" in line["message"]
