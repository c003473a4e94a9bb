"""Fixtures: the real embedder, libraries in tmp_path, a scripted endpoint, the shared files."""

from __future__ import annotations

import os
import shutil
import socket
from contextlib import closing
from pathlib import Path

import hypothesis
import pytest
from filelock import FileLock

from rag.embedding import build_embedder
from rag.endpoint.dialect import LEARNED
from rag.endpoint.windows import WINDOWS
from rag.errors import EmbedderUnavailableError
from rag.library import Library
from rag.settings import Settings
from tests.support import ROOT
from tests.support.endpoint_papers import (
    BEAVERS,
    OTTERS,
    QUESTION,
    WILLOWS,
    endpoint_model,
    endpoint_settings,
)
from tests.support.eval_papers import PAPERS
from tests.support.needs import missing, told_missing
from tests.support.scripted_endpoint import ScriptedEndpoint
from tests.support.servers import chroma_server, postgres_server

# The shell draws no window around the page: a page opens in half the time.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
SHARED = ROOT.parent / "shared"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
MODEL_VARIABLES = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL")


MEMORY = Path("/dev/shm")
LEAST_MEMORY_BYTES = 4_000_000_000  # a run fills a few hundred MB; a container may have 64 MB
MOST_WORKERS = 4  # each holds embedders, a browser and libraries of its own: up to 4 GB

# How long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")

# Libraries are written for good, which a disk takes its time over; those of tests end with the run.
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= LEAST_MEMORY_BYTES:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_xdist_auto_num_workers(config):
    """One worker more than cores, as a fifth of the time goes into waiting for pages and servers.

    None for files that are named, which begin sooner without.
    """
    is_named = any(".py" in each for each in config.args)
    return 0 if is_named else min((os.cpu_count() or 1) + 1, MOST_WORKERS)


def pytest_collection_modifyitems(items):
    """The modules of browser tests first, which take longest: what is short fills the gaps."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter):
    """Say last how many tests did not run, and why: none is left out in silence."""
    yield
    for line in told_missing(terminalreporter.stats.get("skipped", ())):
        terminalreporter.write_line(line, yellow=True)


@pytest.fixture(autouse=True)
def clean_environment(request, monkeypatch, tmp_path):
    """No setting of the person who runs the tests reaches them, and no `.env` of theirs.

    The embedder is found by those alone that ask for it, so that none needs it unawares.
    """
    for name in list(os.environ):
        if name.startswith(("RAG_", "HF_")) or name in MODEL_VARIABLES:
            monkeypatch.delenv(name)
    has_embedder = "cache" in request.fixturenames
    where = request.getfixturevalue("cache") if has_embedder else tmp_path / "no-embedder"
    monkeypatch.setenv("RAG_CACHE", str(where))
    monkeypatch.setenv("RAG_FIND_LOCAL", "false")  # of what runs here no test knows
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def closed_channels(request, monkeypatch):
    """Who did not ask for the embedder does not fetch it either, which takes seconds each time."""
    if "cache" not in request.fixturenames:
        monkeypatch.setattr("rag.embedding.weights.CHANNELS", {})


@pytest.fixture(scope="session")
def common(tmp_path_factory, worker_id):
    """A folder that all workers of this run share; who fills a part of it holds its lock."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def cache(common):
    """Where the converted embedder lies; fetched the first time, over the network."""
    settings = Settings()
    embedder = build_embedder(settings)
    assert embedder is not None
    try:
        with FileLock(common / "cache.lock"):
            embedder.prepare()
    except EmbedderUnavailableError as exc:
        missing("the embedder's weights", str(exc))
    return settings.cache


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Nothing that a test does may leave this machine; the weights were fetched before it."""
    connect = socket.socket.connect

    def guarded(self, address):
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            pytest.fail(f"a test tried to reach {address!r}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def settings(cache, tmp_path):
    """Settings for a library of its own, answering extractively."""
    return Settings(library=tmp_path / "library", cache=cache, llm="extractive")


@pytest.fixture(scope="session")
def lexical_settings(tmp_path_factory):
    """Settings without an embedder."""
    return Settings(
        library=tmp_path_factory.mktemp("lexical") / "library", embedder="none", llm="extractive"
    )


@pytest.fixture(scope="session")
def starter(cache, common, tmp_path_factory):
    """The starter library, made once and copied for each worker; tests must not change it."""
    new, made = common / "starter.new", common / "starter"
    own = tmp_path_factory.mktemp("starter") / "library"
    with FileLock(common / "starter.lock"):
        if not made.exists():
            with Library.open(settings=Settings(library=new, cache=cache)) as library:
                library.ingest_starter()
            new.rename(made)
    shutil.copytree(made, own)
    return Library.open(settings=Settings(library=own, cache=cache, llm="extractive"))


@pytest.fixture(scope="module")
def words_settings(tmp_path_factory):
    """Settings of the library of invented papers, which is searched by words alone."""
    folder = tmp_path_factory.mktemp("invented") / "library"
    return Settings(library=folder, embedder="none", llm="extractive")


@pytest.fixture(scope="module")
def words_library(request, tmp_path_factory):
    """A library of the module's `PAPERS`, without an embedder; tests must not change it."""
    settings = Settings(
        library=tmp_path_factory.mktemp("words") / "library", embedder="none", llm="extractive"
    )
    with Library.open(settings=settings) as library:
        library.ingest(request.module.PAPERS)
        yield library


