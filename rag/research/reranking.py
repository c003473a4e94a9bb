"""Rerank the best candidates by the choice of a language model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from llama_index.core.llms import LLM

from rag.research.asking import BudgetedModel
from rag.research.budget import Budget
from rag.research.choosing import CHOICE_TOKENS, JUDGED_K, Choice, choice_prompt, chosen
from rag.research.pool import preferred
from rag.retrieval.fusion import rank
from rag.retrieval.reranking import RERANKED_K, Fetched, fetch
from rag.settings import Settings
from rag.store.index import PaperIndex
from rag.types import Hit

RankTexts = Callable[[str, Hit], Sequence[str]]


class ModelReranker:
    """Rerank the papers with the best fused scores by asking a model, in one call.

    Args:
        index: The papers.
        llm: Any LlamaIndex chat model.
        sentences: Gives the sentences of a hit, the most relevant to a question first.
        settings: The longest wait; a model that does not answer by then changes nothing.
    """

    needs_vectors = False

    def __init__(
        self, index: PaperIndex, llm: LLM, sentences: RankTexts, settings: Settings
    ) -> None:
        self._index = index
        self._llm = llm
        self._sentences = sentences
        self._settings = settings

    def rerank(
        self,
        questions: Sequence[str],
        weights: Sequence[float],  # noqa: ARG002  a Reranker's signature
        fused: Mapping[str, float],
    ) -> tuple[dict[str, float], Fetched]:
        """Return the scores of all papers, the best ones reranked, and what was read for it.

        The model sees the question alone, without the earlier ones.
        """
        best = rank(fused)[:RERANKED_K]
        fetched = fetch(self._index, best, vectors=self._index.has_vectors)
        papers = [stored.paper for stored in fetched.papers.values()][:JUDGED_K]
        hits = [Hit(paper, fused[paper.paper_id]) for paper in papers]
        chosen_ids = self._choose(questions[0], hits) if hits else []
        return preferred(fused, chosen_ids), fetched

    def _choose(self, question: str, hits: Sequence[Hit]) -> list[str]:
        prompt = choice_prompt(question, hits, lambda hit: self._sentences(question, hit))
        budget = Budget(2 * self._settings.thorough_tokens, 2 * self._settings.deadline_s)
        asking = BudgetedModel(self._llm, budget, self._settings).ask(
            *prompt, CHOICE_TOKENS, Choice
        )
        while True:
            try:
                next(asking)
            except StopIteration as end:
                choice: Choice | None = end.value
                return chosen(choice, hits) if choice else []
