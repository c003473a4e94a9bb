"""Run `python -m eval`: the same arguments as `paperchat eval`; without an action, `run`."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

from eval.arguments import add_eval
from rag.errors import ConfigurationError, RagError


def main(arguments: Sequence[str]) -> int:
    """Run an action and return its exit code: 0 done, 1 the work failed, 2 wrong use."""
    parser = argparse.ArgumentParser(prog="python -m eval", description=__doc__)
    add_eval(parser)
    given = list(arguments)
    if given and given[0].startswith("-") and given[0] not in ("-h", "--help"):
        given.insert(0, "run")
    options = parser.parse_args(given)
    verbose = getattr(options, "verbose", False)
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(name)s: %(message)s"
    )
    try:
        return int(options.run(options))
    except RagError as exc:
        sys.stderr.write(f"eval: {exc}\n")
        return 2 if isinstance(exc, ConfigurationError) else 1
    except KeyboardInterrupt:
        sys.stderr.write("eval: stopped; the same command with the same --out goes on\n")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
