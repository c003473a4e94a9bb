"""The façade with its real parts: Chroma, tantivy and the embedder in a folder of its own."""

from __future__ import annotations

import asyncio
import copy
import json
import os
import pickle
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import assume, given, strategies
from hypothesis import settings as examples
from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.base.response.schema import Response
from llama_index.core.chat_engine.types import (
    AgentChatResponse,
    BaseChatEngine,
    StreamingAgentChatResponse,
)
from llama_index.core.schema import NodeWithScore

from rag.cleaning import clean_abstract
from rag.embedding import weights
from rag.errors import ConfigurationError, LibraryError, SourceError
from rag.library import Library
from rag.passages import passage_text
from rag.readers.records import paper_from_record
from rag.settings import Settings
from rag.starter import starter_file
from rag.store import index
from rag.store.sqlite import FILE
from rag.store.vectors import VectorStore
from rag.text import one_line
from rag.types import Message, Paper, Passage, Rejection

ROOT = Path(__file__).resolve().parents[1]

TIDE = Paper(
    "crabs",
    "Tidal Clocks in Shore Crabs",
    "Shore crabs keep time with the sea even in a dark laboratory. We recorded the walking of 48 "
    "crabs over three weeks. Their activity peaked every 12.4 hours, at the hour of high water on "
    "the beach they came from. Cooling the tanks to 4 degrees stopped the clock for as long as the "
    "cold lasted.",
    authors=("Ida Marsh", "Ole Strand"),
    published="2022-01-03",
    url="https://example.org/crabs",
)
KITE = Paper(
    "kites",
    "Kites that Harvest High Wind",
    "A tethered kite reaches winds that no tower can. Our prototype flies figures of eight at 300 "
    "metres and pulls a cable that turns a generator on the ground. Over a year it produced twice "
    "the energy of a mast turbine of equal weight. Lightning remains an open problem.",
)
BREAD = Paper(
    "bread",
    "The Crackle of Cooling Bread Crust",
    "Bread sings when it leaves the oven. We placed microphones above 60 loaves and counted the "
    "cracks of the crust while it cooled. A wetter dough gives fewer but louder cracks. The sound "
    "alone predicts the thickness of the crust within half a millimetre.",
)
LICHEN = Paper(
    "lichen",
    "Dating Stone Walls by Their Lichens",
    "Map lichen grows about 0.6 mm a year on basalt. We measured 900 thalli on walls of known age "
    "in Iceland and fitted a growth curve. The curve dates a wall to within fifteen years up to an "
    "age of three centuries.",
)
PAPERS = [TIDE, KITE, BREAD, LICHEN]
TIDE_QUESTION = "How long is the rhythm of the crabs' activity?"
FOLLOW_UP = "How many of them were measured?"  # by itself it finds the lichens
OFF_TOPIC = "Which football club won the cup final in 1987?"


def long_abstract(word, joint=" "):
    """An abstract of several passages, in which a word stands in every sentence."""
    return joint.join(
        f"In part {name} we look at the {word} of rivers under ice and at what it does to the "
        "banks, the fish and the people who cross it in winter."
        for name in ("Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta", "Eta", "Theta") * 3
    )


