"""Questions to the records of a whole library, told by their words alone."""

from __future__ import annotations

import pytest

from rag.query.library_facts import library_fact
from rag.query.venues import asked_of_venues, read_venues, unknown_place, venue_key


@pytest.mark.parametrize(
    ("question", "what", "topic"),
    [
        ("what year was the oldest paper written", "oldest", ""),
        ("when was the newest one published", "newest", ""),
        ("how old is the oldest?", "oldest", ""),
        ("the newest and the oldest papers on moss", "oldest", "moss"),
        ("from which year is the earliest paper", "oldest", ""),
        ("when did the most recent paper come out?", "newest", ""),
        ("date of the oldest paper?", "oldest", ""),
        ("what's the latest paper's year", "newest", ""),
        ("how recent is the newest paper", "newest", ""),
        ("whats the oldest thing in here?", "oldest", ""),
        ("when was the first paper on tidal clocks published", "oldest", "tidal clocks"),
        ("the newest moss papers", "newest", "moss"),
        ("the latest about moss, please", "newest", "moss"),
        ("which year has most papers", "dates", ""),
        ("in which year were most of the papers published?", "dates", ""),
        ("what year has the fewest papers", "dates", ""),
        ("how recent are the papers here?", "dates", ""),
        ("which journals are in here", "venues", ""),
        ("list the conferences", "venues", ""),
        ("what venues do you have", "venues", ""),
        ("which conference has the most papers?", "venues", ""),
        ("how many journals are there", "venues", ""),
        ("where are the papers published?", "venues", ""),
        ("which universities", "affiliations", ""),
        ("what institutions are the authors from?", "affiliations", ""),
        ("which countries do the papers come from", "affiliations", ""),
        ("where do the authors work?", "affiliations", ""),
        ("which authors have more than one paper here?", "authors", ""),
        ("do you have duplicates?", "duplicates", ""),
        ("which papers have possible duplicates", "duplicates", ""),
        ("are there any duplicate papers in the library?", "duplicates", ""),
        ("is any paper in here twice?", "duplicates", ""),
    ],
)
def test_a_question_of_such_words_alone_is_one_to_the_records(question, what, topic):
    asked = library_fact(question)
    assert asked is not None
    assert (asked.what, asked.topic) == (what, topic)


@pytest.mark.parametrize(
    "question",
    [
        "what is the oldest crab?",
        "when was it published?",
        "when was the first paper published?",  # may be the first of a list
        "which journal?",
        "in which journal was it published",
        "which universities took part in the trial?",
        "how many conferences did the crabs attend?",
        "what is the most common error",
        "the most recent results on crabs in winter show what?",
        "which university are they from",
        "how are duplicates removed from training data?",
        "does the network train twice as fast?",
    ],
)
def test_other_questions_are_none_to_the_records(question):
    assert library_fact(question) is None


@pytest.mark.parametrize(
    ("question", "field", "is_lacking", "topic"),
    [
        ("papers with code", "code", False, ""),
        ("which papers that release code are on moss?", "code", False, "moss"),
        ("show me the undated papers", "date", True, ""),
        ("which papers have no authors", "authors", True, ""),
        ("how many papers don't have a doi", "link", True, ""),
    ],
)
def test_papers_are_asked_for_by_what_their_records_have(question, field, is_lacking, topic):
    asked = library_fact(question)
    assert asked is not None
    assert (asked.field, asked.is_lacking, asked.topic) == (field, is_lacking, topic)


@pytest.mark.parametrize(
    "question",
    ["papers published this year on moss", "add 2 papers", "how do I add papers?", "some labels"],
)
def test_what_is_said_of_papers_is_no_field_that_is_asked_for(question):
    asked = library_fact(question)
    assert asked is None or asked.what not in ("added", "sources", "list")


def test_the_year_of_most_or_of_fewest_papers_is_told_apart():
    assert library_fact("which year has most papers").extreme == "most"
    assert library_fact("the year with the fewest papers").extreme == "fewest"
    assert library_fact("how many papers per year").extreme is None


NAMES = ("ICML", "neurips", "DATE", "Journal of Shores")


def asked(question):
    return asked_of_venues(question, read_venues(question, NAMES, {"date", "shores"}.__contains__))


@pytest.mark.parametrize(
    ("question", "what", "topic", "venues", "year"),
    [
        ("how many papers from NeurIPS", "count", "", ("neurips",), None),
        ("papers at ICML", "list", "", ("ICML",), None),
        ("which papers appeared in ICML 2023?", "list", "", ("ICML",), 2023),
        ("show me the icml papers", "list", "", ("ICML",), None),
        ("nips papers on tidal clocks", "list", "tidal clocks", ("neurips",), None),
        ("any crab papers in the Journal of Shores", "list", "crab", ("Journal of Shores",), None),
        ("papers from ICML and NeurIPS", "list", "", ("ICML", "neurips"), None),
        ("do you have anything from DATE", "list", "", ("DATE",), None),
        ("was anything published at ICML?", "list", "", ("ICML",), None),
    ],
)
def test_papers_of_venues_are_asked_for(question, what, topic, venues, year):
    found = asked(question)
    assert found is not None
    assert (found.asked.what, found.asked.topic) == (what, topic)
    assert (found.asked.venues, found.year) == (venues, year)


@pytest.mark.parametrize(
    "question", ["what is ICML?", "date of the papers", "what beat the winner of ICML?", "papers"]
)
def test_a_venue_in_another_question_is_none_that_is_asked_for(question):
    assert asked(question) is None


@pytest.mark.parametrize(
    ("question", "name", "is_venue"),
    [
        ("papers published in Nature", "Nature", True),
        ("papers in the journal Shore Letters", "Shore Letters", True),
        ("is there something published in Science?", "Science", True),
        ("papers from MIT", "MIT", False),
        ("who is from Stanford?", "Stanford", False),
        ("papers by people at the University of Oxford", "University of Oxford", False),
    ],
)
def test_a_name_in_the_place_of_a_venue_or_a_university_is_found(question, name, is_venue):
    found = unknown_place(question)
    assert found is not None
    assert (found.name, found.is_venue) == (name, is_venue)


@pytest.mark.parametrize(
    "question",
    [
        "papers from May",
        "crabs from Norway",
        "what does MIT say in Nature about moss?",
        "what did not work in MossNet",
        "is there anything in CrabNet",
    ],
)
def test_other_names_are_no_places(question):
    assert unknown_place(question) is None


def test_the_spellings_of_a_venue_are_one():
    assert venue_key("NIPS") == venue_key("NeurIPS 2022") == venue_key("neurips")
    assert venue_key("The Journal of Shores") == venue_key("journal of shores")
