"""The library tab without a browser: table, additions, removals, charts, and what they show."""

from __future__ import annotations

import gzip
import json
import threading
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import parse_qsl

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from rag.errors import SourceError
from rag.library import Library
from rag.lookup.enriching import Change
from rag.readers.pdf import what_is_missing
from rag.settings import Settings
from rag.store.listing import PaperList
from rag.store.papers import LibraryState, NewPaper, PaperStore
from rag.store.sqlite import FILE, SqliteDatabase
from rag.text import folded
from rag.types import (
    Facets,
    Gone,
    Heading,
    Imprint,
    IngestReport,
    Merged,
    Note,
    Paper,
    Preview,
    Rejection,
    Updated,
)
from tests.support.html import HOSTILE, Seen
from tests.support.scripted_service import ScriptedService, arxiv_feed, crossref_work, openalex_work
from ui.library import html
from ui.library.adding import adding_said
from ui.library.charts import MOST_SOURCES, describe_years, map_figure, year_figure
from ui.library.facets import bar_html, facets_html, known_html
from ui.library.paper_map import PaperMap, draw
from ui.library.papers import (
    Pending,
    add,
    bring_back,
    complete,
    discard,
    doubt_of_merging,
    look_abstracts_up,
    merge,
    papers_file,
    preview_files,
    preview_pasted,
    regroup,
    remove,
    save,
    typed_from,
    typed_of,
    values_of,
)
from ui.library.rows import (
    LIMITS,
    ORDERS,
    PAGE_ROWS,
    View,
    address_of,
    found_ids,
    limited,
    look,
    row_of,
    view_at,
)
from ui.library.tab import question_about
from ui.library.table import chosen_ids, pressed_button, sorted_by
from ui.library.topics import topics_html
from ui.library.undoing import Step, undo, with_step
from ui.server.undos import MOST_VISITORS, Undos
from ui.templates.sentences import said_html

FIXTURE_IS_SHARED = [HealthCheck.function_scoped_fixture]  # `listed` begins anew by itself
TABLE_TAGS = {
    "div",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "button",
    "span",
    "input",
}


def many(count):
    return [
        Heading(f"p{n}", f"Paper {n:03}", (f"Ann A{n % 7}",), str(2000 + n % 20), f"s{n % 3}")
        for n in range(count)
    ]


def rows_of(headings):
    return tuple(map(row_of, headings))


@pytest.fixture
def listed(tmp_path):
    """Makes the list of some papers."""
    opened = []

    def made(headings):
        opened.append(SqliteDatabase(tmp_path / str(len(opened)) / FILE))
        papers = (
            Paper(h.paper_id, h.title, "It is.", h.authors, h.published, source=h.source)
            for h in headings
        )
        fresh = [NewPaper(paper, "", ((0, 6),)) for paper in papers]
        PaperStore(opened[-1]).create(LibraryState(None, 1, 220), fresh)
        return SimpleNamespace(catalog=PaperList(opened[-1]))

    yield made
    for database in opened:
        database.close()


@pytest.fixture
def library(tmp_path):
    settings = Settings(library=tmp_path / "library", embedder="none", llm="extractive")
    with Library.open(settings=settings) as library:
        library.ingest(
            {
                "id": f"p{n}",
                "title": f"Cats of Kind {n}",
                "abstract": f"Cats of kind {n} fall. They land.",
                "authors": ["Ann Á", "Ben B", "Cem C", "Dan D"],
                "published": f"20{n:02}-03",
                "venue": "Feline Physics",
                "source": "cats.jsonl",
            }
            for n in range(30)
        )
        yield library


# --- the table -------------------------------------------------------------------------------


def test_every_row_stands_on_exactly_one_page(listed):
    headings = many(2 * PAGE_ROWS + 3)
    pages = [look(listed(headings), View(page=n)) for n in range(3)]
    assert tuple(row for page in pages for row in page.rows) == rows_of(headings)
    assert {page.pages for page in pages} == {3}


@pytest.mark.parametrize("page", [-1, 3, 10**9])
def test_a_page_that_is_not_there_is_the_nearest_one(listed, page):
    shown = look(listed(many(60)), View(page=page))
    assert shown.view.page == (0 if page < 0 else 2)
    assert shown.rows


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 30),
        ("kind 7", 3),  # 7, 17, 27
        ("KIND  17", 1),
        ("ann a", 30),  # without the accent
        ("2005", 1),
        ("cats.jsonl", 30),
        ("ben 2011", 1),
        ("land", 0),  # a word of the abstracts
    ],
)
def test_a_search_wants_all_words_in_title_authors_date_or_source(library, query, found):
    assert look(library, View(query)).found == found


