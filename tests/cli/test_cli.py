"""The `paperchat` command: what it prints, where, and with which exit code."""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest

from eval.data.dataset import read_samples
from rag.cli import main
from rag.cli.parser import BIBLIOGRAPHIES, STYLES, build_parser
from rag.export import FORMATS
from rag.export import STYLES as EXPORT_STYLES
from rag.identifiers import id_from_title
from rag.library import Library
from rag.settings import Settings
from rag.store.lexical import LexicalIndex
from rag.store.reached import read_reached, write_reached
from rag.types import STARTER_SOURCE
from tests.support.needs import missing
from tests.support.scripted_service import ScriptedService, arxiv_feed, openalex_work

KEY = "sk-secret-0123456789"
STARTER_PAPERS = 436
CONSOLE_SCRIPT = Path(sys.executable).with_name("paperchat")

KETTLES = {
    "id": "kettles",
    "title": "Why Kettles Sing before They Boil",
    "abstract": (
        "A kettle sings because small bubbles collapse in the colder water above them. "
        "We recorded 30 kettles and found the sound between 700 and 1,200 Hz."
    ),
    "authors": ["Ada Kessel", "Bo Tee"],
    "published": "2021-03-05",
    "url": "https://example.org/kettles",
    "venue": "Journal of Small Bubbles",
}
TEAPOTS = {
    "title": "Teapots That Do Not Drip — a “simple” rule",
    "abstract": "A teapot drips when its spout is wet below. A sharp edge of the spout ends this.",
    "year": 2019,
}
KETTLE_QUESTION = "Why does a kettle sing before it boils?"


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """The default library's folder, not made yet; papers are found by words, which is fast."""
    monkeypatch.setenv("RAG_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("RAG_EMBEDDER", "none")
    return tmp_path / "library"


@pytest.fixture
def run(folder, capsys):
    """Runs a command: exit code, standard output, standard error without white space around it."""

    def ran(*arguments):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stopped:  # argparse
            code = stopped.code
        written = capsys.readouterr()
        return code, written.out, written.err.strip()

    return ran


@pytest.fixture
def run_json(run):
    """Runs a command with `--json` that must succeed: the one object that it prints."""

    def ran(*arguments):
        code, out, err = run(*arguments, "--json")
        assert (code, err) == (0, "")
        assert len(out.splitlines()) == 1
        return json.loads(out)

    return ran


@pytest.fixture
def papers_file(tmp_path):
    return write_lines(tmp_path / "papers.jsonl", KETTLES, TEAPOTS)


@pytest.fixture(scope="module")
def ingested(tmp_path_factory):
    """A library that the command has made of two papers; tests get copies."""
    made = tmp_path_factory.mktemp("ingested")
    source = write_lines(made / "papers.jsonl", KETTLES, TEAPOTS)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("RAG_EMBEDDER", "none")
        assert main(["ingest", str(source), "--library", str(made / "library")]) == 0
    return made / "library"


@pytest.fixture
def filled(folder, ingested, capsys):
    """The default library holds two papers."""
    shutil.copytree(ingested, folder)
    capsys.readouterr()


@pytest.fixture
def at_endpoint(monkeypatch, endpoint):
    """The language model is the scripted endpoint."""
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_MODEL", "scripted")
    monkeypatch.setenv("RAG_RETRIES", "0")
    return endpoint


def write_lines(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def overwrite_database(folder):
    """Put another file in the database's place; who still holds the old one cannot mend it."""
    for file in folder.glob("paperchat.sqlite*"):
        file.unlink()
    (folder / "paperchat.sqlite").write_bytes(b"no database" * 1000)


def assert_one_clear_line(err):
    """One line for people: who speaks, what happened; no traceback, no key, nothing twice."""
    assert err.startswith("paperchat: ")
    assert len(err.splitlines()) == 1
    assert "Traceback" not in err
    assert KEY not in err


# --- ingest ----------------------------------------------------------------------------------


def test_ingest_tells_what_it_did(run, papers_file):
    code, out, err = run("ingest", papers_file)
    assert (code, err) == (0, "")
    assert "2 added" in out
    assert "0 rejected" in out


def test_a_second_ingest_of_the_same_file_changes_nothing(run, filled, papers_file):
    code, out, _ = run("ingest", papers_file)
    assert code == 0
    assert "0 added" in out
    assert "2 unchanged" in out


def test_a_changed_abstract_updates_its_paper(run_json, filled, tmp_path):
    changed = write_lines(tmp_path / "new.jsonl", {**KETTLES, "abstract": "Kettles hum."}, TEAPOTS)
    report = run_json("ingest", changed)
    assert (report["added"], report["updated"], report["unchanged"]) == (0, 1, 1)


def test_ingest_names_what_it_updates_and_what_is_given_twice(run, tmp_path):
    run("ingest", write_lines(tmp_path / "mine.jsonl", KETTLES, KETTLES))
    longer = {**KETTLES, "abstract": f"{KETTLES['abstract']} They are sold."}
    _, told, _ = run("ingest", write_lines(tmp_path / "mine.jsonl", longer))
    assert f"updated: {KETTLES['title']!r} (abstract)" in told
    _, told, _ = run("ingest", write_lines(tmp_path / "mine.jsonl", longer, longer))
    assert f"given twice: {KETTLES['title']!r} in mine.jsonl" in told


def test_ingest_json_has_the_fields_of_the_report(run_json, tmp_path):
    source = write_lines(tmp_path / "mixed.jsonl", KETTLES, KETTLES, {"title": "No abstract"})
    report = run_json("ingest", source)
    assert set(report) == {
        "added",
        "updated",
        "unchanged",
        "duplicates",
        "rejected",
        "notes",
        "merged",
        "gone",
        "files",
        "changes",
    }
    assert (report["added"], report["duplicates"]) == (1, 1)
    (rejection,) = report["rejected"]
    assert (rejection["source"], rejection["record"]) == ("mixed.jsonl", 3)
    assert "abstract" in rejection["why"]
    assert report["files"] == [{"source": "mixed.jsonl", "papers": 2, "rejected": 1}]


def test_of_several_files_it_is_told_how_many_papers_each_gave(run, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    write_lines(mine / "few.jsonl", KETTLES, {"title": "No abstract"})
    write_lines(mine / "more.jsonl", TEAPOTS, {**TEAPOTS, "title": "Cups"})
    write_lines(mine / "none.jsonl", {"title": "No abstract"})
    _, out, _ = run("ingest", mine)
    assert out.splitlines()[:3] == [
        "      2  more.jsonl",
        "      1  few.jsonl, 1 rejected",
        "3 added, 0 updated, 0 unchanged, 0 duplicates, 2 rejected",
    ]


def test_a_rejected_record_is_told_with_its_place_and_the_others_go_in(run, run_json, tmp_path):
    source = write_lines(tmp_path / "mixed.jsonl", KETTLES, {"title": "No abstract"}, TEAPOTS)
    code, out, err = run("ingest", source)
    assert code == 0
    assert "2 added" in out
    assert "1 rejected" in out
    assert "mixed.jsonl" in err
    assert "2" in err
    assert len(run_json("papers", "list")["papers"]) == 2


def test_a_dry_run_reports_and_changes_nothing(run_json, papers_file):
    assert run_json("ingest", papers_file, "--dry-run")["added"] == 2
    assert run_json("papers", "list")["papers"] == []
    assert run_json("ingest", papers_file)["added"] == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.jsonl", b""),
        ("binary.bin", b"\x89PNG\x00\x00\x01\x02" * 20),
        ("page.html", b"<!doctype html><p>Some page</p>"),
        ("latin.txt", "Ein Satz über Kessel. ".encode("latin-1") * 30),
        ("notes.txt", b"milk\nbread\n"),
        ("broken.jsonl", b'{"title": "half a rec'),
        ("cut.gz", b"\x1f\x8b\x08\x00\x00\x00"),
        ("no-papers.jsonl", b'{"name": "x"}\n{"name": "y"}\n'),
    ],
)
def test_a_file_without_papers_fails_in_one_sentence(run, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    code, out, err = run("ingest", tmp_path / name)
    assert (code, out) == (1, "")
    assert_one_clear_line(err)
    assert name in err
    assert err.count("JSON Lines") <= 1  # what would be understood, once at the most


def test_a_file_that_is_not_there_fails_in_one_sentence(run, tmp_path):
    code, out, err = run("ingest", tmp_path / "missing.jsonl")
    assert (code, out) == (1, "")
    assert_one_clear_line(err)
    assert repr(str(tmp_path / "missing.jsonl")) in err  # as it was typed


def test_a_bad_file_beside_a_good_one_fails_but_the_good_one_is_in(
    run, run_json, tmp_path, papers_file
):
    (tmp_path / "binary.bin").write_bytes(b"\x00\x01\x02")
    code, out, err = run("ingest", tmp_path / "binary.bin", papers_file)
    assert code == 1
    assert "2 added" in out
    assert "binary.bin" in err
    assert "Traceback" not in err
    assert len(run_json("papers", "list")["papers"]) == 2


def test_what_is_no_paper_in_a_folder_or_archive_is_told_and_no_failure(
    run, run_json, tmp_path, papers_file
):
    beside = tmp_path / "mine" / "old papers"
    beside.mkdir(parents=True)
    (beside / "photo.bib").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF")
    with zipfile.ZipFile(beside / "mixed.zip", "w") as archive:
        archive.writestr("notes.bin", b"\x00\x01\x02")
        archive.write(papers_file, "papers.jsonl")
    code, out, err = run("ingest", tmp_path / "mine")
    assert (code, "2 added" in out) == (0, True)
    assert f"rejected: {beside}/photo.bib: it is a binary file" in err
    rejected = run_json("ingest", tmp_path / "mine")["rejected"]
    assert {(each["source"], each["within"]) for each in rejected} == {
        ("photo.bib", str(beside)),
        ("mixed.zip/notes.bin", "mixed.zip"),
    }


def test_a_folder_without_a_paper_fails_in_one_sentence(run, tmp_path):
    (tmp_path / "photo.bib").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF")
    code, out, err = run("ingest", tmp_path)
    assert (code, out) == (1, "")
    assert_one_clear_line(err)


def test_ingest_looks_papers_up(run, monkeypatch):
    with ScriptedService() as service:
        monkeypatch.setenv("RAG_ARXIV_URL", f"{service.url}/arxiv")
        service.answer("/arxiv", arxiv_feed("2101.00001", "2101.00002", total=9))
        code, out, err = run("ingest", "arxiv:cat:cs.LG AND ti:cats", "--most", 2)
    assert (code, out.splitlines()[0]) == (
        0,
        "2 added, 0 updated, 0 unchanged, 0 duplicates, 0 rejected",
    )
    assert "9 papers match 'cat:cs.LG AND ti:cats'; these are the first 2" in err


def test_abstracts_that_a_file_lacks_are_looked_up_when_asked_for(run, monkeypatch, tmp_path):
    file = tmp_path / "refs.bib"
    file.write_text("@book{tee2018, title = {Otters of 7}, doi = {10.1000/7}}", encoding="utf-8")
    code, out, err = run("ingest", file)
    assert (code, out) == (1, "")
    assert "1 record lacks only an abstract" in err
    assert "`paperchat ingest --look-up`" in err
    with ScriptedService() as service:
        monkeypatch.setenv("RAG_OPENALEX_URL", f"{service.url}/openalex")
        work = openalex_work(7, doi="https://doi.org/10.1000/7")
        service.answer("/openalex/works", {"results": [work]})
        code, out, err = run("ingest", file, "--look-up")
    assert (code, err) == (0, "")
    assert out.startswith("1 added")
    exported = run("papers", "export", "--format", "bibtex")[1]
    assert "tee2018" in exported
    assert "Otters hold hands." in exported


def test_papers_with_abstracts_are_kept_where_no_abstract_can_be_looked_up(
    run, monkeypatch, tmp_path
):
    bare = {"title": "On Beavers", "doi": "10.1000/182"}
    file = write_lines(tmp_path / "papers.jsonl", KETTLES, bare)
    assert "1 record lacks only an abstract" in run("ingest", file)[2]
    for name in ("OPENALEX", "ARXIV", "S2"):
        monkeypatch.setenv(f"RAG_{name}_URL", "http://127.0.0.1:9")
    code, out, err = run("ingest", file, "--look-up")
    assert code == 1
    assert "0 added, 0 updated, 1 unchanged, 0 duplicates, 2 rejected" in out
    assert "OpenAlex" in err


def test_ids_that_are_piped_in_are_looked_up(run, monkeypatch):
    with ScriptedService() as service:
        service.answer("/openalex/works/W7", openalex_work(7))
        service.answer("/arxiv", arxiv_feed("2101.00001"))
        for name in ("OPENALEX", "ARXIV"):
            monkeypatch.setenv(f"RAG_{name}_URL", f"{service.url}/{name.lower()}")
        piped = b"2101.00001\nhttps://openalex.org/W7\nsome words\n"
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(piped)))
        code, out, err = run("ingest", "-")
    assert (code, out.splitlines()[-2][:7]) == (0, "2 added")
    assert "standard input, record 3: 'some words' is no DOI" in err


