"""Somebody who has signed in at a page and presses what its scripts press."""

from __future__ import annotations

import json
import uuid

from tests.support.page_server import client

PASSWORD = "correct horse battery"


class Person:
    """Somebody at the page, who presses what its scripts press."""

    def __init__(self, address, name):
        self.address = address
        self.session = uuid.uuid4().hex
        self.http = client()
        signed = self.http.post(f"{address}login", data={"username": name, "password": PASSWORD})
        assert signed.status_code == 200
        self.config = self.http.get(f"{address}config").json()

    def press(self, elem_id, event, data, **event_data):
        """What an event of a part of the page ends with, as text."""
        part = next(
            each["id"]
            for each in self.config["components"]
            if each["props"].get("elem_id") == elem_id
        )
        index = next(
            each["id"] for each in self.config["dependencies"] if [part, event] in each["targets"]
        )
        return self.run(index, data, **event_data)

    def run(self, index, data, **event_data):
        """What a function of the page ends with, as text."""
        body = {
            "data": data,
            "fn_index": index,
            "session_hash": self.session,
            "event_data": event_data or None,
        }
        self.http.post(f"{self.address}gradio_api/queue/join", json=body).raise_for_status()
        query = {"session_hash": self.session}
        url = f"{self.address}gradio_api/queue/data"
        with self.http.stream("GET", url, params=query, timeout=60) as lines:
            for line in lines.iter_lines():
                told = json.loads(line.removeprefix("data: ")) if line else {}
                if told.get("msg") == "process_completed":
                    return json.dumps(told["output"], ensure_ascii=False)
        raise AssertionError("the page hung up")

    def open(self, paper_id):
        told = json.dumps({"do": "open", "with": paper_id})
        return self.press("library-pressed", "change", [told, None, "", None])

    def upload(self, name, content):
        """Send a file; where the page says that it is."""
        files = {"files": (name, content)}
        sent = self.http.post(f"{self.address}gradio_api/upload", files=files)
        return sent.raise_for_status().json()[0]

    def preview(self, path):
        """Have an uploaded file read; what the page shows of it."""
        file = {"path": path, "orig_name": "refs.bib", "meta": {"_type": "gradio.FileData"}}
        return self.press("library-files", "upload", [[file], None])