@given(titles=st.lists(st.text(max_size=8), max_size=12), query=st.text(max_size=6))
@example(titles=["a\0b", "%", "É"], query="\0")
@examples(max_examples=40, deadline=None, suppress_health_check=FIXTURE_IS_SHARED)
def test_what_is_found_has_all_the_words_and_what_is_not_lacks_one(listed, titles, query):
    headings = [Heading(str(n), title) for n, title in enumerate(titles)]
    page = look(listed(headings), View(query))
    words = folded(query).split()
    having = [each.title for each in headings if all(w in folded(each.title) for w in words)]
    assert [row.title for row in page.rows] == having


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("is_reversed", [False, True])
def test_no_order_loses_a_paper_and_what_is_not_known_comes_last(listed, order, is_reversed):
    headings = [*many(5), Heading("bare", "Bare")]
    shown = look(listed(headings), View(order=order, is_reversed=is_reversed)).rows
    assert {*shown} == {*rows_of(headings)}
    if order in ("authors", "year", "source"):
        assert shown[-1].paper_id == "bare"


def test_authors_are_ordered_by_their_last_names(listed):
    table = listed([Heading("2", "B", ("Ann Young",)), Heading("1", "A", ("Zoe Adams",))])
    assert [row.paper_id for row in look(table, View(order="authors")).rows] == ["1", "2"]
    backwards = look(table, View(order="authors", is_reversed=True))
    assert [row.paper_id for row in backwards.rows] == ["2", "1"]


def test_a_column_orders_forwards_then_backwards_then_not():
    view = sorted_by(View(page=3), "year")
    assert (view.order, view.is_reversed, view.page) == ("year", False, 0)
    view = sorted_by(view, "year")
    assert view.is_reversed
    assert sorted_by(view, "year") == View()
    assert sorted_by(view, "no column") == view


def test_columns_that_no_paper_fills_are_left_out(listed):
    page = look(listed([Heading("1", "A"), Heading("2", "B")]), View())
    markup = html.table_html(page, (), None)
    assert "Title" in markup
    assert "Authors" not in markup
    assert "Year" not in markup


@pytest.mark.parametrize("hostile", HOSTILE)
def test_the_table_and_the_open_paper_show_everything_as_it_is(listed, hostile):
    heading = Heading(hostile, hostile, (hostile,), "2020", hostile)
    page = look(listed([heading]), View())
    seen = Seen(html.table_html(page, [hostile], hostile))
    assert set(seen.tags) <= TABLE_TAGS
    assert seen.values("data-open") == [hostile]
    paper = Paper(hostile, hostile, hostile, (hostile,), "2020", None, hostile, hostile)
    seen = Seen(html.paper_html(paper))
    assert set(seen.tags) <= {"article", "h3", "p", "a", "button", "svg", "path", "code", "strong"}
    assert all(link.startswith("https://scholar.google.com/") for link in seen.values("href"))
    report = IngestReport(rejected=(Rejection(hostile, 1, hostile),))
    assert set(Seen(html.report_html(report)).tags) <= {"p", "ul", "li", "b"}

    assert set(Seen(said_html(hostile)).tags) == {"p"}


def test_an_addition_tells_what_was_joined_and_how_files_were_read():
    report = IngestReport(
        added=1,
        merged=(
            Merged("p", "Twice in One", "a.ris", "a.ris"),
            *(Merged("p", f"Cats {n} <i>", "b.bib", "a.ris") for n in range(56)),
        ),
        rejected=(),
        notes=(Note("a.ris", "it is no UTF-8"),),
    )
    shown = html.report_html(report)
    assert "1 paper added." in shown
    assert "<b>Cats 0 &lt;i&gt;</b> (here from a.ris, now from b.bib as well)" in shown
    assert "<li><b>Twice in One</b></li>" in shown
    assert "<b>a.ris</b>: it is no UTF-8" in shown
    assert "Left out" not in shown
    assert "<li>and 7 more</li>" in shown


def test_an_addition_names_what_it_updates_and_what_of_it():
    changed = Updated("p", "Cats <i>", ("abstract", "published"))
    report = IngestReport(updated=1, changes=(changed,))
    assert "Updated:" in html.report_html(report)
    before = html.report_html(report, is_done=False)
    assert "1 paper to update." in before
    assert "<b>Cats &lt;i&gt;</b> (abstract, date)" in before