def test_without_a_network_a_look_up_is_one_sentence(run, monkeypatch):
    monkeypatch.setenv("RAG_ZOTERO_URL", "http://127.0.0.1:9/api")
    for extra in ([], ["--watch"]):
        code, out, err = run("ingest", "zotero:", *extra)
        assert (code, out) == (1, "")
        assert_one_clear_line(err)
        assert "Start Zotero" in err


@pytest.mark.parametrize("sources", [["refs.bib"], ["zotero:", "zotero:A"], []])
def test_only_one_source_of_zotero_is_watched(run, sources):
    assert run("ingest", *sources, "--watch")[0] == 2


def test_records_are_edited_and_put_in_order(run, run_json, filled):
    assert run("papers", "edit", "kettles", "--venue", "Steam", "--tag", "tea")[:2] == (
        *(0, "1 changed\n"),
    )
    assert run("papers", "edit", "kettles", "--collection", "Kitchen/Tea")[0] == 0
    shown = run_json("papers", "show", "kettles")
    assert (shown["venue"], shown["tags"]) == ("Steam", ["tea"])
    assert (shown["collections"], shown["edited"]) == (["Kitchen/Tea"], ["tags", "venue"])
    told = run_json("papers", "collections")
    assert told == {"collections": {"Kitchen/Tea": 1}, "tags": {"tea": 1}}
    hits = run_json("search", "spout or kettle", "--collection", "kitchen")["hits"]
    assert [hit["paper"]["paper_id"] for hit in hits] == ["kettles"]
    for command in (("search", "kettle"), ("ask", KETTLE_QUESTION), ("papers", "export")):
        code, out, err = run(*command, "--collection", "Kitchn")
        assert (code, out, "'Kitchn'. There are Kitchen/Tea." in err) == (1, "", True)
    code, out, err = run("search", "spout or kettle", "--tag", "none")
    assert (code, out, err.endswith("called 'none'. There are tea.")) == (1, "", True)
    assert run_json("papers", "remove", "--collection", "Kitchen") == {"removed": 1}
    assert run_json("papers", "duplicates") == {"duplicates": []}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["kettles"], 2),
        (["kettles", "teapots", "--venue", "V"], 2),
        (["nowhere", "--venue", "V"], 1),
        (["kettles", "--published", "soon"], 1),
    ],
)
def test_an_edit_that_cannot_be_made_is_told(run, filled, arguments, code):
    assert run("papers", "edit", *arguments)[0] == code


def test_what_is_gone_from_a_file_is_told_and_taken_out_on_request(run, tmp_path):
    whole = [KETTLES, TEAPOTS]
    assert "no longer" not in run("ingest", write_lines(tmp_path / "p.jsonl", *whole))[1]
    out = run("ingest", write_lines(tmp_path / "p.jsonl", KETTLES))[1]
    assert f"no longer in p.jsonl: {TEAPOTS['title']!r}\n" in out
    assert "--remove` takes them out" in out
    assert "1 removed" in run("ingest", str(tmp_path / "p.jsonl"), "--remove")[1]
    assert TEAPOTS["title"] not in run("papers", "list")[1]


