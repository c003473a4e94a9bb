"""What is told without a model and without abstracts: from records, and of the assistant."""

from __future__ import annotations

import pytest

from rag.answering.records import describe_record
from rag.types import Message, Paper

PAPERS = [
    Paper(
        "1706.03762",
        "Tidal Clocks in Crabs",
        "We introduce tidal clocks. Code is available at https://example.org/tides.",
        ("Ada Byron", "Bo Tee"),
        "2021-03",
        "https://arxiv.org/abs/1706.03762",
        "Journal of Shores",
    ),
    Paper("b", "A Survey of Tidal Clocks", "We review clocks of crabs.", published="2023"),
    Paper("c", "Moss as a Meter", "Moss measures the air."),
]


@pytest.fixture(scope="module")
def library(words_library):
    return words_library


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("how many papers are here?", ["3 papers", "2 of them"]),
        ("how many papers on tidal clocks?", ["2 papers"]),
        ("list all surveys", ["1 paper", "A Survey of Tidal Clocks"]),
        ("what is the newest paper?", ["2023", "2 have a recorded date"]),
        ("all papers from 2021", ["Tidal Clocks in Crabs", "1 paper without a recorded date"]),
        ("papers by Ada Byron", ["1 paper is by Ada Byron"]),
        ("Byron & Tee, 2021", ["Tidal Clocks in Crabs"]),
        ("Byron", ["1 paper is by Byron"]),
        ("Hopper et al. (1952)", ["No paper by Hopper"]),
        ("who wrote “Moss as a Meter” and what is it about?", ["No author", "measures the air"]),
        ("do you have something from Grace Hopper?", ["No paper by Grace Hopper"]),
        ("papers by Grace Hopper", ["No paper by Grace Hopper", "1 of the 3 papers"]),
        ("who is hopper", ["No paper by Hopper"]),
        ("what does Hopper say about moss?", ["No paper by Hopper"]),
        ("papers with grace hopper among the authors", ["No paper by Grace Hopper"]),
        ("which of my papers mention moss or crabs?", ["Moss as a Meter", "Tidal Clocks in Crabs"]),
        ("papers that are not about clocks", ["1 paper that does not mention", "Moss as a Meter"]),
        ("what was added recently?", ["When a paper was added is not recorded", "Moss as a Meter"]),
        ("how many papers on clock systems", ["2 papers with “clock” in the title"]),
        ("list 2 papers on tidal clocks", ["2 papers with “tidal clocks” in the title"]),
        ("who wrote the CRABS paper", ["Ada Byron"]),
        ("show me papers with code", ["1 of the 3 papers has", "https://example.org/tides"]),
        ("which papers have no date?", ["1 of the 3 papers has no recorded date", "Moss"]),
        ("undated papers", ["Moss as a Meter"]),
        ("which papers have code?", ["1 of the 3 papers has", "https://example.org/tides"]),
        ("what years do the papers cover", ["2 of them", "from 2021 to 2023", "2023: 1 paper"]),
        ("who has the most papers here?", ["1 of the 3 papers has", "2 in all", "Bo Tee: 1 paper"]),
        ("how many papers have a recorded author", ["1 of the 3 papers"]),
        ("thx! and any surveys?", ["A Survey of Tidal Clocks"]),
        ("code for “Tidal Clocks in Crabs”", ["https://example.org/tides"]),
        ("who is byron?", ["1 paper is by byron"]),
        ("papers by byron", ["1 paper is by byron"]),
        ("what is the result of Hopper and Knuth 1952?", ["No paper by Hopper"]),
        ("what is in arxiv.org/abs/1706.03762", ["Tidal Clocks in Crabs"]),
        ("who wrote “Tidal Clocks in Crabs”?", ["Ada Byron, Bo Tee"]),
        ("who wrote “Moss as a Meter”?", ["No author is recorded"]),
        ("when was “Tidal Clocks in Crabs” published?", ["2021-03"]),
        ("where was “Tidal Clocks in Crabs” published?", ["Journal of Shores"]),
        ("bibtex of “Tidal Clocks in Crabs”", ["@", "Byron"]),
        ("is the code of “Tidal Clocks in Crabs” available?", ["https://example.org/tides"]),
        ("is there code for “Moss as a Meter”?", ["names no code"]),
        (
            "which of “Tidal Clocks in Crabs” and “A Survey of Tidal Clocks” came first?",
            ["2021-03", "2023"],
        ),
        ("do you have 1706.03762?", ["Tidal Clocks in Crabs"]),
        ("do you have https://arxiv.org/abs/1706.03762v2?", ["Tidal Clocks in Crabs"]),
    ],
)
def test_records_are_told_exactly(library, question, said):
    answer = library.ask(question)
    assert (answer.status, answer.origin) == ("answered", "records")
    assert [part for part in said if part not in answer.text] == []
    assert all(c.paper.abstract[c.start : c.end] == c.quote for c in answer.citations)


