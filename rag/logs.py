"""Write the log of a server as JSON, an object a line (`RAG_LOG=json`).

No line holds the text of a question or of an answer, nor a secret: an error whose words may come
from somewhere else, such as a language model's endpoint, is told by its kind and by where it arose.
"""

from __future__ import annotations

import io
import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, TextIO

from pydantic import SecretStr

from rag.errors import EmbedderUnavailableError, LibraryError, NotAllowedError
from rag.settings import Settings
from rag.types import Answer

OWN: Final = ("paperchat", "rag", "ui")  # whose messages were written knowing where they go
MOST_FRAMES: Final = 8  # the innermost
LEAST_SECRET: Final = 4  # characters: a shorter one would be found in any word
PLAIN_ERRORS: Final = (LibraryError, EmbedderUnavailableError, NotAllowedError)  # in our own words
FIELDS: Final = "fields"  # of a record: what it tells beside its message
BEGIN: Final = "Traceback (most recent call last):"
FRAME: Final = re.compile(r'\s+File "(?P<file>.+)", line (?P<line>\d+), in (?P<name>.+)')
KIND: Final = re.compile(r"[\w.]+")
LEFT_OUT: Final = "a message of others, which is left out"
UNFORESEEN: Final = "an unforeseen error"
requests = logging.getLogger("paperchat.request")
answers = logging.getLogger("paperchat.answer")
server = logging.getLogger("paperchat.server")


class JsonLines(logging.StreamHandler[TextIO]):
    """Writes records as JSON, an object a line.

    Args:
        stream: Where to.
        secrets: What no line may hold, whoever wrote it.
    """

    def __init__(self, stream: TextIO, secrets: Iterable[str] = ()) -> None:
        super().__init__(stream)
        longest_first = sorted(set(secrets), key=len, reverse=True)
        self._secrets = [each for each in longest_first if len(each) >= LEAST_SECRET]

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as JSON."""
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info and record.exc_info[0]:
            kind, _, where = record.exc_info
            told |= {"error": kind.__name__, "where": _frames(where)}
        return json.dumps({name: self._without_secrets(each) for name, each in told.items()})

    def _without_secrets(self, value: object) -> object:
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, "…")
        return value


def _message(record: logging.LogRecord) -> str:
    """Return what a record says; of others' messages only what stands in their code."""
    if record.name.split(".")[0] not in OWN:
        template = record.msg if isinstance(record.msg, str) and record.args else ""
        return template if template.replace("%s", "").strip() else LEFT_OUT
    args = record.args or ()
    if isinstance(args, Mapping):
        return str(record.msg)
    plain = tuple(_plain(each) if isinstance(each, BaseException) else each for each in args)
    return str(record.msg) % plain if plain else str(record.msg)


def _plain(error: BaseException) -> str:
    """Tell an error by its words where they are ours, else by its kind."""
    if isinstance(error, PLAIN_ERRORS):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__


def _frames(where: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(where)[-MOST_FRAMES:]
    return [f"{each.filename}:{each.lineno} {each.name}" for each in frames]


class _Stray(io.TextIOBase):
    """Takes what others print on standard error: of a traceback its places, of all else nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rest = ""
        self._frames: list[str] | None = None  # of a traceback that is being printed

    def writable(self) -> bool:
        """Whether it takes text."""
        return True

    def write(self, text: str) -> int:
        """Take text, and log a traceback once it is whole."""
        with self._lock:
            *lines, self._rest = (self._rest + text).split("\n")
            for line in lines:
                self._take(line)
        return len(text)

    def _take(self, line: str) -> None:
        if line == BEGIN:
            self._frames = []
        elif self._frames is not None and (frame := FRAME.fullmatch(line)):
            self._frames.append("{file}:{line} {name}".format(**frame.groupdict()))
        elif self._frames is not None and line and not line[0].isspace():
            kind = KIND.match(line)
            fields = {"error": kind[0] if kind else "?", "where": self._frames[-MOST_FRAMES:]}
            self._frames = None
            server.error(UNFORESEEN, extra={FIELDS: fields})


@contextmanager
def logging_json(settings: Settings, stream: TextIO) -> Iterator[None]:
    """Have all that is logged, and printed on standard error, be JSON on a stream from now on.

    Args:
        settings: Their secrets are left out.
        stream: Where to.
    """
    root, before = logging.root, logging.root.handlers[:]
    hook, err = threading.excepthook, sys.stderr
    root.handlers[:] = [JsonLines(stream, _secrets(settings))]
    level, own = root.level, logging.getLogger(OWN[0])
    own_level = own.level
    own.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    sys.stderr = _Stray()
    threading.excepthook = _log_uncaught
    try:
        yield
    finally:
        threading.excepthook, sys.stderr = hook, err
        logging.captureWarnings(capture=False)
        own.setLevel(own_level)
        root.setLevel(level)
        root.handlers[:] = before


def _log_uncaught(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        error = (args.exc_type, args.exc_value, args.exc_traceback)
        server.error(UNFORESEEN, exc_info=error)


def is_json() -> bool:
    """Whether the log of this process is JSON."""
    return any(isinstance(each, JsonLines) for each in logging.root.handlers)


def _secrets(settings: Settings) -> Iterator[str]:
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            whole = value.get_secret_value()
            yield whole
            yield from filter(None, map(str.strip, whole.split(",")))  # tokens stand in one setting


def log_answer(answer: Answer, seconds: float) -> None:
    """Log that an answer was given, without a word of it."""
    fields = {
        "status": answer.status,
        "origin": answer.origin,
        "writer": "extractive" if answer.is_extractive else "model",
        "seconds": round(seconds, 3),
    }
    answers.info("answer", extra={FIELDS: fields})


def log_request(method: str, route: str, status: int, seconds: float) -> None:
    """Log that a request was served; its route holds nothing that anybody typed."""
    fields = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1)}
    requests.info("request", extra={FIELDS: fields})
