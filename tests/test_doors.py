"""Other people's parts in the place of the library's own, through `Library.open` and `ask`."""

from __future__ import annotations

import re

import pytest
from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata

from rag.answering.drafts import Draft
from rag.errors import ConfigurationError
from rag.library import Library
from rag.sentences import Sentence, split_sentences
from rag.types import Citation, Filters, Message, Paper
from rag.verification.citations import Verified
from rag.verification.support import Support
from tests.support.letters import LetterEmbedding

CRABS = Paper(
    "crabs",
    "Tidal Clocks in Shore Crabs",
    "Shore crabs keep time with the sea. Their activity peaked every 12.4 hours.",
    published="2022-01-03",
)
BREAD = Paper("bread", "A Crust That Stays Crisp", "Steam in the oven keeps a crust crisp.")
OLD = Paper("old", "Crabs of the Last Century", "Crabs were caught by hand.", published="1950")
QUESTION = "How often does the activity of shore crabs peak?"
PEAK = split_sentences(CRABS.abstract)[1]


@pytest.fixture
def open_library(lexical_settings, tmp_path):
    """Opens a library of three papers with parts of one's own, the folder being the same."""

    def opened(**parts):
        library = Library.open(tmp_path / "own", **{"settings": lexical_settings, **parts})
        library.ingest([CRABS, BREAD, OLD])
        return library

    return opened


class Shelf:
    """Scores papers as it was told to, whatever is asked."""

    def __init__(self, **scores):
        self.scores, self.asked = scores, []

    def candidates(self, query, admission):
        self.asked.append((query, admission))
        return self.scores


def found(library, question=QUESTION, **asked):
    return [hit.paper.paper_id for hit in library.search(question, **asked)]


def test_a_retriever_of_ones_own_answers_through_the_engine(open_library):
    with open_library(retriever=Shelf(crabs=7.0)) as library:
        answer = library.ask(QUESTION)
        assert (answer.status, answer.papers) == ("answered", (CRABS,))
        assert "12.4 hours" in answer.text
        assert {c.quote for c in answer.citations} <= {
            s.text for s in split_sentences(CRABS.abstract)
        }


def test_its_scores_order_the_papers_and_the_best_is_1(open_library):
    with open_library(retriever=Shelf(old=2.0, crabs=1.0, bread=8.0, unknown=9.0)) as library:
        hits = library.search("What keeps a crust?", 2)
        assert [(hit.paper, hit.score) for hit in hits] == [(BREAD, 8 / 9), (OLD, 2 / 9)]


def test_it_searches_for_every_face_of_the_library(open_library):
    with open_library(retriever=Shelf(crabs=1.0)) as library:
        assert [node.node_id for node in library.as_retriever().retrieve(QUESTION)] == ["crabs#0"]
        response = library.as_query_engine().query(QUESTION)
        assert [node.node_id for node in response.source_nodes] == ["crabs#0"]
        assert library.with_llm("extractive").ask(QUESTION).papers == (CRABS,)


def test_it_is_given_the_question_the_filters_and_the_conversation(open_library):
    history = [Message("user", "What keeps time?"), Message("assistant", "Crabs.")]
    shelf = Shelf(crabs=1.0)
    with open_library(retriever=shelf) as library:
        library.ask("How often do they peak since 2020?", history)
    ((query, admission),) = shelf.asked
    assert query.topic == "How often do they peak?"
    assert query.filters == admission.filters == Filters(since=2020)
    assert query.history == tuple(history)
    assert admission.few == ["crabs"]


def test_filters_hold_whatever_it_gives(open_library):
    with open_library(retriever=Shelf(crabs=1.0, old=5.0)) as library:
        assert found(library) == ["old", "crabs"]
        assert found(library, filters=Filters(since=2020)) == ["crabs"]
        assert found(library, "since 2020") == ["crabs"]  # no topic: it is not asked


