"""Readers and editors: what each may do at a real server, and what is noted of it."""

from __future__ import annotations

import json

import pytest

from rag.cli import main
from rag.errors import NotAllowedError
from rag.library import Library
from rag.settings import Settings
from rag.types import Actor
from rag.userdata.accounts import Account
from tests.support.page_server import client, served
from tests.support.person import PASSWORD, Person
from ui.library.adding import _previewed
from ui.server.access import AccessPolicy
from ui.server.accounts import Users
from ui.server.loading import Loading
from ui.server.passwords import hash_password
from ui.settings.person import person_html

READS = "Your account reads"
NOBODY = Actor(may_change=False)

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def library(tmp_path):
    settings = Settings(library=tmp_path / "library", embedder="none", llm="extractive")
    with Library.open(settings=settings) as library:
        library.ingest(
            [
                {"id": "cats", "title": "Cats in the Air", "abstract": "A falling cat bends."},
                {"id": "dogs", "title": "Dogs in Water", "abstract": "A wet dog shakes."},
            ]
        )
        yield library


@pytest.fixture
def access():
    hashed = hash_password(PASSWORD)
    accounts = [Account("ada", hashed), Account("rob", hashed, "reader")]
    return AccessPolicy(users=Users(accounts))


FIELDS = ["Cats", "", "", "", "", "", "", "", "", "", "A falling cat bends.", [], []]
ONE, BOTH = json.dumps(["cats"]), json.dumps(["cats", "dogs"])
TICKED = [None, None, None]
# What is pressed, with the data of the page; `None` stands for what the server keeps.
CHANGES = {
    "edit": ("paper-edit", "click", [None], {}),
    "save": ("paper-save", "click", [None, "", None, None, *FIELDS], {}),
    "look up": ("paper-look-up", "click", [None], {}),
    "take": ("paper-take", "click", [None, "", None, None, None], {}),
    "remove": ("library-bar", "remove", [*TICKED, ONE], {}),
    "collect": ("library-bar", "collect", [*TICKED, ONE], {"do": "collect", "name": "Pets"}),
    "tag": ("library-bar", "entag", [*TICKED, ONE], {"do": "entag", "name": "pets"}),
    "complete": ("library-bar", "complete", [*TICKED, ONE], {}),
    "merge": ("library-bar", "merge", [*TICKED, BOTH, BOTH], {}),
    "paste": ("library-check", "click", ["Moles\n\nA mole digs a long tunnel.", None], {}),
    "add": ("library-add", "click", [None, None, "", None], {}),
    "abstracts": ("library-abstracts", "click", [None], {}),
    "take new": ("library-waiting", "take", [None, "", None], {"paper": ""}),
    "dismiss new": ("library-waiting", "dismiss", [], {"paper": ""}),
    "upload": ("library-files", "upload", [None, None], {}),
}


def test_a_reader_changes_nothing_and_is_told_why(library, access):
    before = library.papers()
    with served(library, access) as address:
        rob = Person(address, "rob")
        assert "Cats in the Air" in rob.open("cats")
        for name, (elem_id, event, data, told) in CHANGES.items():
            assert READS in rob.press(elem_id, event, data, **told), name
    assert library.papers() == before
    assert [each.who for each in library.changes.latest()] == [""]


def test_an_editor_changes_the_library_and_each_change_is_noted(library, access):
    with served(library, access) as address:
        ada = Person(address, "ada")
        ada.open("cats")
        for name in ("save", "collect", "tag", "paste", "add"):
            elem_id, event, data, told = CHANGES[name]
            assert READS not in ada.press(elem_id, event, data, **told), name
        ada.press("library-undo", "click", TICKED)
        assert READS not in ada.press(*CHANGES["remove"][:3])
    noted = library.changes.latest()
    assert [(each.who, each.did, each.papers, each.what) for each in reversed(noted)] == [
        ("", "add", 2, "cats, dogs"),
        ("ada", "edit", 1, "cats, title"),
        ("ada", "collect", 1, "into collection “Pets”"),
        ("ada", "tag", 1, "into tag “pets”"),
        ("ada", "add", 1, "pasted text"),
        ("ada", "undo", 1, "cats"),
        ("ada", "remove", 1, "cats"),
    ]
    assert noted[0].changed_at >= noted[1].changed_at


def test_an_editor_who_becomes_a_reader_cannot_undo_any_more(library, access):
    with served(library, access) as address:
        ada = Person(address, "ada")
        ada.press(*CHANGES["remove"][:3])
        assert library.get("cats") is None
        access.users._accounts["ada"] = Account("ada", access.users.find("ada").hashed, "reader")
        assert READS in ada.press("library-undo", "click", TICKED)
        assert library.get("cats") is None


