"""What watches find, offer and never offer again, and what they tell of the library's papers."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from rag.cli import main
from rag.errors import ConfigurationError, SourceError
from rag.export.notes import paper_note
from rag.export.plain import exported_record
from rag.library import Library
from rag.lookup.services import Services
from rag.serve.shapes import PaperArguments, PaperRecord
from rag.serve.tools import fetch
from rag.store.joining import merge_all
from rag.store.sqlite import FILE
from rag.types import Paper
from rag.watches import FIRST_OFFERED, Watches
from tests.support.scripted_service import (
    ScriptedService,
    arxiv_feed,
    crossref_work,
    openalex_work,
)
from ui.chat.cards import meta_line
from ui.library.html import paper_html

ROOT = Path(__file__).resolve().parents[2]
QUERY = "arxiv:cat:cs.LG AND hopfield"
DAMS = {
    "title": "On Dams",
    "abstract": "Dams hold water back for long.",
    "doi": "10.1000/182",
    "source": "refs.bib",
}


HAS_DOI = "<doi xmlns='http://arxiv.org/schemas/atom'>10.1000/182</doi><category"


def together(one, other):
    """One feed of the entries of two."""
    return one.replace("</feed>", other[other.index("<entry") :])


@pytest.fixture
def library(lookup_settings):
    with Library.open(settings=lookup_settings) as opened:
        yield opened


@pytest.fixture
def watches(library, lookup_settings, clock):
    """The library's watches, which wait for nothing."""
    build = partial(Services, lookup_settings, sleep=clock.sleep, clock=clock)
    return Watches(library._index, build, library.ingest, library._changing)


def ids(offers):
    return [each.paper.paper_id for each in offers]


def feed(*found, versions=None, updated="2026-02-04T10:00:00Z", abstract="A cat falls."):
    """A feed of papers, some of them in a version other than the second."""
    text = arxiv_feed(*found).replace("<published>", f"<updated>{updated}</updated><published>")
    for arxiv_id, number in (versions or {}).items():
        text = text.replace(f"{arxiv_id}v2<", f"{arxiv_id}v{number}<")
    return text.replace(" A cat falls. ", abstract)


def notice(doi, kind, own="10.1000/9", day=(2026, 2, 6)):
    """A notice as Crossref tells it."""
    update = {"DOI": doi, "type": kind, "updated": {"date-parts": [list(day)]}}
    return {"DOI": own, "type": "journal-article", "update-to": [update]}


# --- what is offered -----------------------------------------------------------------------------


def test_a_look_offers_what_is_new_and_adds_nothing(service, library, watches):
    watches.add(QUERY)
    service.answer("/arxiv", arxiv_feed("2101.00002", "2101.00001"))
    service.answer("/arxiv", arxiv_feed("2101.00003", "2101.00002", "2101.00001"))
    assert set(ids(watches.look().offers)) == {"2101.00001", "2101.00002"}
    assert ids(watches.look().offers) == ["2101.00003"]
    assert not watches.look()
    assert len(watches.offers()) == 3
    assert len(library) == 0
    asked = service.asked[0][1]
    assert (asked["sortBy"], asked["sortOrder"]) == ("submittedDate", "descending")
    assert asked["search_query"] == "cat:cs.LG AND hopfield"


def test_openalex_is_asked_for_its_newest_too(service, watches):
    watches.add("openalex:hopfield networks")
    results = [openalex_work(7), openalex_work(8, abstract_inverted_index=None)]
    service.answer("/openalex/works", {"meta": {}, "results": results})
    (offer,) = watches.look().offers  # the other one has no abstract yet
    assert offer.paper.title == "Otters of 7"
    assert service.asked[0][1]["sort"] == "publication_date:desc"


def test_the_first_look_offers_the_newest_and_passes_over_the_others(service, watches):
    many = [f"2101.{number:05}" for number in range(FIRST_OFFERED + 5)]
    watches.add(QUERY)
    service.answer("/arxiv", arxiv_feed(*many))
    service.answer("/arxiv", arxiv_feed("2102.00001", *many))
    assert ids(watches.look().offers) == many[:FIRST_OFFERED]
    assert ids(watches.look().offers) == ["2102.00001"]


def test_what_was_there_before_the_first_look_and_comes_into_sight_later_is_not_new(
    service, watches
):
    watches.add(QUERY)
    service.answer("/arxiv", arxiv_feed("2101.00002", "2101.00001"))
    older = arxiv_feed("2101.00003").replace("2021-01-03", "2020-12-31")
    service.answer("/arxiv", together(arxiv_feed("2101.00001"), older))
    assert len(watches.look(most=2).offers) == 2
    assert not watches.look(most=2).offers  # one of the two was taken down


