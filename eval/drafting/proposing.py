"""Propose questions with a language model: one for each paper, in other words, with its answer.

A reply in another format, or with facts that the abstract does not have, is skipped with a reason,
never repaired. What is proposed needs a person's review: nobody has checked whether other papers of
the library answer it too.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, Field, ValidationError

from eval.drafting.draft import SEED, Question, draft_question
from eval.metrics.formulas import mentions
from eval.run.asking import OnProgress
from eval.run.judge import neutralise
from eval.run.runner import MODEL_WORKERS
from prompts import render_prompt
from rag.errors import ModelError
from rag.text import title_key
from rag.types import Paper, Progress

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

Text = Annotated[str, Field(min_length=3, max_length=600)]
MOST_FACTS: Final = 6


class _Reply(BaseModel):
    """The reply that the prompt asks for."""

    question: Text
    answer: Text
    must_mention: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Proposals:
    """Questions that a model proposed.

    Attributes:
        questions: In the format of a question set.
        skipped: Why papers got no question, a sentence each.
    """

    questions: tuple[Question, ...]
    skipped: tuple[str, ...]


class _SkippedError(ValueError):
    """The reply is no question."""


def propose_questions(
    llm: LLM, papers: Sequence[Paper], count: int, on_progress: OnProgress = lambda _: None
) -> Proposals:
    """Return a question about each of `count` papers, a sample that can be repeated.

    Raises:
        ModelError: The model answered for none of the papers.
    """
    chosen = Random(SEED).sample(papers, min(count, len(papers)))
    replies: list[Question | Exception] = []
    with ThreadPoolExecutor(MODEL_WORKERS) as pool:
        for reply in pool.map(lambda paper: _ask(llm, paper), chosen):
            replies.append(reply)
            on_progress(Progress("drafting", len(replies), len(chosen)))
    failures = [reply for reply in replies if isinstance(reply, ModelError)]
    if failures and len(failures) == len(replies):
        raise failures[0]
    questions = [reply for reply in replies if not isinstance(reply, Exception)]
    return Proposals(
        tuple({"id": f"draft-{n:03d}"} | each for n, each in enumerate(questions, start=1)),
        tuple(
            f"{paper.title!r} got no question: {reply}"
            for paper, reply in zip(chosen, replies, strict=True)
            if isinstance(reply, Exception)
        ),
    )


def _ask(llm: LLM, paper: Paper) -> Question | Exception:
    from llama_index.core.base.llms.types import ChatMessage

    prompt = render_prompt(
        "draft_question", title=neutralise(paper.title), abstract=neutralise(paper.abstract)
    )
    try:
        reply = llm.chat([ChatMessage(role="user", content=prompt)])
        return read_proposal(reply.message.content or "", paper)
    except (ModelError, _SkippedError) as exc:
        return exc


def read_proposal(reply: str, paper: Paper) -> Question:
    """Read the question of a reply.

    Raises:
        ValueError: It is not JSON in the requested format, or does not match the paper.
    """
    proposal = _read(reply)
    if title_key(paper.title) in title_key(proposal.question):
        raise _SkippedError("the question names the paper")
    foreign = [fact for fact in proposal.must_mention if not mentions(paper.abstract, fact)]
    if foreign:
        raise _SkippedError(f"the abstract does not have {foreign[0]!r}")
    facts = list(dict.fromkeys(proposal.must_mention))[:MOST_FACTS]
    return draft_question("single", proposal.question, paper, facts, answer=proposal.answer)


def _read(reply: str) -> _Reply:
    start, end = reply.find("{"), reply.rfind("}")
    try:
        return _Reply.model_validate(json.loads(reply[start : end + 1]))
    except ValidationError as exc:
        problem = exc.errors()[0]
        place = ".".join(map(str, problem["loc"]))
        raise _SkippedError(f"the reply's {place!r} is not as asked for") from exc
    except (ValueError, RecursionError) as exc:
        raise _SkippedError("the reply is no JSON object") from exc