@pytest.fixture
def library(settings):
    with Library.open(settings=settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def four(cache, tmp_path_factory):
    """A library with the four papers; tests must not change it."""
    folder = tmp_path_factory.mktemp("four") / "library"
    with Library.open(settings=Settings(library=folder, cache=cache, llm="extractive")) as opened:
        opened.ingest(PAPERS)
        yield opened


def counts(report):
    return (
        report.added,
        report.updated,
        report.unchanged,
        report.duplicates,
        len(report.rejected),
    )


def titles(hits):
    return [hit.paper.title for hit in hits]


def stored_passages(library):
    """How many passages the collection holds, whether a search finds them or not."""
    return VectorStore(library.folder / "chroma", "passages-1").count()


def run_python(code, cwd, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# Opening.


def test_a_library_is_created_when_the_folder_is_absent(settings):
    folder = settings.library / "deep" / "down"
    with Library.open(folder, settings=settings) as created:
        assert created.is_new
        assert created.folder == folder
        assert len(created) == 0
        assert created.papers() == []
    with Library.open(folder, settings=settings) as again:
        assert again.is_new  # looking at it wrote nothing
        again.ingest(TIDE)
        assert not again.is_new
    with Library.open(folder, settings=settings) as again:
        again.remove(TIDE.paper_id)
        assert not again.is_new


@pytest.mark.parametrize(
    ("path", "variable", "expected"),
    [
        (None, "named", "named"),
        ("given", "named", "given"),  # the argument goes before the environment
        ("~/papers", None, "home/papers"),
        (None, "~/papers", "home/papers"),
    ],
)
def test_the_folder_comes_from_the_argument_or_the_environment(
    monkeypatch, tmp_path, path, variable, expected
):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RAG_EMBEDDER", "none")
    if variable:
        monkeypatch.setenv("RAG_LIBRARY", variable)
    with Library.open(path) as opened:
        assert opened.folder.resolve() == (tmp_path / expected).resolve()
        assert (tmp_path / expected / FILE).exists()


def test_without_any_name_the_library_lies_in_the_user_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("RAG_EMBEDDER", "none")
    with Library.open() as opened:
        assert opened.folder.is_relative_to(tmp_path)


def test_a_file_in_place_of_the_folder_is_told(settings):
    settings.library.write_text("no folder")
    with pytest.raises(LibraryError, match=r"library' cannot be used.*RAG_LIBRARY"):
        Library.open(settings=settings)


def test_a_model_without_an_endpoint_is_told(settings):
    with pytest.raises(ConfigurationError, match="'some-model' needs an endpoint"):
        Library.open(settings=settings, llm="some-model")


def test_a_library_tells_its_folder_and_cannot_be_copied_or_pickled(lexical_settings):
    with Library.open(settings=lexical_settings) as opened:
        assert repr(opened) == f"<Library {str(lexical_settings.library)!r}>"
        for duplicate in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match=r"Library\.open\('"):
                duplicate(opened)


def test_who_has_to_wait_for_another_process_is_told_at_once(lexical_settings, monkeypatch, caplog):
    monkeypatch.setattr(index, "SILENT_S", 0.0)
    monkeypatch.setattr(index, "LOCK_TIMEOUT_S", 0.0)
    with Library.open(settings=lexical_settings) as opened:
        with FileLock(opened.folder / "lock"), pytest.raises(LibraryError, match="Another process"):
            opened.ingest(TIDE)
        assert "another process is changing" in caplog.text
        assert opened.ingest(TIDE).added == 1


def test_closing_one_of_two_openings_leaves_the_other_usable(settings):
    with Library.open(settings=settings) as first:
        first.ingest(PAPERS)
        with Library.open(settings=settings) as second:
            assert len(second) == len(PAPERS)
        assert titles(first.search(TIDE_QUESTION))[0] == TIDE.title
        assert first.ingest(replace(KITE, title="Kites")).updated == 1


# Ingesting.


@pytest.mark.parametrize(
    ("given_papers", "expected"),
    [
        ([BREAD, LICHEN], (2, 0, 0, 0, 0)),
        ([TIDE, KITE], (0, 0, 2, 0, 0)),
        ([replace(TIDE, abstract="Crabs sleep at noon.")], (0, 1, 0, 0, 0)),
        ([replace(TIDE, title="Crabs")], (0, 1, 0, 0, 0)),
        ([replace(TIDE, authors=("Ida Marsh",))], (0, 1, 0, 0, 0)),
        ([replace(TIDE, published="2023")], (0, 1, 0, 0, 0)),
        ([replace(TIDE, url=None)], (0, 1, 0, 0, 0)),
        ([replace(TIDE, venue="Shores")], (0, 1, 0, 0, 0)),
        ([replace(TIDE, source="elsewhere.txt")], (0, 0, 1, 0, 0)),  # the same paper all the same
        ([BREAD, BREAD], (1, 0, 0, 1, 0)),
        ([TIDE, TIDE, TIDE], (0, 0, 1, 2, 0)),
        ([{"title": "No abstract"}, BREAD], (1, 0, 0, 0, 1)),
        ([{"abstract": "No title."}, BREAD, {"title": ""}], (1, 0, 0, 0, 2)),
        ([], (0, 0, 0, 0, 0)),
    ],
)
def test_ingest_counts_what_it_did(library, given_papers, expected):
    library.ingest([TIDE, KITE])
    report = library.ingest(given_papers)
    assert counts(report) == expected
    assert len(library) == len(library.papers()) == 2 + expected[0]


def test_a_second_run_changes_nothing(library):
    assert counts(library.ingest(PAPERS)) == (4, 0, 0, 0, 0)
    before = library.ask(TIDE_QUESTION)
    assert counts(library.ingest(PAPERS)) == (0, 0, 4, 0, 0)
    assert library.papers() == PAPERS
    assert timeless(library.ask(TIDE_QUESTION)) == timeless(before)


def test_of_two_records_with_one_id_the_first_counts(library):
    other = replace(TIDE, title="A later record", abstract="With other words.")
    assert counts(library.ingest([TIDE, other, KITE])) == (2, 0, 0, 1, 0)
    assert library.get(TIDE.paper_id) == TIDE


def test_duplicates_are_met_across_batches(lexical_settings, tmp_path):
    many = [Paper(f"p{n}", f"Note {n}", f"Note {n} on moss.") for n in range(300)]
    with Library.open(tmp_path / "many", settings=lexical_settings) as library:
        assert counts(library.ingest([*many, many[0], many[150]])) == (300, 0, 0, 2, 0)
        assert library.papers() == many


def test_a_rejection_tells_where_and_why(library, tmp_path):
    file = tmp_path / "found.jsonl"
    lines = [json.dumps(asdict(TIDE)), "{broken", json.dumps({"title": "Only a title"})]
    file.write_text("\n".join(lines), encoding="utf-8")
    report = library.ingest(file)
    assert counts(report) == (1, 0, 0, 0, 2)
    broken, incomplete = report.rejected
    assert (broken.source, broken.record) == ("found.jsonl", 2)
    assert broken.why.startswith("broken JSON")
    assert incomplete == Rejection("found.jsonl", 3, "'Only a title' has no abstract")


def test_the_report_reads_as_one_line(library):
    assert str(library.ingest([TIDE, TIDE])) == (
        "1 added, 0 updated, 0 unchanged, 1 duplicates, 0 rejected"
    )


def write_json_lines(path, papers):
    path.write_text("".join(json.dumps(asdict(p)) + "\n" for p in papers), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "make_sources",
    [
        lambda folder: PAPERS,
        lambda folder: iter(PAPERS),
        lambda folder: [asdict(paper) for paper in PAPERS],
        lambda folder: write_json_lines(folder / "papers.jsonl", PAPERS),
        lambda folder: str(write_json_lines(folder / "papers.jsonl", PAPERS)),
        lambda folder: write_json_lines(folder / "papers.jsonl", PAPERS).parent,
        lambda folder: [TIDE, asdict(KITE), write_json_lines(folder / "two.txt", PAPERS[2:])],
    ],
    ids=["papers", "iterator", "dicts", "file", "file as text", "folder", "mixed"],
)
def test_papers_come_from_objects_dicts_files_and_folders(library, tmp_path, make_sources):
    folder = tmp_path / "sources"
    folder.mkdir()
    assert counts(library.ingest(make_sources(folder))) == (4, 0, 0, 0, 0)
    assert [replace(paper, source=None) for paper in library.papers()] == PAPERS


@pytest.mark.parametrize("source", [TIDE, asdict(TIDE)], ids=["paper", "dict"])
def test_a_single_paper_needs_no_list(library, source):
    assert library.ingest(source).added == 1
    assert library.get(TIDE.paper_id).title == TIDE.title


@pytest.mark.parametrize(
    ("name", "content", "is_unknown"),
    [
        ("absent.txt", None, False),
        ("empty.txt", b"", False),
        ("blank.txt", b" \n\n", False),
        ("broken.zip", b"PK\x03\x04 and no more", False),
        ("page.html", b"<html><body>papers</body></html>", True),
        ("image.png", b"\x89PNG\0\0\0", True),
        ("prose.txt", b"just a line", True),
        ("no_papers.jsonl", b'{"title": "T"}\n{"name": "x"}\n', False),
    ],
)
def test_a_source_error_is_raised_when_nothing_could_be_read(
    library, tmp_path, name, content, is_unknown
):
    library.ingest(TIDE)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    for dry_run in (True, False):
        with pytest.raises(SourceError, match=name) as raised:
            library.ingest(tmp_path / name, dry_run=dry_run)
        told = str(raised.value)
        assert ("What can be read: PDF" in told) is is_unknown  # else no list of formats helps
        assert len(told.split()) < 60
    assert library.papers() == [TIDE]


def test_a_folder_without_files_is_told(library, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=r"'empty': the folder holds no files\."):
        library.ingest(tmp_path / "empty")


def test_one_unreadable_source_does_not_spoil_the_others(library, tmp_path):
    report = library.ingest([tmp_path / "absent.txt", TIDE])
    assert counts(report) == (1, 0, 0, 0, 1)
    assert report.rejected[0].source == str(tmp_path / "absent.txt")


@pytest.mark.parametrize(
    "paper",
    [
        Paper("p", "A title without an abstract", ""),
        Paper("p", "A title and white space", " \n "),
        Paper("p", "", "An abstract without a title."),
    ],
    ids=["no abstract", "blank abstract", "no title"],
)
def test_a_paper_object_without_title_or_abstract_is_rejected_as_a_record_is(library, paper):
    with pytest.raises(SourceError):
        library.ingest(asdict(paper))
    with pytest.raises(SourceError):
        library.ingest(paper)
    assert len(library) == len(library.papers()) == 0


def test_a_paper_object_with_an_unreadable_date_is_taken_as_a_record_is(library):
    library.ingest(asdict(replace(TIDE, paper_id="record", published="soon")))
    assert library.get("record").published is None
    library.ingest(replace(TIDE, paper_id="object", published="soon"))
    assert library.get("object").published is None


def test_progress_is_reported(library):
    seen = []
    library.ingest(PAPERS, on_progress=seen.append)
    assert (seen[-1].stage, seen[-1].done) == ("reading papers", len(PAPERS))


def test_a_dry_run_reports_and_changes_nothing(library):
    library.ingest([TIDE, KITE])
    revision = library.revision
    sources = [replace(TIDE, abstract="Crabs sleep at noon."), KITE, BREAD, BREAD, {"title": "T"}]
    dry = library.ingest(sources, dry_run=True)
    assert counts(dry) == (1, 1, 1, 1, 1)
    assert library.papers() == [TIDE, KITE]
    assert BREAD.title not in titles(library.search("bread crust"))
    assert library.revision == revision
    assert library.ingest(sources) == dry


def test_a_dry_run_needs_no_embedder(monkeypatch, tmp_path):
    monkeypatch.setattr(weights, "CHANNELS", {})
    settings = Settings(library=tmp_path / "l", cache=tmp_path / "cache", llm="extractive")
    with Library.open(settings=settings) as library:
        assert library.ingest(PAPERS, dry_run=True).added == len(PAPERS)
        assert not (tmp_path / "cache").exists()


# Updating and removing.


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (long_abstract("thawing"), "A short note on the melting of rivers."),
        ("A short note on the thawing of rivers.", long_abstract("melting")),
        (long_abstract("thawing"), long_abstract("melting")),
    ],
    ids=["fewer passages", "more passages", "as many"],
)
def test_an_updated_abstract_replaces_all_passages(library, before, after):
    library.ingest([Paper("ice", "Rivers under ice", before), BREAD])
    library.ingest(Paper("ice", "Rivers under ice", after))
    hit = library.search("melting rivers")[0]
    assert hit.paper.abstract == after
    text = " ".join(passage_text(hit.paper, passage) for passage in hit.passages)
    assert "melting" in text
    assert "thawing" not in text
    assert [hit.lexical_score for hit in library.search("thawing")] == [None, None]
    assert stored_passages(library) == len(hit.passages) + 1
    assert len(library) == 2