def test_every_command_takes_a_paper_by_what_it_is_known_by(run, filled):
    teapots = id_from_title(TEAPOTS["title"])
    known = ("10.1000/tea", "https://doi.org/10.1000/TEA")
    run("papers", "edit", teapots, "--doi", known[0])
    for name in known:
        assert run("papers", "edit", name, "--tag", "tea")[:2] == (0, "1 changed\n")
        assert TEAPOTS["title"] in run("papers", "show", name)[1]
        assert TEAPOTS["title"] in run("papers", "table", name)[1]
    assert run("papers", "merge", known[0], "nowhere", "--yes")[0] == 1
    assert "no paper 'nowhere'" in run("papers", "remove", known[0], "nowhere")[2]
    assert run("papers", "remove", known[0], teapots)[1] == "1 removed\n"


def test_an_edited_doi_that_another_paper_has_names_that_paper(run, run_json, filled):
    assert run("papers", "edit", "kettles", "--doi", "10.1000/tea")[0] == 0
    _, teapots = (each["paper_id"] for each in run_json("papers", "list")["papers"])
    code, out, err = run("papers", "edit", teapots, "--doi", "doi:10.1000/TEA")
    assert (code, out) == (1, "")
    assert f"“{KETTLES['title']}” (kettles) has the DOI 10.1000/tea already" in err
    assert f"`paperchat papers merge kettles {teapots}`" in err


def test_enrich_shows_what_it_would_change_before_it_does(run, run_json, filled, monkeypatch):
    with ScriptedService() as service:
        for name in ("openalex", "crossref"):
            monkeypatch.setenv(f"RAG_{name.upper()}_URL", f"{service.url}/{name}")
        work = openalex_work(7, title=TEAPOTS["title"], publication_date="2019-04-01")
        service.answer("/openalex/works", {"results": [work]})
        code, out, _ = run("papers", "enrich")
        assert code == 0
        assert "authors: (nothing) → Bo Tee  (OpenAlex)" in out
        assert "date: 2019 → 2019-04-01  (OpenAlex)" in out
        assert "1 of 2 records would change" in out
        assert run_json("papers", "enrich")["is_applied"] is False
        assert "1 of 2 records completed" in run("papers", "enrich", "--apply")[1]
        assert "Nothing is known that 2 records lack" in run("papers", "enrich", "--apply")[1]


def test_a_new_library_of_ones_own_begins_empty_and_says_so(run, tmp_path):
    own = ("--library", tmp_path / "own")
    code, out, err = run("search", "hopfield", *own)
    assert (code, out) == (0, "No paper found.\n")
    assert "is a new library, and empty" in err
    assert f"paperchat ingest SOURCE… --library {tmp_path / 'own'}" in err
    assert run("search", "hopfield", *own)[2] == ""  # told once


def test_a_new_library_of_ones_own_gets_the_starter_papers_when_asked_for(run, run_json, tmp_path):
    own = ("--library", tmp_path / "own")
    assert run_json("search", "hopfield", "--starter", *own)["hits"]
    assert len(run_json("papers", "list", *own)["papers"]) == STARTER_PAPERS


def test_ingest_puts_what_it_reads_into_a_collection(run, run_json, papers_file):
    assert run("ingest", papers_file, "--collection", "Kitchen")[0] == 0
    assert run_json("papers", "collections")["collections"] == {"Kitchen": 2}


def test_ingest_without_a_source_is_wrong_use(run):
    code, out, err = run("ingest")
    assert (code, out) == (2, "")
    assert "SOURCE" in err


def test_ingest_embeds_the_papers_when_there_is_an_embedder(
    run_json, monkeypatch, cache, papers_file
):
    monkeypatch.setenv("RAG_EMBEDDER", "minilm")
    monkeypatch.setenv("RAG_CACHE", str(cache))
    run_json("ingest", papers_file)
    hits = run_json("search", "water noise of a pot on the stove")["hits"]
    assert hits[0]["paper"]["paper_id"] == "kettles"
    assert hits[0]["dense_similarity"] > 0.3


# --- ask and search --------------------------------------------------------------------------


def test_ask_prints_the_answer_and_the_cited_titles_with_links(run, filled):
    code, out, err = run("ask", KETTLE_QUESTION)
    assert (code, err) == (0, "")
    assert "small bubbles collapse" in out
    assert f"[1] {KETTLES['title']} ({KETTLES['url']})" in out
    assert "summaries" not in out  # these are abstracts


@pytest.mark.parametrize("given", [["--library", "{}"], ["--library={}"], ["--verbose"]])
def test_options_of_every_command_may_stand_before_it(run, folder, filled, given):
    code, out, err = run(*(each.format(folder) for each in given), "ask", KETTLE_QUESTION)
    assert code == 0, err
    assert KETTLES["title"] in out


def test_an_unknown_command_behind_an_option_is_told_as_one(run, folder):
    code, _, err = run("--library", folder, "aks", KETTLE_QUESTION)
    assert code == 2
    assert "invalid choice: 'aks'" in err


def test_ask_json_has_the_field_names_of_the_answer(run_json, filled):
    answer = run_json("ask", KETTLE_QUESTION)
    assert {
        "question",
        "text",
        "status",
        "reason",
        "caveat",
        "citations",
        "confidence",
        "usage",
        "timings",
    } <= set(answer)
    assert answer["question"] == KETTLE_QUESTION
    assert (answer["status"], answer["reason"]) == ("answered", None)
    assert 0 <= answer["confidence"] <= 1
    assert answer["usage"] == {"prompt_tokens": 0, "completion_tokens": 0, "cost": None}
    assert all(isinstance(ms, float) and ms >= 0 for ms in answer["timings"].values())
    assert answer["citations"]


def test_ask_json_cites_by_marker_paper_and_verbatim_quote(run_json, filled):
    for citation in run_json("ask", KETTLE_QUESTION)["citations"]:
        assert {"marker", "paper", "quote", "start", "end", "support"} <= set(citation)
        assert set(citation["paper"]) == {"paper_id", "title", "url"}
        paper = run_json("papers", "show", citation["paper"]["paper_id"])
        assert paper["abstract"][citation["start"] : citation["end"]] == citation["quote"]
        assert 0 <= citation["support"] <= 1


def test_a_question_about_something_else_is_no_failure(run_json, filled):
    answer = run_json("ask", "zygote chromosome meiosis")
    assert (answer["status"], answer["reason"]) == ("abstained", "not_in_library")
    assert answer["citations"] == []


def test_json_keeps_letters_of_all_scripts(run, filled):
    _, out, _ = run("search", "teapot", "--json")
    assert "Drip — a “simple” rule" in out


def test_a_new_library_gets_the_starter_papers_and_says_that_they_are_summaries(run, run_json):
    code, out, err = run("ask", "What is a modern Hopfield network?")
    assert (code, err) == (0, "")
    assert "Hopfield" in out
    assert "summaries written for" in out
    papers = run_json("papers", "list")["papers"]
    assert len(papers) == STARTER_PAPERS


def test_search_in_a_new_library_finds_starter_papers(run_json):
    assert len(run_json("search", "Hopfield networks")["hits"]) == 10


def test_a_library_that_was_made_empty_on_purpose_stays_without_starter_papers(run_json, filled):
    run_json("papers", "remove", "kettles")
    run_json("ask", "What is a modern Hopfield network?")
    assert len(run_json("papers", "list")["papers"]) == 1


@pytest.mark.parametrize(
    "first",
    [
        ("doctor",),
        ("papers", "list"),
        ("ask", "What is a modern Hopfield network?", "--llm", "some-model"),  # has no endpoint
    ],
    ids=" ".join,
)
def test_a_look_at_a_new_library_or_a_mistake_does_not_cost_the_starter_papers(
    run, run_json, first
):
    run(*first)
    answer = run_json("ask", "What is a modern Hopfield network?")
    assert answer["status"] == "answered"


