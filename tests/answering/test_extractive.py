"""Which sentences answer without a model: those that do what the question asks for."""

from __future__ import annotations

import pytest

from rag.answering.extractive import ExtractiveWriter
from rag.answering.roles import ASSUMES, COSTS, FINDS, INTRODUCES, PROPOSES, RESULTS, asked_role
from rag.answering.weighing import prior_scores
from rag.embedding import build_embedder
from rag.settings import Settings
from rag.types import Citation, Hit, Message, Paper
from rag.verification.maxsim import LATE_WEIGHT

INTRODUCED = "We introduce the tidal lattice, a mesh of buoys that reads waves."
ASSUMED = "The lattice assumes that no buoy of the mesh sinks."
USED = "The tidal lattice is used in three harbours of the north."
MEASURED = "The tidal lattice reduces the error of the waves by 12 %."
LIMITED = "A limitation of the tidal lattice is the price of its buoys."
LINKED = "The code of the tidal lattice and its models are publicly available."
LATTICE = Paper(
    "lattice",
    "Reading Waves With a Lattice",
    " ".join((INTRODUCED, ASSUMED, USED, MEASURED, LIMITED, LINKED)),
)
OTHER = Paper("other", "A Lattice of Buoys in Ice", "The tidal lattice of buoys freezes in ice.")


def quotes(question, *papers, words=30):
    """What is quoted, of hits that come equally close."""
    writer = ExtractiveWriter(None, lambda _: 1.0, words)
    (draft,) = writer.write(question, (), [Hit(paper, 0.9, ()) for paper in papers])
    return [citation.quote for citation in draft.verified.citations]


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("What is a tidal lattice?", INTRODUCED),
        ("so what's tidal lattice", INTRODUCED),
        ("explain the tidal lattice", INTRODUCED),
        ("What does “Reading Waves With a Lattice” propose?", INTRODUCED),
        ("What does “Reading Waves With a Lattice” bring?", INTRODUCED),
        ("What results does “Reading Waves With a Lattice” report?", MEASURED),
        ("how well does the tidal lattice work?", MEASURED),
        ("Which limitations does “Reading Waves With a Lattice” speak of?", LIMITED),
        ("What does “Reading Waves With a Lattice” assume?", ASSUMED),
        ("which paper has a mesh of buoys for waves?", INTRODUCED),
    ],
)
def test_a_sentence_that_does_what_is_asked_is_quoted(question, sentence):
    assert sentence in quotes(question, LATTICE)


@pytest.mark.parametrize("words", [10, 30, 200])
def test_where_code_lies_is_quoted_only_when_asked(words):
    assert LINKED not in quotes("What is a tidal lattice?", LATTICE, words=words)
    assert LINKED in quotes("where is the code of the tidal lattice?", LATTICE, words=words)
    assert LINKED in quotes("are the models of the tidal lattice public?", LATTICE, words=words)


def test_of_papers_asked_about_those_that_say_it_are_selected(starter):
    first = starter.ask("list all papers about spiking neural networks")
    history = (Message("user", first.question), Message("assistant", first.text, first.citations))
    chosen = starter.ask("which of those use knowledge transfer?", history).papers
    assert len(first.papers) > 5
    assert [paper.title.split(" for ")[0] for paper in chosen] == [
        "An Efficient Knowledge Transfer Strategy"
    ]


def test_a_question_of_an_abstract_answers_none():
    paper = Paper("ask", "Buoys", "Why do the buoys of a lattice sink? The buoys of ice sink.")
    assert quotes("why do buoys of a lattice sink?", paper, words=200) == ["The buoys of ice sink."]


def test_a_paper_that_is_only_named_is_told_from_what_it_does_on():
    for question in ("reading waves", "summarise the waves lattice paper", "tell me about waves"):
        assert quotes(question, LATTICE, words=200)[0] == INTRODUCED


def test_a_sentence_that_leans_on_the_one_before_comes_behind_it():
    before = "Waves meet behind an island in a line."
    paper = Paper("g", "Islands", f"Islands are small. {before} This line is known as a tombolo.")
    assert quotes("what is a tombolo?", paper)[:2] == [before, "This line is known as a tombolo."]


def test_simpler_words_are_fewer():
    history = (
        Message("user", "What results does “Reading Waves With a Lattice” report?"),
        Message("assistant", "", (Citation(1, LATTICE, "", 0, 0, 1.0),)),
    )
    writer = ExtractiveWriter(None, lambda _: 1.0, 200)
    (draft,) = writer.write("in simple words", history, [Hit(LATTICE, 0.9, (), is_named=True)])
    assert len(draft.verified.citations) <= 2
    assert draft.verified.citations[0].quote == MEASURED


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("on what data was it tested", "Experiments on the Harbour-9 recordings last a year."),
        ("what accuracy does it reach", "The lattice reaches 93% in calm seas."),
        ("what problem does it solve", "However, old buoys suffer from ice."),
    ],
)
def test_a_role_leads_with_the_sentence_that_does_it_best(question, sentence):
    abstract = (
        "Images of buoys are old news. However, old buoys suffer from ice. We propose lattices of "
        "two hundred tasks and images. Experiments on the Harbour-9 recordings last a year. "
        "The lattice reaches 93% in calm seas."
    )
    quote = quotes(question, Paper("h", "Ice", abstract), words=60)[0]
    assert sentence.endswith(quote[1:])


def test_to_report_is_not_to_ask_for_a_repository():
    assert LINKED not in quotes("What results does it report?", LATTICE, words=200)


