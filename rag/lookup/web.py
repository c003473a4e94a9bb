"""Ask a public service over HTTP: at its pace, again when it asks to wait, within limits.

The one module of look-ups that speaks HTTP.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from xml.etree import ElementTree

from rag.certificates import read_certificates
from rag.errors import SourceUnavailableError

if TYPE_CHECKING:  # the command line reads this module at every start
    import httpx
    from tenacity import RetryCallState

TRIES: Final = 4
LONGEST_WAIT_S: Final = 60.0  # for which a service may ask; what asks for more is given up
FIRST_WAIT_S: Final = 2.0  # where it does not say, and twice as long each time
LONGEST_ANSWER_S: Final = 180.0  # from its first byte to its last
MOST_BYTES: Final = 64_000_000  # 100 whole records have about 2 MB
PIECE_BYTES: Final = 1 << 16
NOT_FOUND: Final = (404, 410)
PASSING: Final = (429, 500, 502, 503, 504)
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
NO_RECORDS: Final = "its answer is not a list of papers"

Parameters = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Manners:
    """How a service wants to be asked.

    Attributes:
        pace_s: Least seconds from one request to the next.
        headers: Sent with each request, such as a key.
        parameters: Sent with each request, such as an address of the user's.
        advice: What a user can do when the service does not answer.
    """

    pace_s: float = 0.0
    headers: Mapping[str, str] | None = None
    parameters: Parameters | None = None
    advice: str = "Check the network and try again."


@dataclass(frozen=True, slots=True)
class Reply:
    """What a service answered: the whole body, and its headers in small letters."""

    content: bytes
    headers: Mapping[str, str]


class Service:
    """A public service, asked with GET.

    Args:
        name: What users know it as.
        address: What paths are put behind.
        manners: How it wants to be asked.
        timeout_s: Longest wait for its first byte, and between two.
        contact: Where the user can be reached, for services that like to know; "" for nowhere.
        sleep: Waits so many seconds.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        name: str,
        address: str,
        manners: Manners,
        *,
        timeout_s: float,
        contact: str = "",
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.address = address.rstrip("/")
        self._manners = manners
        self._timeout_s = timeout_s
        self._contact = contact
        self._sleep = sleep
        self._clock = clock
        self._last: float | None = None

    def fetch(self, path: str = "", parameters: Parameters | None = None) -> Reply | None:
        """Fetch what is at a path; None where there is nothing.

        Raises:
            SourceUnavailableError: It cannot be reached, refuses, or asks to wait too long.
        """
        from tenacity import Retrying, retry_if_exception, stop_after_attempt

        asking = Retrying(
            retry=retry_if_exception(_is_worth_waiting),
            stop=stop_after_attempt(TRIES),
            wait=_wait_s,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return asking(self._fetch_once, path, parameters or {})
        except _AskedToWaitError as exc:
            raise self.unavailable(str(exc)) from exc

    def fetch_json(self, path: str = "", parameters: Parameters | None = None) -> object | None:
        """Fetch the JSON at a path; None where there is nothing.

        Raises:
            SourceUnavailableError: As for `fetch`; or it is no JSON.
        """
        reply = self.fetch(path, parameters)
        return None if reply is None else self.json_of(reply)

    def json_of(self, reply: Reply) -> object:
        """Parse the JSON of a reply.

        Raises:
            SourceUnavailableError: It is none.
        """
        try:
            value: object = json.loads(reply.content)
        except (ValueError, RecursionError) as exc:
            raise self.unavailable(NO_RECORDS) from exc
        return value

    def xml_of(self, reply: Reply, root: str) -> ElementTree.Element:
        """Parse the XML of a reply; a document type is refused, since entities can explode.

        Raises:
            SourceUnavailableError: It is none, or its root is another.
        """
        try:
            text = reply.content.decode("utf-8-sig")
            if "<!DOCTYPE" in text or "<!ENTITY" in text:
                raise self.unavailable(NO_RECORDS)
            found = ElementTree.fromstring(reply.content)  # noqa: S314  # without entities
        except (ValueError, ElementTree.ParseError, RecursionError) as exc:
            raise self.unavailable(NO_RECORDS) from exc
        if found.tag != root:
            raise self.unavailable(NO_RECORDS)
        return found

    def unavailable(self, why: str) -> SourceUnavailableError:
        """Build the error for a service that cannot be asked."""
        return SourceUnavailableError(
            f"{self.name} could not be asked ({why.rstrip('.')}). {self._manners.advice}"
        )

    def _fetch_once(self, path: str, parameters: Parameters) -> Reply | None:
        import httpx

        self._keep_pace()
        try:
            with self._asked(path, parameters) as reply:
                if reply.status_code in NOT_FOUND:
                    return None
                if reply.status_code in PASSING:
                    raise _AskedToWaitError(reply.status_code, _retry_after_s(reply.headers))
                reply.raise_for_status()
                return Reply(self._read(reply), dict(reply.headers))
        except httpx.TimeoutException as exc:
            raise self.unavailable(f"it did not answer within {self._timeout_s:.0f} s") from exc
        except httpx.HTTPStatusError as exc:
            raise self.unavailable(f"it answered with {exc.response.status_code}") from exc
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise SourceUnavailableError(
                f"Could not reach {self.name} ({self._why_unreached()}). {self._manners.advice}"
            ) from exc

    def _why_unreached(self) -> str:
        host = urlsplit(self.address)
        is_here = host.hostname in LOOPBACK
        return f"nothing answers at {host.netloc}" if is_here else "no network?"

    @contextmanager
    def _asked(self, path: str, parameters: Parameters) -> Iterator[httpx.Response]:
        import httpx

        url = httpx.URL(self.address + path)
        own = self._manners
        with httpx.stream(
            "GET",
            url.copy_merge_params({**(own.parameters or {}), **parameters}),
            headers={"User-Agent": user_agent(self._contact), **(own.headers or {})},
            timeout=self._timeout_s,
            follow_redirects=True,
            verify=read_certificates(),
            trust_env=url.host not in LOOPBACK,  # a proxy cannot reach this machine's own programs
        ) as reply:
            yield reply

    def _keep_pace(self) -> None:
        """Wait until the service may be asked again."""
        if self._last is not None:
            rest_s = self._last + self._manners.pace_s - self._clock()
            if rest_s > 0:
                self._sleep(rest_s)
        self._last = self._clock()

    def _read(self, reply: httpx.Response) -> bytes:
        content = bytearray()
        begun = self._clock()
        for piece in reply.iter_bytes(PIECE_BYTES):
            content += piece
            if len(content) > MOST_BYTES:
                raise self.unavailable("its answer is longer than any list of papers")
            if self._clock() - begun > LONGEST_ANSWER_S:
                raise self.unavailable(f"its answer took longer than {LONGEST_ANSWER_S:.0f} s")
        return bytes(content)


def user_agent(contact: str) -> str:
    """Return how paperchat names itself, with the user's address where one is set."""
    name = f"paperchat/{version('paperchat')}"
    return f"{name} (mailto:{contact})" if contact else name


class _AskedToWaitError(Exception):
    """Raised when a service answers that it may answer later."""

    def __init__(self, status: int, wait_s: float | None) -> None:
        asked = f" and asks to wait {wait_s:.0f} s" if wait_s else ""
        super().__init__(f"it answered with {status}{asked}")
        self.wait_s = wait_s


def _is_worth_waiting(error: BaseException) -> bool:
    return isinstance(error, _AskedToWaitError) and (error.wait_s or 0.0) <= LONGEST_WAIT_S


def _wait_s(call: RetryCallState) -> float:
    error = call.outcome.exception() if call.outcome else None
    asked = error.wait_s if isinstance(error, _AskedToWaitError) else None
    return FIRST_WAIT_S * 2 ** (call.attempt_number - 1) if asked is None else asked


def _retry_after_s(headers: httpx.Headers) -> float | None:
    """Read the seconds that a reply asks to wait, given as a number or as a date."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isdecimal() and value.isascii():
        return float(value[:9])
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