def test_starter_papers_can_be_removed_at_once(run_json, papers_file):
    run_json("ask", "What is a modern Hopfield network?")
    run_json("ingest", papers_file)
    assert run_json("papers", "remove", "--starter")["removed"] == STARTER_PAPERS
    left = run_json("papers", "list")["papers"]
    assert [paper["title"] for paper in left] == [KETTLES["title"], TEAPOTS["title"]]


def test_search_lists_the_best_first_with_why(run, filled):
    code, out, err = run("search", "kettle teapot spout", "-k", 2)
    assert (code, err) == (0, "")
    assert out.index("Teapots") < out.index("Kettles")
    assert "score" in out


@pytest.mark.parametrize(("k", "found"), [(1, 1), (2, 2), (50, 2)])
def test_search_gives_at_most_k(run_json, filled, k, found):
    result = run_json("search", "kettle teapot", "-k", k)
    assert result["query"] == "kettle teapot"
    assert len(result["hits"]) == found
    scores = [hit["score"] for hit in result["hits"]]
    assert scores == sorted(scores, reverse=True)


def test_search_json_has_the_field_names_of_a_hit(run_json, filled):
    (hit,) = run_json("search", "kettle", "-k", 1)["hits"]
    assert {"paper", "score", "passages", "dense_similarity", "lexical_score"} <= set(hit)
    assert set(hit["paper"]) == {"paper_id", "title", "url"}
    assert hit["paper"]["title"] == KETTLES["title"]
    assert hit["dense_similarity"] is None  # there is no embedder here
    assert hit["lexical_score"] > 0


@pytest.mark.parametrize(
    ("given", "titles", "filters"),
    [
        (("--since", 2020), [KETTLES["title"]], {"since": 2020}),
        (("--until", 2020), [TEAPOTS["title"]], {"until": 2020}),
        (("--author", "kessel"), [KETTLES["title"]], {"authors": ["kessel"]}),
        (("--source", "papers.jsonl", "--since", 2030), [], {"since": 2030}),
    ],
)
def test_filters_keep_papers_out_and_are_told(run, run_json, filled, given, titles, filters):
    words = ("search", "kettle teapot", *given)
    result = run_json(*words)
    assert [hit["paper"]["title"] for hit in result["hits"]] == titles
    assert filters.items() <= result["filters"].items()
    assert ("Only papers" in run(*words)[1]) is bool(titles)


def test_filters_of_the_question_itself_are_told(run, run_json, filled):
    assert run_json("search", "kettles since 2020")["filters"]["since"] == 2020
    answer = run_json("ask", "Why do kettles sing, in papers by Kessel?")
    assert answer["filters"]["authors"] == ["Kessel"]
    assert "Only papers from 2020 on." in run("ask", "Why do kettles sing since 2020?")[1]


@pytest.mark.parametrize("command", ["ask", "search"])
@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--since", 2022, "--until", 2020), "since 2022 and until 2020"),
        (("--since", "long ago"), "no whole number"),
        (("--until", 0), "no year"),
    ],
)
def test_years_that_cannot_be_are_wrong_use(run, command, given, told):
    code, out, err = run(command, "kettle", *given)
    assert (code, out) == (2, "")
    assert told in err


def test_a_search_that_finds_nothing_is_no_failure(run, run_json, filled):
    code, out, err = run("search", "xylophone")
    assert (code, err) == (0, "")
    assert out.strip()
    assert run_json("search", "xylophone")["hits"] == []


ODD_WORDS = [
    *("kettle top_k", "snake_case", "naïve_bayes", "10_000"),  # two words for the index, one for us
    *("C++", "a:b", '"unclosed', "(", "*", "^", "\\", "-kettle", "[1 TO 2]"),
    *("NOT x", "AND OR", "don't", "日本語", "😀", "a\tb\nc"),
]


@pytest.mark.parametrize("words", ODD_WORDS)
@pytest.mark.parametrize("command", ["ask", "search"])
def test_any_words_may_be_asked_for(run, filled, command, words):
    code, out, err = run(command, "--", words)
    assert (code, err) == (0, "")
    assert out


# --- wrong use -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "kettle", "-k", "0"),
        ("search", "kettle", "-k", "-1"),
        ("search", "kettle", "-k", "many"),
        ("search",),
        ("ask",),
        ("ask", ""),
        ("ask", " "),
        ("ask", "two", "questions"),
        ("frobnicate",),
        ("ask", "a question", "--frobnicate"),
        ("papers",),
        ("papers", "frobnicate"),
        ("papers", "show"),
        ("papers", "remove"),
        ("chat", "--auth", "without-a-password"),
        ("chat", "--port", "no-number"),
        ("chat", "--no-browser", "--port", "99999"),
        ("chat", "--no-browser", "--port", "-1"),
        ("chat", "--no-browser", "--host", "203.0.113.1"),  # not an address of this machine
        ("--port", "no-number"),  # `chat` may be left out
    ],
    ids=" ".join,
)
def test_wrong_use_exits_with_2_and_says_what_was_wrong(run, arguments):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "paperchat" in err
    assert "Traceback" not in err


def test_an_unknown_command_is_told_which_there_are(run):
    _, _, err = run("frobnicate")
    for command in ("ask", "search", "ingest", "papers", "doctor"):
        assert command in err


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RAG_TOP_K", "0"),
        ("RAG_DENSE_WEIGHT", "2"),
        ("RAG_TIMEOUT_S", "soon"),
        ("OPENAI_BASE_URL", "notaurl"),
    ],
)
def test_a_wrong_setting_is_told_by_its_name(run, monkeypatch, filled, variable, value):
    monkeypatch.setenv(variable, value)
    code, out, err = run("ask", KETTLE_QUESTION)
    assert (code, out) == (2, "")
    assert_one_clear_line(err)
    assert variable in err


def test_a_model_without_an_endpoint_is_wrong_use(run, filled):
    code, out, err = run("ask", KETTLE_QUESTION, "--llm", "some-model")
    assert (code, out) == (2, "")
    assert_one_clear_line(err)
    assert "some-model" in err
    assert "OPENAI_BASE_URL" in err


def test_a_library_that_is_a_file_fails_in_one_sentence(run, tmp_path):
    (tmp_path / "file").write_text("x")
    code, out, err = run("papers", "list", "--library", tmp_path / "file")
    assert (code, out) == (1, "")
    assert_one_clear_line(err)
    assert "--library" in err


def test_a_library_whose_database_is_damaged_fails_in_one_sentence(run, folder, filled):
    overwrite_database(folder)
    code, out, err = run("ask", KETTLE_QUESTION)
    assert (code, out) == (1, "")
    assert_one_clear_line(err)


def test_every_command_takes_a_library(run, run_json, tmp_path, papers_file):
    other = tmp_path / "other"
    assert run("ingest", papers_file, "--library", other)[0] == 0
    assert len(run_json("papers", "list", "--library", other)["papers"]) == 2
    assert run_json("papers", "list")["papers"] == []


# --- with a language model -------------------------------------------------------------------


def test_ask_answers_with_the_model_that_is_set(run_json, filled, at_endpoint):
    sentence = KETTLES["abstract"].split(". ")[0]
    at_endpoint.reply(f"{sentence} [1].", usage=(90, 12))
    answer = run_json("ask", KETTLE_QUESTION)
    assert answer["mode"] == "scripted"
    assert answer["usage"] == {"prompt_tokens": 90, "completion_tokens": 12, "cost": None}
    assert answer["citations"][0]["paper"]["paper_id"] == "kettles"


def test_the_model_of_the_command_line_beats_the_setting(run, filled, at_endpoint):
    at_endpoint.reply("Kettles sing [1].")
    run("ask", KETTLE_QUESTION, "--llm", "another")
    assert at_endpoint.requests[0]["model"] == "another"
    code, _, _ = run("ask", KETTLE_QUESTION, "--llm", "extractive")
    assert code == 0
    assert len(at_endpoint.requests) == 1


