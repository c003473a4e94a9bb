"""Convert ratings to a question set for `paperchat eval run`, a sample each; pure functions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Final

from rag.types import Message
from rag.userdata.feedback import Rating
from rag.verification.markers import strip_markers

KIND_UP: Final = "feedback"
KIND_DOWN: Final = "feedback_to_edit"
TO_EDIT: Final = "rated down: correct papers and answer, then remove this note"
ID_CHARACTERS: Final = 12

Record = dict[str, object]


def question_set(ratings: Iterable[Rating], *, with_rated_down: bool = False) -> str:
    """Return JSON Lines as `eval.data.dataset` reads them.

    An answer that was rated up is taken at its word: its cited papers are those that answer, its
    text is the reference; an abstention that was rated up is an unanswerable question. Earlier
    questions of its conversation come as turns, with the papers that were cited for them.

    Args:
        ratings: In the order in which their samples come.
        with_rated_down: Also give the questions whose answers were rated down, without the answer
            as reference, of the kind `feedback_to_edit`. Their papers are a proposal only.
    """
    chosen = (r for r in ratings if r.thumb == "up" or with_rated_down)
    lines = "".join(json.dumps(_sample(r), ensure_ascii=False) + "\n" for r in chosen)
    return lines.encode("utf-8", "replace").decode()  # a lone surrogate can stand in no file


def _sample(rating: Rating) -> Record:
    is_up = rating.thumb == "up"
    last = _turn(rating.answer.question, _papers(rating))
    if is_up and rating.answer.citations:
        last["answer"] = strip_markers(rating.answer.text)
    earlier = _earlier(rating.history) if last["papers"] else []
    return {
        "id": _sample_id(rating),
        "type": _type(last["papers"], earlier),
        "kind": KIND_UP if is_up else KIND_DOWN,
        **({"turns": [*earlier, last]} if earlier else last),
        **_notes(rating),
    }


def _type(papers: object, earlier: Sequence[Record]) -> str:
    if not papers:
        return "unanswerable"
    if earlier:
        return "conversation"
    return "single" if isinstance(papers, list) and len(papers) == 1 else "multi"


def _papers(rating: Rating) -> list[str]:
    """Return titles of the cited papers; of the nearest one where an abstention was rated down."""
    cited = [paper.title for paper in rating.answer.papers]
    nearest = [hit.paper.title for hit in rating.answer.hits[:1]]
    return cited if cited or rating.thumb == "up" else nearest


def _earlier(history: Sequence[Message]) -> list[Record]:
    """Return the questions before that a paper was cited for; a set can hold no others."""
    turns: list[Record] = []
    question = ""
    for message in history:
        if message.role == "user":
            question = message.content
        elif question and message.citations:
            titles = dict.fromkeys(citation.paper.title for citation in message.citations)
            turns.append(_turn(question, list(titles)))
            question = ""
    return turns


def _turn(question: str, papers: list[str]) -> Record:
    return {"question": question, "papers": papers}


def _notes(rating: Rating) -> Record:
    """Return what the evaluation passes over, for who edits the set."""
    notes: Record = {"comment": rating.comment} if rating.comment else {}
    if rating.thumb == "down":
        notes |= {"note": TO_EDIT, "answer_given": rating.answer.text}
    return notes


def _sample_id(rating: Rating) -> str:
    """Return the same in every export, and without a word on who rated."""
    named = f"{rating.owner}\0{rating.turn_id}".encode("utf-8", "replace")
    return f"feedback-{hashlib.sha256(named).hexdigest()[:ID_CHARACTERS]}"
