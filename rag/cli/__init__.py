"""Run the `paperchat` command: parse arguments, run a command, report errors in a sentence.

What the commands are stands in `parser`, which is imported only when one runs: Ctrl+C during that
second ends it as quietly as later.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from shutil import get_terminal_size

from rag.errors import ConfigurationError, RagError
from rag.text import wrapped

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_WRONG_USE = 2
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 the work failed, 2 wrong use."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(given)
    except KeyboardInterrupt:
        return _say("stopped", EXIT_INTERRUPTED)
    finally:
        _flush()


def _run(arguments: list[str]) -> int:
    from rag.cli.parser import parse

    options = parse(arguments)
    logging.basicConfig(
        level=logging.INFO if options.verbose else logging.WARNING,
        format="%(name)s: %(message)s",
    )
    try:
        return int(options.run(options))
    except ConfigurationError as exc:
        return _say(str(exc), EXIT_WRONG_USE)
    except RagError as exc:
        return _say(str(exc), EXIT_FAILED)
    except BrokenPipeError:  # the pipe is closed, as by `| head`
        return EXIT_DONE


def _flush() -> None:
    """Write what is left in the buffer, or drop it when the pipe is closed."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # else Python reports it when it flushes at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(message: str, code: int) -> int:
    text = f"paperchat: {message}"
    if sys.stderr.isatty():
        text = wrapped(text, get_terminal_size().columns)
    sys.stderr.write(f"{text}\n")
    return code