def test_searching_asks_no_model(run, filled, at_endpoint):
    at_endpoint.fail(500)
    assert run("search", "kettle")[0] == 0
    assert at_endpoint.requests == []


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_a_model_that_fails_gives_way_to_the_papers_own_sentences(run, filled, at_endpoint, status):
    at_endpoint.fail(status, {"retry-after-ms": "1"})
    code, out, err = run("ask", KETTLE_QUESTION)
    assert (code, err) == (0, "")
    assert KETTLES["abstract"].split(". ")[0] in out
    told = out.strip().splitlines()[-1]
    assert at_endpoint.url in told
    assert str(status) in told
    assert "the papers' own sentences" in told


def test_json_tells_why_the_model_did_not_answer(run_json, filled, at_endpoint):
    at_endpoint.fail(401)
    answer = run_json("ask", KETTLE_QUESTION)
    assert (answer["status"], answer["mode"]) == ("answered", "extractive")
    assert at_endpoint.url in answer["failure"]
    assert answer["notice"].startswith(answer["failure"])


# --- papers ----------------------------------------------------------------------------------


def test_list_and_show_tell_what_was_retracted_and_set_by_hand(run, tmp_path):
    run("ingest", write_lines(tmp_path / "p.jsonl", {**KETTLES, "retraction": "retracted in May"}))
    run("papers", "edit", KETTLES["id"], "--venue", "Nowhere")
    assert f"{KETTLES['title']}  (retracted)\n" in run("papers", "list")[1]
    shown = run("papers", "show", KETTLES["id"])[1]
    assert "This paper was retracted in May.\n" in shown
    assert "set by hand: venue\n" in shown


def test_volume_and_pages_are_set_shown_and_exported(run, run_json, filled):
    set_by_hand = ("--volume", "12", "--issue", "3", "--pages", "45-67", "--publisher", "Steam")
    assert run("papers", "edit", KETTLES["id"], *set_by_hand)[0] == 0
    shown = run("papers", "show", KETTLES["id"])[1]
    assert "Journal of Small Bubbles, 12(3), 45–67\nSteam\n" in shown
    assert "set by hand: volume, issue, pages\n" in shown
    told = run_json("papers", "show", KETTLES["id"])
    assert (told["volume"], told["pages"], told["edited"]) == ("12", "45–67", ["imprint"])
    assert "  pages = {45--67},\n" in run("papers", "export", "--format", "bibtex")[1]
    assert run("papers", "edit", KETTLES["id"], "--issn", "12")[0] == 1


def test_a_family_name_of_two_words_is_set_shown_and_exported(run, run_json, filled):
    authors = ("--author", "García Márquez, José", "--author", "Bo Tee")
    assert run("papers", "edit", KETTLES["id"], *authors)[0] == 0
    shown = run("papers", "show", KETTLES["id"])[1]
    assert "José García Márquez, Bo Tee\nfamily names: García Márquez\n" in shown
    told = run_json("papers", "show", KETTLES["id"])
    assert told["authors"] == ["José García Márquez", "Bo Tee"]
    assert told["family_names"] == [["José García Márquez", "García Márquez"]]
    assert (
        "author = {García Márquez, José and Tee, Bo}"
        in run("papers", "export", "--format", "bibtex")[1]
    )


def test_list_has_a_line_for_every_paper(run, filled):
    code, out, err = run("papers", "list")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert len(lines) == 2
    assert lines[0].split() == ["kettles", "2021-03-05", *KETTLES["title"].split()]
    assert TEAPOTS["title"] in lines[1]


def test_show_tells_all_that_is_known(run, filled):
    code, out, err = run("papers", "show", "kettles")
    assert (code, err) == (0, "")
    for known in ("title", "abstract", "published", "url", "venue"):
        assert KETTLES[known] in out
    assert "Ada Kessel, Bo Tee" in out
    assert "papers.jsonl" in out  # where it came from


@pytest.mark.parametrize(
    "named",
    [
        *("2101.00001", "arXiv:2101.00001v2", "https://arxiv.org/abs/2101.00001"),
        *("10.1000/Kettle.1", "https://doi.org/10.1000/kettle.1"),
    ],
)
def test_show_finds_a_paper_by_what_identifies_it_elsewhere(run, folder, tmp_path, named):
    known = {**KETTLES, "arxiv_id": "2101.00001", "doi": "10.1000/kettle.1"}
    run("ingest", write_lines(tmp_path / "p.jsonl", known, TEAPOTS))
    assert KETTLES["abstract"] in run("papers", "show", named)[1]


def test_show_finds_a_paper_by_its_cite_key_and_tells_of_several(run, folder, tmp_path):
    apart = {**TEAPOTS, "citekey": "tee2021"}
    run("ingest", write_lines(tmp_path / "p.jsonl", {**KETTLES, "citekey": "tee2021"}))
    assert KETTLES["abstract"] in run("papers", "show", "tee2021")[1]
    err = run("ingest", write_lines(tmp_path / "q.jsonl", apart))[2]
    assert "is cited as 'tee2021-2', since 'tee2021' is" in err
    assert KETTLES["abstract"] in run("papers", "show", "tee2021")[1]
    assert TEAPOTS["abstract"] in run("papers", "show", "tee2021-2")[1]
    with Library.open(folder) as library:  # as libraries may have it that were made before
        papers = library.papers()
        same = (("citekey", "tee2021"),)
        library.catalog.restore([replace(paper, identifiers=same) for paper in papers])
    code, out, err = run("papers", "show", "tee2021")
    assert (code, out) == (1, "")
    assert err.startswith("paperchat: 2 papers are cited as 'tee2021': ")
    assert KETTLES["title"] in err
    assert TEAPOTS["title"] in err


def test_many_notes_on_a_file_are_told_by_the_first(run, tmp_path):
    records = [
        {"title": f"Paper {n}", "abstract": f"What {n} is about.", "citekey": "tee2021"}
        for n in range(14)
    ]
    err = run("ingest", write_lines(tmp_path / "p.jsonl", *records))[2]
    assert err.count("is cited as") == 10
    assert "p.jsonl: and 3 more notes" in err


def test_lines_are_broken_between_words_at_a_terminal_alone(run, filled, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    _, whole, _ = run("papers", "show", KETTLES["id"])
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda stream: True, raising=False)
    _, told, _ = run("papers", "show", KETTLES["id"])
    assert max(map(len, whole.splitlines())) > 40 >= max(map(len, told.splitlines()))
    assert told.split() == whole.split()
    _, record, _ = run("papers", "show", KETTLES["id"], "--json")
    assert json.loads(record)["abstract"] == KETTLES["abstract"]


def test_show_json_is_the_record(run_json, filled):
    shown = run_json("papers", "show", "kettles")
    assert shown == {
        "paper_id": "kettles",
        "source": "papers.jsonl",
        **{name: value for name, value in KETTLES.items() if name != "id"},
    }


def test_remove_deletes_from_list_and_search(run, run_json, filled):
    code, out, err = run("papers", "remove", "kettles")
    assert (code, err) == (0, "")
    assert "1" in out
    assert [p["title"] for p in run_json("papers", "list")["papers"]] == [TEAPOTS["title"]]
    assert run_json("search", "kettle sing bubbles")["hits"] == []


@pytest.mark.parametrize("action", ["show", "remove"])
def test_an_unknown_paper_fails_in_one_sentence(run, run_json, filled, action):
    code, _, err = run("papers", action, "no-such-paper")
    assert code == 1
    assert_one_clear_line(err)
    assert "no-such-paper" in err
    assert len(run_json("papers", "list")["papers"]) == 2


def test_export_is_read_by_ingest_again_without_a_loss(run, run_json, filled, tmp_path):
    code, exported, err = run("papers", "export")
    assert (code, err) == (0, "")
    copy = tmp_path / "copy.jsonl"
    copy.write_text(exported, encoding="utf-8")
    assert run_json("ingest", copy)["unchanged"] == 2
    other = ("--library", tmp_path / "other")
    assert run_json("ingest", copy, *other)["added"] == 2
    assert run("papers", "export", *other)[1] == exported


def test_export_writes_to_a_file(run, filled, tmp_path):
    _, exported, _ = run("papers", "export")
    code, out, err = run("papers", "export", "--output", tmp_path / "out.jsonl")
    assert (code, out, err) == (0, "", "")
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == exported
    assert [json.loads(line)["title"] for line in exported.splitlines()] == [
        KETTLES["title"],
        TEAPOTS["title"],
    ]