def test_a_paper_that_is_named_comes_first_whatever_it_gives(open_library):
    with open_library(retriever=Shelf(crabs=1.0, old=5.0)) as library:
        assert found(library, "What does “A Crust That Stays Crisp” say?") == [
            "bread",
            "old",
            "crabs",
        ]


def test_what_it_does_not_find_is_not_answered(open_library):
    with open_library(retriever=Shelf()) as library:
        answer = library.ask("Why do crabs walk sideways?")
        assert (answer.status, answer.reason) == ("abstained", "not_in_library")


class Repeating(CustomLLM):
    """A model that says one thing."""

    said: str

    @property
    def metadata(self):
        return LLMMetadata(model_name="repeating", is_chat_model=False)

    def complete(self, prompt, formatted=False, **kwargs):
        return CompletionResponse(text=self.said)

    def stream_complete(self, prompt, formatted=False, **kwargs):
        yield CompletionResponse(text=self.said, delta=self.said)


class Doubter:
    """Finds that no paper says anything."""

    def check(self, pairs):
        return [Support(Sentence("", 0, 0), 0.0, "unsupported") for _ in pairs]


def test_a_model_of_ones_own_writes_and_a_verifier_of_ones_own_decides_what_it_may_say(
    open_library,
):
    parts = {"llm": Repeating(said=PEAK.text), "retriever": Shelf(crabs=1.0)}
    with open_library(**parts) as library:
        answer = library.ask(QUESTION)
        assert (answer.mode, answer.removed) == ("repeating", ())
        assert [citation.quote for citation in answer.citations] == [PEAK.text]
    with open_library(**parts, verifier=Doubter()) as library:
        answer = library.ask(QUESTION)
        assert (answer.mode, answer.removed) == ("extractive", (PEAK.text,))


class Quoting:
    """A writer that quotes the last sentence of the best paper."""

    mode = "quoting"
    is_extractive = True

    def write(self, question, history, hits):
        paper = hits[0].paper
        last = split_sentences(paper.abstract)[-1]
        citation = Citation(1, paper, last.text, last.start, last.end, 1.0)
        yield Draft()
        yield Draft(Verified(f"{last.text} [1]", (citation,)))


def test_a_writer_of_ones_own_answers(open_library):
    with open_library(writer=Quoting()) as library:
        assert (library.mode, library.is_extractive) == ("quoting", True)
        answer = library.ask(QUESTION)
        assert (answer.mode, answer.text) == ("quoting", f"{PEAK.text} [1]")
        assert (answer.status, answer.papers) == ("answered", (CRABS,))
        assert library.with_settings(library.settings).mode == "quoting"
        assert library.with_llm("extractive").ask(QUESTION).mode == "extractive"


def test_an_embedder_of_ones_own_finds_and_answers(open_library, lexical_settings):
    settings = lexical_settings.model_copy(update={"embedder": "minilm"})
    with open_library(embedder=LetterEmbedding(), settings=settings) as library:
        hits = library.search("How long do peaks of crabs last?")
        assert all(hit.dense_similarity is not None for hit in hits)
        assert library.ask(QUESTION).papers[:1] == (CRABS,)


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (
            {"retriever": lambda query, admission: {}},
            "retriever that is given, of type function, has no candidates",
        ),
        (
            {"retriever": Shelf},
            "retriever that is given is a class: give an object of it, such as Shelf()",
        ),
        ({"verifier": "entailment"}, "verifier that is given, of type str, has no check"),
        (
            {"writer": Shelf()},
            "writer that is given, of type Shelf, has no write or mode or is_extractive",
        ),
        ({"embedder": "minilm"}, "a name goes to RAG_EMBEDDER"),
        ({"llm": object()}, "of type object, has no metadata"),
    ],
)
def test_what_is_no_such_part_is_told_at_once_and_makes_no_folder(tmp_path, parts, told):
    with pytest.raises(ConfigurationError, match=re.escape(told)):
        Library.open(tmp_path / "none", **parts)
    assert not (tmp_path / "none").exists()