@pytest.mark.parametrize(
    ("added", "updated", "said"),
    [
        (2, 0, "Add 2 papers"),
        (0, 1, "Update 1 paper"),
        (2, 1, "Add 2 and update 1 paper"),
    ],
)
def test_the_button_says_whether_papers_are_added_or_updated(added, updated, said):
    assert adding_said(IngestReport(added=added, updated=updated)) == said


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (IngestReport(), "Nothing new."),
        (IngestReport(unchanged=3), "Nothing new, 3 here already."),
        (IngestReport(updated=1), "1 paper updated."),
        (
            IngestReport(added=2, updated=1, duplicates=1),
            "2 papers added, 1 updated, 1 given twice.",
        ),
    ],
)
def test_an_addition_is_told_in_a_sentence(report, said):
    assert Seen(html.report_html(report)).text == said


def test_a_rejection_names_no_command():
    why = "its format is not known; `paperchat ingest --help` lists them"
    report = IngestReport(rejected=(Rejection("a.txt", 0, why),))
    assert "paperchat" not in html.report_html(report)


def test_the_line_below_the_table_tells_which_part_is_shown(listed):
    table = listed(many(60))
    assert html.describe_pager(look(table, View(page=1))) == "26 to 50 of 60"
    assert html.describe_pager(look(table, View(page=2))) == "51 to 60 of 60"
    assert html.describe_pager(look(table, View("paper 059"))) == "1 to 1 of 1 found among 60"
    assert html.describe_pager(look(listed([]), View())) == ""


def test_an_empty_library_says_what_to_do(listed):
    assert "Add some" in html.table_html(look(listed([]), View()), (), None)


@pytest.mark.parametrize(
    "text", ["", "null", "{", "[1, {}]", '{"do": 1}', '"x"', "[" * 100_000, '["a", 2]']
)
def test_whatever_a_page_sends_is_read_without_a_fault(text):
    assert set(chosen_ids(text)) <= {"a"}
    assert isinstance(pressed_button(text)[0], str)


# --- the library changes -----------------------------------------------------------------------


def test_the_table_follows_every_change_whoever_made_it(library):
    last = View(is_reversed=True)
    assert look(library, last).rows[0].title == "Cats of Kind 29"
    with Library.open(settings=library.settings) as elsewhere:
        elsewhere.ingest({"title": "From elsewhere", "abstract": "It came."})
    assert look(library, last).rows[0].title == "From elsewhere"
    library.ingest({"id": "p7", "title": "Cats of Another Kind", "abstract": "They fall."})
    assert look(library, View()).rows[7].title == "Cats of Another Kind"  # in its place


def test_removed_papers_are_gone_and_come_back_the_same(library):
    before = {paper.paper_id: paper for paper in library.papers()}
    gone = remove(library, ["p3", "p4", "p3", "no such paper"])
    assert [paper.paper_id for paper in gone] == ["p3", "p4"]
    assert library.search("Cats of kind 3", k=50) == [
        hit for hit in library.search("Cats of kind 3", k=50) if hit.paper.paper_id != "p3"
    ]
    assert look(library, View()).total == len(library) == 28
    assert bring_back(library, gone) == 2
    assert {paper.paper_id: paper for paper in library.papers()} == before
    assert library.catalog.paper_ids() == [paper.paper_id for paper in library.papers()]
    assert set(library.catalog.paper_ids()) == set(before)


def test_removing_nothing_changes_nothing(library):
    revision = library.revision
    assert remove(library, []) == ()
    assert library.revision == revision


def test_two_sessions_that_remove_at_once_lose_nothing(library):
    threads = [
        threading.Thread(target=remove, args=(library, [f"p{n}", f"p{n + 10}"])) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert library.catalog.paper_ids() == [paper.paper_id for paper in library.papers()]
    assert len(library) == 14


# --- editing -----------------------------------------------------------------------------------


def edited(library, paper_id, **typed):
    return save(library, paper_id, replace(typed_of(library.get(paper_id)), **typed))


def test_only_what_was_typed_anew_is_set_by_hand(library):
    before = library.get("p3")
    assert edited(library, "p3") is None
    typed = {"title": "Dogs", "authors": "Bo Tee\n\nCy Pot", "tags": ("bark",)}
    assert edited(library, "p3", **typed, collections=("Pets/Dogs",)) == before
    now = library.get("p3")
    assert (now.title, now.authors, now.tags) == ("Dogs", ("Bo Tee", "Cy Pot"), ("bark",))
    assert (now.published, now.abstract) == (before.published, before.abstract)
    assert (set(now.edited), now.collections) == ({"title", "authors", "tags"}, ("Pets/Dogs",))
    edited(library, "p3", collections=(), published="")
    assert (library.get("p3").collections, library.get("p3").published) == ((), None)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"title": ""}, "no title"),
        ({"abstract": ""}, "no abstract"),
        ({"published": "soon"}, "'soon' cannot be a date"),
        ({"link": "example"}, "'example' cannot be a link"),
        ({"doi": "11.1/x"}, "'11.1/x' cannot be a DOI"),
        ({"pages": "n/a"}, "'n/a' cannot be pages"),
    ],
)
def test_a_value_that_cannot_be_taken_is_told_and_changes_nothing(library, typed, why):
    before = library.get("p3")
    with pytest.raises(SourceError, match=why):
        edited(library, "p3", **typed)
    assert library.get("p3") == before


