"""Describe the commands of `paperchat`: what each takes, says of itself and runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn, get_args

from rag.cli import backing_up, commands
from rag.cli.changes import add_log
from rag.cli.curating import add_curating
from rag.cli.noting import add_noting
from rag.cli.numbers import port, positive, year
from rag.cli.replaying import HELP as REPLAY_HELP
from rag.cli.replaying import add_replay
from rag.cli.tabulating import add_tabulating
from rag.types import Depth

BIBLIOGRAPHIES: Final = ("bibtex", "ris", "csl")  # rag.export.FORMATS
DEPTHS: Final = get_args(Depth)
# What is asked of the program itself, and not of a command.
OF_ITSELF: Final = ("-h", "--help", "--version", "--completion", "--man")
SHELLS: Final = ("bash", "zsh", "fish", "tcsh", "powershell")
STYLES: Final = ("apa", "ieee", "chicago")  # rag.export.STYLES


def parse(arguments: list[str]) -> argparse.Namespace:
    """Parse the arguments of a command; without a command they are those of `chat`.

    `--library` and `--verbose` may stand before the command too.
    """
    common, rest = _split_common(arguments)
    given = _insert_common(common, rest) if rest else ["chat", *common]
    return build_parser(given[0]).parse_args(given)


def _split_common(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Return the options of every command that lead the arguments, and what follows."""
    end = 0
    while end < len(arguments):
        if arguments[end] == "--library" and end + 1 < len(arguments):
            end += 2
        elif arguments[end] == "--verbose" or arguments[end].startswith("--library="):
            end += 1
        else:
            break
    return arguments[:end], arguments[end:]


def _insert_common(common: list[str], rest: list[str]) -> list[str]:
    """Return the arguments with the command first, `chat` where none is named.

    An unknown command stays first, so that argparse lists the known ones.
    """
    if rest[0] in OF_ITSELF:
        return rest
    if rest[0].startswith("-"):
        return ["chat", *common, *rest]
    return [rest[0], *common, *rest[1:]]


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """Build the parser of a command; that of all where it is none."""
    parser = argparse.ArgumentParser(
        prog="paperchat", description="Ask questions of a library of research papers."
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="show the program's version number and exit"
    )
    parser.add_argument(
        "--completion",
        action=_Completion,
        choices=SHELLS,
        help="print what makes a shell complete commands and options, and exit",
    )
    parser.add_argument(
        "--man", action=_Manual, nargs=0, help="print the manual page, for `man -l -`, and exit"
    )
    parser.set_defaults(library=None, verbose=False)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    common = _common()
    for name in [command] if command in COMMANDS else COMMANDS:
        add = COMMANDS[name]
        add(subparsers.add_parser(name, parents=[common], help=HELP[name], description=HELP[name]))
    return parser


class _Version(argparse.Action):
    """Prints name and version of the installed package, which are looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Print it and exit."""
        from importlib import metadata

        sys.stdout.write(f"paperchat {metadata.version('paperchat')}\n")
        parser.exit()


class _Completion(argparse.Action):
    """Prints what a shell runs to complete commands and options, which all are looked up for it."""

    def __call__(
        self, parser: argparse.ArgumentParser, _: object, shell: object, *__: object
    ) -> NoReturn:
        """Print it and exit."""
        import shtab

        sys.stdout.write(shtab.complete(build_parser(), str(shell)))
        parser.exit()


class _Manual(argparse.Action):
    """Prints the manual page, for which all commands are looked up."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Print it and exit."""
        from importlib import metadata

        from rag.cli.manual import render_manual

        sys.stdout.write(render_manual(build_parser(), metadata.version("paperchat")))
        parser.exit()


def _common() -> argparse.ArgumentParser:
    """Build the options of every command and action; when not given they override nothing."""
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--library", type=Path, metavar="DIR", help="folder of the library")
    common.add_argument("--verbose", action="store_true", help="tell what each stage does")
    return common


