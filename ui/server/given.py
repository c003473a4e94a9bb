"""The page as Gradio builds it, which takes no files but those that were uploaded to it.

Whatever field of a request names a file, or an address, Gradio copies it into the folder from
which it serves; that it was uploaded before is checked by Gradio for pages alone that it serves
itself, not beside something else as ours is.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import gradio as gr

from ui.server.uploads import is_received

if TYPE_CHECKING:
    from gradio.block_function import BlockFunction
    from gradio.state_holder import SessionState

DEEPEST: Final = 50  # levels of lists and objects that a field of the page may have
NOT_UPLOADED: Final = "A file was not uploaded here. Upload it again."
TOO_DEEP: Final = "That is nested too deeply."


class Page(gr.Blocks):
    """A page that refuses requests which name a file that nobody uploaded."""

    async def preprocess_data(
        self,
        block_fn: BlockFunction,
        inputs: list[Any],
        state: SessionState | None,
        explicit_call: bool = False,
    ) -> list[Any]:
        """Return what a function of the page is given.

        Raises:
            gr.Error: A field names a file that was not uploaded.
        """
        if not all(map(is_received, _files(inputs))):
            raise gr.Error(NOT_UPLOADED, print_exception=False)
        given: list[Any] = await super().preprocess_data(block_fn, inputs, state, explicit_call)
        return given


def _files(value: object, depth: int = 0) -> Iterator[Path]:
    """Give the files that a value of a request names, wherever they stand in it."""
    if depth > DEEPEST:
        raise gr.Error(TOO_DEEP, print_exception=False)
    if isinstance(value, dict):
        if isinstance(value.get("path"), str):
            yield Path(value["path"])
        for each in value.values():
            yield from _files(each, depth + 1)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _files(each, depth + 1)