def test_what_is_gone_from_a_file_is_told_beside_what_was_added():
    gone = Gone("p1", "Cats <1>", "cats.bib", ("Zotero",))
    shown = html.report_html(IngestReport(added=1, gone=(gone,)))
    assert "No longer in the file, and still here:" in shown
    assert "<b>Cats &lt;1&gt;</b>, from cats.bib (also from Zotero)" in shown


def test_a_doi_that_another_paper_has_is_told_in_the_form(library):
    edited(library, "p3", doi="10.1000/182")
    with pytest.raises(SourceError, match=r"“Cats of Kind 3” \(p3\) has the DOI 10\.1000/182"):
        edited(library, "p4", doi="10.1000/182", collections=("Pets",))
    assert library.get("p4").collections == ()


@given(st.tuples(*[st.text(max_size=9) | st.none() | st.lists(st.text(max_size=5))] * 13))
def test_whatever_the_form_sends_has_the_types_of_a_record(values):
    typed = typed_from(values)
    assert all(isinstance(each, str) for each in values_of(typed)[:11])
    assert all(isinstance(each, tuple) for each in values_of(typed)[11:])
    assert typed_from(values_of(typed)) == typed


def test_volume_and_pages_are_edited_shown_and_undone(library):
    steps = with_step((), Step("edit", (edited(library, "p3", volume="12", pages="45-7"),)))
    assert library.get("p3").imprint == Imprint(volume="12", pages="45–47")
    assert "12, 45–47" in html.paper_html(library.get("p3"))
    assert typed_of(library.get("p3")).pages == "45–47"
    assert undo(library, steps[-1]) == "The record is as it was."
    assert not library.get("p3").imprint


def test_a_family_name_is_typed_before_a_comma_and_stands_so_in_the_form(library):
    before = edited(library, "p3", authors="García Márquez, José\nBo Tee")
    paper = library.get("p3")
    assert paper.authors == ("José García Márquez", "Bo Tee")
    assert paper.family_names == (("José García Márquez", "García Márquez"),)
    assert typed_of(paper).authors == "García Márquez, José\nBo Tee"
    edited(library, "p3", authors="García Márquez, José\nCy Pot")
    assert library.get("p3").family_names == paper.family_names
    library.catalog.restore([before])
    assert library.get("p3") == before
    assert library.get("p3").family_names == ()


def test_an_edit_and_a_removal_are_undone_the_last_one_first(library):
    before = library.get("p3")
    steps = with_step((), Step("edit", (edited(library, "p3", title="Dogs", tags=("bark",)),)))
    changed = library.get("p3")
    steps = with_step(steps, Step("removal", remove(library, ["p3"])))
    assert undo(library, steps[-1]) == "1 paper brought back."
    assert library.get("p3") == changed
    assert undo(library, steps[-2]) == "The record is as it was."
    assert library.get("p3") == before
    remove(library, ["p3"])
    assert "no longer" in undo(library, steps[-2])


def test_papers_that_look_different_are_not_merged_unasked(library):
    doubt = doubt_of_merging(library, ["p3", "p4"])
    assert all(library.get(each).title in doubt for each in ("p3", "p4"))
    assert "once more" in doubt
    assert doubt_of_merging(library, ["p3", "p3", "gone"]) == ""


def test_ticked_papers_are_merged_and_come_apart_again(library):
    whole, before = merge(library, ["p3", "p4", "gone"])
    assert ([each.paper_id for each in before], whole.paper_id) == (["p3", "p4"], "p3")
    assert len(library) == 29
    assert undo(library, Step("merge", before)) == "2 papers apart again."
    assert [library.get(each.paper_id) for each in before] == list(before)
    with pytest.raises(SourceError, match="at least two"):
        merge(library, ["p3"])


VIEWS = st.builds(
    View,
    query=st.text(max_size=20),
    order=st.sampled_from(ORDERS),
    is_reversed=st.booleans(),
    page=st.integers(0, 9999),
    **{name: st.text(max_size=9) for name in LIMITS},
)


@given(view=VIEWS)
def test_a_view_has_an_address_that_leads_to_it(view):
    told = dict(parse_qsl(address_of(view), strict_parsing=bool(address_of(view))))
    assert view_at(told) == view


@pytest.mark.parametrize(
    "told", [{}, {"p": "-3", "sort": "size", "words": 7}, {"p": "9" * 99, "year": None}]
)
def test_an_address_that_says_nothing_leads_to_all_papers(told):
    assert view_at(told) == View()