def test_that_more_may_be_new_is_told(service, watches):
    watches.add(QUERY)
    service.answer("/arxiv", arxiv_feed("2101.00001"))
    service.answer("/arxiv", arxiv_feed("2101.00003", "2101.00002"))
    watches.look(most=2)
    (note,) = watches.look(most=2).notes
    assert "all of the 2 newest papers are new" in note.text


def test_what_the_library_has_is_not_offered(service, library, watches):
    service.answer("/crossref/works/10.1000/182", crossref_work("10.1000/182"))
    library.ingest(["doi:10.1000/182", {"id": "2101.00001", "title": "T", "abstract": "A"}])
    watches.add(QUERY)
    same = arxiv_feed("2101.00002").replace("<category", HAS_DOI)
    service.answer("/arxiv", together(same, arxiv_feed("2101.00001", "2101.00003")))
    assert ids(watches.look().offers) == ["2101.00003"]


def test_a_paper_that_comes_into_the_library_otherwise_waits_no_more(service, library, watches):
    watches.add(QUERY)
    service.answer("/arxiv", arxiv_feed("2101.00001"))
    watches.look()
    library.ingest({"id": "2101.00001", "title": "T", "abstract": "A"})
    assert watches.offers() == []


def test_what_is_accepted_is_added_and_not_offered_again(service, library, watches):
    watches.add(QUERY)
    service.answer("/arxiv", arxiv_feed("2101.00001", "2101.00002"))
    watches.look()
    assert watches.accept(["2101.00001"], collections=["New"]).added == 1
    (paper,) = library.papers()
    assert (paper.source, paper.collections) == ("arXiv", ("New",))
    assert paper.authors == ("Ada Kessel", "Bo Tee")
    assert ids(watches.offers()) == ["2101.00002"]
    library.remove("2101.00001")
    assert not watches.look().offers
    assert ids(watches.offers()) == ["2101.00002"]


def test_what_is_dismissed_does_not_come_back_under_another_query_or_id(service, watches):
    first = watches.add(QUERY)
    with_doi = openalex_work(7, doi="https://doi.org/10.1000/182")
    service.answer("/openalex/works", {"meta": {}, "results": [with_doi]})
    service.answer("/arxiv", arxiv_feed("2101.00001").replace("<category", HAS_DOI))
    watches.look()
    assert watches.dismiss(["2101.00001"]) == 1
    watches.remove(first.watch_id)
    watches.add("openalex:otters")
    watches.add("arxiv:ti:cats")
    assert not watches.look().offers
    assert ids(watches.offers(dismissed=True)) == ["2101.00001"]
    assert watches.accept(["2101.00001"]).added == 1  # unless one thinks again


def test_a_watch_that_is_removed_takes_what_it_found_along(service, watches):
    watches.add(QUERY)
    service.answer("/arxiv", arxiv_feed("2101.00001"))
    watches.look()
    watches.remove(QUERY)
    assert (watches.all(), watches.offers()) == ([], [])
    watches.add(QUERY)
    assert len(watches.look().offers) == 1


def test_two_papers_of_one_title_are_both_offered(service, watches):
    one, other = (
        openalex_work(n, title="Editorial", abstract_inverted_index={words: [0]})
        for n, words in ((7, "Otters"), (8, "Beavers"))
    )
    service.answer("/openalex/works", {"meta": {}, "results": [one, other]})
    watches.add("openalex:editorial")
    assert len(watches.look().offers) == 2
    waiting = ids(watches.offers())
    assert len(set(waiting)) == 2
    assert watches.accept(waiting).added == 2
    assert not watches.look().offers


@pytest.mark.parametrize(
    "source",
    ["2101.00001", "arxiv:2101.00001", "arxiv:", "crossref:dams", "s2:dams", "zotero:", "refs.bib"],
)
def test_only_queries_of_services_that_tell_their_newest_are_watched(watches, source):
    with pytest.raises(ConfigurationError):
        watches.add(source)


def test_what_is_not_there_is_told(watches):
    watches.add(QUERY)
    with pytest.raises(SourceError, match="watched already"):
        watches.add('arxiv:"cat:cs.LG AND hopfield"')
    for wrong in (partial(watches.accept, ["9"]), partial(watches.dismiss, ["9"])):
        with pytest.raises(SourceError, match="No watch found '9'"):
            wrong()
    with pytest.raises(SourceError, match="no watch '9'"):
        watches.remove("9")