@pytest.mark.parametrize(
    ("form", "sign"), [("bibtex", "@article{"), ("ris", "TY  - "), ("csl", "[")]
)
def test_the_library_is_exported_as_a_bibliography(run, filled, form, sign):
    code, out, err = run("papers", "export", "--format", form)
    assert (code, err) == (0, "")
    assert out.startswith(sign)
    assert KETTLES["title"] in out
    assert "Kessel" in out


def test_the_name_of_the_file_says_which_bibliography(run, filled, tmp_path):
    for name, sign in (
        ("refs.bib", b"@article{"),
        ("refs.RIS", b"TY  - JOUR\r\n"),
        ("p.json", b"{"),
    ):
        assert run("papers", "export", "--output", tmp_path / name)[0] == 0
        assert (tmp_path / name).read_bytes().startswith(sign)


def test_a_bibliography_tells_that_summaries_are_no_abstracts(run, tmp_path):
    file = write_lines(tmp_path / "papers.jsonl", {**KETTLES, "source": STARTER_SOURCE}, TEAPOTS)
    run("ingest", file)
    code, out, err = run("papers", "export", "--format", "bibtex")
    assert (code, err) == (0, "without abstract, as only a summary is there: 1 of 2 papers")
    assert out.count("abstract = ") == 1


@pytest.mark.parametrize("form", ["bibtex", "ris", "csl"])
def test_ask_gives_the_cited_papers_alone(run, filled, form):
    code, out, err = run("ask", KETTLE_QUESTION, "--cite", form)
    assert (code, err) == (0, "")
    assert KETTLES["title"] in out
    assert "Teapots" not in out
    assert KETTLE_QUESTION not in out


def test_an_answer_that_cites_nothing_gives_no_bibliography(run, filled):
    code, out, err = run("ask", "hello", "--cite", "bibtex")
    assert (code, out) == (1, "")
    assert "No paper is cited." in err
    assert_one_clear_line(err)


def test_ask_prints_markdown(run, filled):
    code, out, _ = run("ask", KETTLE_QUESTION, "--markdown")
    assert code == 0
    assert out.startswith(f"## {KETTLE_QUESTION}\n")
    assert "\n> A kettle sings because" in out


@pytest.mark.parametrize(
    ("form", "same_as"),
    [("md", "--markdown"), ("bib", "--cite=bibtex")],
)
def test_a_form_by_its_files_ending_is_the_same_form(run, filled, form, same_as):
    said = run("ask", KETTLE_QUESTION, "--format", form)
    assert said == run("ask", KETTLE_QUESTION, same_as)
    assert said[0] == 0


def test_ask_prints_a_page_of_html_or_one_json_object(run, filled):
    code, page, _ = run("ask", KETTLE_QUESTION, "--format", "html")
    assert code == 0
    assert page.startswith("<!DOCTYPE html>")
    assert "<blockquote>" in page
    code, told, _ = run("ask", KETTLE_QUESTION, "--format", "json")
    assert json.loads(told)["question"] == KETTLE_QUESTION


def test_a_receipt_is_replayed_and_tells_when_the_answer_is_another(run, filled, tmp_path):
    receipt = tmp_path / "receipt.json"
    assert run("ask", KETTLE_QUESTION, "--receipt", receipt)[0] == 0
    code, out, _ = run("replay", receipt)
    assert (code, out) == (0, "The answer is the same.\n")
    told = json.loads(receipt.read_text(encoding="utf-8"))
    receipt.write_text(json.dumps(told | {"text": "Kettles hum."}), encoding="utf-8")
    code, out, _ = run("replay", receipt)
    assert code == 1
    assert "answer: text: 'Kettles hum.' then" in out
    code, _, err = run("replay", tmp_path / "none.json")
    assert code == 1
    assert_one_clear_line(err)


def test_notes_are_written_once_and_an_answers_note_links_to_them(run, filled, tmp_path):
    vault = tmp_path / "vault"
    assert run("papers", "notes", vault)[1] == "2 notes written, 0 were there already\n"
    (vault / f"{KETTLES['title']}.md").write_text("mine", encoding="utf-8")
    assert run("papers", "notes", vault)[1] == "0 notes written, 2 were there already\n"
    for _ in range(2):  # asked again, it is another note
        assert run("ask", KETTLE_QUESTION, "--note", vault)[0] == 0
    assert (vault / f"{KETTLES['title']}.md").read_text(encoding="utf-8") == "mine"
    answers = [path for path in vault.glob("*.md") if "question:" in path.read_text("utf-8")]
    assert len(answers) == 2
    assert all(f"[[{KETTLES['title']}]]" in path.read_text("utf-8") for path in answers)


def test_ask_prints_one_thing_only(run, filled):
    assert run("ask", KETTLE_QUESTION, "--format", "md", "--json")[0] == 2
    assert run("ask", KETTLE_QUESTION, "--cite", "ris", "--json")[0] == 2


def test_the_bibliographies_of_the_parser_are_those_that_exist():
    assert (tuple(FORMATS), tuple(EXPORT_STYLES)) == (BIBLIOGRAPHIES, STYLES)


def test_an_export_that_cannot_be_written_fails_in_one_sentence(run, filled, tmp_path):
    code, out, err = run("papers", "export", "--output", tmp_path / "no" / "such" / "out.jsonl")
    assert (code, out) == (1, "")
    assert_one_clear_line(err)
    assert "out.jsonl" in err


def test_the_export_of_an_empty_library_is_empty(run):
    assert run("papers", "export") == (0, "", "")


def test_starter_papers_keep_their_label_through_export(run, run_json, folder, tmp_path):
    run_json("ask", "What is a modern Hopfield network?")
    copy = tmp_path / "copy.jsonl"
    run("papers", "export", "--output", copy)
    run_json("ingest", copy, "--library", tmp_path / "other")
    library = Library.open(settings=Settings(library=tmp_path / "other", embedder="none"))
    assert {paper.source for paper in library.papers()} == {STARTER_SOURCE}


# --- feedback --------------------------------------------------------------------------------


@pytest.fixture
def rated(filled, folder):
    """The default library holds one answer that was liked and one that was not."""
    with Library.open() as library:
        for turn, thumb in (("1", "up"), ("2", "down")):
            answer = library.ask(KETTLE_QUESTION)
            library.feedback.rate("ada", turn, thumb, answer, comment=f"It is\n{thumb}.")


def test_feedback_is_listed(run, run_json, rated):
    code, out, err = run("feedback", "list")
    assert (code, err) == (0, "")
    assert [line.split("  ", 1)[1] for line in out.splitlines()] == [
        f"up    {KETTLE_QUESTION}  (It is up.)",
        f"down  {KETTLE_QUESTION}  (It is down.)",
    ]
    ratings = run_json("feedback", "list")["ratings"]
    assert [(r["thumb"], r["answer"]["question"]) for r in ratings] == [
        ("up", KETTLE_QUESTION),
        ("down", KETTLE_QUESTION),
    ]


def test_feedback_is_exported_as_a_question_set(run, run_json, rated, tmp_path):
    code, out, err = run("feedback", "export")
    assert (code, err) == (0, "1 exported, 1 left out")
    sample = json.loads(out)
    assert (sample["question"], sample["papers"]) == (KETTLE_QUESTION, [KETTLES["title"]])
    file = tmp_path / "questions.jsonl"
    counts = run_json("feedback", "export", "--all", "--out", file)
    assert counts == {"exported": 2, "left_out": 0}
    assert read_samples(file)[0].id == sample["id"]


def test_without_feedback_there_is_nothing_and_no_file_is_made(run, folder):
    assert run("feedback", "list") == (0, "", "")
    assert run("feedback", "export") == (0, "", "0 exported, 0 left out")
    assert not folder.exists()


def test_the_counts_of_an_export_want_a_file(run, rated):
    assert run("feedback", "export", "--json")[0] == 2


# --- papers verify ---------------------------------------------------------------------------


def change_abstract(folder):
    with sqlite3.connect(folder / "paperchat.sqlite") as connection:
        connection.execute("UPDATE abstract SET text = text || ' Or so.' WHERE paper_number = 1")
    connection.close()


