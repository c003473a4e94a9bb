"""Turn drafts, each in the place of the one before, into pieces of text that are only added to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterator

from rag.export.growing import CORRECTED, checked_part
from rag.types import Answer


class GrowingAnswer:
    """The pieces of an answer as its sentences are checked, read as often as one likes.

    Whoever reads on has the answer written on; there is no thread and no queue. A piece is a
    sentence or more with its markers. Where the text as a whole is checked once more and is then
    another, it follows what was said, and says so; a caveat comes last, as it is known last.

    Args:
        drafts: Of the answer; one has come when this is made.
        on_end: Told the final answer, before its last piece is given.
    """

    def __init__(self, drafts: Iterator[Answer], on_end: Callable[[Answer], None]) -> None:
        self._drafts = drafts
        self._on_end = on_end
        self._pieces: list[str] = []
        self._said = ""
        self._lock = threading.Lock()
        self._answer = next(drafts)
        self._is_closed = False
        self._take(self._answer)

    @property
    def is_ended(self) -> bool:
        """Whether nothing more comes."""
        return self._is_closed or self._answer.status != "draft"

    def until_found(self) -> Answer:
        """Go on until papers are found, or to the end; return the answer as it then is."""
        while not (self._answer.hits or self.is_ended):
            self._go_on()
        return self._answer

    def finish(self) -> Answer:
        """Go on to the end; return the final answer."""
        while not self.is_ended:
            self._go_on()
        return self._answer

    def __iter__(self) -> Generator[str, None, None]:
        """Yield all pieces, from the first."""
        at = 0
        while (piece := self.piece(at)) is not None:
            yield piece
            at += 1

    def piece(self, at: int) -> str | None:
        """Return a piece by its number, from 0; None behind the last."""
        while at >= len(self._pieces) and not self.is_ended:
            self._go_on()
        return self._pieces[at] if at < len(self._pieces) else None

    async def pieces(self) -> AsyncGenerator[str, None]:
        """Yield all pieces, from the first, without blocking the event loop.

        Each is waited for in a thread, where it is made: models of the embedder and the verifier
        are at work there. A reader that goes early stops the answer at its next draft, and with
        that the connection to a language model.
        """
        at = 0
        try:
            while (piece := await asyncio.to_thread(self.piece, at)) is not None:
                yield piece
                at += 1
        finally:
            if not self.is_ended:
                asyncio.get_running_loop().run_in_executor(None, self.close)

    def close(self) -> None:
        """Stop, as soon as the piece that is being made is there."""
        with self._lock:
            self._is_closed = True
            if close := getattr(self._drafts, "close", None):
                close()

    def _go_on(self) -> None:
        with self._lock:
            if not self.is_ended:
                self._take(next(self._drafts))

    def _take(self, answer: Answer) -> None:
        if added := _added(self._said, answer):
            self._pieces.append(added)
            self._said += added
        self._answer = answer
        if answer.status != "draft":
            self._on_end(answer)


def _added(said: str, answer: Answer) -> str:
    """Return what an answer adds to what was said of it."""
    if answer.status == "draft":
        now = checked_part(answer)
        return now.removeprefix(said) if now.startswith(said) else ""
    if not said:
        return answer.markdown
    caveat = f"\n\n*{answer.caveat}*" if answer.caveat else ""
    if answer.text.startswith(said):
        return answer.text.removeprefix(said) + caveat
    return CORRECTED + answer.text + caveat
