"""The library's Chroma collection: the one module that names Chroma.

The collection is the source of truth: every passage with its vector, and on the first passage of
each paper all that is known of the paper. Not covered: Chroma's own embedding functions.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import chromadb
import numpy as np
from chromadb.api import ClientAPI
from chromadb.api.collection_configuration import CreateCollectionConfiguration
from chromadb.api.models.Collection import Collection
from chromadb.api.types import GetResult, QueryResult
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError, InternalError
from llama_index.core.schema import TextNode
from numpy.typing import NDArray

from rag.errors import LibraryError
from rag.passages import build_passage, passage_id
from rag.types import Heading, Paper

SPACE: Final = "cosine"
# A wider beam than Chroma's 100: at 100,000 papers it costs 1 ms and finds what exact search does.
SEARCH_BEAM: Final = 200
# Chroma's graph misses about 3 in 1,000 passages, others after each opening. So small a collection
# is compared as a whole, for a millisecond more, and the same question finds the same papers.
EXACT_UP_TO: Final = 2000
ROWS_PER_CALL: Final = 1000
HEADINGS_PER_CALL: Final = 5000  # each call costs half a second at 100,000, whatever it gives
CLIENTS_LEFT_OPEN: Final = 2  # for searches that began before the last reopening
Metadata = Mapping[str, object]
Include = Literal["documents", "embeddings", "metadatas"]


@dataclass(frozen=True, slots=True)
class StoredPaper:
    """What the collection knows of a paper before it is read as a whole."""

    content_hash: str
    passages: int


class PassageStore:
    """Passages and papers of one library in a Chroma collection.

    Args:
        folder: Where Chroma keeps its files; made when absent.
        collection: Name of the collection; made when absent.
        clear: Start from nothing: an interrupted rebuild may have left a part.

    Raises:
        LibraryError: Chroma cannot use the folder.
    """

    def __init__(self, folder: Path, collection: str, *, clear: bool = False) -> None:
        self._folder = folder
        self._opened = 0
        self._left: deque[ClientAPI] = deque()
        self._client, self._collection = self._open(collection, clear=clear)

    def _open(self, collection: str, *, clear: bool = False) -> tuple[ClientAPI, Collection]:
        # Chroma keeps one system for each spelling of a path; another one reads the files anew.
        path = os.path.join(self._folder, *["."] * self._opened)  # noqa: PTH118  Path drops dots
        try:
            client = chromadb.PersistentClient(
                path, settings=ChromaSettings(anonymized_telemetry=False)
            )
            if clear and collection in [found.name for found in client.list_collections()]:
                client.delete_collection(collection)
            opened = client.get_or_create_collection(
                collection,
                configuration=CreateCollectionConfiguration(
                    hnsw={"space": SPACE, "ef_search": SEARCH_BEAM}
                ),
                embedding_function=None,
            )
        except (ChromaError, OSError, ValueError) as exc:
            raise LibraryError(
                f"The library in {str(self._folder)!r} cannot be opened: {exc}. "
                "Check that the folder can be written and was made by paperchat."
            ) from exc
        return client, opened

    def reopen(self, collection: str) -> None:
        """See what another process has written, which an open collection does not.

        What is being read meanwhile goes on with the files as they were.
        """
        self._left.append(self._client)
        self._opened += 1
        self._client, self._collection = self._open(collection)
        while len(self._left) > CLIENTS_LEFT_OPEN:
            _close(self._left.popleft())

    @property
    def name(self) -> str:
        """The name of the collection."""
        return self._collection.name

    def count_passages(self) -> int:
        """How many passages the collection holds."""
        return self._collection.count()

    def upsert(
        self,
        papers: Sequence[tuple[Paper, str, Sequence[TextNode]]],
        vectors: NDArray[np.float32],
    ) -> None:
        """Write papers (with content hash and passages); vectors of all passages, in order."""
        rows = [
            (node.node_id, node.text, _metadata(paper, digest, nodes, number))
            for paper, digest, nodes in papers
            for number, node in enumerate(nodes)
        ]
        for start in range(0, len(rows), ROWS_PER_CALL):
            ids, documents, metadatas = zip(*rows[start : start + ROWS_PER_CALL], strict=True)
            self._collection.upsert(
                ids=list(ids),
                embeddings=vectors[start : start + ROWS_PER_CALL],
                documents=list(documents),
                metadatas=list(metadatas),
            )

    def stored(self, paper_ids: Sequence[str]) -> dict[str, StoredPaper]:
        """Content hash and number of passages of those of the papers that are here."""
        ids = [passage_id(paper_id, 0) for paper_id in paper_ids]
        return {
            str(meta["paper_id"]): StoredPaper(str(meta["hash"]), int(str(meta["passages"])))
            for some in _chunks(ids)
            for meta in self._get(some, "metadatas")["metadatas"] or []
        }

    def delete(self, papers: Mapping[str, range]) -> None:
        """Delete the passages with these numbers, by paper."""
        ids = [passage_id(paper_id, n) for paper_id, numbers in papers.items() for n in numbers]
        for some in _chunks(ids):
            self._collection.delete(ids=some)

    def papers(self, paper_ids: Sequence[str]) -> dict[str, tuple[Paper, tuple[TextNode, ...]]]:
        """Those of the papers that are here, each with its passages in reading order."""
        first = self._rows([passage_id(paper_id, 0) for paper_id in paper_ids])
        return self._assemble(first)

    def passages(self, passage_ids: Sequence[str]) -> dict[str, TextNode]:
        """Those of the passages that are here, by id."""
        papers = self.papers(list({node_id.rpartition("#")[0] for node_id in passage_ids}))
        nodes = {node.node_id: node for _, each in papers.values() for node in each}
        return {node_id: nodes[node_id] for node_id in passage_ids if node_id in nodes}

    def all_papers(self) -> Iterator[Paper]:
        """Every paper of the library, in the order of ingestion."""
        offset = 0
        while True:
            page = self._collection.get(
                where={"number": 0},
                limit=ROWS_PER_CALL,
                offset=offset,
                include=["documents", "metadatas"],
            )
            if not page["ids"]:
                return
            rows = zip(page["documents"] or [], page["metadatas"] or [], strict=True)
            for paper, _ in self._assemble(list(rows)).values():
                yield paper
            offset += ROWS_PER_CALL

    def headings(self) -> Iterator[Heading]:
        """The short part of every paper, in the order of ingestion.

        Six times as fast as `all_papers`, which matters from 10,000 papers on.
        """
        offset = 0
        while True:
            page = self._collection.get(
                where={"number": 0},
                limit=HEADINGS_PER_CALL,
                offset=offset,
                include=["metadatas"],
            )
            yield from (_read_heading(meta) for meta in page["metadatas"] or [])
            if len(page["ids"]) < HEADINGS_PER_CALL:
                return
            offset += HEADINGS_PER_CALL

    def query(self, vector: NDArray[np.float32], passages_k: int) -> list[tuple[str, float]]:
        """Passage ids with their cosine to a vector, most similar first.

        They are `passages_k` at least where there are so many; all of a library that is compared
        as a whole anyway.
        """
        stored = self.count_passages()
        if not stored or not passages_k:
            return []
        found = self._query(vector, stored if stored <= EXACT_UP_TO else min(passages_k, stored))
        distances = (found["distances"] or [[]])[0]
        similarities = [1.0 - float(distance) for distance in distances]
        return list(zip(found["ids"][0], similarities, strict=True))

    def vectors(self, passage_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors of those of the passages that are here, shape (dimension,)."""
        vectors: dict[str, NDArray[np.float32]] = {}
        for some in _chunks(passage_ids):
            found = self._get(some, "embeddings")
            rows = np.asarray(found["embeddings"], np.float32)
            vectors.update(zip(found["ids"], rows, strict=True))
        return vectors

    def paper_vectors(self, paper_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors of all passages of those of the papers that are here, by passage id."""
        vectors: dict[str, NDArray[np.float32]] = {}
        left, number = list(paper_ids), 0
        while left:  # how many passages a paper has shows when they come to an end
            pair = (number, number + 1)
            found = self.vectors([passage_id(paper, n) for paper in left for n in pair])
            vectors |= found
            left = [paper for paper in left if passage_id(paper, number + 1) in found]
            number += 2
        return vectors

    def delete_collection(self) -> None:
        """Remove the collection with all it holds."""
        self._client.delete_collection(self._collection.name)

    def close(self) -> None:
        """Let go of Chroma's files."""
        while self._left:
            _close(self._left.popleft())
        _close(self._client)

    def _query(self, vector: NDArray[np.float32], wanted: int) -> QueryResult:
        def ask() -> QueryResult:
            return self._collection.query(
                query_embeddings=vector[None, :], n_results=wanted, include=["distances"]
            )

        try:
            return ask()
        except InternalError:
            self.reopen(self.name)
            return ask()

    def _get(self, ids: list[str], *include: Include) -> GetResult:
        """Rows by id; once more, reopened, when another process has changed the files meanwhile."""
        try:
            return self._collection.get(ids=ids, include=list(include))
        except InternalError:
            self.reopen(self.name)
            return self._collection.get(ids=ids, include=list(include))

    def _rows(self, ids: Sequence[str]) -> list[tuple[str, Metadata]]:
        rows: list[tuple[str, Metadata]] = []
        for some in _chunks(ids):
            found = self._get(some, "documents", "metadatas")
            rows += zip(found["documents"] or [], found["metadatas"] or [], strict=True)
        return rows

    def _assemble(
        self, first: Sequence[tuple[str, Metadata]]
    ) -> dict[str, tuple[Paper, tuple[TextNode, ...]]]:
        """Papers from the rows of their first passages; the other passages are fetched at once."""
        more = [
            passage_id(str(meta["paper_id"]), number)
            for _, meta in first
            for number in range(1, int(str(meta["passages"])))
        ]
        by_paper: dict[str, list[tuple[str, Metadata]]] = {}
        for document, meta in (*first, *self._rows(more)):
            by_paper.setdefault(str(meta["paper_id"]), []).append((document, meta))
        return {paper_id: _read_paper(rows) for paper_id, rows in by_paper.items()}


def _close(client: ClientAPI) -> None:
    client.close()  # type: ignore[attr-defined]  # missing from ClientAPI


def _chunks(ids: Sequence[str]) -> Iterator[list[str]]:
    """Ids in as many as one call of Chroma takes."""
    for start in range(0, len(ids), ROWS_PER_CALL):
        yield list(ids[start : start + ROWS_PER_CALL])


def _metadata(
    paper: Paper, digest: str, nodes: Sequence[TextNode], number: int
) -> dict[str, str | int | float | bool | None]:
    place = nodes[number].metadata
    common = {
        "paper_id": paper.paper_id,
        "number": number,
        "start": place["start"],
        "end": place["end"],
    }
    if number:
        return common
    known = {
        "title": paper.title,
        "passages": len(nodes),
        "hash": digest,
        "authors": json.dumps(paper.authors, ensure_ascii=False) if paper.authors else None,
        "published": paper.published,
        "year": paper.year,
        "url": paper.url,
        "venue": paper.venue,
        "source": paper.source,
    }
    return common | {name: value for name, value in known.items() if value is not None}


def _read_heading(meta: Metadata) -> Heading:
    return Heading(
        str(meta["paper_id"]),
        str(meta["title"]),
        _authors(meta),
        _text(meta.get("published")),
        _text(meta.get("source")),
    )


def _authors(meta: Metadata) -> tuple[str, ...]:
    return tuple(json.loads(str(meta.get("authors") or "[]")))


def _read_paper(rows: Sequence[tuple[str, Metadata]]) -> tuple[Paper, tuple[TextNode, ...]]:
    """A paper and its passages from all its rows."""
    ordered = sorted(rows, key=lambda row: int(str(row[1]["number"])))
    meta = ordered[0][1]
    title = str(meta["title"])
    paper = Paper(
        paper_id=str(meta["paper_id"]),
        title=title,
        abstract=_join(title, ordered),
        authors=_authors(meta),
        **{key: _text(meta.get(key)) for key in ("published", "url", "venue", "source")},
    )
    nodes = tuple(
        build_passage(paper, number, int(str(row["start"])), int(str(row["end"])))
        for number, (_, row) in enumerate(ordered)
    )
    return paper, nodes


def _join(title: str, ordered: Sequence[tuple[str, Metadata]]) -> str:
    """The abstract from its passages; between two of them lies a space or nothing."""
    text = ""
    for document, meta in ordered:
        text = text.ljust(int(str(meta["start"]))) + document[len(title) + 1 :]
    return text


def _text(value: object) -> str | None:
    return None if value is None else str(value)