@pytest.mark.parametrize(
    ("paper_ids", "gone"),
    [
        ("ice", {"ice"}),
        (["ice", BREAD.paper_id], {"ice", BREAD.paper_id}),
        (["ice", "ice", "unknown"], {"ice"}),
        ("unknown", set()),
        ([], set()),
        (("",), set()),
    ],
)
def test_remove_cleans_the_whole_library(library, paper_ids, gone):
    everything = [Paper("ice", "Rivers under ice", long_abstract("thawing")), TIDE, BREAD]
    library.ingest(everything)
    left = [paper for paper in everything if paper.paper_id not in gone]
    assert library.remove(paper_ids) == len(gone)
    assert library.papers() == left
    assert len(library) == len(left)
    assert all(library.get(paper_id) is None for paper_id in gone)
    for question in ("thawing of rivers under ice", "the crackle of bread crust"):
        hits = library.search(question)
        assert not gone & {hit.paper.paper_id for hit in hits}
        assert stored_passages(library) == sum(len(hit.passages) for hit in hits)


def test_a_removed_paper_can_come_back(library):
    library.ingest([TIDE, KITE])
    library.remove(TIDE.paper_id)
    assert library.ingest(TIDE).added == 1
    assert titles(library.search(TIDE_QUESTION))[0] == TIDE.title


