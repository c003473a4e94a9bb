"""Filters: what a question says of years and authors, what passes, and retrieval within them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, strategies
from hypothesis import settings as examples

from rag.library import Library
from rag.query.filters import (
    Understood,
    admits,
    asked_of_papers,
    count_named,
    describe_filters,
    understood_filters,
)
from rag.retrieval import admission
from rag.settings import Settings
from rag.store.lexical import LexicalIndex
from rag.store.names import called, is_called, name_words
from rag.types import NO_FILTERS, Filters, Message, Paper

THIS_YEAR = 2026
AUTHORS = (
    "Hubert Ramsauer",
    "Sepp Hochreiter",
    "Quoc V. Le",
    "Ilya Sutskever",
    "Adam Santoro",
    "Anna Wang",
    "Łukasz Kaiser",
    "Jürgen Schmidhuber",
)


def find_authors(name):
    return called(AUTHORS, name)


def understand(question):
    return understood_filters(question, find_authors, THIS_YEAR)


# Years


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("graph networks since 2022", 2022, None),
        ("graph networks after 2021", 2022, None),
        ("graph networks after May 2021", 2021, None),  # there is more of that year
        ("graph networks before 2020", None, 2019),
        ("graph networks before May 2020", None, 2020),
        ("graph networks until 2020", None, 2020),
        ("graph networks up to 2020?", None, 2020),
        ("graph networks between 2019 and 2022", 2019, 2022),
        ("graph networks between 2022 and 2019", 2019, 2022),
        ("papers from 2019 to 2022 on graph networks", 2019, 2022),
        ("papers from 2019-2022 on graph networks", 2019, 2022),
        ("papers in 2023 about graph networks", 2023, 2023),
        ("graph networks from 2020 on", 2020, None),
        ("papers from 2020 on graph networks", 2020, 2020),  # on a topic
        ("graph networks, 2020 onwards", 2020, None),
        ("graph networks from 2016 or later", 2016, None),
        ("graph networks, 2016 or earlier", None, 2016),
        ("graph networks 2020+", 2020, None),
        ("what was published in 2021 on graph networks?", 2021, 2021),
        ("2022 papers on graph networks", 2022, 2022),
        ("Which 2022 papers are on graph networks?", 2022, 2022),
        ("graph networks, nothing newer than 2018", None, 2018),
        ("graph networks, nothing older than 2018", 2018, None),
        ("graph networks, not before 2018", 2018, None),
        ("graph networks in the last 3 years", 2023, None),
        ("graph networks of the past three years", 2023, None),
        ("graph network papers of the last decade", None, None),  # "of" many things
        ("what has come out over the last decade on graph networks", 2016, None),
        ("papers from last year on graph networks", 2025, 2025),
        ("papers published this year on graph networks", 2026, 2026),
        ("graph networks since 2015 but before 2018", 2015, 2017),
    ],
)
def test_years_of_publication_are_understood(question, since, until):
    assert understand(question).filters == Filters(since, until)


@pytest.mark.parametrize(
    "question",
    [
        "when was the benchmark released and how many stars had it in December 2022",
        "how many students were taught by the papers' authors in 2019?",
        "the 2019 lottery ticket hypothesis paper",
        "ImageNet 2012",
        "Which network won ImageNet in 2012?",
        "WMT 2014 English to German",
        "What does it reach on WMT 2014?",
        "AlexNet (2012)",
        "the ICLR 2020 papers",
        "before 2000 iterations",
        "after 2000 steps of training",
        "up to 2000x faster",
        "more than 2000 papers",
        "since 2099",
        "in 2048 dimensions",
        "trained on reanalysis data from 1979 to 2018",
        "weather forecasts between 1979 and 2018",
        "deaths have decreased since 1979",
        "a survey by year",
        "last year's winner",
        "I teach, and this year my pupils build robots. Which papers help?",
        "methods before 2010 and after 2020",  # a comparison, not a span
        "What did they do in 2017?",  # says nothing of papers
    ],
)
def test_other_numbers_are_no_years_of_publication(question):
    assert understand(question) == Understood(question, NO_FILTERS)


@given(strategies.text(max_size=200))
@examples(deadline=None, max_examples=200)
def test_any_text_can_be_read_and_is_kept_when_it_says_no_filter(text):
    understood = understand(text)
    assert understood.filters or understood.question == text


@given(strategies.integers(1900, THIS_YEAR), strategies.integers(1900, THIS_YEAR))
def test_a_span_holds_both_its_ends(first, last):
    filters = understand(f"networks between {first} and {last}").filters
    for year in (first, last):
        assert admits(filters, Paper("p", "T", "A", published=str(year)))


# Authors


@pytest.mark.parametrize(
    ("question", "authors", "rest"),
    [
        ("papers by Ramsauer about memory", ("Ramsauer",), "papers about memory"),
        ("memory by Sepp Hochreiter", ("Sepp Hochreiter",), "memory"),
        ("memory by sepp hochreiter", ("sepp hochreiter",), "memory"),
        ("memory by Quoc Le?", ("Quoc Le",), "memory?"),
        ("memory by Q. V. Le", ("Q. V. Le",), "memory"),
        ("What did Sutskever publish on memory?", ("Sutskever",), "What did publish on memory?"),
        ("papers by sutskever on memory", ("sutskever",), "papers on memory"),
        ("who is sutskever", ("sutskever",), "who is"),
        ("Sutskever's work on memory", ("Sutskever",), "on memory"),
        ("Ramsauer et al. on memory", ("Ramsauer",), "on memory"),
        ("anything by Lukasz Kaiser on memory", ("Lukasz Kaiser",), "anything on memory"),
        ("works of Schmidhuber on memory", ("Schmidhuber",), "works on memory"),
        ("any papers with sutskever among the authors?", ("sutskever",), "any papers?"),
        ("is Quoc Le an author of papers on memory?", ("Quoc Le",), "of papers on memory?"),
        (
            "articles by Ramsauer, Sepp Hochreiter and Quoc Le on memory",
            ("Ramsauer", "Sepp Hochreiter", "Quoc Le"),
            "articles on memory",
        ),
    ],
)
def test_authors_of_the_library_are_understood(question, authors, rest):
    assert understand(question) == Understood(rest, Filters(authors=authors))


@pytest.mark.parametrize(
    "question",
    [
        "networks trained by Adam",  # a first name, and an optimiser
        "papers by Adam",
        "by pruning",
        "tiled by a Wang tile",
        "papers by Somebody Else",
        "What is Wang's method?",
        "Hochreiter networks",
        "papers by the authors of memory",
    ],
)
def test_other_names_are_no_authors(question):
    assert understand(question) == Understood(question, NO_FILTERS)


@pytest.mark.parametrize(
    ("name", "is_borne"),
    [
        ("Quoc V. Le", True),
        ("quoc le", True),
        ("Le", True),
        ("Q. Le", True),
        ("QUOC", True),
        ("Le Quoc", False),
        ("Leroy", False),
        ("Q. Leroy", False),
        ("Q. V.", False),
        ("", False),
        (".", False),
    ],
)
def test_a_name_is_borne_as_a_whole_or_in_part(name, is_borne):
    assert is_called("Quoc V. Le", name) is is_borne


def test_accents_and_case_do_not_matter_in_names():
    assert name_words("Jürgen ØRSTED-Łuk") == ["jurgen", "orsted", "luk"]
    assert is_called("Jürgen Schmidhuber", "jurgen schmidhuber")
    assert is_called("Jurgen Schmidhuber", "JÜRGEN")


# What a question asks beside its filters


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Which papers by Quoc Le do you have?", ""),
        ("list papers from 2023", ""),
        ("Something by Sepp Hochreiter from 2016 or later?", ""),
        ("papers by Quoc Le about memory", "papers about memory"),
        ("Which papers do you have?", "Which papers do you have?"),  # no filter
    ],
)
def test_a_question_of_filters_alone_asks_for_all_that_pass(question, asked):
    assert asked_of_papers(understand(question), question, ()).question == asked


def test_a_follow_up_of_filters_alone_asks_the_last_question_anew():
    history = [Message("user", "How are nets pruned?"), Message("assistant", "So. [1]")]
    again = asked_of_papers(understand("and since 2020?"), "and since 2020?", history)
    assert again == Understood("How are nets pruned?", Filters(2020))
    for narrowed in ("only the ones from 2022", "and from 2022?", "just 2022, please", "in 2022"):
        again = asked_of_papers(understand(narrowed), narrowed, history)
        assert again == Understood("How are nets pruned?", Filters(2022, 2022)), narrowed
    asked = "Which papers by Quoc Le do you have?"
    assert asked_of_papers(understand(asked), asked, history).question == ""


# What passes

DATED = Paper("dated", "T", "A", ("Ada Byron", "Bo Tee"), published="2021-03", source="page.txt")
BARE = Paper("bare", "T", "A")


@pytest.mark.parametrize(
    ("filters", "passes"),
    [
        (NO_FILTERS, True),
        (Filters(since=2021), True),
        (Filters(since=2022), False),
        (Filters(until=2021), True),
        (Filters(until=2020), False),
        (Filters(2021, 2021), True),
        (Filters(authors=("byron",)), True),
        (Filters(authors=("Somebody", "Bo Tee")), True),
        (Filters(authors=("Ada Tee",)), False),  # two persons
        (Filters(sources=("page.txt",)), True),
        (Filters(sources=("page",)), False),
        (Filters(since=2020, authors=("Byron",), sources=("page.txt",)), True),
        (Filters(since=2022, authors=("Byron",), sources=("page.txt",)), False),
    ],
)
def test_a_paper_passes_when_every_filter_admits_it(filters, passes):
    assert admits(filters, DATED) is passes


@pytest.mark.parametrize(
    "filters", [Filters(since=1900), Filters(until=2999), Filters(authors=("Byron",))]
)
def test_what_is_not_known_of_a_paper_passes_no_filter(filters):
    assert not admits(filters, BARE)


def test_the_named_authors_of_a_paper_are_counted():
    assert count_named(Filters(authors=("Byron", "Tee", "Else")), DATED) == 2


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        (NO_FILTERS, ""),
        (Filters(2020), "from 2020 on"),
        (Filters(2020, undated=True), "from 2020 on or undated"),
        (Filters(2020, 2020), "from 2020"),
        (Filters(2020, 2022), "from 2020 to 2022"),
        (Filters(None, 2022, ("Ada", "Bo")), "until 2022, by Ada or Bo"),
        (Filters(sources=("a.txt",)), "from 'a.txt'"),
    ],
)
def test_filters_are_told_in_words(filters, told):
    assert describe_filters(filters) == told


# The index

YEARS = strategies.none() | strategies.integers(2018, 2023)
NAMES = strategies.lists(
    strategies.sampled_from(["Ada Byron", "A. Byron", "Bo Tee", "Ünal Tee", "Cy Byron-Tee"]),
    max_size=3,
)
SOURCES = strategies.none() | strategies.sampled_from(["page.txt", "page", "Über alles.txt"])
LIBRARIES = strategies.lists(strategies.tuples(YEARS, NAMES, SOURCES), max_size=12)
FILTERS = strategies.builds(
    Filters,
    YEARS,
    YEARS,
    strategies.lists(
        strategies.sampled_from(["byron", "Ada Byron", "A. B.", "tee", "Unal", "nobody"]),
        max_size=2,
    ).map(tuple),
    strategies.lists(strategies.sampled_from(["page.txt", "Über alles.txt"]), max_size=2).map(
        tuple
    ),
)


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    return LexicalIndex(tmp_path_factory.mktemp("filters") / "lexical")


@given(LIBRARIES, FILTERS)
@examples(deadline=None, max_examples=25)
def test_the_index_admits_exactly_the_papers_that_pass(words, rows, filters):
    papers = [
        Paper(f"p{n}", "Crabs", "Tides.", tuple(names), str(year) if year else None, source=source)
        for n, (year, names, source) in enumerate(rows)
    ]
    with words.changing() as change:
        change.clear()
        for paper in papers:
            change.put(paper)
    passing = {paper.paper_id for paper in papers if admits(filters, paper)}
    assert words.count(filters) == len(passing)
    assert set(words.newest(filters, 100)) == passing
    assert words.admitted(filters, [paper.paper_id for paper in papers]) == passing
    assert set(words.search("tides", 100, filters)) == passing


def test_facets_count_years_sources_and_authors(words):
    with words.changing() as change:
        change.clear()
        change.put(Paper("a", "T", "A", ("Ada Byron", "Bo Tee"), "2020-01", source="x"))
        change.put(Paper("b", "T", "A", ("Bo Tee", "Bo Tee"), "2021", source="x"))
        change.put(Paper("c", "T", "A"))
        change.put(Paper("d", "T", "A", published="2021", source="y"))
    facets = words.facets()
    assert list(facets.years.items()) == [(2021, 2), (2020, 1)]
    assert list(facets.sources.items()) == [("x", 2), ("y", 1)]
    assert list(facets.authors.items()) == [("Bo Tee", 2), ("Ada Byron", 1)]


# A library

TOPICS = ("crabs walk with the tide", "bread dough rises overnight", "kites fly in high wind")
MADE = [
    Paper(
        f"p{n}",
        f"On {TOPICS[n % 3]}, part {n}",
        f"We study how {TOPICS[n % 3]}. In trial {n} it took {n} days.",
        authors=("Ada Byron",) if n % 10 == 0 else ("Bo Tee",) if n % 10 == 5 else (),
        published=str(2000 + n // 3) if n % 4 else None,
        source="even" if n % 2 == 0 else "odd",
    )
    for n in range(60)
]


@pytest.fixture(scope="module")
def library(cache, tmp_path_factory):
    folder = tmp_path_factory.mktemp("filtered") / "library"
    opened = Library.open(settings=Settings(library=folder, cache=cache, llm="extractive"))
    opened.ingest(MADE)
    yield opened
    opened.close()


@pytest.fixture(params=["few", "many"])
def either_way(request, monkeypatch):
    """Papers that pass are compared one by one, or picked from the nearest of all."""
    if request.param == "many":
        monkeypatch.setattr(admission, "FEW", 0)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(since=2015),
        Filters(until=2003),
        Filters(2005, 2006),
        Filters(authors=("byron",)),
        Filters(sources=("odd",)),
        Filters(since=2010, authors=("Tee",)),
        Filters(since=2100),
    ],
)
@pytest.mark.parametrize("k", [3, 50])
def test_search_finds_k_papers_that_pass_when_there_are_so_many(library, either_way, filters, k):
    passing = {paper.paper_id for paper in MADE if admits(filters, paper)}
    found = [hit.paper.paper_id for hit in library.search("How do crabs walk?", k, (), filters)]
    assert set(found) <= passing
    assert len(set(found)) == len(found) == min(k, len(passing))


def test_papers_that_pass_are_found_though_others_are_nearer(cache, tmp_path, monkeypatch):
    monkeypatch.setattr(admission, "FEW", 0)
    settings = Settings(
        library=tmp_path / "library", cache=cache, llm="extractive", candidates_k=10
    )
    near = [Paper(f"n{n}", f"Crab {n}", f"Crabs walk sideways {n}.") for n in range(60)]
    far = Paper("far", "Bread", "Dough rises.", published="2020")
    with Library.open(settings=settings) as library:
        library.ingest([*near, far])
        found = library.search("Do crabs walk sideways?", 5, filters=Filters(since=2020))
        assert [hit.paper.paper_id for hit in found] == ["far"]


def test_words_alone_keep_to_the_filters_too(lexical_settings, tmp_path):
    settings = lexical_settings.model_copy(update={"library": tmp_path / "library"})
    with Library.open(settings=settings) as library:
        library.ingest(MADE)
        found = library.search("crabs", 50, filters=Filters(since=2015))
        assert found
        assert all((hit.paper.year or 0) >= 2015 for hit in found)
        assert "crabs" in found[0].paper.title


def test_the_question_says_its_filters_itself(library):
    answer = library.ask("How do crabs walk since 2015?")
    assert answer.filters == Filters(since=2015)
    assert answer.status == "answered"
    assert all((hit.paper.year or 0) >= 2015 for hit in answer.hits)
    assert library.understood_filters("papers by Bo Tee until 2004") == Filters(
        None, 2004, ("Bo Tee",)
    )
    assert {hit.paper.year for hit in library.search("crabs in papers from 2010", 20)} == {2010}


@pytest.mark.parametrize("given", [NO_FILTERS, Filters(until=2004)])
def test_filters_that_are_given_are_all_there_are(library, given):
    answer = library.ask("How do crabs walk since 2015?", filters=given)
    assert answer.filters == given
    assert any((hit.paper.year or 0) < 2015 for hit in answer.hits)


def test_papers_of_an_author_are_listed_latest_first(library):
    answer = library.ask("Which papers by Ada Byron do you have?")
    assert (answer.status, answer.confidence) == ("answered", 1.0)
    dates = [hit.paper.published or "" for hit in answer.hits]
    assert dates == sorted(dates, reverse=True)
    assert {hit.paper.authors for hit in answer.hits} == {("Ada Byron",)}


def test_papers_by_all_of_the_named_authors_come_first(cache, tmp_path):
    papers = [
        Paper("both", "Old", "They did.", ("Ada Byron", "Bo Tee"), "2001"),
        Paper("ada", "New", "She did.", ("Ada Byron",), "2020"),
        Paper("bo", "Newer", "He did.", ("Bo Tee",), "2021"),
    ]
    settings = Settings(library=tmp_path / "library", cache=cache, llm="extractive")
    with Library.open(settings=settings) as library:
        library.ingest(papers)
        answer = library.ask("What did Ada Byron and Bo Tee write together?")
        assert [hit.paper.paper_id for hit in answer.hits] == ["both", "bo", "ada"]
        assert [paper.paper_id for paper in answer.papers] == ["both"]


def test_when_no_paper_passes_the_answer_says_which_filters(library):
    answer = library.ask("How do crabs walk before 1990?")
    assert (answer.status, answer.reason, answer.hits) == ("abstained", "not_in_library", ())
    assert "until 1989" in answer.text
    assert "without a known date" in answer.text
    assert answer.filters == Filters(until=1989)


def test_an_abstention_within_filters_keeps_them(library):
    answer = library.ask("What is the capital of France?", filters=Filters(since=2015))
    assert (answer.status, answer.filters) == ("abstained", Filters(since=2015))
    assert "from 2015 on" in answer.text


def test_a_follow_up_inherits_no_filter(library):
    first = library.ask("How do crabs walk since 2015?")
    history = [Message("user", first.question), Message("assistant", first.text, first.citations)]
    assert library.ask("Which trial took longest?", history).filters == NO_FILTERS


def test_a_paper_of_the_conversation_that_does_not_pass_is_not_found(library):
    first = library.ask("How do crabs walk?", filters=Filters(until=2004))
    history = [Message("user", first.question), Message("assistant", first.text, first.citations)]
    found = library.search("What does that paper [1] say?", 10, history, Filters(since=2015))
    assert found
    assert all((hit.paper.year or 0) >= 2015 for hit in found)


def test_streams_keep_to_the_filters_from_the_first_draft(library):
    drafts = list(library.stream("How do crabs walk?", filters=Filters(since=2015)))
    assert {draft.filters for draft in drafts} == {Filters(since=2015)}


def test_facets_follow_what_is_added_and_removed(settings):
    with Library.open(settings=settings) as library:
        library.ingest([Paper("a", "Crabs", "They walk.", ("Ada",), "2020", source="x")])
        facets = library.catalog.facets()
        assert (facets.years, facets.authors) == ({2020: 1}, {"Ada": 1})
        library.ingest([Paper("b", "Bread", "It rises.", ("Ada",), "2021", source="y")])
        assert library.catalog.facets().authors == {"Ada": 2}
        library.remove("a")
        assert library.catalog.facets().sources == {"y": 1}
        assert library.understood_filters("bread by Ada since 2021") == Filters(since=2021)
        assert library.understood_filters("papers by Ada") == Filters(authors=("Ada",))


@pytest.mark.parametrize(
    "question",
    [
        "What does “Advances in 2019: Papers by Ramsauer since 2018” propose?",
        'What does "The papers from 2019" show?',
        "What does «Ramsauer's work since 2018» show?",
    ],
)
def test_a_title_in_quotes_limits_nothing(question):
    assert understand(question) == Understood(question, NO_FILTERS)


@pytest.mark.parametrize(
    "question",
    [
        "papers on moss since 2020, including undated ones",
        "papers on moss since 2020 and also those without a date",
    ],
)
def test_undated_papers_are_let_through_where_the_question_says_so(question):
    understood = understand(question)
    assert understood.filters == Filters(2020, undated=True)
    assert understood.question.startswith("papers on moss")


def test_undated_papers_pass_years_only_where_they_may():
    undated = Paper("moss", "Moss", "Moss grows.")
    assert not admits(Filters(2020), undated)
    assert admits(Filters(2020, undated=True), undated)
    assert not admits(Filters(2022, undated=True), DATED)


def test_filters_replace_earlier_ones_of_their_kind_alone():
    earlier = Filters(2020, None, ("Ann A",), undated=True)
    assert Filters(until=2018).over(earlier) == Filters(None, 2018, ("Ann A",))
    assert Filters(tags=("moss",)).over(earlier) == replace(earlier, tags=("moss",))
    assert Filters(undated=True).over(Filters(2020)) == Filters(2020, undated=True)
