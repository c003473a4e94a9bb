"""A library in a folder that cannot be written is searched and asked all the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from rag.library import Library
from rag.settings import Settings
from rag.store.sqlite import FILE
from rag.types import Paper
from tests.store.kept_papers import WINTER
from tests.support import ROOT
from tests.support.letters import LetterEmbedding
from tests.support.needs import missing

# For the superuser no right is missing, until it gives up the one to overlook them.
GIVEN_UP = "-dac_override,-dac_read_search"
CHILD = """
import sys
from rag import Library, Paper, Settings
from rag.errors import LibraryError
from tests.support.letters import LetterEmbedding

folder, embedder, *expected = sys.argv[1:]
settings = Settings(library=folder, embedder="none", llm="extractive")
embedding = LetterEmbedding() if embedder == "letters" else None
with Library.open(settings=settings, embedder=embedding) as library:
    library.prepare()
    assert library.catalog.paper_ids() == expected, library.catalog.paper_ids()
    for paper in library.papers():
        hit = library.search(paper.title, 1)[0]
        assert hit.paper == paper
        assert (hit.dense_rank is None) == (embedding is None)
        assert hit.lexical_rank is not None
    assert library.ask("What did snow do to the otter?").papers[0].paper_id == "otter"
    assert library.catalog.browse("winter").found == len(expected)
    assert not library.is_new
    for change in (
        lambda: library.ingest(Paper("lynx", "The lynx", "A lynx walks.")),
        lambda: library.remove("otter"),
        lambda: library.conversations.create("ada"),
    ):
        try:
            change()
        except LibraryError as exc:
            assert "searched and asked, but not changed" in str(exc), exc
        else:
            raise AssertionError("the library was changed")
    assert library.catalog.paper_ids() == expected
"""


@pytest.fixture(params=["none", "letters"])
def made(request, tmp_path, cache):
    """The folder of a library, and the embedder that it was made with."""
    folder = tmp_path / "library"
    settings = Settings(library=folder, embedder="none", llm="extractive")
    embedding = LetterEmbedding() if request.param == "letters" else None
    with Library.open(settings=settings, embedder=embedding) as library:
        library.ingest(WINTER)
    yield folder, request.param
    change_rights(folder, 0o755, 0o644)


def change_rights(folder, folders, files):
    for path in (folder, *folder.rglob("*")):
        path.chmod(folders if path.is_dir() else files)


def run_reading(*arguments):
    give_up = ["setpriv", f"--bounding-set={GIVEN_UP}", f"--inh-caps={GIVEN_UP}"]
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        missing("setpriv of util-linux", "the superuser may write everywhere")
    command = [*(give_up if os.geteuid() == 0 else ()), sys.executable, "-c", CHILD]
    return subprocess.run(
        [*command, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_that_cannot_be_written_is_searched_and_asked(made):
    folder, embedder = made
    before = contents(folder)
    change_rights(folder, 0o555, 0o444)
    done = run_reading(folder, embedder, *(paper.paper_id for paper in WINTER))
    assert done.returncode == 0, done.stderr
    assert contents(folder) == before


def test_what_is_still_in_the_log_of_one_who_writes_is_seen(made):
    folder, embedder = made
    lion = Paper("lion", "The lion in winter", "We followed a lion for one winter.")
    settings = Settings(library=folder, embedder="none", llm="extractive")
    embedding = LetterEmbedding() if embedder == "letters" else None
    with Library.open(settings=settings, embedder=embedding) as library:
        library.ingest(lion)
        assert (folder / f"{FILE}-wal").stat().st_size
        change_rights(folder, 0o555, 0o444)
        done = run_reading(folder, embedder, *(paper.paper_id for paper in [*WINTER, lion]))
        change_rights(folder, 0o755, 0o644)
    assert done.returncode == 0, done.stderr