def test_limits_are_set_replaced_and_taken_away():
    view = limited(limited(View("cats", page=3), "year=2003"), "lacks=link")
    assert view == View("cats", year="2003", lacks="link")
    assert limited(view, "year=") == View("cats", lacks="link")
    assert limited(view, "words=dogs = cats").query == "dogs = cats"
    assert limited(view, "order=title") == view
    assert limited(view, "") == View()


def test_the_list_keeps_to_a_year_an_author_and_what_is_missing(library):
    for view, found in (
        (View(year="2003"), 1),
        (View(year="soon"), 30),
        (View(author=library.get("p1").authors[0]), 30),
        (View(author="Nobody"), 0),
        (View(lacks="link"), 30),
        (View(lacks="date"), 0),
    ):
        assert look(library, view).found == found
    assert found_ids(library, View(year="2003")) == ["p3"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_limits_and_selections_show_names_as_they_are(listed, hostile):
    named = {hostile: 2}
    facets = Facets({2020: 1}, {hostile: 1, "b": 1}, named, named, named)
    view = View(hostile, collection=hostile, tag=hostile, author=hostile, source=hostile)
    page = look(listed(many(3)), view)
    seen = Seen(facets_html(facets, page) + bar_html(["p1", "p2"], view, 30) + known_html(facets))
    assert set(seen.tags) <= set(
        [
            "div",
            "p",
            "b",
            "bdi",
            "button",
            "details",
            "summary",
            "svg",
            "path",
            "form",
            "label",
            "input",
            "datalist",
            "option",
        ]
    )
    assert seen.values("data-limit").count("") == 1


def test_the_bar_offers_what_fits_the_number_of_selected_papers():
    assert bar_html([], View(), 30) == ""
    one = bar_html(["p1"], View(), 30)
    assert "1 selected" in one
    assert "Select all 30" in one
    assert 'data-do="merge"' not in one
    many_ids = [f"p{n}" for n in range(60)]
    assert "data-tabulate-these" not in bar_html(many_ids, View(), 60)
    assert "Select all" not in bar_html(many_ids, View(), 60)


def test_papers_that_may_be_twice_are_listed_side_by_side_until_they_are_merged(library):
    record = {"title": "Dogs, Too", "abstract": "Dogs fall and do not land well, as we show."}
    library.ingest([record | {"id": "one"}, record | {"id": "two", "title": "Dogs, too!"}])
    twice = limited(View("", "added"), "twice=yes")
    page = look(library, twice)
    assert [row.paper_id for row in page.rows] == ["one", "two"]
    assert found_ids(library, twice) == ["one", "two"]
    shown = Seen(facets_html(library.catalog.facets(), page, 2))
    assert "may be twice" in shown.text
    assert "twice=" in shown.values("data-limit")
    merge(library, ["one", "two"])
    after = look(library, twice)
    assert (after.view.twice, after.found) == ("", 31)


def test_where_nothing_is_twice_nothing_is_said_of_it(library):
    page = look(library, View())
    assert "twice" not in facets_html(library.catalog.facets(), page, 0)
    assert view_at({"twice": "yes"}).twice == "yes"


def test_what_selected_papers_lack_is_looked_up_written_and_undone(library):
    with ScriptedService() as service:
        library.ingest(
            [
                {"id": "known", "title": "Known", "abstract": "It is known.", "doi": "10.1000/182"},
                {"id": "unknown", "title": "Unknown", "abstract": "It is not."},
            ]
        )
        service.answer("/crossref/works/10.1000/182", crossref_work("10.1000/182"))
        urls = {"crossref_url": f"{service.url}/crossref", "openalex_url": f"{service.url}/none"}
        asking = library.with_settings(library.settings.model_copy(update=urls))
        before, count = complete(asking, ["known", "unknown"])
    assert count == 2
    assert [paper.paper_id for paper in before] == ["known"]
    assert library.get("known").authors
    assert undo(library, Step("group", before)) == "1 paper as before."
    assert library.get("known").authors == ()


def test_more_papers_than_services_like_are_not_looked_up_together():
    some = [f"p{n}" for n in range(101)]
    assert 'data-do="complete"' in bar_html(some[:100], View(), 200)
    assert 'data-do="complete"' not in bar_html(some, View(), 200)


def test_papers_go_into_a_collection_and_out_and_that_is_undone(library):
    before = regroup(library, ["p1", "p2"], "collection", into="Pets")
    assert look(library, View(collection="Pets")).found == 2
    assert regroup(library, ["p1"], "collection", into="Pets") == ()
    regroup(library, ["p1"], "tag", into="fur")
    assert library.get("p1").tags == ("fur",)
    regroup(library, ["p1"], "tag", out_of="fur")
    assert library.get("p1").tags == ()
    assert undo(library, Step("group", before)) == "2 papers as before."
    assert look(library, View(collection="Pets")).found == 0


def test_selected_papers_are_a_file(library):
    assert papers_file(library, ["p1", "gone"], "csv")["text"].count("Cats of Kind") == 1
    assert papers_file(library, ["p1"], "ris")["name"] == "papers.ris"


def test_topics_lead_to_their_papers(library):
    library.ingest({"title": f"Sleeping Dogs of {n}", "abstract": "They sleep."} for n in "ab")
    seen = Seen(topics_html(library))
    assert "words=sleeping dogs" in [each.lower() for each in seen.values("data-limit")]
    assert "Sleeping Dogs of a" in seen.text


def test_undos_are_kept_for_the_latest_visitors_apart():
    undos = Undos()
    undos.keep("ann", ("a step",))
    undos.keep("", ("nobody's",))
    assert (undos.find("ann"), undos.find("ben"), undos.find("")) == (("a step",), None, None)
    undos.keep("ann", ())
    assert undos.find("ann") is None
    for n in range(MOST_VISITORS + 1):
        undos.keep(str(n), (n,))
    assert (undos.find("0"), undos.find("1")) == (None, (1,))


def test_the_list_keeps_to_a_collection_with_what_lies_in_it_and_to_a_tag(library):
    library.catalog.collect(["p1", "p2"], into=["Pets"])
    library.catalog.collect(["p3"], into=["Pets/Cats"])
    library.catalog.tag(["p2", "p3"], add=["fur"])
    for view, found in (
        (View(collection="pets"), ["p1", "p2", "p3"]),
        (View(collection="Pets/Cats"), ["p3"]),
        (View(tag="Fur"), ["p2", "p3"]),
        (View("2002", collection="Pets", tag="fur"), ["p2"]),
    ):
        page = look(library, view)
        assert ([row.paper_id for row in page.rows], page.found) == (found, len(found))
    facets = library.catalog.facets()
    assert (facets.collections, facets.tags) == ({"Pets": 2, "Pets/Cats": 1}, {"fur": 2})


@pytest.mark.parametrize(
    ("view", "told"),
    [
        (View(collection="Pets"), "No paper is in the collection “Pets”."),
        (View(tag="fur", collection="P"), "No paper is in the collection “P” and tagged “fur”."),
        (View("dog", tag="fur"), "No paper tagged “fur” contains all of these words: dog"),
    ],
)
def test_a_list_that_nothing_passes_says_what_it_keeps_to(library, view, told):
    assert told in html.table_html(look(library, view), (), None)


def test_what_was_found_for_a_paper_is_shown_as_text():
    shown = html.changes_html([Change("published", None, "2020", "<b>OpenAlex")])
    assert "date: (nothing) → 2020  (&lt;b&gt;OpenAlex)" in shown


# --- adding ------------------------------------------------------------------------------------


def quietly(_progress):
    """No one looks on."""


def test_uploaded_files_are_read_reported_and_deleted(library, tmp_path):
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.bin"
    good.write_text(json.dumps({"title": "New", "abstract": "It is new."}) + "\n{}\n")
    bad.write_bytes(b"\0\1")
    pending, preview = preview_files(library, [str(good), str(bad)], quietly)
    assert [paper.title for paper in preview.papers] == ["New"]
    assert "New" not in {paper.title for paper in library.papers()}
    report = add(library, pending, quietly)
    assert preview.report == report
    assert report.added == 1
    assert [(each.source, each.record) for each in report.rejected] == [
        ("good.jsonl", 2),
        ("bad.bin", 0),
    ]
    assert not good.exists()
    assert not bad.exists()


def test_a_file_that_unpacks_without_end_is_left_out(library, tmp_path, monkeypatch):
    monkeypatch.setattr("ui.library.papers.MOST_UNPACKED_BYTES", 1000)
    packed = tmp_path / "large.jsonl.gz"
    packed.write_bytes(gzip.compress(b" " * 2_000_000))
    pending, preview = preview_files(library, [str(packed)], quietly)
    assert pending == Pending()
    assert "unpacked" in preview.report.rejected[0].why
    assert not packed.exists()


def test_abstracts_that_uploaded_records_lack_are_looked_up_once(library, tmp_path, monkeypatch):
    file = tmp_path / "refs.bib"
    file.write_text("@book{tee2018, title = {Otters of 7}, doi = {10.1000/7}}")
    pending, preview = preview_files(library, [str(file)], quietly)
    assert preview.report.rejected[0].paper.title == "Otters of 7"
    with ScriptedService() as service:
        urls = {"openalex_url": f"{service.url}/openalex"}
        asking = library.with_settings(library.settings.model_copy(update=urls))
        work = openalex_work(7, doi="https://doi.org/10.1000/7")
        service.answer("/openalex/works", {"results": [work]})
        pending, preview = look_abstracts_up(asking, pending, quietly)
        assert (preview.report.added, preview.report.rejected) == (1, ())
        report = add(asking, pending, quietly)
        assert service.paths == ["/openalex/works"]
    assert report.added == 1
    (paper,) = [each for each in asking.papers() if each.title == "Otters of 7"]
    assert (paper.source, paper.abstract) == ("refs.bib", "Otters hold hands.")
    assert ("citekey", "tee2018") in paper.identifiers
    assert not file.exists()


def test_what_is_discarded_is_deleted_and_never_stored(library, tmp_path):
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps({"title": "New", "abstract": "It is new."}))
    pending, _ = preview_files(library, [str(file)], quietly)
    discard(pending)
    assert not file.exists()
    assert len(library) == 30


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_was_understood_is_shown_as_it_is(hostile):
    paper = Paper("p", hostile, hostile, (hostile,), "2020", venue=hostile)
    seen = Seen(html.preview_html(Preview(IngestReport(added=3), (paper,))))
    assert set(seen.tags) <= {"p", "ol", "li", "b", "span", "ul"}
    assert "Nothing is stored yet" in seen.text
    assert "3 new papers." in seen.text
    assert "and 2 more" in seen.text


