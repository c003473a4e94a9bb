"""Records of one paper become one paper, and two papers stay two."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import SourceError
from rag.identifiers import cite_keys
from rag.library import Library
from rag.readers import read_sources
from rag.store.joining import are_near, merge, merge_all, together
from rag.types import STARTER_SOURCE, Imprint, Paper

SONG = (
    "We measure how long a kettle sings before it boils. The song lasts 42 seconds in 300 trials."
)
DRIP = "We study why teapots drip after pouring. A hydrophobic spout removes 95 percent of drips."


@pytest.fixture
def library(lexical_settings, tmp_path):
    own = lexical_settings.model_copy(update={"library": tmp_path / "library"})
    with Library.open(settings=own) as opened:
        yield opened


def record(source, **known):
    return {"title": "Singing kettles", "abstract": SONG, "source": source} | known


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"doi": "10.5555/K.1"}, {"doi": "https://doi.org/10.5555/k.1"}),
        ({"arxiv_id": "2101.00001v1"}, {"url": "https://arxiv.org/abs/2101.00001v3"}),
        ({"arxiv_id": "2101.00001"}, {"doi": "10.48550/arXiv.2101.00001"}),
        ({"arxiv_id": "2101.00001"}, {"url": "https://arxiv.org/html/2101.00001v2"}),
        ({"arxiv_id": "2101.00001"}, {"url": "https://ar5iv.labs.arxiv.org/html/2101.00001"}),
        ({"arxiv_id": "2101.00001"}, {"url": "https://huggingface.co/papers/2101.00001"}),
        ({"pmid": "33000001"}, {"pmid": "PMID: 33000001"}),
    ],
    ids=["doi", "version", "arxiv_doi", "html", "ar5iv", "hugging_face", "pmid"],
)
def test_a_paper_is_known_by_what_identifies_it_whatever_its_title(library, one, other):
    later = record("b.ris", title="Kettles that sing", abstract=DRIP, **other)
    report = library.ingest([record("a.bib", **one), later])
    assert (report.added, report.duplicates, len(library)) == (1, 1, 1)
    assert [(each.title, each.source, each.into) for each in report.merged] == [
        ("Kettles that sing", "b.ris", "a.bib")
    ]


def test_a_title_and_a_near_abstract_make_one_paper_and_the_better_fields_stay(library):
    first = record("a.bib", authors=["A. Kessel"], year=2021)
    second = record(
        "b.ris",
        title="Singing Kettles.",
        abstract=f"{SONG} Lids of copper shorten it by 12 percent, lids of tin by none.",
        authors=["Ada Kessel"],
        published="2021-03",
        doi="10.5555/k.1",
        venue="Bubbles",
    )
    library.ingest(first)
    report = library.ingest(second)
    (paper,) = library.papers()
    assert (report.added, report.updated) == (0, 1)
    assert (paper.title, paper.source, paper.origins) == ("Singing kettles", "a.bib", ("b.ris",))
    assert (paper.authors, paper.published) == (("Ada Kessel",), "2021-03")
    assert (paper.url, paper.venue) == ("https://doi.org/10.5555/k.1", "Bubbles")
    assert "copper" in paper.abstract
    assert ("doi", "10.5555/k.1") in paper.identifiers


def test_what_was_joined_changes_no_more_when_its_sources_are_read_again(library):
    records = [
        record("a.bib", authors=["A. Kessel"]),
        record("b.ris", authors=["Ada Kessel"], published="2021-03", keywords=["steam"]),
    ]
    library.ingest(records)
    held = library.papers()
    for each in (records, records[:1], records[1:], reversed(records)):
        report = library.ingest(each)
        assert (report.added, report.updated) == (0, 0)
    assert library.papers() == held


def test_two_papers_of_one_title_stay_two_also_when_they_are_read_again(library):
    both = [record("a.bib", title="Introduction"), record("a.bib", title="Introduction", text=DRIP)]
    both[1] = both[1] | {"abstract": DRIP}
    assert library.ingest(both).added == 2
    assert library.ingest(both).unchanged == 2
    assert {paper.abstract for paper in library.papers()} == {SONG, DRIP}


def test_a_corrected_abstract_of_the_same_file_is_an_update_however_much_it_changed(library):
    library.ingest(record("a.bib"))
    report = library.ingest(record("a.bib", abstract=DRIP))
    assert (report.added, report.updated) == (0, 1)
    assert [paper.abstract for paper in library.papers()] == [DRIP]


def test_papers_with_ids_of_their_own_are_never_joined_by_their_titles(library):
    report = library.ingest([record("a", id="1"), record("a", id="2")])
    assert (report.added, len(library)) == (2, 2)


def test_two_arxiv_papers_of_one_title_and_abstract_stay_two(library):
    ids = ("2101.00001", "2101.00002")
    assert library.ingest([record("a", arxiv_id=each) for each in ids]).added == 2


def test_an_abstract_takes_the_place_of_a_summary_and_not_the_other_way(library):
    summary = record(STARTER_SOURCE, abstract="A summary in words that are all different.")
    for order in ((summary, record("a.bib")), (record("a.bib"), summary)):
        library.remove([paper.paper_id for paper in library.papers()])
        library.ingest(order[0])
        library.ingest(order[1])
        assert [paper.abstract for paper in library.papers()] == [SONG]


def test_a_dry_run_counts_what_would_be_joined(library):
    records = [record("a.bib", doi="10.5555/k.1"), record("b.ris", title="X", doi="10.5555/k.1")]
    report = library.ingest(records * 200, dry_run=True)
    assert (report.added, report.duplicates, len(library)) == (1, 399, 0)


def test_the_saved_pages_hold_436_papers_in_502_records(library, pages):
    report = library.ingest(pages)
    assert (report.added, report.duplicates, len(library)) == (436, 66, 436)
    assert library.ingest(pages).updated == 0


def test_identifiers_and_tags_are_kept_and_come_back(library):
    library.ingest(record("a", doi="10.5555/k.1", citekey="kessel2021", keywords="steam; song"))
    (paper,) = library.papers()
    assert set(paper.identifiers) == {("doi", "10.5555/k.1"), ("citekey", "kessel2021")}
    assert set(paper.tags) == {"steam", "song"}


def test_what_is_one_paper_does_not_depend_on_the_order_of_records(library):
    records = [
        record(f"{n}.bib", title=f"Kettle {n // 2}", doi=f"10.5555/{n // 2}") for n in range(40)
    ]
    random.Random(1).shuffle(records)
    assert library.ingest(records).added == 20


def test_a_merge_with_itself_changes_nothing():
    (paper,) = read_sources([record("a", doi="10.5555/k.1", authors=["Ada Kessel"])])
    assert merge(paper, paper) == paper
    assert merge(paper, paper).origins == ()


@pytest.mark.parametrize(
    ("other", "is_near"), [(SONG.upper(), True), (SONG[:60], True), (DRIP, False)]
)
def test_versions_of_an_abstract_are_near_and_others_are_not(other, is_near):
    paper = Paper("p", "T", SONG)
    assert are_near(paper, replace(paper, abstract=other)) is is_near


# --- what is typed in or pasted ------------------------------------------------------------------

SHORT = "We measure how long a kettle sings."
OTHER = "Copper kettles are compared with tin ones by 40 cooks in a blind test of their tea."


def pasted(library, abstract, more=""):
    report = library.ingest_text(f"Singing kettles\n{more}{abstract}")
    return report, [paper.abstract for paper in library.papers()]


@pytest.mark.parametrize("short", [SHORT, "Kettles and their songs, a note."])
def test_a_shorter_abstract_that_is_pasted_takes_no_longer_ones_place_and_that_is_told(
    library, short
):
    pasted(library, SONG)
    report, abstracts = pasted(library, short, "Ada Kessel, Bo Tee\ndoi: 10.5555/k.1\n")
    assert abstracts == [SONG]
    assert [note.text for note in report.notes] == [
        "'Singing kettles' keeps its longer abstract; edit the paper to have the shorter one"
    ]
    assert library.papers()[0].authors == ("Ada Kessel", "Bo Tee")  # the other fields are better


def test_a_longer_or_a_corrected_abstract_that_is_pasted_is_taken(library):
    pasted(library, SHORT)
    report, abstracts = pasted(library, SONG)
    assert (report.updated, report.notes, abstracts) == (1, (), [SONG])
    corrected = SONG.replace("300", "301")
    assert pasted(library, corrected)[1] == [corrected]


def test_what_a_user_edited_stays_when_the_paper_is_pasted_again(library):
    pasted(library, SONG)
    (paper,) = library.papers()
    library.catalog.edit(paper.paper_id, abstract=SHORT)
    report, abstracts = pasted(library, f"{SONG} Lids of copper shorten it by 12 percent.")
    assert abstracts == [SHORT]
    assert "you set by hand" in report.notes[0].text


def test_a_pasted_abstract_of_another_source_says_whose_stays(library):
    library.ingest(record("a.bib"))
    report, abstracts = pasted(library, SONG.replace("300", "3000"))
    assert abstracts == [SONG]
    assert report.notes[0].text == (
        "'Singing kettles' keeps its abstract from a.bib; edit it to have another"
    )


def test_two_pasted_papers_of_one_title_and_other_abstracts_stay_two(library):
    pasted(library, SONG)
    assert pasted(library, OTHER)[1] == [SONG, OTHER]
    assert pasted(library, OTHER)[0].added == 0


# --- duplicates that a user merges ---------------------------------------------------------------


def test_merging_takes_of_each_field_the_better_value_and_keeps_all_sources(library):
    library.ingest([record("a.bib", id="a", year=2021), record("b.ris", id="b", doi="10.5555/k.1")])
    library.ingest(record("c.csv", id="c", abstract=f"{SONG} {DRIP}", venue="Bubbles"))
    library.catalog.edit("b", title="Kettles Sing")
    library.catalog.collect(["c"], into=["Kitchen"])
    whole = library.catalog.merge(["a", "b", "c"])
    assert library.papers() == [whole]
    assert (whole.paper_id, whole.title, whole.abstract) == ("a", "Kettles Sing", f"{SONG} {DRIP}")
    assert (whole.published, whole.venue, whole.edited) == ("2021", "Bubbles", ("title",))
    assert (whole.source, whole.origins) == ("a.bib", ("b.ris", "c.csv"))
    assert (whole.identifiers, whole.collections) == ((("doi", "10.5555/k.1"),), ("Kitchen",))
    assert [hit.paper.paper_id for hit in library.search("kettles")] == ["a"]


def test_what_was_merged_is_apart_again_when_it_is_restored(library):
    library.ingest([record("a.bib", id="a"), record("b.ris", id="b")])
    before = library.papers()
    library.catalog.merge(["b", "a"])
    assert library.catalog.restore(before) == 2
    now = sorted(library.papers(), key=lambda each: each.paper_id)
    assert [(each, each.origins) for each in now] == [(each, ()) for each in before]
    assert library.catalog.restore(before) == 0


@pytest.mark.parametrize("ids", [[], ["a"], ["a", "a"], ["a", "none"]])
def test_merging_takes_two_papers_that_are_here(library, ids):
    library.ingest(record("a.bib", id="a"))
    with pytest.raises(SourceError):
        library.catalog.merge(ids)
    assert len(library) == 1


def test_papers_may_be_one_by_their_abstracts_whatever_their_titles(library):
    long = f"{SONG} {DRIP} {OTHER}"
    library.ingest(
        [
            record("a.bib", id="a", abstract=long),
            record("b.ris", id="b", title="A song of kettles", abstract=f"{long} It ends so."),
            record("c.ris", id="c", title="Others", abstract=f"{SONG[:60]} {OTHER[::-1] * 2}"),
        ]
    )
    (group,) = library.catalog.duplicates()
    assert [each.paper_id for each in group] == ["a", "b"]
    library.remove(["b"])
    assert library.catalog.duplicates() == []


@given(st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=4), max_size=8))
def test_groups_that_share_a_member_come_together(groups):
    whole = together(groups)
    members = [member for group in whole for member in group]
    assert len(members) == len(set(members))
    assert set(members) == {member for group in groups for member in group}
    assert all(any(set(group) <= set(each) for each in whole) for group in groups)


@given(st.lists(st.text(max_size=30), min_size=1, max_size=4))
def test_merged_papers_have_no_field_that_none_of_them_had(abstracts):
    papers = [Paper(str(n), "T", each, source=str(n)) for n, each in enumerate(abstracts)]
    whole = merge_all(papers)
    assert whole.abstract in abstracts
    assert {whole.source, *whole.origins} == {str(n) for n in range(len(abstracts))}


def test_merging_never_gives_a_paper_the_authors_of_another():
    one = Paper("a", "Kettles", SONG, authors=("A. Kessel",))
    same, other = (
        replace(one, authors=("Ada Kessel", "Bo Tee")),
        replace(one, authors=("Cy Pan",) * 2),
    )
    assert merge(one, same).authors == ("Ada Kessel", "Bo Tee")
    assert merge(one, other).authors == ("A. Kessel",)
    assert merge(replace(one, authors=()), other).authors == ("Cy Pan", "Cy Pan")


# --- cite keys ------------------------------------------------------------------------------------


def keys_of(library):
    return {paper.title: cite_keys(paper) for paper in library.papers()}


def key_record(title, key, source, **others):
    return record(source, title=title, abstract=f"What {title} is about.", citekey=key, **others)


@pytest.mark.parametrize("is_apart", [False, True])
def test_of_two_papers_with_one_cite_key_the_first_keeps_it_and_the_other_is_told(
    library, is_apart
):
    first = key_record("Otters", "smith2020", "a.bib")
    second = key_record("Beavers", "smith2020", "b.bib")
    third = key_record("Willows", "smith2020-2", "b.bib")
    if is_apart:
        library.ingest(first)
        report = library.ingest([third, second])
    else:
        report = library.ingest([first, third, second])
    assert keys_of(library) == {
        "Otters": ["smith2020"],
        "Willows": ["smith2020-2"],
        "Beavers": ["smith2020-3"],
    }
    (note,) = report.notes
    assert note.source == "b.bib"
    assert note.text == "'Beavers' is cited as 'smith2020-3', since 'smith2020' is 'Otters'"


def test_a_dry_run_tells_of_cite_keys_that_two_have(library):
    both = [key_record(title, "smith2020", "a.bib") for title in ("Otters", "Beavers")]
    apart = [key_record(f"Paper {number}", f"k{number}", "a.bib") for number in range(200)]
    assert len(library.ingest([both[0], *apart, both[1]], dry_run=True).notes) == 1


def test_a_file_that_is_read_again_changes_no_cite_key(library):
    library.ingest(key_record("Otters", "smith2020", "a.bib"))
    second = key_record("Beavers", "smith2020", "b.bib")
    library.ingest(second)
    for _ in range(2):
        report = library.ingest(second)
        assert (report.unchanged, report.notes) == (1, ())
    assert keys_of(library) == {"Otters": ["smith2020"], "Beavers": ["smith2020-2"]}


def test_one_paper_that_two_files_cite_by_different_keys_has_both_and_the_first_for_its_own(
    library,
):
    for key, source in (("otters20", "a.bib"), ("Kessel:2020", "b.bib"), ("otters20", "a.bib")):
        notes = library.ingest(key_record("Otters", key, source)).notes
        assert len(notes) == (source == "b.bib")
    assert keys_of(library) == {"Otters": ["otters20", "Kessel:2020"]}
    library.ingest(key_record("Beavers", "Kessel:2020", "c.bib"))
    assert keys_of(library)["Beavers"] == ["Kessel:2020-2"]


def test_a_key_that_its_paper_gives_up_in_its_file_is_given_up(library):
    library.ingest(key_record("Otters", "smith2020", "a.bib"))
    library.ingest(key_record("Otters", "otters2020", "a.bib"))
    library.ingest(key_record("Beavers", "smith2020", "b.bib"))
    assert keys_of(library) == {"Otters": ["otters2020"], "Beavers": ["smith2020"]}


def test_a_report_names_what_was_updated_and_what_changed_of_it(library):
    library.ingest([record("a.bib", year=2021), record("a.bib", title="Teapots", abstract=DRIP)])
    longer = f"{SONG} We release the kettles."
    report = library.ingest(
        [
            record("a.bib", abstract=longer, year=2021),
            record("b.ris", abstract=longer, venue="Bubbles", keywords=["steam"], year=2021),
            record("a.bib", title="Teapots", abstract=DRIP),
        ]
    )
    assert report.updated == len(report.changes) == 1
    (updated,) = report.changes
    assert (updated.title, updated.told) == ("Singing kettles", "abstract, venue, tags")


def test_a_report_names_nothing_updated_that_is_new_or_as_before(library):
    twice = [record("a.bib", year=2021), record("b.ris", venue="Bubbles")]
    assert library.ingest(twice).changes == ()
    assert library.ingest(twice).changes == ()


# --- volume, issue, pages ---

KNOWN = {"venue": "Bubbles", "volume": "12", "issue": "3", "pages": "45-67", "kind": "article"}


def test_a_file_that_is_read_again_fills_in_volume_and_pages_and_nothing_is_embedded(library):
    library.ingest(record("a.bib", venue="Bubbles"))
    revision = library.papers()[0], library._index.papers.changes_after(0, 9).until
    report = library.ingest(record("a.bib", **KNOWN))
    assert [each.told for each in report.changes] == ["kind of publication, volume, issue, pages"]
    (paper,) = library.papers()
    assert paper.imprint == Imprint("article", "12", "3", "45–67")
    assert not library._index.papers.changes_after(revision[1], 9).written  # noted alone
    assert library.ingest(record("a.bib", **KNOWN)).unchanged == 1
    assert library.ingest(record("a.bib", venue="Bubbles")).unchanged == 1
    assert library.papers()[0].imprint == paper.imprint


@pytest.mark.parametrize(
    ("first", "second", "imprint"),
    [
        # what one of them has is kept
        ({"volume": "12"}, {"pages": "4-5"}, Imprint(volume="12", pages="4–5")),
        # numbers that contradict each other are of one record, that with more of them
        (
            {"volume": "12", "publisher": "Steam"},
            {"volume": "13", "pages": "4-5", "issn": "1476-4687"},
            Imprint(volume="13", pages="4–5", publisher="Steam", issn="1476-4687"),
        ),
        (
            {"volume": "12", "issue": "1"},
            {"volume": "13", "pages": "4-5"},
            Imprint(volume="12", issue="1"),
        ),
        # a preprint has no pages of a journal, nor what was told at a conference
        ({"venue": "arXiv"}, {"venue": "Bubbles", "pages": "4-5"}, Imprint()),
        ({"kind": "conference"}, {"kind": "article", "pages": "4-5"}, Imprint("conference")),
        (  # but for what one DOI says is one
            {"kind": "conference", "doi": "10.5555/k"},
            {"kind": "article", "pages": "4-5", "doi": "10.5555/k"},
            Imprint("conference", pages="4–5"),
        ),
        # a journal by its short name and by its whole one
        (
            {"venue": "Bubbl. Lett.", "volume": "1"},
            {"venue": "Bubble Letters", "pages": "4"},
            Imprint(volume="1", pages="4"),
        ),
    ],
)
def test_numbers_of_two_publications_are_never_mixed(library, first, second, imprint):
    library.ingest([record("a.bib", **first), record("b.ris", **second)])
    assert [each.imprint for each in library.papers()] == [imprint]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_report_names_what_one_source_has_twice(library, is_first):
    twice = [record("a.bib", doi="10.5555/k.1"), record("a.bib")]
    if not is_first:
        library.ingest(twice)
    report = library.ingest(twice)
    assert report.duplicates == 1
    assert [(each.title, each.source, each.into) for each in report.merged] == [
        ("Singing kettles", "a.bib", "a.bib")
    ]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_page_that_anybody_can_open_goes_before_one_of_a_database(library, is_first):
    closed = "https://www.scopus.com/inward/record.uri?eid=2-s2.0-85100000001"
    addresses = (closed, "https://example.org/paper")
    for name, url in zip(("a", "b"), addresses if is_first else addresses[::-1], strict=True):
        library.ingest(record(f"{name}.bib", url=url))
    assert library.papers()[0].url == "https://example.org/paper"


def test_tags_that_differ_by_case_alone_are_one(library):
    library.ingest(record("a.bib", keywords=["Biochar", "Nitrous oxide"]))
    library.ingest(record("b.bib", keywords=["biochar", "soil", "Soil"]))
    (paper,) = library.papers()
    assert set(paper.tags) == {"Biochar", "Nitrous oxide", "soil", "Soil"}


def test_a_paper_that_is_here_is_found_to_be_retracted_since(library):
    library.ingest(record("a.bib"))
    report = library.ingest(record("a.bib", kinds=["Retracted Publication"]))
    assert [each.told for each in report.changes] == ["retraction"]
    assert library.papers()[0].retraction == "retracted, as its record tells"
