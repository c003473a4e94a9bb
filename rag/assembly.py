"""Build the engine and its parts for a library: the one place where they are put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from rag.answering.drafts import Writer
from rag.answering.extractive import ExtractiveWriter
from rag.answering.gate import AnswerabilityModel
from rag.answering.responder import DirectResponder
from rag.answering.tabulating import Tabulator
from rag.answering.thorough import Thorough
from rag.answering.topic_shift import TopicShiftModel
from rag.embedding import MINILM, Embedder, load_pair_scorer
from rag.embedding.encoding import CachedEncoder
from rag.engine import AnswerEngine
from rag.errors import ConfigurationError, EmbedderUnavailableError
from rag.query.assistant_questions import AssistantQuestions
from rag.query.paper_lookup import PaperLookup
from rag.query.understanding import QueryParser
from rag.research.budget import Budget
from rag.research.researcher import Researcher
from rag.retrieval.dense import DenseRetriever
from rag.retrieval.hybrid import HybridRetriever
from rag.retrieval.lexical import LexicalRetriever
from rag.retrieval.matching import MaxSimScorer
from rag.retrieval.pairs import PairReranker
from rag.retrieval.protocols import PaperFinder, Retriever
from rag.retrieval.reranking import MaxSimReranker, Reranker
from rag.retrieval.search import PaperSearch
from rag.settings import Settings
from rag.store.index import PaperIndex
from rag.store.lexical import LexicalIndex
from rag.types import OWNER, Actor, Answer, Citation, Filters, Hit, Message, Paper
from rag.verification.entailment import load_entailment_model
from rag.verification.similarity import SimilarityVerifier
from rag.verification.support import Verifier
from rag.verification.terms import idf

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

    from rag.answering.cell_writing import CellWriter
    from rag.answering.generation import AnswerForm
    from rag.answering.translating import Translator
    from rag.query.condensing import Condenser
    from rag.verification.second_verifier import SecondVerifier

OnAnswer = Callable[[Answer, float], None]

THOROUGH_LENGTH: Final = 2  # times the tokens of a quick answer
THOROUGH_EXCERPT: Final = 150  # tokens that a model sees of each paper but the best
ANSWER_SHARE: Final = 4  # of what is left of a budget the answer takes at most a quarter
FRAME_TOKENS: Final = 400  # of a prompt, beside papers and conversation; the question is a part
LEAST_CONTEXT: Final = 200  # tokens, as of `Settings.context_tokens`


@dataclass(frozen=True, slots=True)
class Parts:
    """What a caller gives in the place of the library's own parts, which None stands for.

    Attributes:
        retriever: Scores the papers that a question may be about.
        verifier: Checks what a model writes.
        writer: Writes the answers.
        on_answer: Told each whole answer and the seconds that it took.
        actor: Who uses the library.
    """

    retriever: Retriever | None = None
    verifier: Verifier | None = None
    writer: Writer | None = None
    on_answer: OnAnswer | None = None
    actor: Actor = OWNER


OWN_PARTS: Final = Parts()


def both(*tell: OnAnswer | None) -> OnAnswer | None:
    """Return what tells an answer to all who want to know; None where nobody does."""
    wanted = [each for each in tell if each]
    if not wanted:
        return None

    def tell_all(answer: Answer, seconds: float) -> None:
        for each in wanted:
            each(answer, seconds)

    return tell_all


def find_embedder(index: PaperIndex) -> Embedder | None:
    """Return the library's embedder, when its papers have vectors and the model can be loaded."""
    embedder = index.embedder
    if embedder is None or not index.has_vectors:
        return None
    try:
        embedder.prepare()
    except EmbedderUnavailableError:
        return None
    return embedder


def build_parser(index: PaperIndex) -> QueryParser:
    """Build what understands questions, with the authors of an index in mind."""

    def begin_query(question: str) -> None:
        if index.embedder and index.has_vectors:
            index.embedder.begin_query(question)

    return QueryParser(
        index.lexical.find_authors,
        index.refresh,
        build_lookup(index),
        build_assistant_questions(index),
        begin_query,
    )


def build_assistant_questions(index: PaperIndex) -> AssistantQuestions | None:
    """Build what knows questions for the assistant by example; None without the local embedder."""
    embedder = find_embedder(index)
    if embedder is None or embedder.name != MINILM:
        return None
    return AssistantQuestions(embedder.embed_fixed, embedder.embed_text)


def build_lookup(index: PaperIndex) -> PaperLookup:
    """Build the look-up of papers; without a vocabulary every word may be one of the language."""

    def knows_word(word: str) -> bool:
        embedder = find_embedder(index)
        return embedder is None or embedder.knows_word(word) is not False

    return PaperLookup(index, knows_word)