def test_a_paper_that_says_only_where_its_code_lies_is_still_quoted():
    bare = Paper("bare", "A Lattice of Links", LINKED)
    assert quotes("What is a tidal lattice?", bare) == [LINKED]


def test_a_paper_that_is_named_by_its_title_answers_alone():
    asked = "What results does “Reading Waves With a Lattice” report?"
    assert MEASURED in quotes(asked, OTHER, LATTICE)
    assert OTHER.abstract not in quotes(asked, OTHER, LATTICE)
    assert OTHER.abstract in quotes("How do tidal lattices fare?", OTHER, LATTICE)


def test_all_papers_that_are_named_answer():
    asked = "compare “Reading Waves With a Lattice” with “A Lattice of Buoys in Ice”"
    assert {OTHER.abstract} < set(quotes(asked, OTHER, LATTICE))


@pytest.mark.parametrize(
    "sentence", ["To improve the lattice we add buoys.", "To achieve this, buoys are added."]
)
def test_what_is_only_striven_for_is_no_result(sentence):
    assert not RESULTS.search(sentence)


def test_a_paper_that_came_close_but_hardly_meets_the_question_is_left_out(cache):
    embedder = build_embedder(Settings(cache=cache))
    embedder.prepare()
    writer = ExtractiveWriter(embedder.find_encoder(), lambda _: 1.0, 60)
    near = Paper("near", "Meshes of Buoys", "A mesh of buoys measures the waves in a harbour.")
    far = Paper("far", "Baking With Rye", "Rye dough wants a warm kitchen and a long night.")
    hits = [Hit(paper, 0.9, ()) for paper in (LATTICE, far, near)]
    (draft,) = writer.write("which papers measure waves with buoys?", (), hits)
    assert {citation.paper.paper_id for citation in draft.verified.citations} == {"lattice", "near"}
    (draft,) = writer.write("which papers measure waves with buoys?", (), [hits[1]])
    assert [citation.paper.paper_id for citation in draft.verified.citations] == [
        "far"
    ]  # the best there is


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What are graph neural networks?", INTRODUCES),
        ("tell me about dropout", INTRODUCES),
        ("what does over-squashing mean?", INTRODUCES),
        ("who proposed dropout?", PROPOSES),
        ("What does “On Limitations of Results” propose?", PROPOSES),
        ("which results does it get?", RESULTS),
        ("what does the paper on bells show?", FINDS),
        ("drawbacks of dropout?", COSTS),
        ("what is assumed of the noise?", ASSUMES),
    ],
)
def test_a_question_tells_what_it_wants_outside_of_titles(question, said):
    role = asked_role(question)
    assert role is not None
    assert role.said is said


@pytest.mark.parametrize(
    "question",
    [
        "What is the average gain over a plain student?",
        "explain why deep networks generalise",
        "which papers prune filters?",
        "does dropout slow training down?",
        "“What is a tidal lattice?”",
        "",
    ],
)
def test_other_questions_want_no_special_sentence(question):
    assert asked_role(question) is None


TIDES = Paper(
    "tides",
    "TideNet",
    "We propose TideNet, a net of tides. It counts crabs at night. It errs by 3 % then.",
)


def answer_text(question, *papers):
    writer = ExtractiveWriter(None, lambda _: 1.0, 100)
    hits = [Hit(paper, 0.9, (), is_named=True) for paper in papers]
    (draft,) = writer.write(question, (), hits)
    return draft.verified.text


def test_an_answer_has_the_form_that_is_asked_for():
    assert answer_text("what is a tidal lattice, as bullet points", LATTICE).count("\n- ") > 1
    assert answer_text("what is a tidal lattice, in one sentence", LATTICE).count("[1]") == 1
    assert answer_text("one sentence only: what is a tidal lattice?", LATTICE).count("[1]") == 1


def test_only_the_title_is_told_where_only_it_is_asked_for():
    text = answer_text("is there a paper on tidal lattices? just the title", LATTICE)
    assert text == f"- **{LATTICE.title}** [1]"


def test_compared_papers_are_told_alike():
    text = answer_text("what is the difference between TideNet and the lattice?", LATTICE, TIDES)
    assert INTRODUCED in text
    assert "We propose TideNet" in text


def test_what_others_proposed_is_not_what_a_paper_proposes():
    foreign = "The idea of the net was proposed in Tee et al. and is used by all."
    own = "We propose the net of bells, which rings."
    paper = Paper("bells", "Bells", f"{foreign} {own}")
    assert quotes("What does “Bells” propose?", paper)[0] == own


def test_the_sentence_that_says_otherwise_leads_where_a_reason_is_asked():
    says = "Small buoys increase the noise of the tidal lattice."
    says_not = "Large buoys do not increase the noise of the tidal lattice."
    paper = Paper("noise", "Noise of Buoys", f"{says} {says_not} {says_not.replace('not ', '')}")
    asked = "why do buoys increase the noise of the tidal lattice?"
    assert prior_scores(asked, [says, says_not]).argmax() == 1
    assert quotes(asked, paper, words=200)[0] == says_not


def test_what_others_did_before_costs_unless_it_is_asked_for():
    texts = ["Waves are often read by buoys.", "We read waves by bells."]
    assert prior_scores("how are waves read?", texts)[0] < LATE_WEIGHT / 2
    assert prior_scores("what is the motivation?", texts)[0] == 0


def test_each_part_of_a_question_has_its_sentence():
    asked = "tidal lattice: which limitations has it, what does it assume?"
    assert quotes(asked, LATTICE, words=30)[1:] in ([ASSUMED], [LIMITED])
    assert set(quotes(asked, LATTICE, words=30)) == {ASSUMED, LIMITED}
