"""A catalogue of papers on loopback: real HTTP, scripted answers by path, all requests kept."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.support.loopback import LoopbackServer


class ScriptedService(LoopbackServer):
    """Answers a path with what was queued for it, the last answer again when none is left.

    `answer(path, body, status, headers)` queues; a body that is no text is sent as JSON. What was
    not queued is a 404. `asked` has, of each request, the path and its parameters; `headers` what
    stood above it.
    """

    def __init__(self):
        self._answers = defaultdict(deque)
        self.asked = []
        self.headers = []
        super().__init__(_Handler)

    @property
    def url(self):
        return self.address

    @property
    def paths(self):
        return [path for path, _ in self.asked]

    def answer(self, path, body="", status=200, headers=None):
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        content = text if isinstance(text, bytes) else text.encode()
        self._answers[path].append((status, content, headers or {}))
        return self

    def answer_from_now(self, path, body="", **others):
        self._answers.pop(path, None)
        return self.answer(path, body, **others)

    def next_answer(self, path):
        queue = self._answers.get(path)
        if not queue:
            return 404, b"Resource not found.", {}
        return queue.popleft() if len(queue) > 1 else queue[0]


class _Handler(BaseHTTPRequestHandler):
    server_side: ScriptedService

    def log_message(self, *_):
        """Silence: the test output is for the tests."""

    def do_GET(self):
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        self.server_side.asked.append((path, dict(parse_qsl(parts.query, keep_blank_values=True))))
        self.server_side.headers.append(dict(self.headers))
        status, content, headers = self.server_side.next_answer(path)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


class Clock:
    """Seconds that pass only when someone sleeps."""

    def __init__(self):
        self.now = 0.0
        self.slept = []

    def sleep(self, seconds):
        self.slept.append(round(seconds, 3))
        self.now += seconds

    def __call__(self):
        return self.now


ENTRY = (
    "<entry><id>http://arxiv.org/abs/{0}v2</id><title>Cats\n  in {0}</title>"
    "<summary> A cat falls. </summary><published>2021-01-03T10:00:00Z</published>"
    "<author><name>Ada Kessel</name></author><author><name>Bo Tee</name></author>"
    "<category term='cs.LG'/>"
    "<arxiv:journal_ref xmlns:arxiv='http://arxiv.org/schemas/atom'>Cats 3</arxiv:journal_ref>"
    "</entry>"
)
TOTAL = (
    "<opensearch:totalResults xmlns:opensearch='http://a9.com/-/spec/opensearch/1.1/'>{}"
    "</opensearch:totalResults>"
)


def arxiv_feed(*ids, total=None):
    """A feed as arXiv's export API gives it."""
    told = TOTAL.format(len(ids) if total is None else total)
    entries = "".join(map(ENTRY.format, ids))
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">{told}{entries}</feed>'


def crossref_work(doi, **others):
    """A work as Crossref tells it."""
    work = {
        "DOI": doi,
        "type": "journal-article",
        "title": [f"On {doi}"],
        "author": [{"given": "Ada", "family": "Kessel", "sequence": "first"}],
        "issued": {"date-parts": [[2019, 4, 2]]},
        "container-title": ["Journal of Beavers"],
        "abstract": "<jats:p>Beavers build dams where water runs.</jats:p>",
        **others,
    }
    return {"status": "ok", "message-type": "work", "message": work}


def openalex_work(number, **others):
    """A work as OpenAlex tells it."""
    return {
        "id": f"https://openalex.org/W{number}",
        "doi": None,
        "title": f"Otters of {number}",
        "publication_date": "2018-02-03",
        "authorships": [{"author": {"display_name": "Bo Tee"}}],
        "abstract_inverted_index": {"Otters": [0], "hold": [1], "hands.": [2]},
        "primary_location": {"source": {"display_name": "River Letters"}},
        **others,
    }


def zotero_item(key, title, collections=(), **others):
    """An item as Zotero's local interface gives it."""
    data = {
        "key": key,
        "itemType": "journalArticle",
        "title": title,
        "abstractNote": f"What is known of {title.lower()} is told.",
        "creators": [{"creatorType": "author", "firstName": "Ada", "lastName": "Kessel"}],
        "date": "2020-05-01",
        "tags": [{"tag": "rivers"}],
        "collections": list(collections),
        **others,
    }
    return {"key": key, "version": 5, "library": {"type": "user", "id": 0}, "data": data}