def test_too_many_files_are_refused_and_deleted(library, tmp_path):
    files = [tmp_path / f"{n}.txt" for n in range(21)]
    for file in files:
        file.write_text("x")
    with pytest.raises(SourceError, match="at most 20"):
        preview_files(library, [str(file) for file in files], quietly)
    assert not any(file.exists() for file in files)


@pytest.mark.parametrize(
    ("text", "title", "abstract"),
    [
        ("A Title\nAn abstract.", "A Title", "An abstract."),
        ("\n A Title \n\n\n One.\nTwo. \n\n Three.\n", "A Title", "One. Two. Three."),
        ("[1] {Braces} in a title\nText.", "[1] {Braces} in a title", "Text."),
        ("2101.00001\nIs no list of ids.", "2101.00001", "Is no list of ids."),
    ],
)
def test_a_pasted_title_and_abstract_are_one_paper(library, text, title, abstract):
    pending, preview = preview_pasted(library, text, quietly)
    assert [(paper.title, paper.abstract) for paper in preview.papers] == [(title, abstract)]
    assert add(library, pending, quietly).added == 1
    assert (title, abstract) in {(paper.title, paper.abstract) for paper in library.papers()}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing to add"),
        ("  \n ", "nothing to add"),
        ("x" * 500, "no title"),
    ],
)
def test_pasted_text_that_is_no_paper_is_told(library, text, why):
    with pytest.raises(SourceError, match=why):
        preview_pasted(library, text, quietly)