def test_verify_says_that_a_library_is_sound(run, run_json, filled):
    assert run("papers", "verify") == (0, "2 papers compared: all is sound\n", "")
    assert run_json("papers", "verify") == {"papers": 2, "faults": []}


def test_verify_says_what_is_wrong_and_how_to_mend_it(run, folder, filled):
    change_abstract(folder)
    code, out, err = run("papers", "verify")
    assert (code, err) == (1, "")
    *faults, last = out.splitlines()
    assert all(fault.startswith("papers: 1 paper is ") for fault in faults)
    assert "(kettles)" in faults[0]
    assert "paperchat papers verify --repair" in last
    assert run("papers", "verify", "--json")[0] == 1


def test_verify_mends_when_asked(run, folder, filled):
    change_abstract(folder)
    code, out, _ = run("papers", "verify", "--repair")
    *faults, last = out.splitlines()
    assert code == 0
    assert all(fault.endswith("mended") for fault in faults)
    assert last == "2 papers compared: all is mended"
    assert run("papers", "verify")[1] == "2 papers compared: all is sound\n"


# --- doctor ----------------------------------------------------------------------------------


def test_doctor_finds_everything_in_place(run_json, filled):
    findings = run_json("doctor")["findings"]
    assert [set(finding) for finding in findings] == [{"subject", "is_fine", "told"}] * 4
    assert all(finding["is_fine"] for finding in findings)
    told = {finding["subject"]: finding["told"] for finding in findings}
    assert set(told) == {"packages", "library", "embedder", "language model"}
    assert "chromadb" in told["packages"]
    assert "2 papers" in told["library"]


def test_doctor_for_people_is_a_line_for_each_finding(run, filled):
    code, out, err = run("doctor")
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == 4


def test_doctor_names_the_embedder(run_json, monkeypatch, cache, filled):
    monkeypatch.setenv("RAG_EMBEDDER", "minilm")
    monkeypatch.setenv("RAG_CACHE", str(cache))
    told = {finding["subject"]: finding["told"] for finding in run_json("doctor")["findings"]}
    assert "MiniLM" in told["embedder"]


def test_doctor_asks_the_model(run_json, filled, at_endpoint):
    at_endpoint.reply("ready")
    told = {finding["subject"]: finding["told"] for finding in run_json("doctor")["findings"]}
    assert "scripted" in told["language model"]
    assert len(at_endpoint.requests) == 1


def test_doctors_bundle_holds_nothing_private(run, folder, filled, monkeypatch, tmp_path):
    planted = "planted-secret-93"
    change_abstract(folder)  # so that a finding names a paper
    for name in ("OPENAI_API_KEY", "RAG_S2_KEY", "RAG_OPENALEX_KEY"):
        monkeypatch.setenv(name, f"{planted}-{name}")
    monkeypatch.setenv("RAG_API_TOKENS", f"{planted}-token-one,{planted}-token-two")
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://ada:{planted}@127.0.0.1:9/v1")
    monkeypatch.setenv("RAG_CONTACT", f"{planted}@a.example")
    monkeypatch.setenv("RAG_TIMEOUT_S", "1")
    monkeypatch.setenv("RAG_RETRIES", "0")
    bundle = tmp_path / "report.json"
    run("doctor", "--bundle", bundle)
    text = bundle.read_text(encoding="utf-8")
    for private in (planted, str(folder), str(tmp_path), "kettles", KETTLES["title"], "127.0.0.1"):
        assert private not in text
    told = json.loads(text)
    assert told["versions"]["paperchat"]
    assert told["settings"]["timeout_s"] == "1.0"
    assert {each["subject"] for each in told["findings"]} >= {"library", "language model"}
    assert not all(each["is_fine"] for each in told["findings"])


def test_doctor_exits_with_1_when_something_is_not_in_place(run, filled, at_endpoint):
    at_endpoint.fail(401)
    code, out, err = run("doctor", "--json")
    assert (code, err) == (1, "")
    findings = {finding["subject"]: finding for finding in json.loads(out)["findings"]}
    assert [name for name, each in findings.items() if not each["is_fine"]] == ["language model"]
    assert "OPENAI_API_KEY" in findings["language model"]["told"]
    assert KEY not in out


def test_doctor_looks_at_the_rest_when_the_library_is_damaged(run, folder, filled):
    overwrite_database(folder)
    code, out, _ = run("doctor", "--json")
    findings = json.loads(out)["findings"]
    assert code == 1
    assert [each["subject"] for each in findings if not each["is_fine"]] == ["library"]
    assert len(findings) == 4


def test_doctor_says_that_papers_lack_their_words_and_what_mends_it(run, run_json, folder, filled):
    with LexicalIndex(folder / "lexical").changing() as change:
        change.remove("kettles")
    reached = read_reached(folder / "lexical")
    write_reached(folder / "lexical", reached.library_id, reached.revision)
    code, out, _ = run("doctor")
    assert code == 1
    assert "not found by its words" in out
    assert "paperchat papers verify --repair" in out
    assert run("papers", "verify", "--repair")[0] == 0
    assert all(finding["is_fine"] for finding in run_json("doctor")["findings"])


# --- as a process ----------------------------------------------------------------------------