# --- faults --------------------------------------------------------------------------------------


def fails_429(service):
    service.answer("/arxiv", "slower", status=429, headers={"Retry-After": "7200"})


def fails_500(service):
    service.answer("/arxiv", "oh", status=500)


def fails_cut(service):
    service.answer("/arxiv", arxiv_feed("2101.00001")[:-60])


def fails_html(service):
    service.answer("/arxiv", "<html><body>down for maintenance</body></html>")


def fails_exploding(service):
    service.answer("/arxiv", '<!DOCTYPE x [<!ENTITY a "b">]><feed/>')


@pytest.mark.parametrize("fail", [fails_429, fails_500, fails_cut, fails_html, fails_exploding])
def test_a_service_that_fails_is_told_once_and_asked_again_next_time(service, watches, fail):
    first = watches.add(QUERY)
    watches.add("arxiv:ti:cats")
    watches.add("openalex:otters")
    fail(service)
    service.answer("/openalex/works", {"meta": {}, "results": [openalex_work(7)]})
    found = watches.look()
    (failure,) = found.failures
    assert failure.startswith("arXiv could not be asked")
    assert [each.paper.title for each in found.offers] == ["Otters of 7"]
    assert watches.all()[0] == first  # not looked at
    service.answer_from_now("/arxiv", arxiv_feed("2101.00001"))
    assert "2101.00001" in ids(watches.look().offers)


def test_a_service_that_asks_to_wait_is_waited_for(service, watches, clock):
    watches.add(QUERY)
    service.answer("/arxiv", "slower", status=429, headers={"Retry-After": "7"})
    service.answer("/arxiv", arxiv_feed("2101.00001"))
    assert len(watches.look().offers) == 1
    assert 7.0 in clock.slept


def test_a_service_that_is_down_is_told(library, lookup_settings):
    with ScriptedService() as gone:
        address = gone.url
    settings = lookup_settings.model_copy(update={"arxiv_url": address})
    down = Watches(library._index, partial(Services, settings), library.ingest, library._changing)
    down.add(QUERY)
    (failure,) = down.look().failures
    assert failure.startswith("Could not reach arXiv (nothing answers at 127.0.0.1")


def test_following_goes_on_after_a_failure(service, watches, clock):
    watches.add(QUERY)
    service.answer("/arxiv", "oh", status=500)
    following = watches.follow(3600.0, sleep=clock.sleep)
    assert next(following).failures
    service.answer_from_now("/arxiv", arxiv_feed("2101.00001"))
    assert len(next(following).offers) == 1
    assert not next(following)
    assert clock.slept.count(3600.0) == 2


class SlowService(ScriptedService):
    """Holds its answers back until it is let go; tells when it was asked."""

    def __init__(self):
        self.asked_for = threading.Event()
        self.go_on = threading.Event()
        super().__init__()

    def next_answer(self, path):
        self.asked_for.set()
        self.go_on.wait(30)
        return super().next_answer(path)


@pytest.fixture
def slow():
    with SlowService() as running:
        yield running
        running.go_on.set()