def test_removing_the_last_paper_leaves_an_empty_library(library):
    library.ingest(TIDE)
    library.remove(TIDE.paper_id)
    assert library.search(TIDE_QUESTION) == []
    assert library.ask(TIDE_QUESTION).reason == "empty_library"


def test_as_many_papers_can_be_removed_at_once_as_a_library_holds(lexical_settings, tmp_path):
    # More than SQLite takes as variables of one statement.
    with Library.open(tmp_path / "large", settings=lexical_settings) as library:
        library.ingest(TIDE)
        assert library.remove([TIDE.paper_id, *(f"p{n}" for n in range(40_000))]) == 1


# Reading back.

DIFFICULT = [
    Paper(
        "math.GT/0309136",
        r"On $\mathcal{O}(n \log n)$ bounds for the Poincaré–Birkhoff “twist”",
        r"Let $f\colon X \to Y$ satisfy $\|f\|_{\infty} \le 10^{-3}$, i.e. \emph{small}. "
        r"We show $$\int_0^1 f = \sum_{k=1}^{\infty} a_k$$ for all $a_k > 0$ [1, 2]. \\ Q.E.D.",
        authors=("Łukasz Ørsted", "山田 太郎", "O'Neil, J. Jr."),
        published="2003-09",
        url="https://arxiv.org/abs/math.GT/0309136",
        venue="Ann. of Math. (2)",
        source="a file — with ünïcode.txt",
    ),
    Paper("t-1", "苔の成長", "苔は石の壁に生える。成長は遅い。🌿 И мох, и лишайник. Ἀρχή."),
    Paper("id#with#hashes#1", 'Quotes " and \\ slashes', "A {brace} and a [9] and a # sign."),
    Paper("plain", "Only what is needed", "One sentence", published="1999"),
    Paper(
        "0", "A number for an id", "It is text all the same. " + "No stop at the end " * 60 + "x"
    ),
]


@pytest.mark.parametrize("paper", DIFFICULT, ids=[paper.paper_id for paper in DIFFICULT])
def test_every_field_of_a_paper_comes_back_as_it_was(library, paper):
    library.ingest([TIDE, paper])
    assert library.get(paper.paper_id) == paper
    for field in fields(Paper):
        found, given_value = (
            getattr(library.get(paper.paper_id), field.name),
            getattr(paper, field.name),
        )
        assert type(found) is type(given_value), field.name


