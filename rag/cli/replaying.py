"""Keep receipts of answers and replay them: `ask --receipt`, `paperchat replay`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from rag.cli.opening import open_library
from rag.errors import SourceError
from rag.terminal import write_json, write_line

HELP: Final = "answer the question of a receipt once more, and say what differs"
FOLLOW_UP: Final = "The receipt leaves out the conversation before the question."
MOST_BYTES: Final = 20_000_000


def add_replay(parser: argparse.ArgumentParser) -> None:
    """Add the options of `paperchat replay`."""
    parser.add_argument("receipt", type=Path, metavar="RECEIPT", help="made by `ask --receipt`")
    parser.add_argument("--llm", metavar="MODEL", help="a model's name, or extractive")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=replay_receipt)


def replay_receipt(options: argparse.Namespace) -> int:
    """Answer again; return 1 where the answer is another."""
    from rag.receipts import answer_differences, differences, read_receipt, replay

    then = read_receipt(_text_of(options.receipt), str(options.receipt))
    now = replay(open_library(options), then)
    made_with, answered = differences(then, now), answer_differences(then, now)
    if options.json:
        told = {"made_with": made_with, "answer": answered}
        write_json(told | {"then": then.model_dump(), "now": now.model_dump()})
        return 1 if answered else 0
    if then.is_follow_up:
        write_line(FOLLOW_UP)
    for line in made_with:
        write_line(line)
    for line in answered:
        write_line(f"answer: {line}")
    write_line("The answer is another." if answered else "The answer is the same.")
    return 1 if answered else 0


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES).decode("utf-8", "replace")
    except OSError as exc:
        raise SourceError(f"{str(path)!r} cannot be read: {exc.strerror}.") from exc
