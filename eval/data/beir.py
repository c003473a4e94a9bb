"""Read collections in BEIR's layout, on which published systems are measured.

`corpus.jsonl`, `queries.jsonl` and `qrels.tsv` or `qrels/test.tsv`, each also with `.gz`. A record
that is only a title counts as a paper here, its title as its text, so that a collection is measured
completely.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rag.errors import SourceError
from rag.text import one_line, why_unread
from rag.types import Paper

TITLE_WORDS: Final = 12  # of the text, for a record without a title


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection: its papers, queries by id, and the gain of each relevant paper by query."""

    name: str
    papers: tuple[Paper, ...]
    queries: Mapping[str, str]
    qrels: Mapping[str, Mapping[str, float]]


def read_collection(folder: Path) -> Collection:
    """Read the collection in a folder.

    Raises:
        SourceError: A part of it is missing or broken; the message says which.
    """
    queries = {str(row.get("_id")): str(row.get("text", "")) for row in _rows(folder, "queries")}
    qrels = _read_qrels(folder)
    unknown = [query_id for query_id in qrels if query_id not in queries]
    if unknown:
        raise SourceError(f"The query {unknown[0]!r} is judged in {str(folder)!r}, but not given.")
    papers = tuple(_paper(row, folder.name) for row in _rows(folder, "corpus"))
    return Collection(folder.name, papers, queries, qrels)


def _paper(row: Mapping[str, object], source: str) -> Paper:
    text = one_line(str(row.get("text") or ""))
    title = one_line(str(row.get("title") or "")) or " ".join(text.split()[:TITLE_WORDS])
    if not title:
        raise SourceError(f"The record {row.get('_id')!r} of {source} has neither title nor text.")
    return Paper(str(row.get("_id")), title, text or title, source=source)


def _rows(folder: Path, name: str) -> Iterator[Mapping[str, object]]:
    path = find_file(folder, f"{name}.jsonl")
    for number, line in enumerate(open_text(path), start=1):
        if line.strip():
            yield _read_row(path, number, line)


def _read_row(path: Path, number: int, line: str) -> Mapping[str, object]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as exc:
        raise SourceError(f"{path.name}, line {number}: broken JSON: {exc}") from exc
    if not isinstance(row, dict) or "_id" not in row:
        raise SourceError(f"{path.name}, line {number}: it has no `_id`.")
    return row


def _read_qrels(folder: Path) -> dict[str, dict[str, float]]:
    """Read the gain by paper by query, for queries that have one."""
    path = find_file(folder, "qrels.tsv", "qrels/test.tsv")
    qrels: dict[str, dict[str, float]] = defaultdict(dict)
    for number, row in enumerate(csv.reader(open_text(path), delimiter="\t"), start=1):
        if number == 1 and row[:1] == ["query-id"]:
            continue
        try:
            query_id, paper_id, gain = row[0], row[1], float(row[2])
        except (IndexError, ValueError) as exc:
            raise SourceError(
                f"{path.name}, line {number}: needed are query, paper and gain, by tabs."
            ) from exc
        if gain > 0:
            qrels[query_id][paper_id] = gain
    return dict(qrels)


def find_file(folder: Path, *names: str) -> Path:
    """Return the first of the files that exists, plain or gzipped.

    Raises:
        SourceError: None does.
    """
    for name in names:
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return path
    raise SourceError(f"{str(folder)!r} has no {' nor '.join(names)}; needed is BEIR's layout.")


def open_text(path: Path) -> Iterator[str]:
    """Yield the lines of a text file, plain or gzipped.

    Raises:
        SourceError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            packed = path.suffix == ".gz"
            content = gzip.GzipFile(fileobj=file) if packed else file
            yield from io.TextIOWrapper(io.BufferedReader(content), encoding="utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as exc:
        raise SourceError(f"{str(path)!r} cannot be read: {why_unread(exc)}.") from exc
