"""Have a model put the rows of a table into words, several papers at once, within a budget.

A row that the model fails at, has no time for, or says nothing supported about keeps its quotes.
Some servers answer one at a time, and break off what they are at when more is asked: what fails
among others is asked once more, alone, as is all that comes after it.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import closing, nullcontext
from typing import Final

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.llms import LLM

from rag.answering.cell_checking import CellChecker
from rag.answering.cell_form import SaidCells, cell_messages, reply_tokens
from rag.errors import ModelError
from rag.llm.history import MESSAGE_OVERHEAD
from rag.llm.replies import Reply, is_ours, stream_reply
from rag.llm.structured import parse_object
from rag.llm.usage import priced, reported_usage
from rag.research.budget import Budget
from rag.settings import Settings
from rag.tokens import count_tokens
from rag.types import Limit, TableRow, Usage

logger = logging.getLogger(__name__)

AT_ONCE: Final = 4  # calls, as of the second verifier
LOOKED_AFTER_S: Final = 0.5  # how soon it is noticed that a table is not wanted any more
MOST_FAILURES: Final = 3  # in a row; a model that fails as often is not asked again
BROKEN: Final = "{name} failed in a way that was not expected."
USED_UP: Final[dict[Limit, str]] = {"tokens": "tokens", "seconds": "time"}

Put = tuple[int, TableRow]  # a row, with its place


class CellWriter:
    """Put rows of quotes into a model's words, where the abstracts support these.

    Args:
        llm: Any LlamaIndex chat model.
        checker: Decides which sentences may stand.
        settings: What a table may cost.
    """

    def __init__(self, llm: LLM, checker: CellChecker, settings: Settings) -> None:
        self._llm = llm
        self._checker = checker
        self._settings = settings

    @property
    def mode(self) -> str:
        """The model's name."""
        return self._llm.metadata.model_name

    def begin(self, rows: Sequence[TableRow], headings: Sequence[str]) -> Writing:
        """Return the work on a table, which begins when its rows are taken."""
        return Writing(self._llm, self._checker, self._settings, rows, headings)


class Writing:
    """The work on one table.

    Args:
        llm: The model.
        checker: Decides which sentences may stand.
        settings: What it may cost.
        rows: Of quotes.
        headings: The columns.

    Attributes:
        failure: Why the model failed last; None where it did not.
        limit: Of what there was too little for all papers.
    """

    def __init__(
        self,
        llm: LLM,
        checker: CellChecker,
        settings: Settings,
        rows: Sequence[TableRow],
        headings: Sequence[str],
    ) -> None:
        self._llm = llm
        self._checker = checker
        self._settings = settings
        self._headings = headings
        self._count = len(rows)
        self._waiting = deque(enumerate(rows))
        self._put: queue.SimpleQueue[Put] = queue.SimpleQueue()
        self._budget = Budget(settings.table_tokens, settings.table_s)
        self._lock = threading.Lock()
        self._promised = 0  # tokens of the calls that are being made
        self._stopped = threading.Event()
        self._turn = threading.Lock()
        self._is_alone = min(AT_ONCE, len(rows)) == 1 or not is_ours(llm)
        self._failed = 0  # in a row
        self._answered = 0
        self.failure: str | None = None
        self.limit: Limit | None = None

    @property
    def usage(self) -> Usage:
        """What it has used so far."""
        return self._budget.usage

    def rows(self) -> Generator[Put | None]:
        """Yield each row when it is done, in any order; None while none is, so that it can end."""
        count = 1 if self._is_alone else min(AT_ONCE, self._count)
        workers = [threading.Thread(target=self._work, daemon=True) for _ in range(count)]
        for each in workers:
            each.start()
        left = self._count
        try:
            while left:
                try:
                    done = self._put.get(timeout=LOOKED_AFTER_S)
                except queue.Empty:
                    yield None
                else:
                    left -= 1
                    yield done
        finally:
            self._stopped.set()

    def notice(self, *, has_cells: bool) -> str | None:
        """Say in a sentence where the model was of no help, for the user; None where it was.

        Args:
            has_cells: Whether a cell is in its words.
        """
        name, others = self._llm.metadata.model_name, self._count - self._answered
        if self.failure and not self._answered:
            return f"{self.failure} Until then, the cells are the papers' own sentences."
        if self.failure:
            return f"{name} failed at {others} of {self._count} papers, whose cells are quotes."
        if self.limit:
            return (
                f"The {USED_UP[self.limit]} of {name} for a table were used up after "
                f"{self._answered} of {self._count} papers; the cells of the others are quotes."
            )
        if not has_cells:
            return f"The abstracts support nothing that {name} wrote; every cell is a quote."
        return None

    def _work(self) -> None:
        while not self._stopped.is_set():
            try:
                place, row = self._waiting.popleft()
            except IndexError:
                return
            written: TableRow | None = row
            try:
                with self._turn if self._is_alone else nullcontext():
                    written = self._written(row)
            except Exception:
                logger.exception("a row of a table was not put into words")
                self._fail(BROKEN.format(name=self._llm.metadata.model_name), is_final=False)
            if written is None:
                self._waiting.append((place, row))
            else:
                self._put.put((place, written))

    def _written(self, row: TableRow) -> TableRow | None:
        """Return a row in the model's words, as far as these are supported; None to try again."""
        was_alone = self._is_alone
        messages = cell_messages(row.paper, self._headings, self._settings.context_tokens)
        most = reply_tokens(self._headings)
        read = sum(count_tokens(each.content or "") + MESSAGE_OVERHEAD for each in messages)
        if not self._begin_call(read + most):
            return row
        text: str | None = None
        try:
            text = self._ask(messages, most)
        except ModelError as exc:
            logger.info("a row of a table was not put into words: %s", exc)
            if not was_alone:  # whatever it says: others may have broken it off
                self._is_alone = True
                return None
            self._fail(str(exc), is_final=not exc.retryable)
        finally:
            with self._lock:
                self._promised -= read + most
        if text is None:
            return row
        with self._lock:
            self._answered, self._failed = self._answered + 1, 0
        said = parse_object(text, SaidCells)
        if said is None:
            return row
        columns = said.by_column(self._headings)
        written, usage = self._checker.filled(row, self._headings, columns)
        self._spend(usage)
        return written

    def _begin_call(self, tokens: int) -> bool:
        """Return whether the budget allows one more call, beside those that are being made."""
        with self._lock:
            if self.limit or self._failed >= MOST_FAILURES:
                return False
            if not self._budget.allows(tokens + self._promised):
                self.limit = self._budget.limit
                return False
            self._promised += tokens
            return True

    def _ask(self, messages: Sequence[ChatMessage], most: int) -> str | None:
        """Return the model's reply; None where the table is not wanted any more."""
        reply: Reply | None = None
        seconds = self._budget.seconds_left
        options = {"max_tokens": most, "form": SaidCells, "seconds": seconds}
        with closing(stream_reply(self._llm, messages, options)) as pieces:
            for piece in pieces:
                reply = piece
                if self._stopped.is_set():
                    return None
        text = reply.text if reply else ""
        used = reported_usage(reply.response if reply else None, messages, text)
        self._spend(priced(used, self._settings))
        return text

    def _spend(self, usage: Usage) -> None:
        with self._lock:
            self._budget.spend(usage)

    def _fail(self, why: str, *, is_final: bool) -> None:
        with self._lock:
            self.failure = why
            self._failed += MOST_FAILURES if is_final else 1