def test_papers_come_in_the_order_of_ingestion_also_after_reopening(settings):
    with Library.open(settings=settings) as library:
        library.ingest([LICHEN, *DIFFICULT])
        library.ingest([TIDE, BREAD])
        library.ingest(replace(LICHEN, title="An updated paper keeps its place"))
        expected = [replace(LICHEN, title="An updated paper keeps its place"), *DIFFICULT]
        assert library.papers() == [*expected, TIDE, BREAD]
    with Library.open(settings=settings) as library:
        assert library.papers() == [*expected, TIDE, BREAD]


def test_papers_beyond_one_page_of_the_collection_come_in_order(lexical_settings, tmp_path):
    many = [Paper(f"p{n}", f"Note {n}", f"Note {n} on moss.") for n in range(1203)]
    with Library.open(tmp_path / "many", settings=lexical_settings) as library:
        library.ingest(many)
        assert library.papers() == many
        assert len(library) == len(many)


@pytest.mark.parametrize("paper_id", ["unknown", "", "crabs#0", "crab", "Crabs"])
def test_get_gives_none_for_an_unknown_paper(four, paper_id):
    assert four.get(paper_id) is None


SENTENCES = strategies.lists(
    strategies.tuples(
        strategies.one_of(
            strategies.sampled_from(["Ice melts", "Is $x_i > 0.5$ so", "see Smith et al. on ice"]),
            strategies.text(
                strategies.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=40
            ),
        ),
        strategies.sampled_from([".", "?", ".”", " (end).", ". [1]", ""]),
        strategies.sampled_from([" ", " ", ""]),  # some pages lose the space between sentences
    ),
    min_size=1,
    max_size=40,
)
ABSTRACTS = SENTENCES.map(
    lambda parts: "".join(f"{text}{end}{joint}" for text, end, joint in parts)
).filter(one_line)  # one without text is rejected


@pytest.fixture(scope="module")
def small_passages(tmp_path_factory):
    """A library that cuts abstracts into many passages."""
    folder = tmp_path_factory.mktemp("small") / "library"
    with Library.open(settings=Settings(library=folder, embedder="none", passage_tokens=40)) as it:
        yield it


@examples(max_examples=60, deadline=None)
@given(title=strategies.text(min_size=1, max_size=60), abstract=ABSTRACTS)
def test_any_abstract_comes_back_as_it_was_read(small_passages, title, abstract):
    assume(clean_abstract(abstract))  # "None." says that there is none
    record = {"id": "any", "title": f"On {title}", "abstract": abstract}
    small_passages.ingest(record)
    assert small_passages.get("any") == paper_from_record(record, "record")


@pytest.mark.parametrize("joint", [" ", "", "\n", "  "], ids=["space", "none", "line", "two"])
def test_ingesting_what_a_library_holds_changes_nothing(library, joint):
    library.ingest([Paper("ice", "Rivers under ice", long_abstract("thawing", joint)), *DIFFICULT])
    held = library.papers()
    assert counts(library.ingest(held)) == (0, 0, len(held), 0, 0)


# Searching.


def test_hits_carry_what_each_retriever_thought(four):
    hits = four.search("how fast does map lichen grow on walls?")
    assert titles(hits)[0] == LICHEN.title
    assert len(hits) == len(PAPERS)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(0 <= hit.score <= 1 for hit in hits)
    by_similarity = sorted(hits, key=lambda hit: -hit.dense_similarity)
    assert [hit.dense_rank for hit in by_similarity] == [1, 2, 3, 4]
    lexical = [hit for hit in hits if hit.lexical_score is not None]
    by_words = sorted(lexical, key=lambda hit: -hit.lexical_score)
    assert [hit.lexical_rank for hit in by_words] == list(range(1, len(lexical) + 1))
    assert hits[0].score > 0.7  # first for both retrievers
    assert all(hit.lexical_score > 0 for hit in lexical)


def test_a_paper_that_shares_no_word_has_no_lexical_score(four):
    hits = four.search("circadian rhythms of lobsters")
    assert hits[0].paper == TIDE
    assert {(hit.lexical_score, hit.lexical_rank) for hit in hits} == {(None, None)}


def test_a_hit_holds_all_passages_the_most_similar_first(library):
    tail = "At the end we thank the beekeepers, whose honey kept us awake."
    paper = Paper("ice", "Rivers under ice", f"{long_abstract('thawing')} {tail}")
    library.ingest([paper, BREAD])
    hit = library.search("honey from bees")[0]
    assert hit.paper == paper
    assert len(hit.passages) > 2
    assert all(isinstance(passage, Passage) for passage in hit.passages)
    assert "honey" in passage_text(paper, hit.passages[0])
    assert hit.passages[0].passage_id != "ice#0"
    numbers = sorted(passage.passage_id for passage in hit.passages)
    assert numbers == [f"ice#{n}" for n in range(len(hit.passages))]
    for passage in hit.passages:
        body = paper.abstract[passage.start : passage.end]
        assert passage_text(paper, passage) == f"{paper.title}\n{body}"


