"""Secrets of the settings, planted: they stand in nothing that the commands print or write."""

from __future__ import annotations

import logging
import zipfile

import pytest

from rag.cli import main
from rag.settings import Settings, variable_of

PLANTED = "planted-secret-93"
# Where the papers are: a secret there would lead to servers that are not.
ELSEWHERE = {"database_url"}
SECRET = [
    name
    for name, field in Settings.model_fields.items()
    if "SecretStr" in str(field.annotation) and name not in ELSEWHERE
]
FORMATS = ("jsonl", "csv", "bibtex", "ris", "csl", "apa", "ieee", "chicago")


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A folder to work in, with all secrets set, and a person and an address that have one."""
    for name in SECRET:
        monkeypatch.setenv(variable_of(name), f"{PLANTED}-{name}")
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://ada:{PLANTED}@127.0.0.1:9/v1")
    monkeypatch.setenv("RAG_CONTACT", f"{PLANTED}@a.example")
    monkeypatch.setenv("RAG_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("RAG_EMBEDDER", "none")
    monkeypatch.setenv("RAG_RETRIES", "0")
    monkeypatch.setenv("RAG_DEADLINE_S", "2")
    (tmp_path / "cats.jsonl").write_text(
        '{"title": "Cats in the Air", "abstract": "A falling cat bends its spine."}\n'
    )
    monkeypatch.chdir(tmp_path)
    assert main(["ingest", "cats.jsonl"]) == 0
    return tmp_path


def written_below(folder):
    """The bytes of every file, those inside a backup too."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.name, path.read_bytes()
        if path.is_file() and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                yield from ((name, archive.read(name)) for name in archive.namelist())


def is_read(record):
    """Whether anybody reads it: what other packages trace for themselves is shown nowhere."""
    return record.name.partition(".")[0] in ("rag", "ui", "eval") or record.levelno >= logging.INFO


def test_there_are_secrets_to_plant():
    assert {"openai_api_key", "api_tokens", "s2_key"} <= set(SECRET)


def test_no_secret_is_printed_logged_or_written(work, capsys, caplog):
    caplog.set_level(logging.DEBUG)
    ask = ["ask", "What does a falling cat do?", "--verbose"]
    commands = [
        [*ask, "--receipt", "receipt.json", "--note", "notes"],  # by the model, which is not there
        [*ask, "--llm", "extractive", "--json"],
        *([*ask, "--llm", "extractive", "--format", each] for each in ("md", "html", "bib")),
        ["search", "cats", "--json", "--verbose"],
        *(["papers", "export", "--format", each, "--output", f"papers.{each}"] for each in FORMATS),
        ["papers", "notes", "notes"],
        ["replay", "receipt.json", "--llm", "extractive", "--json"],
        ["backup", "papers.backup"],
        ["doctor", "--json", "--bundle", "report.json"],
        ["doctor", "--verbose"],
    ]
    for command in commands:
        main(command)
        printed = capsys.readouterr()
        assert PLANTED not in printed.out + printed.err, command
    read = [each for each in caplog.records if is_read(each)]
    assert [each.name for each in read if PLANTED in each.getMessage()] == []
    names = {name for name, content in written_below(work) if PLANTED.encode() in content}
    assert names == set()
    assert {"receipt.json", "report.json", "papers.backup", "papers.csl"} <= {
        path.name for path in work.iterdir()
    }
