"""Papers that a real Ray cluster of two workers embeds are the same as one process makes them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from rag.cli import main
from rag.embedding.workers import ray_workers
from rag.errors import ConfigurationError, EmbedderUnavailableError
from rag.library import Library
from rag.settings import Settings
from rag.store.sync import PAPERS_PER_BATCH
from tests.support import ROOT
from tests.support.loopback import free_port

NO_RAY = "Ray is needed only to embed by the workers of a cluster"  # hundreds of megabytes
QUIETLY = ("--include-dashboard=false", "--disable-usage-stats")
COUNT = 3 * PAPERS_PER_BATCH + 5
TOPICS = ("otters", "willows", "beavers", "herons", "moles")


def records(count=COUNT):
    return [
        {
            "id": f"p{n}",
            "title": f"On {TOPICS[n % len(TOPICS)]}, part {n}",
            "abstract": f"We followed {n + 2} {TOPICS[n % len(TOPICS)]} along a river. " * 2,
        }
        for n in range(count)
    ]


class Local:
    """Workers of this process, which tell what was begun and waited for."""

    most = 3

    def __init__(self, embedder, fails_from=COUNT):
        self.begun, self.waited, self.open_at_once = 0, 0, []
        self._embedder, self._fails_from = embedder, fails_from

    def begin(self, texts):
        number = self.begun
        self.begun += 1
        self.open_at_once.append(self.begun - self.waited)

        def wait():
            self.waited += 1
            if number >= self._fails_from:
                raise EmbedderUnavailableError("A worker failed.")
            return self._embedder.embed_texts(texts)

        return wait


def settings_of(tmp_path, name, cache):
    return Settings(library=tmp_path / name, cache=cache, llm="extractive")


def contents(library):
    """All papers as they are kept, and all vectors."""
    vectors = library._index.vectors
    return list(library.papers()), vectors.read(sorted(vectors.ids()))


def assert_same(one, other):
    (papers, vectors), (others, its_vectors) = contents(one), contents(other)
    assert list(papers) == list(others)
    assert list(vectors) == list(its_vectors)
    for each, vector in vectors.items():
        np.testing.assert_allclose(vector, its_vectors[each], atol=1e-6)


def test_batches_are_begun_ahead_and_no_more_than_workers_take(tmp_path, cache):
    with (
        Library.open(settings=settings_of(tmp_path, "one", cache)) as one,
        Library.open(settings=settings_of(tmp_path, "other", cache)) as other,
    ):
        one.ingest(records())
        workers = Local(other._index.embedder)
        told = []
        report = other.ingest(records(), workers=workers, on_progress=told.append)
        assert report.added == COUNT
        assert workers.begun == workers.waited == 4
        assert 1 < max(workers.open_at_once) <= workers.most
        assert told
        assert other._index.workers is None
        assert other.verify().is_sound
        assert_same(one, other)


def test_what_a_worker_failed_at_is_gone_on_with(tmp_path, cache):
    with Library.open(settings=settings_of(tmp_path, "library", cache)) as library:
        workers = Local(library._index.embedder, fails_from=1)
        library.ingest(records(), workers=workers)
        assert library._index.vectors.count() < COUNT
        report = library.ingest(records())
        assert (report.unchanged, len(library)) == (COUNT, COUNT)
        assert library._index.vectors.count() >= COUNT
        assert library.verify().is_sound


def test_a_missing_package_is_told(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "ray", None)
    with (
        pytest.raises(ConfigurationError, match=r"paperchat\[ray\]"),
        ray_workers("local", Settings()),
    ):
        pass


@pytest.fixture
def cluster(tmp_path):
    """The address of a Ray cluster of two workers, which ends with the test."""
    pytest.importorskip("ray", reason=NO_RAY)
    port = free_port()
    program = Path(sys.executable).parent / "ray"
    head = subprocess.Popen(
        [program, "start", "--head", "--block", "--num-cpus=2", f"--port={port}", *QUIETLY],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), "RAY_USAGE_STATS_ENABLED": "0"},
    )
    try:
        _wait_for(port)
        yield f"127.0.0.1:{port}"
    finally:
        head.terminate()
        head.wait(60)


def _wait_for(port):
    for _ in range(1200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise AssertionError("the cluster did not start")


def test_a_cluster_of_two_workers_makes_the_same_library(cluster, tmp_path, cache, capsys):
    file = tmp_path / "papers.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in records()))
    one, other = (settings_of(tmp_path, name, cache) for name in ("one", "other"))
    assert main(["ingest", str(file), "--library", str(one.library)]) == 0
    asked = ["ingest", "--ray", cluster, str(file), "--library", str(other.library)]
    assert main(asked) == 0
    assert f"{COUNT} added" in capsys.readouterr().out
    with Library.open(settings=one) as alone, Library.open(settings=other) as together:
        assert_same(alone, together)
        assert together.verify().is_sound
    assert main(asked) == 0  # nothing is left to do
    assert f"{COUNT} unchanged" in capsys.readouterr().out


def test_where_there_is_no_cluster_it_is_told(tmp_path, cache, capsys):
    pytest.importorskip("ray", reason=NO_RAY)
    with (
        pytest.raises(ConfigurationError, match="no Ray cluster at"),
        ray_workers("nowhere", Settings()),
    ):
        pass
