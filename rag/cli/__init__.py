"""Run the `paperchat` command: parse arguments, run a command, report errors in a sentence.

What the commands are stands in `parser`, which is imported only when one runs: Ctrl+C during that
second ends it as quietly as later.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from rag.cli.ending import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_TERMINATED,
    EXIT_WRONG_USE,
    Terminated,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 the work failed, 2 wrong use."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with _ending_when_asked():
            return _run(given)
    except KeyboardInterrupt as exc:
        sys.stderr.write("paperchat: stopped\n")
        return EXIT_TERMINATED if isinstance(exc, Terminated) else EXIT_INTERRUPTED
    finally:
        _flush()


@contextmanager
def _ending_when_asked() -> Iterator[None]:
    """Let a request to end close what is open: else the next start looks at every vector."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise Terminated


def _run(arguments: list[str]) -> int:
    import logging

    from rag.cli.parser import parse
    from rag.errors import ConfigurationError, RagError
    from rag.terminal import Notices

    options = parse(arguments)
    logging.basicConfig(
        level=logging.INFO if options.verbose else logging.WARNING,
        handlers=[Notices("%(name)s: %(message)s" if options.verbose else "note: %(message)s")],
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
    from rag.terminal import write_notice

    write_notice(f"paperchat: {message}")
    return code
