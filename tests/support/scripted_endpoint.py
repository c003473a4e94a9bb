"""An OpenAI-compatible endpoint on loopback: real HTTP, scripted replies, all requests kept."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler

from tests.support.loopback import LoopbackServer

HELD_AT_MOST_S = 60
JSON = "application/json"


class ScriptedEndpoint(LoopbackServer):
    """Plays the queued replies one by one; the last one again when the queue is empty.

    `reply(text)` streams a completion, waiting `pause_s` after each piece, and before the piece
    that has the words of `hold` until its event is set,
    `fail(status, headers, body)` answers with an error,
    `break_off(text)` ends a stream in its middle, `answer_raw(body)` sends any 200 body,
    `hang(seconds)` waits before a reply, `drip(pieces, pause_s)` writes a piece at a time,
    `keep_alive(pause_s)` sends nothing but comments, 200 of them.
    `when(words, text)` answers what holds the words, before the queue is looked at: several
    callers can then ask at once. With `knows_forms = False` a request for a form is a 400.

    `requests`, `headers`, `paths` and `times` (seconds, monotonic) keep what came in, `hung_up` is
    set when a client goes before its reply is complete.
    """

    def __init__(self):
        self._replies = deque()
        self._rules = []
        self.requests = []
        self.models = None  # names, where the endpoint tells them
        self.tells = {}  # what stands at other paths, as JSON
        self.headers = []
        self.paths = []
        self.times = []
        self.knows_forms = True
        self.hung_up = threading.Event()
        super().__init__(_Handler)

    @property
    def url(self):
        return f"{self.address}/v1"

    def reply(self, text, *, usage=(11, 7), pieces=None, pause_s=0, hold=None):
        self._replies.append(("stream", text, usage, pieces, pause_s, hold))
        return self

    def when(self, words, text, *, usage=(11, 7)):
        self._rules.append((words, ("stream", text, usage, None, 0)))
        return self

    def fail(self, status, headers=None, body='{"error": {"message": "scripted"}}'):
        self._replies.append(("fail", status, headers or {}, body))
        return self

    def fail_when(self, words, status):
        self._rules.append((words, ("fail", status, {}, "{}")))
        return self

    def break_off(self, text):
        self._replies.append(("break", text))
        return self

    def answer_raw(self, body, content_type="text/html"):
        self._replies.append(("raw", body, content_type))
        return self

    def hang(self, seconds):
        self._replies.append(("hang", seconds))
        return self

    def drip(self, pieces, pause_s):
        self._replies.append(("drip", pieces, pause_s))
        return self

    def keep_alive(self, pause_s):
        self._replies.append(("comments", pause_s))
        return self

    def forget(self):
        """Play nothing of what was queued."""
        self._replies.clear()

    def asked(self, words):
        """The requests that hold the words."""
        return [request for request in self.requests if words in said(request)]

    def next_reply(self, request):
        if "response_format" in request and not self.knows_forms:
            return "fail", 400, {}, '{"error": {"message": "unknown parameter"}}'
        for words, played in self._rules:
            if words in said(request):
                return played
        return self._replies.popleft() if len(self._replies) > 1 else self._replies[0]


def said(request):
    """All that a request says to the model."""
    return "\n".join(message["content"] for message in request.get("messages", ()))


class _Handler(BaseHTTPRequestHandler):
    server_side: ScriptedEndpoint
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Silence: the test output is for the tests."""

    def do_GET(self):
        if (told := self.server_side.tells.get(self.path)) is not None:
            return self._play_raw(told if isinstance(told, str) else json.dumps(told), JSON)
        self.server_side.headers.append(dict(self.headers))
        if self.server_side.models is None:
            return self._play_fail(404, {}, "{}")
        data = [{"id": name, "object": "model"} for name in self.server_side.models]
        return self._play_raw(json.dumps({"object": "list", "data": data}), JSON)

    def do_POST(self):
        length = int(self.headers.get("content-length", 0))
        request = json.loads(self.rfile.read(length) or b"{}")
        if not self.path.endswith(("/chat/completions", "/embeddings")):
            told = self.server_side.tells.get(self.path)
            return self._play_raw(json.dumps(told), JSON) if told else self._play_fail(404, {}, "")
        self.server_side.times.append(time.monotonic())
        self.server_side.requests.append(request)
        self.server_side.headers.append(dict(self.headers))
        self.server_side.paths.append(self.path)
        kind, *rest = self.server_side.next_reply(request)
        try:
            getattr(self, f"_play_{kind}")(*rest)
        except (BrokenPipeError, ConnectionResetError):
            self.server_side.hung_up.set()
        return None

    def _start(self, status, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True

    def _play_stream(self, text, usage, pieces, pause_s, hold=None):
        self._start(200, {"content-type": "text/event-stream"})
        for piece in pieces or [text[i : i + 5] for i in range(0, len(text), 5)]:
            if hold and hold[0] in piece:
                hold[1].wait(HELD_AT_MOST_S)
            self._event(self._chunk(piece))
            time.sleep(pause_s)
        self._event(self._chunk("", finish="stop"))
        counts = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": 0}
        self._event({**self._chunk(""), "choices": [], "usage": counts})
        self.wfile.write(b"data: [DONE]\n\n")

    def _play_drip(self, pieces, pause_s):
        self._start(200, {"content-type": "text/event-stream"})
        for piece in pieces:
            self._event(self._chunk(piece))
            time.sleep(pause_s)
        self._event(self._chunk("", finish="stop"))

    def _play_comments(self, pause_s):
        self._start(200, {"content-type": "text/event-stream"})
        for _ in range(200):
            self.wfile.write(b": still thinking\n\n")
            time.sleep(pause_s)

    def _play_break(self, text):
        self._start(200, {"content-type": "text/event-stream"})
        self._event(self._chunk(text))

    def _play_fail(self, status, headers, body):
        self._start(status, {"content-type": "application/json", **headers})
        self.wfile.write(body.encode())

    def _play_raw(self, body, content_type):
        self._start(200, {"content-type": content_type})
        self.wfile.write(body.encode())

    def _play_hang(self, seconds):
        time.sleep(seconds)
        self._play_fail(500, {}, "")

    def _event(self, data):
        self.wfile.write(f"data: {json.dumps(data)}\n\n".encode())
        self.wfile.flush()

    def _chunk(self, text, finish=None):
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
        return {
            "id": "c",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "scripted",
            "choices": [choice],
        }