@pytest.fixture(scope="module")
def invented(words_settings):
    """A library of the invented papers; tests must not change it."""
    with Library.open(settings=words_settings) as library:
        library.ingest(PAPERS)
        yield library


@pytest.fixture(scope="module")
def cheap_hashes():
    """Hashes of a thousandth of the work, so that the tests of a module take seconds."""
    from ui.server import passwords

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(passwords, "COST", 32)
        patched.setattr(passwords, "PARALLEL", 1)
        yield


@pytest.fixture
def endpoint():
    """An OpenAI-compatible HTTP server on loopback that answers as scripted."""
    WINDOWS.forget()
    LEARNED.forget()  # a port may be another endpoint's of before
    with ScriptedEndpoint() as server:
        yield server


@pytest.fixture(scope="session")
def beavers(cache, tmp_path_factory):
    """Three papers about beavers, with vectors; tests must not change it."""
    folder = tmp_path_factory.mktemp("beavers") / "library"
    library = Library.open(settings=Settings(library=folder, cache=cache, llm="extractive"))
    library.ingest([BEAVERS, OTTERS, WILLOWS])
    return library


@pytest.fixture
def asked(beavers, endpoint):
    """The library of beavers with the scripted model; keywords are settings."""

    def made(url=endpoint.url, **others):
        settings = endpoint_settings(url, library=beavers.folder, **others)
        return beavers.with_settings(settings, endpoint_model(url, **others))

    return made


@pytest.fixture
def ask(asked, endpoint):
    """Asks the library with the scripted model; keywords are settings, except `history`."""

    def answered(question=QUESTION, history=(), url=endpoint.url, **others):
        return asked(url, **others).ask(question, history)

    return answered


@pytest.fixture
def order(beavers):
    """The papers in the order in which a question's sources stand in the prompt."""
    return [hit.paper for hit in beavers.search(QUESTION, 6)]


@pytest.fixture(scope="session")
def shared():
    """The folder of shared measures beside the project."""
    if not SHARED.exists():
        missing("the shared measures", f"there is no {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def pages(shared):
    """The five saved pages, in order."""
    return sorted((shared / "corpus").glob("*.txt"))


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium, one for each module of browser tests."""
    if CHROMIUM is None:
        missing("Debian's chromium", "there is neither chromium-headless-shell nor chromium")
    from playwright import sync_api as playwright

    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def profile(browser):
    """A window of Chromium that keeps the page's compiled scripts, which take seconds to make."""
    with closing(browser.new_context()) as context:
        context.set_default_timeout(15_000)
        yield context


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server; each test makes databases of its own in it."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def chroma(tmp_path_factory):
    """A Chroma server."""
    with chroma_server(tmp_path_factory.mktemp("chroma")) as server:
        yield server