def build_finder(
    index: PaperIndex,
    settings: Settings,
    retriever: Retriever | None = None,
    reranker: Reranker | None = None,
) -> PaperFinder:
    """Dense and lexical retrieval over an index, or the retriever that takes their place.

    Lexical only when there is no embedder; a `dense_weight` of 0 or 1 leaves one of the two.

    Args:
        index: The papers.
        settings: What the user set.
        retriever: In the place of both.
        reranker: In the place of the one that the settings name.
    """
    embedder = find_embedder(index)
    dense = DenseRetriever(index, embedder, settings.candidates_k) if embedder else None
    if retriever is not None:
        return PaperSearch(index, retriever, dense, settings.candidates_k)
    return HybridRetriever(
        index,
        dense,
        LexicalRetriever(index, settings.candidates_k),
        dense_weight=settings.dense_weight,
        reranker=reranker or _build_reranker(index, embedder, settings),
    )


def _build_reranker(
    index: PaperIndex, embedder: Embedder | None, settings: Settings
) -> Reranker | None:
    """Build the reranker that the settings name; MaxSim needs an embedder that knows words."""
    if pairs := load_pair_scorer(settings.reranker, settings.cache.expanduser()):
        return PairReranker(index, pairs)
    if embedder is None or settings.reranker == "none" or not 0 < settings.dense_weight < 1:
        return None
    encoder, follow_ups = embedder.find_question_encoder(), embedder.find_encoder()
    words = embedder.find_words()
    if encoder is None or follow_ups is None or words is None:
        return None
    scorer = MaxSimScorer(encoder, follow_ups, words, partial(term_weight, index.lexical))
    return MaxSimReranker(index, scorer)


def build_model_reranker(
    index: PaperIndex, settings: Settings, llm: LLM | None, encoder: CachedEncoder | None
) -> Reranker | None:
    """Build the reranker that asks a model, where the settings want it and there is one."""
    if settings.reranker != "llm" or llm is None:
        return None
    from rag.research.reranking import ModelReranker

    writer = ExtractiveWriter(encoder, partial(term_weight, index.lexical), settings.answer_words)
    rank = partial(_ranked_texts, writer)
    return ModelReranker(index, llm, lambda question, hit: rank(question, (), hit), settings)


def _ranked_texts(
    writer: ExtractiveWriter, question: str, history: Sequence[Message], hit: Hit
) -> list[str]:
    """Return the sentences of a hit, the most relevant first."""
    return [each.text for each in writer.rank(question, history, hit)]


def build_engine(
    index: PaperIndex,
    settings: Settings,
    llm: LLM | None,
    encoder: CachedEncoder | None,
    parts: Parts = OWN_PARTS,
) -> AnswerEngine:
    """Build the engine that answers with a model, or extractively where there is none."""
    weight = partial(term_weight, index.lexical)
    extractive = ExtractiveWriter(encoder, weight, settings.answer_words)
    writer: Writer = parts.writer or extractive
    write_thoroughly = None
    if parts.writer is None and llm is not None:
        verifier = parts.verifier or _build_verifier(index, settings, encoder)
        writer = build_writer(llm, verifier, settings, extractive)
        write_thoroughly = partial(build_thorough_writer, llm, verifier, settings, extractive)
    finder = build_finder(index, settings, parts.retriever)
    chooser = build_model_reranker(index, settings, llm, encoder)
    return AnswerEngine(
        build_parser(index),
        build_finder(index, settings, parts.retriever, chooser) if chooser else finder,
        writer,
        extractive,
        answerability=AnswerabilityModel(encoder, weight),
        topic_shift=TopicShiftModel(encoder, weight, finder.find),
        top_k=settings.top_k,
        condenser=build_condenser(llm, settings),
        responder=DirectResponder(build_lookup(index), writer.mode),
        tabulator=Tabulator(extractive.rank, lambda _, __: ()),
        thorough=Thorough(
            build_researcher(finder, settings, llm, extractive),
            partial(Budget, settings.thorough_tokens, settings.thorough_s),
            write_thoroughly or (lambda _: writer),
        ),
        translator=build_translator(llm, settings),
    )


def build_researcher(
    finder: PaperFinder, settings: Settings, llm: LLM | None, extractive: ExtractiveWriter
) -> Researcher:
    """Build what searches in several ways: with a model where there is one, else by rule."""
    return Researcher(finder, partial(_ranked_texts, extractive), llm, settings)