def test_every_change_of_a_library_is_refused_to_who_may_not(library, tmp_path):
    reading = library.acting_for(NOBODY)
    cats = library.get("cats")
    changes = [
        lambda: reading.ingest({"id": "x", "title": "Moles", "abstract": "A mole digs."}),
        lambda: reading.ingest_text("Moles\n\nA mole digs a long tunnel."),
        lambda: reading.remove("cats"),
        lambda: reading.apply([]),
        lambda: reading.verify(repair=True),
        lambda: reading.catalog.edit("cats", title="Other"),
        lambda: reading.catalog.restore([cats]),
        lambda: reading.catalog.merge(["cats", "dogs"]),
        lambda: reading.catalog.collect(["cats"], into=["Pets"]),
        lambda: reading.catalog.tag(["cats"], add=["pets"]),
        lambda: reading.watches.add("arxiv:cat:cs.LG"),
        lambda: reading.watches.remove(1),
        lambda: reading.watches.accept([]),
        lambda: reading.watches.dismiss([]),
        lambda: reading.watches.look(),
        lambda: reading.with_llm("extractive").remove("cats"),
    ]
    for change in changes:
        with pytest.raises(NotAllowedError, match=READS):
            change()
    before = library.revision
    assert reading.ingest({"id": "x", "title": "M", "abstract": "A b."}, dry_run=True).added == 1
    assert reading.ask("What does a falling cat do?").status == "answered"
    assert library.revision == before


def test_a_part_of_the_page_that_asks_nobody_can_change_nothing(library, access):
    loading = Loading.of(library, access)
    with pytest.raises(NotAllowedError):
        loading.library.remove("cats")
    for who in (None, "", "rob", "nobody"):
        with pytest.raises(NotAllowedError):
            loading.library_for(who).remove("cats")
    assert loading.library_for("ada").remove("cats") == 1
    assert Loading.of(library).library_for(None) is library  # without users all is as it was


def test_a_reader_cannot_even_upload(library, access):
    files = {"files": ("refs.bib", b"@article{a, title={A}, abstract={B c d.}}")}
    with served(library, access) as address:
        told = {}
        for name in ("rob", "ada"):
            sent = Person(address, name).http.post(f"{address}gradio_api/upload", files=files)
            told[name] = sent.status_code
            if name == "rob":
                assert READS in sent.json()["detail"]
        with client() as nobody:
            told["nobody"] = nobody.post(f"{address}gradio_api/upload", files=files).status_code
    assert told == {"rob": 403, "ada": 200, "nobody": 401}


def test_a_file_that_somebody_uploaded_and_may_not_add_is_deleted(tmp_path):
    file = tmp_path / "refs.bib"
    file.write_text("@article{a}")

    def refuse():
        raise NotAllowedError(READS)

    with pytest.raises(NotAllowedError):
        _previewed(refuse, [file], lambda _: None)
    assert not file.exists()


def test_what_is_broken_off_is_noted_too(library, monkeypatch):
    def breaks_off(index, papers):
        from rag.store.writing import remove_papers

        remove_papers(index, ["cats"])
        raise KeyboardInterrupt

    monkeypatch.setattr("rag.store.writing.rewrite_papers", breaks_off)
    with pytest.raises(KeyboardInterrupt):
        library.acting_for(Actor("ada")).catalog.edit("dogs", title="Other")
    (noted, *_) = library.changes.latest()
    assert (noted.who, noted.did, noted.what) == ("ada", "edit", "broken off: dogs, title")


def test_the_command_lists_who_changed_what(library, capsys):
    library.acting_for(Actor("ada")).catalog.tag(["cats"], add=["pets"])
    place = ["--library", str(library.folder)]
    assert main(["papers", "log", *place]) == 0
    last, first = capsys.readouterr().out.splitlines()
    assert last.endswith(" UTC  ada  tag 1 paper: into tag “pets”")
    assert first.endswith(" UTC  (not signed in)  add 2 papers: cats, dogs")
    assert main(["papers", "log", "--json", "-n", "1", *place]) == 0
    (told,) = json.loads(capsys.readouterr().out)["changes"]
    assert (told["who"], told["did"], told["papers"]) == ("ada", "tag", 1)


def test_the_settings_say_who_has_signed_in(library, access):
    loading = Loading.of(library, access)
    assert "<b>rob</b>, a reader" in person_html(loading, "rob")
    assert "<b>ada</b>, an editor" in person_html(loading, "ada")
    assert 'href="logout"' in person_html(loading, "ada")


def test_what_asks_services_counts_as_a_question_does(library):
    account = Account("ada", hash_password(PASSWORD))
    access = AccessPolicy(users=Users([account]), rate_limit=1)
    with served(library, access) as address:
        ada = Person(address, "ada")
        elem_id, event, data, _ = CHANGES["paste"]
        assert "questions a minute" not in ada.press(elem_id, event, data)
        for name in ("paste", "look up", "complete", "abstracts"):
            elem_id, event, data, told = CHANGES[name]
            assert "1 questions a minute" in ada.press(elem_id, event, data, **told), name