def test_a_pasted_title_without_abstract_can_be_looked_for(library):
    _, preview = preview_pasted(library, "Only a title", quietly)
    (rejection,) = preview.report.rejected
    assert "no abstract" in rejection.why
    assert rejection.paper.title == "Only a title"


def test_pasted_json_lines_are_read_as_such(library):
    lines = [{"title": f"T{n}", "abstract": "It is."} for n in range(3)]
    pending, _ = preview_pasted(library, "\n".join(map(json.dumps, lines)), quietly)
    assert add(library, pending, quietly).added == 3
    assert library.papers()[-1].source == "pasted text"


# --- ids ---------------------------------------------------------------------------------------


def test_pasted_ids_are_looked_up_and_go_into_the_library_with_a_report(library):
    with ScriptedService() as service:
        service.answer("/arxiv", arxiv_feed("2101.00001"))
        service.answer("/crossref/works/10.1000/182", crossref_work("10.1000/182"))
        urls = {"arxiv_url": f"{service.url}/arxiv", "crossref_url": f"{service.url}/crossref"}
        asking = library.with_settings(library.settings.model_copy(update=urls))
        pending, preview = preview_pasted(asking, "2101.00001 2101.00002, 10.1000/182", quietly)
        before = len(service.asked)
        added = add(asking, pending, quietly)
        assert len(service.asked) == before  # what was looked up is not asked for again
        report = preview.report
        assert added.added == report.added
    assert (report.added, [each.source for each in report.rejected]) == (2, ["arXiv"])
    paper = library.get("2101.00001")
    assert paper.url == "https://arxiv.org/abs/2101.00001"
    assert paper.published == "2021-01-03"
    assert paper.source == "arXiv"