def test_k_limits_the_hits(four):
    everything = four.search("measured over a year", 100)
    assert len(everything) == len(PAPERS)
    assert four.search("measured over a year", 2) == everything[:2]


@pytest.mark.parametrize("k", [0, -1])
def test_k_below_one_is_a_mistake(four, k):
    with pytest.raises(ValueError, match=f"at least 1, not {k}"):
        four.search("crabs", k)


@pytest.mark.parametrize("question", ["", "   ", "\n\t"])
def test_an_empty_question_finds_nothing(four, question):
    assert four.search(question) == []
    answer = four.ask(question)
    assert answer.status == "abstained"
    assert answer.citations == ()


@pytest.mark.parametrize(
    "question", ["?", "...", '"', "a:b AND (c", "[0 TO", "shore_crabs", "🦀", "\0", "x" * 5000]
)
def test_a_question_of_odd_characters_is_searched_like_any_other(four, question):
    assert all(hit.paper in PAPERS for hit in four.search(question))
    assert four.ask(question).status in ("answered", "abstained")


# Asking.


def timeless(answer):
    return replace(answer, timings={})


def test_an_empty_library_says_so(library):
    (answer,) = library.stream(TIDE_QUESTION)
    assert (answer.status, answer.reason) == ("abstained", "empty_library")
    assert (answer.citations, answer.hits, answer.confidence) == ((), (), 0.0)
    assert "paperchat ingest" in answer.text
    assert library.ask(TIDE_QUESTION) == answer
    assert library.search(TIDE_QUESTION) == []


def test_an_answer_tells_all_about_itself(four):
    answer = four.ask(TIDE_QUESTION)
    assert (answer.question, answer.status, answer.reason) == (TIDE_QUESTION, "answered", None)
    assert (answer.mode, answer.notice) == ("extractive", None)
    assert answer.papers[0] == TIDE
    assert answer.hits[0].paper == TIDE
    assert "12.4 hours" in answer.text
    assert 0.5 < answer.confidence <= 1
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (0, 0)
    assert {"retrieval", "writing", "total"} <= set(answer.timings)
    assert str(answer).endswith(f"[1] {TIDE.title} ({TIDE.url})")


def test_a_question_that_no_paper_is_about_is_not_answered(four):
    answer = four.ask(OFF_TOPIC)
    assert (answer.status, answer.reason, answer.citations) == ("abstained", "not_in_library", ())
    assert answer.papers == ()


@pytest.mark.parametrize("question", [TIDE_QUESTION, OFF_TOPIC, "walls and wind", ""])
def test_ask_aask_and_stream_agree_inside_a_running_event_loop(four, question):
    async def ask_in_all_ways():
        return four.ask(question), await four.aask(question), [*four.stream(question)]

    asked, awaited, streamed = asyncio.run(ask_in_all_ways())
    assert timeless(asked) == timeless(awaited) == timeless(streamed[-1])
    assert {answer.status for answer in streamed[:-1]} <= {"draft"}
    assert asked.status != "draft"