def test_titles_alone_are_listed_where_only_they_are_asked_for(library):
    first = library.ask("list all papers on tidal clocks, just the titles")
    assert "We introduce" not in first.text
    history = (Message("user", first.question), Message("assistant", first.text, first.citations))
    again = library.ask("only the titles please", history)
    assert again.papers == first.papers
    assert "Survey" in again.text


def test_who_a_name_of_the_library_is_no_unknown_author(library):
    assert "No paper by" not in library.ask("what does Moss measure?").text


def test_where_the_code_is_is_told_beside_an_address_that_is_not_recorded():
    paper = Paper("s", "Sand", "We sift sand. Code is available at https://example.org/sand.")
    said = describe_record(paper, ("link",), 1)
    assert said.startswith("No address is recorded")
    assert said.endswith("Code is available at https://example.org/sand. [1]")


def test_a_count_names_its_papers_and_a_list_says_what_each_does(library):
    counted = library.ask("how many papers on tidal clocks?").text
    listed = library.ask("list all papers on tidal clocks").text
    assert "2. **Tidal Clocks in Crabs** (Byron et al., 2021) [2]" in counted.splitlines()
    assert "2. **Tidal Clocks in Crabs** (Byron et al., 2021): " in listed


def test_an_id_that_is_not_here_is_told_as_that(library):
    answer = library.ask("what is 2101.00001 about?")
    assert (answer.status, answer.reason) == ("abstained", "not_in_library")
    assert "2101.00001" in answer.text


@pytest.mark.parametrize(
    "message",
    [
        "hello",
        "thanks!",
        "who are you?",
        "how do I add a PDF?",
        "can you read pdfs?",
        "what's the most cited paper?",
        "no, that's wrong",
    ],
)
def test_the_assistant_speaks_of_itself_and_cites_nothing(library, message):
    answer = library.ask(message)
    assert (answer.status, answer.origin, answer.citations) == ("answered", "assistant", ())
    assert "$" not in answer.text


def test_another_language_is_told_in_that_language(library):
    answer = library.ask("Was ist eine Gezeitenuhr?")
    assert (answer.status, answer.reason) == ("abstained", "another_language")
    assert "Englisch" in answer.text


def test_a_turn_to_another_topic_keeps_the_numbers_of_the_conversation(library):
    first = library.ask("What does “Tidal Clocks in Crabs” introduce?")
    history = [
        Message("user", first.question),
        Message("assistant", first.text, first.citations),
    ]
    answer = library.ask("and moss?", history)
    assert [(c.paper.paper_id, c.marker) for c in answer.citations][:1] == [("c", 2)]


def test_a_follow_up_asks_the_record_of_the_paper_that_was_cited(library):
    first = library.ask("What does “Tidal Clocks in Crabs” introduce?")
    history = [
        Message("user", first.question),
        Message("assistant", first.text, first.citations),
    ]
    answer = library.ask("who wrote it?", history)
    assert "Ada Byron" in answer.text
    assert [paper.paper_id for paper in answer.papers] == ["1706.03762"]


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Tidal Clocks in Crabs", "No other paper by Ada Byron or Bo Tee"),
        ("Moss as a Meter", "No author is recorded"),
    ],
)
def test_what_else_the_authors_wrote_is_asked_of_the_records(library, title, said):
    first = library.ask(f"What does “{title}” say?")
    history = [Message("user", first.question), Message("assistant", first.text, first.citations)]
    assert said in library.ask("what else did they write?", history).text


def test_a_collection_that_is_not_there_is_told_as_that(library):
    answer = library.ask("what is in my Dunes collection?")
    assert (answer.status, answer.origin) == ("abstained", "records")
    assert "No collection of this library is called “Dunes”. There is none yet." in answer.text