def _add_json(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _add_filters(parser: argparse.ArgumentParser) -> None:
    filters = parser.add_argument_group(
        "filters", "which papers may answer; without any, those that the question says itself"
    )
    filters.add_argument(
        "--since", type=year, metavar="YEAR", help="published in this year or later"
    )
    filters.add_argument(
        "--until", type=year, metavar="YEAR", help="published in this year or before"
    )
    filters.add_argument("--undated", action="store_true", help="papers without a known year too")
    filters.add_argument(
        "--author", action="append", metavar="NAME", help="by this author; repeatable"
    )
    filters.add_argument("--source", action="append", help="read from this source; repeatable")
    filters.add_argument(
        "--collection", action="append", metavar="NAME", help="in this collection; repeatable"
    )
    filters.add_argument("--tag", action="append", help="with this tag; repeatable")
    parser.set_defaults(usage_error=parser.error)


def _add_starter(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--starter",
        action="store_true",
        help="fill a new library of your own with the starter papers, as the default one is",
    )


def _add_chat(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=port, default=7860, help="port to listen on")
    parser.add_argument("--auth", metavar="USER:PASSWORD", help="ask for a user and a password")
    parser.add_argument(
        "--auth-file",
        type=Path,
        metavar="FILE",
        help="ask for a user of the file",
    )
    parser.add_argument(
        "--auth-header",
        metavar="NAME",
        help="take who has signed in from this header, which a proxy sets (--trusted-proxy)",
    )
    parser.add_argument(
        "--trusted-proxy",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="address or network from which --auth-header counts; repeatable",
    )
    parser.add_argument(
        "--no-auth", action="store_true", help="let every machine that reaches --host in"
    )
    parser.add_argument(
        "--allow-endpoints",
        action="store_true",
        help="let visitors from other machines name a model's endpoint that this one then asks",
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open the browser")
    parser.add_argument("--llm", metavar="MODEL", help="a model's name, or extractive")
    _add_starter(parser)
    parser.set_defaults(run=commands.chat)


def _add_ask(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("question")
    parser.add_argument("--llm", metavar="MODEL", help="a model's name, or extractive")
    parser.add_argument(
        "--depth",
        choices=DEPTHS,
        help="thorough searches in several ways, and takes its time (default: what the settings "
        "say, quick)",
    )
    _add_filters(parser)
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument(
        "--cite",
        choices=(*BIBLIOGRAPHIES, *STYLES),
        help="print the cited papers alone, for a bibliography or as a style prints them",
    )
    shown.add_argument("--markdown", action="store_true", help="print Markdown with the quotes")
    shown.add_argument(
        "--format",
        choices=("text", "md", "html", "json", "bib"),
        help="text, Markdown, a page of HTML, one JSON object, or the cited papers as BibTeX",
    )
    _add_json(shown)
    parser.add_argument(
        "--note", type=Path, metavar="FOLDER", help="also write a note with links into a folder"
    )
    parser.add_argument(
        "--receipt",
        type=Path,
        metavar="FILE",
        help="also keep what the answer was made with, for `paperchat replay`",
    )
    _add_starter(parser)
    parser.set_defaults(run=commands.ask)


def _add_search(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query")
    parser.add_argument("-k", type=positive, default=10, help="number of papers (default 10)")
    _add_filters(parser)
    _add_json(parser)
    _add_starter(parser)
    parser.set_defaults(run=commands.search)


def _add_ingest(parser: argparse.ArgumentParser) -> None:
    from rag.cli.ingesting import add_ingest  # with all readers, which nothing else needs

    add_ingest(parser)


def _add_papers(parser: argparse.ArgumentParser) -> None:
    from rag.cli.ingesting import add_adding

    actions = parser.add_subparsers(required=True, metavar="ACTION")
    common = [_common()]
    listing = actions.add_parser("list", parents=common, help="every paper, a line each")
    listing.set_defaults(run=commands.list_papers)
    add_adding(actions, common)
    show = actions.add_parser("show", parents=common, help="one paper, whole")
    show.add_argument(
        "paper_id", help="its id, its arXiv id or DOI, or the key that it is cited by"
    )
    show.set_defaults(run=commands.show_paper)
    remove = actions.add_parser("remove", parents=common, help="delete papers")
    _add_removal(remove)
    export = actions.add_parser("export", parents=common, help="every paper, in a format of files")
    _add_export(export)
    verify = actions.add_parser("verify", parents=common, help="say what is wrong, and mend it")
    verify.add_argument("--repair", action="store_true", help="mend what is wrong")
    verify.set_defaults(run=commands.verify_papers)
    add_curating(actions, common)
    add_tabulating(actions, common)
    add_noting(actions, common)
    add_log(actions.add_parser("log", parents=common, help="who changed what, the last first"))
    for action in (listing, show, remove, verify):
        _add_json(action)


def _add_removal(remove: argparse.ArgumentParser) -> None:
    remove.add_argument("paper_ids", nargs="*", metavar="PAPER_ID")
    remove.add_argument("--starter", action="store_true", help="all papers of the starter library")
    remove.add_argument(
        "--source", action="append", default=[], help="all papers of this source alone; repeatable"
    )
    remove.add_argument(
        "--collection",
        action="append",
        default=[],
        metavar="NAME",
        help="all papers in this collection; repeatable",
    )
    remove.set_defaults(run=commands.remove_papers, usage_error=remove.error)


def _add_export(export: argparse.ArgumentParser) -> None:
    export.add_argument(
        "--format",
        choices=("jsonl", "csv", *BIBLIOGRAPHIES, *STYLES),
        help="jsonl keeps all that is known; apa, ieee and chicago are printed references "
        "(default: by FILE's name, else jsonl)",
    )
    export.add_argument(
        "--collection", action="append", metavar="NAME", help="of this collection; repeatable"
    )
    export.add_argument("--output", type=Path, metavar="FILE", help="instead of standard output")
    export.set_defaults(run=commands.export_papers)


def _add_watch(parser: argparse.ArgumentParser) -> None:
    from rag.cli.watching import add_watch

    add_watch(parser, _common())


def _add_feedback(parser: argparse.ArgumentParser) -> None:
    from rag.cli.feedback import add_feedback

    add_feedback(parser, _common())


def _add_users(parser: argparse.ArgumentParser) -> None:
    from rag.cli.accounts import add_users

    add_users(parser, _common())


def _add_mcp(parser: argparse.ArgumentParser) -> None:
    from rag.cli.serving import add_mcp

    add_mcp(parser)


def _add_eval(parser: argparse.ArgumentParser) -> None:
    from eval.arguments import add_eval

    add_eval(parser)


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    _add_json(parser)
    parser.add_argument(
        "--bundle",
        type=Path,
        metavar="FILE",
        help="also write what a report of a fault needs, and nothing private",
    )
    parser.set_defaults(run=commands.doctor)


COMMANDS: Final[dict[str, Callable[[argparse.ArgumentParser], None]]] = {
    "chat": _add_chat,
    "ask": _add_ask,
    "replay": add_replay,
    "search": _add_search,
    "ingest": _add_ingest,
    "watch": _add_watch,
    "papers": _add_papers,
    "feedback": _add_feedback,
    "users": _add_users,
    "mcp": _add_mcp,
    "backup": backing_up.add_backup,
    "restore": backing_up.add_restore,
    "doctor": _add_doctor,
    "eval": _add_eval,
}
HELP: Final = {
    "chat": "open the chat page (also without a command)",
    "ask": "answer one question",
    "replay": REPLAY_HELP,
    "search": "find papers",
    "ingest": "read papers into the library",
    "watch": "look for new papers now and then, and accept or dismiss what is found",
    "feedback": "list what users thought of answers, or make a question set of it",
    "papers": "list, show, add, edit, enrich, remove, export or verify papers",
    "users": "say who may open the page, and what they may do there",
    "mcp": "serve assistants such as Claude Desktop (Model Context Protocol)",
    "backup": backing_up.BACKUP,
    "restore": backing_up.RESTORE,
    "doctor": "check that everything is in place",
    "eval": "measure how well it finds and answers",
}