def test_the_last_value_of_a_models_stream_is_the_answer(four, cache, endpoint, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    wording = "Their activity peaked every 12.4 hours, at the hour of high water on the beach"
    endpoint.reply(f"{wording} [1]. Cooling the tanks to 4 degrees stopped the clock [1].")
    asked = Library.open(four.folder, settings=Settings(cache=cache))
    assert asked.mode == "gpt-4o-mini"
    drafts = list(asked.stream(TIDE_QUESTION))
    assert len(drafts) > 10
    assert {draft.status for draft in drafts[:-1]} == {"draft"}
    assert timeless(drafts[-1]) == timeless(asked.ask(TIDE_QUESTION))
    assert (drafts[-1].status, drafts[-1].mode) == ("answered", "gpt-4o-mini")
    assert wording in drafts[-1].text
    assert drafts[-1].papers == (TIDE,)
    check_citations(drafts[-1])
    assert asked.with_llm("extractive").mode == "extractive"
    assert asked.with_llm("extractive").ask(TIDE_QUESTION).text == four.ask(TIDE_QUESTION).text


def test_many_threads_get_the_answers_that_one_gets(four):
    questions = [TIDE_QUESTION, OFF_TOPIC, "bread crust", "kites", "lichen"] * 4
    expected = [timeless(four.ask(question)) for question in questions]
    with ThreadPoolExecutor(8) as threads:
        assert [timeless(answer) for answer in threads.map(four.ask, questions)] == expected


def test_history_is_taken_as_messages_and_as_dicts(four):
    messages = [Message("user", TIDE_QUESTION), Message("assistant", "Every 12.4 hours.")]
    dicts = [{"role": message.role, "content": message.content} for message in messages]
    assert TIDE not in four.ask(FOLLOW_UP).papers
    expected = four.ask(FOLLOW_UP, messages)
    assert expected.papers[0] == TIDE
    assert timeless(four.ask(FOLLOW_UP, dicts)) == timeless(expected)
    assert timeless(four.ask(FOLLOW_UP, [messages[0], dicts[1]])) == timeless(expected)
    assert four.search(FOLLOW_UP, 2, dicts) == four.search(FOLLOW_UP, 2, messages)
    assert timeless([*four.stream(FOLLOW_UP, dicts)][-1]) == timeless(expected)


@pytest.mark.parametrize(
    "message",
    [{"role": "system", "content": "x"}, {"role": "User", "content": "x"}, {"content": "x"}, {}],
)
def test_a_wrong_role_is_a_mistake(four, message):
    for use in (four.ask, four.search, lambda q, history: [*four.stream(q, history)]):
        with pytest.raises(ValueError, match="'user' or 'assistant'"):
            use(FOLLOW_UP, history=[message])


@pytest.mark.parametrize("content", [None, "", "  "])
def test_an_empty_message_changes_nothing(four, content):
    history = [{"role": "user", "content": content}]
    assert four.search(TIDE_QUESTION, history=history) == four.search(TIDE_QUESTION)


def check_citations(answer):
    """Every citation is verbatim, every marker of the text is cited and the other way round."""
    for citation in answer.citations:
        assert citation.quote
        assert citation.paper.abstract[citation.start : citation.end] == citation.quote
        assert 0 <= citation.support <= 1
    shown = list(dict.fromkeys(int(number) for number in re.findall(r"\[(\d+)\]", answer.text)))
    assert shown == sorted({citation.marker for citation in answer.citations})
    assert shown == list(range(1, len(shown) + 1))
    assert len(answer.papers) == len(shown)


@pytest.mark.parametrize(
    "question",
    [
        "what is a modern Hopfield network?",
        "Which methods prune neural networks?",
        "How do spiking networks learn?",
        "What does dropout prevent?",
        "graph neural networks for molecules",
        "Who merges the weights of several models?",
    ],
)
def test_citations_are_verbatim(starter, question):
    answer = starter.ask(question)
    assert answer.status == "answered"
    assert answer.citations
    check_citations(answer)
    for citation in answer.citations:
        assert citation.quote in answer.text
        assert starter.get(citation.paper.paper_id) == citation.paper


@pytest.mark.parametrize("joint", [" ", "", "\n", "  "], ids=["space", "none", "line", "two"])
def test_citations_are_verbatim_however_sentences_are_joined(library, joint):
    tail = "The honey of bees was gathered at the banks every spring."
    abstract = joint.join([long_abstract("thawing", joint), tail])
    library.ingest([Paper("ice", "Rivers under ice", abstract), BREAD])
    answer = library.ask("When was the honey of bees gathered?")
    check_citations(answer)
    assert tail in [citation.quote for citation in answer.citations]
    for passage in answer.hits[0].passages:
        body = answer.hits[0].paper.abstract[passage.start : passage.end]
        assert passage_text(answer.hits[0].paper, passage).endswith(body)
    paper = answer.hits[0].paper
    texts = [passage_text(paper, passage) for passage in answer.hits[0].passages]
    assert any(text.endswith("every spring.") for text in texts)


# For people who compose: LlamaIndex's own types.


def test_the_retriever_is_llamaindexs(four):
    retriever = four.as_retriever()
    assert isinstance(retriever, BaseRetriever)
    found = retriever.retrieve(TIDE_QUESTION)
    assert all(isinstance(node, NodeWithScore) for node in found)
    hits = four.search(TIDE_QUESTION, 6)
    assert [(node.node_id, node.score) for node in found] == [
        (hit.passages[0].passage_id, hit.score) for hit in hits
    ]
    assert asyncio.run(retriever.aretrieve(TIDE_QUESTION)) == found


def test_the_query_engine_is_llamaindexs(four):
    engine = four.as_query_engine()
    assert isinstance(engine, BaseQueryEngine)
    answer = four.ask(TIDE_QUESTION)
    for response in (engine.query(TIDE_QUESTION), asyncio.run(engine.aquery(TIDE_QUESTION))):
        assert isinstance(response, Response)
        assert response.response == answer.text
        assert len(response.source_nodes) == len(answer.hits)
        assert response.metadata["status"] == "answered"
        assert response.metadata["citations"][0]["title"] == TIDE.title
        assert response.metadata["citations"][0]["quote"] == answer.citations[0].quote


def test_a_query_engine_of_an_empty_library_abstains(library):
    response = library.as_query_engine().query(TIDE_QUESTION)
    assert response.metadata["status"] == "abstained"
    assert response.source_nodes == []


def test_the_chat_engine_remembers_and_resets(four):
    engine = four.as_chat_engine()
    assert isinstance(engine, BaseChatEngine)
    assert engine.chat_history == []
    first = engine.chat(TIDE_QUESTION)
    assert isinstance(first, AgentChatResponse)
    second = engine.chat(FOLLOW_UP)
    assert "48 crabs" in second.response
    assert second.metadata["citations"][0]["title"] == TIDE.title
    assert [(str(message.role.value), message.content) for message in engine.chat_history] == [
        ("user", TIDE_QUESTION),
        ("assistant", first.response),
        ("user", FOLLOW_UP),
        ("assistant", second.response),
    ]
    engine.reset()
    assert engine.chat_history == []
    bare = engine.chat(FOLLOW_UP)
    assert bare.response == four.ask(FOLLOW_UP).markdown != second.response


def test_a_given_chat_history_replaces_what_is_remembered(four):
    engine = four.as_chat_engine()
    engine.chat("How is the crust of bread?")
    given_history = [
        ChatMessage(role="user", content=TIDE_QUESTION),
        ChatMessage(role="assistant", content="Every 12.4 hours."),
    ]
    reply = engine.chat(FOLLOW_UP, chat_history=given_history)
    assert reply.metadata["citations"][0]["title"] == TIDE.title
    assert [message.content for message in engine.chat_history[:2]] == [
        TIDE_QUESTION,
        "Every 12.4 hours.",
    ]
    assert len(engine.chat_history) == 4


def test_the_chat_engine_answers_alike_in_all_four_ways(four):
    expected = four.ask(TIDE_QUESTION).text

    async def awaited():
        reply = await four.as_chat_engine().achat(TIDE_QUESTION)
        streamed = await four.as_chat_engine().astream_chat(TIDE_QUESTION)
        assert isinstance(streamed, StreamingAgentChatResponse)
        return reply.response, "".join([text async for text in streamed.async_response_gen()])

    streamed = four.as_chat_engine().stream_chat(TIDE_QUESTION)
    assert isinstance(streamed, StreamingAgentChatResponse)
    assert "".join(streamed.response_gen) == expected
    assert four.as_chat_engine().chat(TIDE_QUESTION).response == expected
    assert asyncio.run(asyncio.wait_for(awaited(), 60)) == (expected, expected)


def test_a_streaming_chat_keeps_the_conversation(four):
    engine = four.as_chat_engine()
    first = engine.stream_chat(TIDE_QUESTION)
    assert first.source_nodes[0].node.node_id == f"{TIDE.paper_id}#0"
    engine.stream_chat(FOLLOW_UP)
    assert len(engine.chat_history) == 4


# The default library.

ASK_TWICE = """
import asyncio, json
from rag import ask
from rag.types import Message

async def inside_a_loop():
    return ask("Is it related to attention?", [Message("user", "what is a Hopfield network?")])

first = ask("what is a modern Hopfield network?")
second = asyncio.run(inside_a_loop())
told = [[a.status, a.reason, [paper.title for paper in a.papers]] for a in (first, second)]
print(json.dumps([*told, str(first)]))
"""


def test_ask_opens_the_default_library_with_the_starter_papers(tmp_path):
    home = tmp_path / "new"
    environment = {"RAG_LIBRARY": str(home), "RAG_EMBEDDER": "none"}
    first, second, text = json.loads(run_python(ASK_TWICE, tmp_path, **environment))
    assert first[:2] == ["answered", None]
    assert any("Hopfield" in title for title in first[2])
    assert second[0] == "answered"
    assert any("Hopfield" in title for title in second[2])
    assert f"[1] {first[2][0]} (https://" in text  # str() shows the cited titles
    with starter_file() as file:
        expected = len(file.read_text(encoding="utf-8").splitlines())
    with Library.open(home, settings=Settings(embedder="none")) as library:
        assert len(library) == len(library.papers()) == expected
        assert all(paper.is_summary for paper in library.papers())


def test_ask_leaves_a_library_alone_that_is_not_new(tmp_path):
    home = tmp_path / "mine"
    with Library.open(home, settings=Settings(embedder="none")) as emptied:
        emptied.ingest(TIDE)
        emptied.remove(TIDE.paper_id)
    environment = {"RAG_LIBRARY": str(home), "RAG_EMBEDDER": "none"}
    first, *_ = json.loads(run_python(ASK_TWICE, tmp_path, **environment))
    assert first[:2] == ["abstained", "empty_library"]


def test_the_paper_that_brings_a_thing_is_cited_before_those_that_use_it(starter):
    answer = starter.ask("what is a modern Hopfield network?")
    assert answer.papers[0].title == "Hopfield Networks is All You Need"


def test_a_file_whose_records_were_rejected_is_counted_by_them_alone(library, tmp_path):
    lacking = tmp_path / "lacking.jsonl"
    lacking.write_text(json.dumps({"title": "Only a title"}) + "\n", encoding="utf-8")
    blank = tmp_path / "none.json"
    blank.write_text("[]", encoding="utf-8")
    file = write_json_lines(tmp_path / "tide.jsonl", [TIDE])
    report = library.ingest([lacking, blank, file])
    told = [(each.source, each.record) for each in report.rejected]
    assert told == [("lacking.jsonl", 1), ("none.json", 0)]
    assert library.preview([lacking, blank, file]).report.rejected == report.rejected
