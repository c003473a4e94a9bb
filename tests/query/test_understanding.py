"""One query of a question and its conversation, in the forms that the stages need."""

from __future__ import annotations

import pytest

from rag.query.query import Query
from rag.query.understanding import QueryParser
from rag.types import NO_FILTERS, Citation, Filters, Message, Paper

FIRST = "How are deep networks pruned?"
TALKED = (Message("user", FIRST), Message("assistant", "By the size of their weights."))


def parser(*authors):
    return QueryParser(lambda name: [author for author in authors if name in author])


def understand(text, history=(), filters=None):
    return parser("Ada Byron").understand(text, history, filters)


def test_a_plain_question_is_the_same_for_every_stage():
    assert understand(FIRST) == Query(FIRST, FIRST, FIRST)
    assert understand(FIRST).searched_history == ()


def test_what_is_searched_for_is_apart_from_its_filters_and_from_small_talk():
    text = "Hello! How are nets pruned since 2020?"
    query = understand(text)
    assert query.text == text
    assert query.standalone == "How are nets pruned since 2020?"
    assert query.topic == "How are nets pruned?"
    assert query.filters == Filters(since=2020)


def test_filters_that_are_given_are_all_there_are():
    query = understand("How are nets pruned since 2020?", filters=NO_FILTERS)
    assert query.topic == "How are nets pruned since 2020?"
    assert query.filters == NO_FILTERS


def test_small_talk_asks_the_papers_nothing():
    assert understand("hello!").standalone == ""


def test_a_text_that_is_only_searched_for_keeps_its_small_talk():
    assert parser().understand_search("hello!").topic == "hello!"


@pytest.mark.parametrize("text", ["yes please", "and since 2020?"])
def test_a_follow_up_without_words_of_its_own_asks_the_last_question_anew(text):
    assert understand(text, TALKED).topic == FIRST


def test_papers_like_the_last_one_are_searched_for_by_its_title():
    moss = Paper("moss", "Moss on Roofs", "A text.")
    cited = (Citation(1, moss, "A text.", 0, 7, 1.0),)
    query = understand("similar papers?", (*TALKED, Message("assistant", "A text. [1]", cited)))
    assert query.topic == "papers like “Moss on Roofs”"
    assert query.excluded == ("moss",)


def test_an_example_is_asked_of_the_papers_where_some_are_cited():
    cited = (Citation(1, Paper("moss", "Moss on Roofs", "A text."), "A text.", 0, 7, 1.0),)
    talked = (*TALKED, Message("assistant", "A text. [1]", cited))
    assert understand("give me an example", talked).asks_for == "papers"
    assert understand("give me an example").asks_for == "assistant"


@pytest.mark.parametrize(
    "text",
    [
        *("source?", "sources please", "And your references?", "what are your sources?"),
        *("where did you get that?", "where is this from", "which paper says so?", "says who?"),
    ],
)
def test_where_an_answer_comes_from_is_told_by_all_papers_that_it_cites(text):
    moss, bees = Paper("moss", "Moss", "A text."), Paper("bees", "Bees", "A text.")
    cited = tuple(Citation(n, each, "A text.", 0, 7, 1.0) for n, each in ((1, moss), (2, bees)))
    query = understand(text, (*TALKED, Message("assistant", "A text. [1] A text. [2]", cited)))
    assert (query.asks_for, query.fields, query.about) == ("records", ("link",), (moss, bees))


@pytest.mark.parametrize("text", ["sources of error?", "which papers say that moss grows?"])
def test_sources_that_are_a_topic_are_asked_of_the_papers(text):
    cited = (Citation(1, Paper("moss", "Moss", "A text."), "A text.", 0, 7, 1.0),)
    query = understand(text, (*TALKED, Message("assistant", "A text. [1]", cited)))
    assert query.asks_for == "papers"


def test_papers_of_an_author_are_asked_for_without_a_topic():
    query = understand("papers by Ada Byron")
    assert (query.topic, query.filters) == ("", Filters(authors=("Ada Byron",)))


@pytest.mark.parametrize(
    ("text", "history", "expected"),
    [
        ("what results?", TALKED, FIRST),
        ("what about graphs?", TALKED, "what about graphs?"),
        ("what results?", (), "what results?"),
        ("papers since 2020", TALKED, ""),  # the papers that pass are asked for
    ],
)
def test_a_question_keeps_its_subject_where_it_has_one(text, history, expected):
    assert understand(text, history).subject == expected


def test_a_rewritten_question_is_the_last_thing_said_for_the_search_alone():
    query = Query("and graphs?", "and graphs?", "and graphs?", NO_FILTERS, TALKED, "Which graphs?")
    assert query.searched_history == (*TALKED, Message("user", "Which graphs?"))
    assert query.earlier == [FIRST]


def test_authors_are_looked_for_in_what_others_have_written_meanwhile():
    seen = []
    reading = QueryParser(lambda _: [], lambda: seen.append("looked"))
    reading.understand(FIRST)
    assert seen == ["looked"]


@pytest.mark.parametrize(
    "question", ["how do otters sleep?", "Which papers are about otters?", "papers on dams"]
)
def test_what_a_question_is_searched_by_is_told_before_it_is_understood(question):
    told = []
    parser = QueryParser(lambda _: [], expect=told.append)
    assert [parser.understand_search(question).topic] == told
    parser.understand_search("and dams?", [Message("user", question)])
    assert len(told) == 1