def test_other_papers_leave_out_those_that_were_cited(library):
    first = library.ask("What does “A Survey of Tidal Clocks” review?")
    history = [Message("user", first.question), Message("assistant", first.text, first.citations)]
    others = library.ask("any other papers on clocks?", history)
    assert [paper.paper_id for paper in others.papers] == ["1706.03762"]


def test_a_place_that_no_answer_has_and_a_single_paper_to_compare_are_told(library):
    first = library.ask("all papers from 2021")
    history = [Message("user", first.question), Message("assistant", first.text, first.citations)]
    for question, said in (("the ninth one", "cites 1 paper"), ("compare them", "only one paper")):
        answer = library.ask(question, history=history)
        assert (answer.origin, answer.citations) == ("assistant", ())
        assert said in answer.text


def test_a_listing_is_narrowed_by_what_follows(library):
    first = library.ask("any papers on tidal clocks")
    history = [Message("user", first.question), Message("assistant", first.text, first.citations)]
    answer = library.ask("only the ones since 2022", history=history)
    assert answer.origin == "records"
    assert [paper.title for paper in answer.papers] == ["A Survey of Tidal Clocks"]


def test_a_place_by_itself_asks_for_the_same_field_again(library):
    history = []
    for question in ("all surveys and papers on tidal clocks", "bibtex of the first one"):
        answer = library.ask(question, history=history)
        history += [Message("user", question), Message("assistant", answer.text, answer.citations)]
    answer = library.ask("and the second", history=history)
    assert "@misc" in answer.text
    assert answer.papers != history[-1].citations[0].paper


def test_a_detail_of_a_thing_that_papers_only_mention_is_declined_for_them(library):
    answer = library.ask("which GPU was MOSS trained on?")
    assert answer.reason == "not_in_abstract"
    assert [hit.paper.title for hit in answer.hits] == ["Moss as a Meter"]


@pytest.mark.parametrize("question", ["only the newest", "which is the newest one?"])
def test_the_newest_is_asked_of_the_papers_before(library, question):
    first = library.ask("papers about tidal clocks")
    history = [Message("user", first.question), Message("assistant", first.text, first.citations)]
    answer = library.ask(question, history=history)
    assert answer.origin == "records"
    assert "2 papers on “tidal clocks”" in answer.text
    assert answer.papers[0].title == "A Survey of Tidal Clocks"


@pytest.mark.parametrize("question", ["the newest of them?", "which is the latest?"])
@pytest.mark.parametrize("first", ["papers by Ada Byron", "which papers are from 2021?"])
def test_the_newest_is_asked_of_the_papers_that_pass_the_same_filters(library, first, question):
    before = library.ask(first)
    history = [Message("user", first), Message("assistant", before.text, before.citations)]
    answer = library.ask(question, history=history)
    assert answer.text.startswith("The newest is **Tidal Clocks in Crabs**")
    assert "Of the 1 paper " in answer.text
    assert [paper.title for paper in answer.papers] == ["Tidal Clocks in Crabs"]


@pytest.mark.parametrize("question", ["surprise me", "tell me something interesting"])
def test_who_asks_for_anything_is_told_what_there_is(library, question):
    answer = library.ask(question)
    assert (answer.status, answer.origin) == ("answered", "records")


def test_a_long_question_with_a_name_is_not_declined_for_the_papers_that_have_it(library):
    question = "how many tides and moons do clocks of CRABS count in harbours with sand and waves?"
    assert library._parser.understand(question).about == ()


def test_a_declined_question_keeps_its_paper_for_the_next(library):
    asked = "which GPU does “Moss as a Meter” use?"
    first = library.ask(asked)
    assert first.reason == "not_in_abstract"
    history = [Message("user", asked), Message("assistant", first.text, first.citations)]
    answer = library.ask("and the batch size?", history=history)
    assert answer.reason == "not_in_abstract"
    assert answer.hits[0].paper.title == "Moss as a Meter"


def test_nouns_in_er_are_told_from_words_with_their_stem(starter):
    listed = starter.ask("list all papers about transformers")
    assert listed.papers
    assert all("transformer" in f"{p.title} {p.abstract}".lower() for p in listed.papers)


def test_papers_that_have_a_topic_word_for_word_are_listed_first(starter):
    first = starter.ask("list all papers about graph transformers").text.split("1. ")[1]
    title = first.split("**")[1]
    (paper,) = [hit.paper for hit in starter.search(title, k=1)]
    assert "graph transformer" in f"{paper.title} {paper.abstract}".lower()