def environment(library):
    """That of a user; where output is not buffered, a pipe breaks at another place."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return {**kept, "RAG_LIBRARY": str(library), "RAG_EMBEDDER": "none"}


def test_the_console_script_tells_its_version(tmp_path):
    done = subprocess.run(
        [CONSOLE_SCRIPT, "--version"],
        env=environment(tmp_path / "library"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"paperchat {metadata.version('paperchat')}\n"
    assert done.stderr == ""
    assert not (tmp_path / "library").exists()


def test_a_failure_in_a_process_of_its_own_shows_no_traceback(tmp_path):
    (tmp_path / "binary.bin").write_bytes(b"\x00\x01\x02")
    done = subprocess.run(
        [CONSOLE_SCRIPT, "ingest", tmp_path / "binary.bin"],
        env=environment(tmp_path / "library"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert_one_clear_line(done.stderr.strip())


def start(library, *arguments):
    return subprocess.Popen(
        [CONSOLE_SCRIPT, *arguments],
        env=environment(library),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_user_who_stops_a_command_while_it_is_still_imported_sees_no_traceback(run, monkeypatch):
    class Interrupted(ModuleType):
        @property
        def parse(self):
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "rag.cli.parser", Interrupted("rag.cli.parser"))
    assert run("papers", "list") == (130, "", "paperchat: stopped")


def test_a_reader_who_has_had_enough_is_no_failure(run, folder):
    """As with `paperchat papers export | head -1`: the export is larger than a pipe holds."""
    run("search", "a new library gets the starter papers")
    with start(folder, "papers", "export") as process:
        first = json.loads(process.stdout.readline())
        process.stdout.close()
        err = process.stderr.read()
    assert first["source"] == STARTER_SOURCE
    assert (process.returncode, err.strip()) == (0, "")


def test_a_reader_who_never_reads_is_no_failure(filled, folder):
    """As with `paperchat papers list | true`: all of it still lies in the buffer at the end."""
    with start(folder, "papers", "list") as process:
        process.stdout.close()
        err = process.stderr.read()
    assert (process.returncode, err.strip()) == (0, "")


@pytest.mark.parametrize("arguments", [("papers", "list"), ("search", "kettle")], ids=" ".join)
def test_nothing_is_drawn_on_standard_error_where_it_is_no_terminal(
    filled, folder, capsys, arguments
):
    assert main(arguments) == 0
    assert capsys.readouterr().err == ""


def test_a_paper_is_added_by_hand_and_removed_with_its_source(run, filled):
    typed = ("--title", "Typed kettles", "--abstract", "They were typed in.", "--author", "Tee, Bo")
    code, out, _ = run("papers", "add", *typed, "--published", "2021-03")
    assert (code, out.split(",")[0]) == (0, "1 added")
    assert "2021-03" in run("papers", "list")[1]
    code, _, err = run("papers", "remove", "--source", "nowhere")
    assert (code, err.split(".")[0]) == (1, "paperchat: No paper is from nowhere")
    assert run("papers", "remove", "--source", "added by hand")[1] == "1 removed\n"


def test_what_stays_of_a_source_for_another_one_is_told(run, tmp_path):
    run("ingest", write_lines(tmp_path / "a.jsonl", KETTLES, TEAPOTS))
    run("ingest", write_lines(tmp_path / "b.jsonl", TEAPOTS))
    code, out, err = run("papers", "remove", "--source", "a.jsonl")
    assert (code, out) == (0, "1 removed\n")
    assert "1 paper stays, which another source has too" in err


def test_what_was_added_or_updated_by_hand_is_told_by_its_id(run, run_json, filled):
    typed = ("papers", "add", "--title", "Typed kettles", "--abstract", "They were typed in.")
    own = id_from_title("Typed kettles")
    assert f"added: 'Typed kettles' ({own})\n" in run(*typed)[1]
    assert f"'Typed kettles' ({own})\n" in run(*typed, "--venue", "Steam")[1]
    report = run_json(*typed, "--venue", "Steam and Water")
    assert (report["added_ids"], report["updated_ids"]) == ([], [own])


@pytest.mark.parametrize(
    "wrong", [("--published", "2021-13-45"), ("--doi", "10.1/ab"), ("--url", "somewhere")]
)
def test_a_field_that_cannot_be_is_refused_by_add_as_by_edit(run, filled, wrong):
    typed = ("--title", "Typed kettles", "--abstract", "They were typed in.")
    code, out, err = run("papers", "add", *typed, *wrong)
    assert (code, out) == (1, "")
    assert "Nothing was added" in err
    assert repr(wrong[1]) in err
    assert err.split(": ", 2)[2] == run("papers", "edit", "kettles", *wrong)[2].split(": ", 2)[2]


def test_duplicates_are_merged_where_nothing_speaks_against_it(run, run_json, tmp_path):
    twin = {**KETTLES, "id": "twin", "title": "A Kettle's Song", "venue": None}
    other = {**TEAPOTS, "id": "other", "title": KETTLES["title"]}
    run("ingest", write_lines(tmp_path / "twins.jsonl", KETTLES, twin, other))
    assert run("papers", "duplicates")[1].count("Kettle") == 3
    assert run("papers", "merge", "kettles")[0] == 2
    assert run("papers", "merge", "kettles", "twin")[0] == 1  # nobody can be asked
    assert run_json("papers", "duplicates", "--merge") == {"merged": [], "left": 1}
    assert run("papers", "duplicates", "--merge", "--yes")[1].endswith("merges them.\n")
    code, out, _ = run("papers", "merge", "kettles", "twin", "--yes")
    assert (code, out.splitlines()[-1]) == (
        0,
        f"2 papers are one now: {KETTLES['title']!r} (kettles), from twins.jsonl",
    )
    assert run("papers", "merge", "kettles", "twin", "--yes")[0] == 1


def test_papers_are_laid_side_by_side(run, run_json, filled):
    code, out, _ = run("papers", "table", "kettles", "--column", "method")
    assert (code, out.splitlines()[0]) == (0, f"[1] {KETTLES['title']}")
    assert out.splitlines()[1].startswith("    Method: ")
    assert run("papers", "table", "kettles", "--csv")[1].startswith("title,authors,year,Problem,")
    assert run_json("papers", "table", "kettles")["columns"][1] == "Method"
    assert "no paper 'gone'" in run("papers", "table", "gone")[2]


def test_a_table_tells_which_cells_are_a_models_and_that_it_failed(
    run, run_json, filled, endpoint, monkeypatch
):
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    monkeypatch.setenv("RAG_RETRIES", "0")
    quote = run_json("papers", "table", "kettles", "--llm", "extractive")["rows"][0]["cells"][1]
    assert quote["sentence"] is None
    said = f"In this paper, {quote['quote'][0].lower()}{quote['quote'][1:]}"
    endpoint.reply(json.dumps({"cells": [{"column": 1, "sentence": said}]}))
    asked = ("papers", "table", "kettles", "--column", "method", "--llm", "any")
    assert run(*asked)[1].splitlines()[1:] == [
        f"    Method: {said} (model’s words)",
        f"        “{quote['quote']}”",
    ]
    endpoint.forget()
    endpoint.fail(401)
    code, out, told = run(*asked)
    assert (code, out.splitlines()[1]) == (0, f"    Method: {quote['quote']}")
    assert "the cells are the papers' own sentences" in told


def test_a_paper_is_added_from_text_on_standard_input(run, monkeypatch):
    text = "Title: Tides\nAuthors: Ada Kessel, Bo Tee\nAbstract: They rise.\nKeywords: sea"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert run("papers", "add", "--published", "2021-03")[0] == 0
    shown = run("papers", "show", id_from_title("Tides"))[1]
    assert shown.startswith("Tides\nAda Kessel, Bo Tee\n2021-03\n")
    assert shown.endswith("tagged sea\n\nThey rise.\n")
    assert run("papers", "add", "--title", "Tides")[0] == 2


def test_many_records_that_are_left_out_for_one_reason_are_told_together(run, tmp_path):
    bare = [f"@book{{b{n}, title={{Book {n}}}}}" for n in range(30)]
    (tmp_path / "refs.bib").write_text("@misc{a, title={A}, abstract={It is.}}\n" + "\n".join(bare))
    code, out, err = run("ingest", tmp_path / "refs.bib")
    assert (code, out.splitlines()[-2].rpartition(", ")[2]) == (0, "30 rejected")
    rejected, advice = err.splitlines()
    assert rejected == (
        "rejected: refs.bib: 30 records for one reason (no abstract), first "
        "record 2: 'Book 0' has no abstract; record 3: 'Book 1' has no abstract; "
        "record 4: 'Book 2' has no abstract"
    )
    assert advice.startswith("note: 30 records lack only an abstract")


def every_option(parser, above=""):
    """Every command with each of its options."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, each in action.choices.items():
                yield from every_option(each, f"{above} {name}".strip())
        elif action.option_strings and "--help" not in action.option_strings:
            yield above, action.option_strings[0]


def test_the_manual_page_has_every_command_and_option(run):
    code, page, err = run("--man")
    assert (code, err) == (0, "")
    assert page.startswith('.TH PAPERCHAT 1 "" "paperchat ')
    parts = page.split(".SS ")
    by_command = {part.partition("\n")[0].strip('"'): part for part in parts[1:]}
    for command, option in every_option(build_parser()):
        name = f"paperchat {command}".replace("-", r"\-")
        part = parts[0] if not command or option in ("--library", "--verbose") else by_command[name]
        assert option.replace("-", r"\-") in part, f"{command} {option}"
    for name in Settings.model_fields:
        assert name.upper() in page
    requests = {line.partition(" ")[0] for line in page.splitlines() if line[:1] in (".", "'")}
    assert requests == {".TH", ".SH", ".SS", ".TP", ".PP", ".B"}


def test_the_manual_page_is_laid_out_without_a_warning(run, tmp_path):
    if shutil.which("man") is None:
        missing("man", "nothing is called so")
    _, page, _ = run("--man")
    (tmp_path / "paperchat.1").write_text(page, encoding="utf-8")
    done = subprocess.run(
        ["man", "--warnings", "-l", tmp_path / "paperchat.1"],
        env={**os.environ, "MANWIDTH": "100", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert "paperchat watch look" in done.stdout
    assert "--every TIME" in done.stdout


def test_a_shell_completes_commands_and_options(run, tmp_path):
    code, script, _ = run("--completion", "bash")
    assert code == 0
    (tmp_path / "completion").write_text(script)
    asks = "source completion; COMP_WORDS=({}); COMP_CWORD={}; _shtab_paperchat"
    for words, at, expected in (
        ("paperchat pa", 1, "papers"),
        ("paperchat ask --sin", 2, "--since"),
        ("paperchat watch dis", 2, "dismiss"),
    ):
        told = subprocess.run(
            ["bash", "-c", f"{asks.format(words, at)}; echo ${{COMPREPLY[@]}}"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert told.stdout.split() == [expected]
