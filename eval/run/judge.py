"""Judge faithfulness, relevance and correctness of answers with a language model, in five levels.

Off unless a judge is given. Its reasons come first and its last verdict counts. A reply without one
of the levels leaves the question unscored, which is not 0. What is judged cannot close its
delimiters. Verdicts are cached by the whole prompt, so the same answer is judged once. Not covered:
the agreement of a judge with people; read some of its reasons before trusting it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from eval.data.records import JudgeRecord, Record
from prompts import render_prompt
from rag.errors import RagError
from rag.types import Answer
from rag.verification.markers import strip_markers

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

LEVELS: Final = range(1, 6)  # 1 worst, 5 best; the prompts say what each means
VERDICT: Final = re.compile(r"VERDICT\W{0,6}?(-?\d+(?:\.\d+)?)", re.IGNORECASE)
FENCE: Final = re.compile(r"<(?=[\s/]*(?:question|answer|reference|papers?)\b)", re.IGNORECASE)
LONGEST_REASON: Final = 600


class Judge:
    """Judge answers with a language model.

    Args:
        llm: Any LlamaIndex chat model, preferably not the one that wrote the answers.
        cache: Folder of verdicts; made when absent.
    """

    def __init__(self, llm: LLM, cache: Path) -> None:
        self._llm = llm
        self._cache = cache

    @property
    def name(self) -> str:
        """The model's name."""
        return self._llm.metadata.model_name

    def judge(self, record: Record, answer: Answer) -> dict[str, JudgeRecord]:
        """Return verdicts by quality: none on abstentions, correctness only with a reference."""
        if answer.status != "answered":
            return {}
        return {
            quality: self._verdict(render_prompt(f"judge_{quality}", **places))
            for quality, places in _places(record, answer).items()
        }

    def _verdict(self, prompt: str) -> JudgeRecord:
        from llama_index.core.base.llms.types import ChatMessage

        path = self._cache / f"{_key(self.name, prompt)}.json"
        if known := _read(path):
            return known
        try:
            reply = self._llm.chat([ChatMessage(role="user", content=prompt)])
        except RagError as exc:
            return JudgeRecord(score=None, why=f"The judge could not be asked: {exc}")
        verdict = read_verdict(reply.message.content or "")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(verdict.model_dump_json(), encoding="utf-8")
        return verdict


def _places(record: Record, answer: Answer) -> Mapping[str, Mapping[str, str]]:
    """Fill the prompt of each quality that can be judged."""
    said = neutralise(strip_markers(answer.markdown))
    asked = neutralise("\n".join([*record.history, record.question]))
    papers = "\n\n".join(f"{hit.paper.title}\n{hit.paper.abstract}" for hit in answer.hits)
    places = {
        "faithfulness": {"papers": neutralise(papers), "answer": said},
        "relevance": {"question": asked, "answer": said},
    }
    if record.reference and record.papers:
        reference = neutralise(record.reference)
        places["correctness"] = {"question": asked, "reference": reference, "answer": said}
    return places


def read_verdict(reply: str) -> JudgeRecord:
    """Return the last verdict of a reply, if it is one of the levels."""
    found = list(VERDICT.finditer(reply))
    if not found:
        return JudgeRecord(score=None, why=f"No verdict: {reply.strip()[:LONGEST_REASON]}")
    last = found[-1]
    why = reply[: last.start()].strip(" *\n#")[:LONGEST_REASON]
    if not last[1].isdigit() or int(last[1]) not in LEVELS:
        return JudgeRecord(score=None, why=f"Level {last[1]!r} was not offered. {why}")
    share = (int(last[1]) - LEVELS[0]) / (LEVELS[-1] - LEVELS[0])
    return JudgeRecord(score=share, why=why)


def neutralise(text: str) -> str:
    """Return the text so that it can neither close its delimiters nor pass for a verdict."""
    return re.sub(
        r"VERDICT(?=\W{0,6}-?\d)", "verdict of", FENCE.sub("‹", text), flags=re.IGNORECASE
    )


def _key(model: str, prompt: str) -> str:
    return hashlib.sha256(f"{model}\0{prompt}".encode()).hexdigest()[:32]


def _read(path: Path) -> JudgeRecord | None:
    try:
        return JudgeRecord.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None
