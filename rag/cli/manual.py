"""Write the manual page of `paperchat`, from the parser of its commands and from the settings."""

from __future__ import annotations

import argparse
import re
from collections.abc import Collection, Iterator
from typing import Final

from rag.settings import Settings, variable_of

COMMON: Final = ("--library", "--verbose")  # options of every command
EXITS: Final = {
    "0": "It is done.",
    "1": "The work failed; the last line says what happened, and what to do.",
    "2": "The command was used wrongly.",
    "130": "It was stopped by Ctrl-C.",
    "143": "It was stopped by SIGTERM.",
}
EXAMPLES: Final = {
    "paperchat": "open the chat page",
    'paperchat ask "How are neural networks pruned?"': "answer one question",
    "paperchat ingest refs.bib 10.1000/182": "read a file, and look a paper up",
    'paperchat watch add arxiv:"cat:cs.LG AND hopfield"': "watch for new papers",
}
CONTROL: Final = re.compile(r"^([.'])", re.MULTILINE)
Parser = argparse.ArgumentParser


def render_manual(parser: Parser, version: str) -> str:
    """Render the manual page, as `man` reads it.

    Args:
        parser: Of all commands.
        version: Of the program.
    """
    commands = list(_commands(parser))
    lines = [
        f'.TH {parser.prog.upper()} 1 "" "{_inline(f"{parser.prog} {version}")}" "User commands"',
        *_section("Name", f"{parser.prog} - ask questions of a library of research papers"),
        *_heading("Synopsis"),
        f".B {_inline(parser.prog)}",
        r"[\fICOMMAND\fR] [\fIOPTION\fR]\&...",
        *_section("Description", parser.description or ""),
        *_section("", "Without a command it opens the chat page."),
        *_options(parser),
        *_section("Options of every command", "Also before the command."),
        *_options(commands[0][2], only=COMMON),
        *_heading("Commands"),
        *(line for name, told, each in commands for line in _command(name, told, each)),
        *_heading("Exit status"),
        *(line for code, told in EXITS.items() for line in _item(rf"\fB{code}\fR", told)),
        *_heading("Environment"),
        *_environment(),
        *_heading("Examples"),
        *(line for each, told in EXAMPLES.items() for line in _item(_bold(each), told)),
    ]
    return "\n".join(lines) + "\n"


def _heading(name: str) -> list[str]:
    return [f'.SH "{name.upper()}"'] if name else [".PP"]


def _section(name: str, text: str) -> list[str]:
    return [*_heading(name), _text(text)]


def _commands(parser: Parser, above: str = "") -> Iterator[tuple[str, str, Parser]]:
    """Yield every command and action: its whole name, what it does, its parser."""
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        told = {each.dest: each.help or "" for each in action._choices_actions}
        for name, each in action.choices.items():
            whole = f"{above} {name}".strip()
            yield whole, told.get(name, ""), each
            yield from _commands(each, whole)


def _command(name: str, told: str, parser: Parser) -> Iterator[str]:
    yield f'.SS "{_inline(f"paperchat {name}")}"'
    wanted = [_metavar(each) for each in _positionals(parser)]
    if wanted:
        yield f"{_bold(f'paperchat {name}')} {' '.join(wanted)}"
        yield ".PP"
    yield _text(_sentence(told or parser.description or ""))
    yield from _options(parser)


def _positionals(parser: Parser) -> list[argparse.Action]:
    found = [each for each in parser._actions if not each.option_strings]
    return [each for each in found if not isinstance(each, argparse._SubParsersAction)]


def _options(parser: Parser, *, only: Collection[str] = ()) -> Iterator[str]:
    """Yield what a command takes, with what each option does; those of every command apart."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction | argparse._HelpAction):
            continue
        if action.help is argparse.SUPPRESS or not (action.help or action.option_strings):
            continue
        if set(action.option_strings).isdisjoint(only or COMMON) is bool(only):
            continue
        names = [_bold(each) for each in action.option_strings]
        takes = _metavar(action) if action.nargs != 0 else ""
        head = f"{', '.join(names)} {takes}".strip() if names else takes
        yield from _item(head, _sentence(_help(action, parser)))


def _metavar(action: argparse.Action) -> str:
    if action.choices and not action.metavar:
        return "|".join(map(_bold, map(str, action.choices)))
    named = action.metavar or action.dest.upper()
    name = rf"\fI{_inline(named if isinstance(named, str) else ' '.join(named))}\fR"
    if action.nargs in ("*", "+"):
        return rf"{name}\&..." if action.nargs == "+" else rf"[{name}\&...]"
    return f"[{name}]" if action.nargs == "?" and not action.option_strings else name


def _help(action: argparse.Action, parser: Parser) -> str:
    return (action.help or "") % {**vars(action), "prog": parser.prog}


def _sentence(text: str) -> str:
    bare = text.strip()
    if not bare:
        return ""
    return f"{bare[:1].upper()}{bare[1:]}{'' if bare.endswith(('.', '?', '!')) else '.'}"


def _environment() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        yield from _item(_bold(variable_of(name)), field.description or "")


def _item(head: str, text: str) -> Iterator[str]:
    yield ".TP"
    yield head
    if text:
        yield _text(text)


def _bold(text: str) -> str:
    return rf"\fB{_inline(text)}\fR"


def _inline(text: str) -> str:
    """Return text within a line: what the reader of manual pages would take for its own is not."""
    return text.replace("\\", r"\e").replace("-", r"\-").replace('"', r"\(dq")


def _text(text: str) -> str:
    return CONTROL.sub(r"\\&\1", _inline(" ".join(text.split())))