def build_thorough_writer(
    llm: LLM, verifier: Verifier, settings: Settings, extractive: ExtractiveWriter, budget: Budget
) -> Writer:
    """Build the writer of a thorough answer, which keeps to what is left of the budget."""
    from rag.answering.generation import AnswerForm

    answer = min(settings.answer_tokens * THOROUGH_LENGTH, budget.tokens_left // ANSWER_SHARE)
    left = budget.tokens_left - answer - FRAME_TOKENS
    history = min(settings.history_tokens, left // ANSWER_SHARE)
    limits = {
        "answer_tokens": answer,
        "history_tokens": history,
        "context_tokens": max(min(settings.context_tokens, left - history), LEAST_CONTEXT),
    }
    form = AnswerForm("thorough_user", THOROUGH_EXCERPT, budget.seconds_left)
    own = settings.model_copy(update=limits)
    return build_writer(llm, verifier, own, extractive, form)


def build_tabulator(
    index: PaperIndex,
    settings: Settings,
    llm: LLM | None,
    encoder: CachedEncoder | None,
    verifier: Verifier | None = None,
) -> Tabulator:
    """Build what lays papers side by side: in their own sentences, or a model's where it is."""
    engine = build_engine(index, settings, None, encoder)

    def ask_one(question: str, paper: Paper) -> Sequence[Citation]:
        *_, answer = engine.stream(question, (), Filters(paper_ids=(paper.paper_id,)))
        return () if answer.caveat else answer.citations

    weight = partial(term_weight, index.lexical)
    rank = ExtractiveWriter(encoder, weight, settings.answer_words).rank
    writer = None
    if llm is not None:
        verifier = verifier or _build_verifier(index, settings, encoder)
        writer = build_cell_writer(llm, verifier, settings)
    return Tabulator(rank, ask_one, writer)


def build_cell_writer(llm: LLM, verifier: Verifier, settings: Settings) -> CellWriter:
    """Build what puts tables into a model's words."""
    from rag.answering.cell_checking import CellChecker
    from rag.answering.cell_writing import CellWriter

    return CellWriter(llm, CellChecker(verifier, _build_second(llm, settings)), settings)


def _build_verifier(
    index: PaperIndex, settings: Settings, encoder: CachedEncoder | None
) -> Verifier:
    """Build what compares a model's sentences with abstracts."""
    entailment = load_entailment_model() if settings.entailment else None
    return SimilarityVerifier(encoder, partial(term_weight, index.lexical), entailment)


def _build_second(llm: LLM, settings: Settings) -> SecondVerifier | None:
    """Build the verifier that asks the model, where that is wanted."""
    from rag.verification.llm_verifier import LLMVerifier

    return LLMVerifier(llm, settings.deadline_s) if settings.verify == "llm" else None


def build_writer(
    llm: LLM,
    verifier: Verifier,
    settings: Settings,
    extractive: ExtractiveWriter,
    form: AnswerForm | None = None,
) -> Writer:
    """Build the writer of a model's answers; where asked to, the model verifies them as well."""
    from rag.answering.generation import QUICK, ModelWriter

    second = _build_second(llm, settings)
    return ModelWriter(
        llm, verifier, settings, rank=extractive.rank, second=second, form=form or QUICK
    )


def build_translator(llm: LLM | None, settings: Settings) -> Translator | None:
    """Build what translates questions and answers, where there is a model."""
    if llm is None:
        return None
    from rag.answering.translating import Translator

    return Translator(llm, settings)


def build_condenser(llm: LLM | None, settings: Settings) -> Condenser | None:
    """Build what rewrites follow-ups, where there is a model and it is wanted."""
    if not (llm and settings.condense):
        return None
    from rag.query.condensing import Condenser

    return Condenser(llm, settings)


def term_weight(lexical: LexicalIndex, term: str) -> float:
    """Return the idf of a stem in a library."""
    return idf(lexical.paper_frequency(term), lexical.count())


def build_llm(settings: Settings, llm: LLM | str | None) -> LLM | None:
    """Build the model that writes answers, or None for extractive ones.

    `auto` takes the endpoint's model when a key or an address of an endpoint is set.
    """
    if llm is not None and not isinstance(llm, str):
        return llm
    model = settings.find_model(llm)
    if model is None:
        return None
    if not settings.has_endpoint:
        raise ConfigurationError(
            f"The model {model!r} needs an endpoint: set OPENAI_API_KEY or OPENAI_BASE_URL, "
            "or choose extractive."
        )
    from rag.endpoint.chat import EndpointLLM

    return EndpointLLM(settings, model)