@pytest.fixture
def command(tmp_path, slow):
    """Starts `paperchat watch …` against the slow service."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "RAG_EMBEDDER": "none",
        "RAG_LLM": "extractive",
        "RAG_ARXIV_URL": f"{slow.url}/arxiv",
        "RAG_OPENALEX_URL": f"{slow.url}/openalex",
        "RAG_CROSSREF_URL": f"{slow.url}/crossref",
    }
    started = []

    def start(*arguments):
        done = subprocess.Popen(
            [sys.executable, "-m", "rag.cli", "watch", *arguments, "--library", tmp_path / "kept"],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(done)
        return done

    yield start
    for each in started:
        if each.poll() is None:
            each.kill()
        each.communicate()


def ended(process, code=0):
    out, err = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in err) == (code, False), err
    return out, err


def test_of_two_processes_that_look_at_once_one_finds_it(command, slow):
    slow.answer("/arxiv", arxiv_feed("2101.00001"))
    ended(command("add", QUERY))
    both = [command("look", "--json") for _ in range(2)]
    assert slow.asked_for.wait(30)
    time.sleep(1.0)  # the other one has come to wait
    assert len(slow.asked) == 1  # services want one to ask at a time
    slow.go_on.set()
    found = [json.loads(ended(each)[0])["offers"] for each in both]
    assert sorted(map(len, found)) == [0, 1]
    assert len(json.loads(ended(command("list", "--json"))[0])["offers"]) == 1


def test_of_a_groups_machines_that_look_at_once_one_offers_it(
    service, postgres, lookup_settings, clock
):
    url = postgres.new_database()
    service.answer("/arxiv", arxiv_feed("2101.00001"))
    crossref_tells(service, notice("10.1000/182", "erratum"))

    def machine(name):
        folder = lookup_settings.library.with_name(name)
        return lookup_settings.model_copy(
            update={"library": folder, "database_url": SecretStr(url)}
        )

    with (
        Library.open(settings=machine("one")) as one,
        Library.open(settings=machine("other")) as other,
    ):
        one.ingest(DAMS)
        one.watches.add(QUERY)
        build = partial(Services, lookup_settings, sleep=clock.sleep, clock=clock)
        looks = [
            Watches(each._index, build, each.ingest, each._changing).look for each in (one, other)
        ]
        with ThreadPoolExecutor() as threads:
            found = list(threads.map(lambda look: look(), looks))
        assert sorted(len(each.offers) for each in found) == [0, 1]
        assert ids(other.watches.offers()) == ["2101.00001"]
        assert other.watches.accept(["2101.00001"]).added == 1
        assert one.watches.offers() == []
        assert one.papers()[0].notices == other.papers()[0].notices != ()


def test_a_look_that_is_killed_is_made_again(command, slow):
    slow.go_on.set()
    slow.answer("/arxiv", arxiv_feed("2101.00001"))
    slow.answer("/openalex/works", {"meta": {}, "results": [openalex_work(7)]})
    ended(command("add", QUERY))
    ended(command("add", "openalex:otters"))
    looking = command("look")
    while "/openalex/works" not in slow.paths:  # what the first watch found is kept by then
        if slow.paths:
            slow.go_on.clear()
        time.sleep(0.01)
    looking.kill()
    looking.wait()
    slow.go_on.set()
    waiting = json.loads(ended(command("list", "--json"))[0])
    assert [each["looked_at"] is None for each in waiting["watches"]] == [False, True]
    assert [each["paper"]["paper_id"] for each in waiting["offers"]] == ["2101.00001"]
    again = json.loads(ended(command("look", "--json"))[0])
    assert [each["paper"]["title"] for each in again["offers"]] == ["Otters of 7"]


@pytest.mark.parametrize(
    ("sign", "code", "is_asking"), [(signal.SIGTERM, 143, True), (signal.SIGINT, 130, False)]
)
def test_following_stops_when_asked_to(command, slow, sign, code, is_asking):
    slow.answer("/arxiv", arxiv_feed("2101.00001"))
    ended(command("add", QUERY))
    following = command("look", "--every", "1h")
    assert slow.asked_for.wait(30)
    if not is_asking:
        slow.go_on.set()
        assert following.stdout.readline() == (
            "1 new paper at arXiv for 'cat:cs.LG AND hopfield':\n"
        )
        time.sleep(0.3)
    following.send_signal(sign)
    _, err = ended(following, code)
    assert err == "paperchat: stopped\n"
    slow.go_on.set()
    ended(command("look"))  # nothing is locked any more


# --- at the terminal -----------------------------------------------------------------------------


@pytest.fixture
def run(service, tmp_path, monkeypatch, capsys):
    """Runs `paperchat watch …` here: its exit code, and what it printed."""
    own = {"EMBEDDER": "none", "LLM": "extractive", "LIBRARY": str(tmp_path / "kept")}
    places = ("arxiv", "crossref", "openalex")
    own |= {f"{place.upper()}_URL": f"{service.url}/{place}" for place in places}
    for name, value in own.items():
        monkeypatch.setenv(f"RAG_{name}", value)

    def do(*arguments):
        try:
            code = main(["watch", *arguments])
        except SystemExit as exc:
            code = exc.code
        return code, *capsys.readouterr()

    return do


def test_what_is_found_is_listed_accepted_and_dismissed(service, run):
    service.answer("/arxiv", arxiv_feed("2101.00001", "2101.00002", "2101.00003"))
    assert run("add", QUERY) == (
        0,
        "Watching arXiv for 'cat:cs.LG AND hopfield'. `paperchat watch look` looks for new "
        "papers.\n",
        "",
    )
    code, out, _ = run("look")
    head, *lines, advice = out.splitlines()
    assert (code, head) == (0, "3 new papers at arXiv for 'cat:cs.LG AND hopfield':")
    assert lines == [f"2101.0000{n}  2021-01-03  Cats in 2101.0000{n}" for n in (1, 2, 3)]
    assert advice.startswith("`paperchat watch accept ID…` adds")
    code, out, _ = run("accept", "2101.00001", "--collection", "New")
    assert (code, out.partition(",")[0]) == (0, "1 added")
    assert run("dismiss", "2101.00002")[:2] == (0, "1 dismissed\n")
    code, out, _ = run("list")
    assert [line for line in out.splitlines() if line.startswith("2101")] == lines[2:]
    assert lines[1] in run("list", "--dismissed")[1]
    assert run("accept", "--all")[1].startswith("1 added")
    assert run("dismiss", "--all") == (0, "No paper waits.\n", "")
    service.answer_from_now("/arxiv", arxiv_feed("2101.00001"))
    assert run("look") == (0, "Nothing new.\n", "")
    assert run("remove", "1")[1] == "No longer watching arXiv for 'cat:cs.LG AND hopfield'.\n"
    assert run("list")[1].startswith("Nothing is watched")


def test_what_one_service_finds_is_told_where_another_fails(service, run):
    run("add", QUERY)
    run("add", "openalex:otters")
    service.answer("/openalex/works", {"meta": {}, "results": [openalex_work(7)]})
    code, out, err = run("look")
    assert code == 1
    assert "1 new paper at OpenAlex for 'otters':" in out
    assert err.startswith("note: arXiv could not be asked (it answered with 404).")
    assert "Nothing new" not in run("look")[1]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("add", "refs.bib"), "'refs.bib' cannot be watched"),
        (("add", "zotero:"), "paperchat ingest zotero: --watch"),
        (("accept",), "name at least one ID, or --all"),
        (("dismiss", "2101.00001", "--all"), "name at least one ID, or --all"),
        (("look", "--every", "soon"), "'soon' is no time such as 6h, 30m or 1d"),
        (("look", "--every", "5s"), "it must be at least 1m"),
        (("look", "--every", "٣h"), "is no time"),
        (("look", "--most", "0"), "at least 1"),
    ],
)
def test_wrong_use_is_told(run, arguments, told):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert told in err


@pytest.mark.parametrize("arguments", [("accept", "9"), ("dismiss", "9"), ("remove", "9")])
def test_what_is_not_there_is_a_failure(run, arguments):
    code, out, err = run(*arguments)
    assert (code, out) == (1, "")
    assert err.startswith("paperchat: ")
    assert err.count("\n") == 1


# --- what is told of the library's papers --------------------------------------------------------


@pytest.fixture
def dams(library):
    library.ingest(DAMS)
    return library.papers()[0]


def crossref_tells(service, *notices):
    return service.answer_from_now("/crossref/works", {"message": {"items": list(notices)}})


def test_a_retraction_is_told_once_and_kept(service, library, watches, dams):
    crossref_tells(service, notice("10.1000/182", "retraction"))
    (news,) = watches.look().news
    told = "retracted on 2026-02-06: https://doi.org/10.1000/9"
    assert (news.paper_id, news.told, news.is_retraction) == (dams.paper_id, told, True)
    assert library.papers()[0].retraction == told
    assert not watches.look()
    assert service.asked[0] == ("/crossref/works", {"filter": "updates:10.1000/182", "rows": "100"})


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("erratum", "erratum of 2026-02-06: https://doi.org/10.1000/9"),
        ("expression_of_concern", "expression of concern of 2026-02-06: https://doi.org/10.1000/9"),
        ("new_version", "new version of 2026-02-06: https://doi.org/10.1000/9"),
    ],
)
def test_corrections_are_told_and_kept_whatever_is_read_later(
    service, library, watches, dams, kind, told
):
    crossref_tells(service, notice("10.1000/182", kind), notice("10.1000/7", kind))
    (news,) = watches.look().news
    assert (news.told, news.is_retraction) == (told, False)
    assert library.papers()[0].retraction is None
    library.ingest({**DAMS, "abstract": "Dams hold water back for very long."})
    assert library.papers()[0].notices == (told,)
    assert not watches.look()


def test_a_notice_survives_a_merge_an_export_and_an_undo(library, dams, tmp_path):
    told = replace(dams, notices=("erratum of 2026-02-06",))
    library.catalog.restore([told])
    assert merge_all([dams, library.papers()[0]]).notices == told.notices
    path = tmp_path / "all.jsonl"
    path.write_text(json.dumps(exported_record(told)), encoding="utf-8")
    library.remove(dams.paper_id)
    library.ingest(path)
    assert library.papers()[0].notices == told.notices
    library.catalog.restore([dams])
    assert library.papers()[0].notices == ()


def test_a_new_version_at_arxiv_is_told_in_the_place_of_the_one_before(service, library, watches):
    service.answer("/arxiv", feed("2101.00001"))
    library.ingest("2101.00001")
    assert not watches.look()  # this is the version that is here
    for number in (3, 4):
        service.answer_from_now("/arxiv", feed("2101.00001", versions={"2101.00001": number}))
        (news,) = watches.look().news
        told = f"version {number} of 2026-02-04: https://arxiv.org/abs/2101.00001v{number}"
        assert (news.told, library.papers()[0].notices) == (told, (told,))
        assert not watches.look()


@pytest.mark.parametrize(
    ("record", "is_told"),
    [
        ({"source": "arXiv", "abstract": "A cat fell."}, True),
        ({"source": "arXiv", "abstract": "A cat falls."}, False),
        ({"source": "refs.bib", "abstract": "A cat fell."}, False),  # another wording, maybe
    ],
)
def test_a_version_that_came_before_the_first_look_is_told_where_the_text_is_another(
    service, library, watches, record, is_told
):
    library.ingest({"id": "2101.00001", "title": "Cats", **record})
    service.answer("/arxiv", feed("2101.00001"))
    assert bool(watches.look().news) is is_told


def test_a_paper_that_arxiv_has_withdrawn_is_retracted(service, library, watches):
    library.ingest({"id": "2101.00001", "title": "Cats", "abstract": "A cat falls."})
    gone = "This paper has been withdrawn by the authors due to an error in Lemma 2."
    service.answer("/arxiv", feed("2101.00001", abstract=gone))
    (news,) = watches.look().news
    assert news.told == "withdrawn on 2026-02-04: https://arxiv.org/abs/2101.00001v2"
    assert library.papers()[0].retraction == news.told


def test_papers_that_were_looked_up_longest_ago_come_first(service, library, watches, monkeypatch):
    monkeypatch.setattr("rag.watches.MOST_CHECKED", 2)
    library.ingest([{**DAMS, "title": f"Dam {n}", "doi": f"10.1000/{n}"} for n in range(3)])
    library.ingest({"title": "No id", "abstract": "Of nothing."})
    crossref_tells(service)
    for _ in range(3):
        watches.look()
    asked = [parameters["filter"] for _, parameters in service.asked]
    assert asked == [
        *("updates:10.1000/0,updates:10.1000/1", "updates:10.1000/2,updates:10.1000/0"),
        "updates:10.1000/1,updates:10.1000/0",
    ]


def test_the_page_the_terminal_and_tools_tell_it(library, dams, capsys):
    erratum = "erratum of 2026-02-06: https://doi.org/10.1000/9"
    told = replace(dams, notices=(erratum,))
    library.catalog.restore([told])
    assert f"Since then: {erratum}" in paper_html(told)
    assert meta_line(told).endswith("since then: erratum of 2026-02-06")
    assert erratum in paper_note(told)
    assert PaperRecord.of(told).notices == [erratum]
    given = PaperArguments(id=dams.paper_id)
    assert fetch(library, given, lambda _: None).metadata["notices"] == erratum
    assert main(["papers", "show", dams.paper_id, "--library", str(library.folder)]) == 0
    assert f"Since then: {erratum}" in capsys.readouterr().out


# --- a library of before -------------------------------------------------------------------------


@pytest.fixture
def older(library, dams):
    """The library as the schema before made it."""
    library.close()
    with sqlite3.connect(library.folder / FILE) as connection:
        for table in ("notice", "watch", "offer_key", "offer", "checked"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version = 6")
    connection.close()
    return library


def test_a_library_of_before_can_watch(service, older):
    with Library.open(settings=older.settings) as library:
        library.watches.add(QUERY)
        service.answer("/arxiv", arxiv_feed("2101.00001"))
        crossref_tells(service)
        assert len(library.watches.look().offers) == 1


def test_a_library_of_before_that_cannot_be_written_has_no_watches(older, monkeypatch):
    monkeypatch.setattr("rag.store.sqlite.SqliteDatabase.is_read_only", True)
    with Library.open(settings=older.settings) as library:
        assert (library.watches.all(), library.watches.offers()) == ([], [])
        assert isinstance(library.papers()[0], Paper)
