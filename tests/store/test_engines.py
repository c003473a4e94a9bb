"""A library whose vectors another engine keeps does all that one with Chroma does."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from rag.errors import ConfigurationError
from rag.library import Library
from rag.settings import Settings
from rag.store.engine import ENGINES, build_engines
from rag.store.servers import Servers, find_servers
from rag.store.vectors import EXACT_UP_TO, VectorStore
from rag.types import Passage
from tests.support.endpoint_papers import BEAVERS, OTTERS, WILLOWS
from tests.support.needs import missing

EXTRA = {"qdrant": "llama_index.vector_stores.qdrant"}


def is_there(engine):
    try:
        return engine not in EXTRA or find_spec(EXTRA[engine]) is not None
    except ModuleNotFoundError:
        return False


@pytest.fixture(params=ENGINES)
def engine(request):
    """The name of an engine."""
    if not is_there(request.param):
        missing(f"the extra [{request.param}]", f"there is no {EXTRA[request.param]}")
    return request.param


@pytest.fixture
def settings(engine, cache, tmp_path):
    return Settings(
        library=tmp_path / "library", cache=cache, llm="extractive", vector_store=engine
    )


@pytest.fixture
def store(engine, tmp_path):
    store = VectorStore(tmp_path / "vectors", "passages-1", Servers(vectors=engine))
    yield store
    store.close()


def passages(*papers):
    return [[Passage(each, n, 0, 5) for n in range(2)] for each in papers]


def units(count, seed=0):
    rows = np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_an_empty_collection_answers_too(store):
    assert (store.count(), list(store.ids())) == (0, [])
    assert store.find(["a#0"]) == {}
    assert store.nearest_papers(units(1)[0], 3) == {}
    store.delete(["a#0"])


def test_what_is_written_is_read_found_and_deleted(store):
    rows = units(6)
    store.upsert(passages("a", "b", "c"), rows)
    assert store.count() == 6
    assert sorted(store.ids()) == ["a#0", "a#1", "b#0", "b#1", "c#0", "c#1"]
    read = store.read(["b#1", "none#0"])
    assert list(read) == ["b#1"]
    np.testing.assert_allclose(read["b#1"], rows[3], atol=1e-6)
    (first, cosine), *others = store.query_index(rows[3], 3)
    assert (first, len(others)) == ("b#1", 2)
    assert cosine == pytest.approx(1, abs=1e-5)
    assert [c for _, c in others] == sorted((c for _, c in others), reverse=True)
    exact = rows @ rows[3]
    others_exact = dict(zip(("a#0", "a#1", "b#0", "b#1", "c#0", "c#1"), exact, strict=True))
    for passage_id, similarity in others:
        assert similarity == pytest.approx(others_exact[passage_id], abs=1e-5)
    store.upsert(passages("a"), units(2, seed=1))
    assert store.count() == 6
    np.testing.assert_allclose(store.read(["a#0"])["a#0"], units(2, seed=1)[0], atol=1e-6)
    store.delete(["a#0", "a#1", "none#0"])
    assert sorted(store.ids()) == ["b#0", "b#1", "c#0", "c#1"]


def test_more_than_are_held_in_memory_are_all_listed(store):
    count = EXACT_UP_TO + 2
    store.upsert(passages(*(f"p{n}" for n in range(count // 2))), units(count))
    assert len(set(store.ids())) == store.count() == count
    assert next(iter(store.nearest_papers(units(count)[8], 5))) == "p4"


def test_a_library_is_asked_changed_and_opened_again(settings):
    with Library.open(settings=settings) as library:
        library.ingest([BEAVERS, OTTERS, WILLOWS])
        assert library.search("Which animals build dams?")[0].paper.title == BEAVERS.title
        assert library.search("Which animals build dams?")[0].dense_similarity > 0.3
        assert library.verify().is_sound
    with Library.open(settings=settings) as library:
        assert library.verify().is_sound
        assert library.remove([library.search("otters", k=1)[0].paper.paper_id]) == 1
        assert {each.paper.title for each in library.search("animals")} <= {
            BEAVERS.title,
            WILLOWS.title,
        }
        assert library.verify().is_sound


def test_vectors_that_are_gone_are_made_again_from_the_papers(settings):
    with Library.open(settings=settings) as library:
        library.ingest([BEAVERS, OTTERS])
        library._index.vectors.empty()
    with Library.open(settings=settings) as library:
        assert library._index.remade == ("vectors",)
        assert library.verify().is_sound


def test_another_engine_is_filled_when_it_is_chosen(settings):
    with Library.open(settings=settings) as library:
        library.ingest([BEAVERS, OTTERS])
    chroma = settings.model_copy(update={"vector_store": "chroma"})
    with Library.open(settings=chroma) as library:
        assert library.search("Which animals build dams?")[0].dense_similarity > 0.3
        assert library.verify().is_sound


def test_a_backup_goes_from_one_engine_to_another(settings, tmp_path):
    file = tmp_path / "library.backup"
    with Library.open(settings=settings) as library:
        library.ingest([BEAVERS, OTTERS])
        library.back_up(file)
    chroma = settings.model_copy(update={"vector_store": "chroma", "library": tmp_path / "another"})
    Library.restore(file, settings=chroma)
    with Library.open(settings=chroma) as library:
        assert library._index.remade == ()
        assert library.verify().is_sound


def test_an_engine_that_is_not_installed_is_told(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "llama_index.vector_stores.qdrant", None)
    with pytest.raises(ConfigurationError, match=r"paperchat\[qdrant\]"):
        build_engines(Servers(vectors="qdrant"))


def test_a_server_of_one_engine_does_not_go_with_another(tmp_path):
    settings = Settings(chroma_url="http://127.0.0.1:9", vector_store="qdrant")
    with pytest.raises(ConfigurationError, match="Unset one of them"):
        find_servers(settings)