def test_too_many_ids_are_refused_before_anything_is_asked(library):
    with pytest.raises(SourceError, match="at most 100"):
        preview_pasted(library, " ".join(f"2101.{n:05}" for n in range(101)), quietly)


# --- charts ------------------------------------------------------------------------------------


def figure(made):
    return json.loads(made.to_json())


@pytest.mark.parametrize("colouring", ["source", "year"])
def test_every_paper_is_one_point_with_its_id_and_title(colouring):
    rows = rows_of([*many(40), Heading("bare", "Bare")])
    drawn = figure(map_figure(rows, np.zeros((41, 2)), colouring=colouring))
    ids = [each for trace in drawn["data"] for each in trace["customdata"]]
    assert sorted(ids) == sorted(row.paper_id for row in rows)
    assert "Bare" in [text for trace in drawn["data"] for text in trace["text"]]


def test_cited_papers_get_a_ring():
    drawn = figure(map_figure(rows_of(many(5)), np.zeros((5, 2)), cited=["p3", "gone"]))
    assert drawn["data"][-1]["customdata"] == ["p3"]
    assert "cited" in drawn["data"][-1]["name"]


def test_more_sources_than_colours_share_a_grey():
    rows = rows_of(Heading(str(n), "T", source=f"s{n}") for n in range(MOST_SOURCES + 3))
    traces = figure(map_figure(rows, np.zeros((len(rows), 2))))["data"]
    assert len(traces) == MOST_SOURCES + 1
    assert traces[0]["name"] == "other sources"


def test_papers_of_a_topic_share_a_colour_and_its_name_is_in_the_legend():
    topics = {"p0": "graphs", "p1": "graphs", "p2": "trees"}
    drawn = map_figure(rows_of(many(4)), np.zeros((4, 2)), colouring="topic", topics=topics)
    traces = {each["name"]: each["customdata"] for each in figure(drawn)["data"]}
    assert traces == {"graphs": ["p0", "p1"], "trees": ["p2"], "other topics": ["p3"]}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_chart_holds_no_tag_of_a_title(hostile):
    row = row_of(Heading("1", hostile, source=hostile))
    drawn = map_figure([row], np.zeros((1, 2))).to_json()
    assert "<" not in drawn.replace("<extra></extra>", "")


def test_the_bar_counts_papers_by_year_and_words_tell_what_it_leaves_out():
    counts = {2000: 15, 2003: 25}
    (bars,) = figure(year_figure(counts))["data"]
    assert dict(zip(bars["x"], bars["y"], strict=True)) == {2000: 15, 2001: 0, 2002: 0, 2003: 25}
    assert describe_years(counts, 41) == "40 papers from 2000 to 2003; 1 paper without a date."


@pytest.mark.parametrize(
    ("counts", "total", "told"),
    [
        ({}, 0, "holds no papers"),
        ({}, 1, "No paper of this library carries a date"),
        ({2020: 1}, 1, "1 paper from 2020."),
    ],
)
def test_too_few_years_make_no_bar(counts, total, told):
    assert year_figure(counts) is None
    assert told in describe_years(counts, total)


def test_a_library_without_vectors_says_why_it_has_no_map(library):
    drawn = PaperMap(library).map()
    assert drawn.rows == ()
    assert "by their words alone" in drawn.caption


def test_the_map_is_drawn_once_and_anew_after_a_change(starter):
    paper_map = PaperMap(starter)
    told = []
    drawn = paper_map.map(told.append)
    assert {progress.stage for progress in told} == {"reading vectors", "placing papers"}
    assert len(drawn.rows) == len(drawn.points) == len(starter)
    assert paper_map.map() is drawn


def test_of_many_papers_a_sample_is_drawn_and_that_is_said(starter, monkeypatch):
    monkeypatch.setattr("ui.library.paper_map.MOST_POINTS", 50)
    drawn = draw(starter)
    assert len(drawn.rows) == 50
    assert "50 of 436 papers" in drawn.caption


def test_a_papers_vector_is_the_mean_of_its_passages(starter):
    paper_id = starter.papers()[0].paper_id
    (vector,) = starter.catalog.paper_vectors([paper_id, "gone"]).values()
    assert vector.shape == (384,)
    assert starter.catalog.paper_vectors([]) == {}


def test_asking_about_a_paper_names_it():
    assert "“Flying Cats”" in question_about(Paper("1", "Flying Cats", "They fly."))


def test_what_a_pdf_lacks_is_told_on_the_page_without_a_command():
    why = what_is_missing("Old ice", "")
    shown = html.report_html(IngestReport(rejected=(Rejection("ice.pdf", 1, why),)))
    assert "paste its title and abstract into the field above" in shown
    assert "paperchat" not in shown
