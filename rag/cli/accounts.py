"""Say who may open the page, and what they may do there: `paperchat users`."""

from __future__ import annotations

import argparse
import sys
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rag.errors import ConfigurationError
from rag.settings import read_settings
from rag.terminal import write_json, write_line, write_notice

if TYPE_CHECKING:
    from rag.userdata.accounts import Account
    from ui import Accounts

ROLES: Final = ("reader", "editor")  # rag.userdata.accounts.ROLES
NOWHERE: Final = (
    "Say where the users are: --file FILE, or RAG_DATABASE_URL for those of a group's database."
)
UNKNOWN: Final = "There is no user {name!r} in {place}; `paperchat users list` has them."


def add_users(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the actions of `paperchat users`."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    adding = actions.add_parser(
        "add", parents=[common], help="add a user, or give one another password or role"
    )
    adding.add_argument("user", metavar="USER")
    adding.add_argument(
        "--role",
        choices=ROLES,
        help="a reader asks, exports and rates; an editor changes the library, too (default: "
        "editor, or as it was)",
    )
    adding.set_defaults(run=add_user)
    listing = actions.add_parser("list", parents=[common], help="every user, with the role")
    listing.add_argument("--json", action="store_true", help="print one JSON object")
    listing.set_defaults(run=list_users)
    removing = actions.add_parser(
        "remove", parents=[common], help="let somebody in no more; their sessions end"
    )
    removing.add_argument("user", metavar="USER")
    removing.set_defaults(run=remove_user)
    passwd = actions.add_parser(
        "passwd", parents=[common], help="give a user another password; their sessions end"
    )
    passwd.add_argument("user", metavar="USER")
    passwd.set_defaults(run=change_password)
    for action in (adding, listing, removing, passwd):
        action.add_argument(
            "--file",
            type=Path,
            metavar="FILE",
            help="the file of `chat --auth-file`, not a group's database"
            + (" (without either, the line is printed)" if action is adding else ""),
        )


def add_user(options: argparse.Namespace) -> int:
    """Add somebody, or print their line where there is no place for it."""
    from ui import printed_user, put_user

    kept = _find(options)
    if kept is None:
        write_line(printed_user(options.user, _asked_password(), options.role))
        return 0
    made = put_user(kept, options.user, _asked_password(), options.role)
    did = "Added" if made.is_new else "Changed"
    write_notice(f"{did} {made.account.name} ({made.account.role}) in {kept.place}.")
    return 0


def list_users(options: argparse.Namespace) -> int:
    """Print every user with the role."""
    users = _require(options).all()
    if options.json:
        write_json({"users": [{"name": each.name, "role": each.role} for each in users]})
        return 0
    width = max((len(each.name) for each in users), default=0)
    for each in users:
        write_line(f"{each.name:{width}}  {each.role}")
    if not users:
        write_notice("There is no user yet.")
    return 0


def remove_user(options: argparse.Namespace) -> int:
    """Let somebody in no more."""
    kept = _require(options)
    if not kept.remove(options.user):
        raise ConfigurationError(UNKNOWN.format(name=options.user, place=kept.place))
    write_notice(f"Removed {options.user}; their conversations stay in the library.")
    return 0


def change_password(options: argparse.Namespace) -> int:
    """Give somebody another password."""
    from ui import put_user

    kept = _require(options)
    if _named(kept, options.user) is None:
        raise ConfigurationError(UNKNOWN.format(name=options.user, place=kept.place))
    put_user(kept, options.user, _asked_password())
    write_notice(f"{options.user} signs in with the new password from now on.")
    return 0


def _find(options: argparse.Namespace) -> Accounts | None:
    from ui import find_accounts

    return find_accounts(read_settings(library=options.library), options.file)


def _require(options: argparse.Namespace) -> Accounts:
    kept = _find(options)
    if kept is None:
        raise ConfigurationError(NOWHERE)
    return kept


def _named(kept: Accounts, name: str) -> Account | None:
    return next((each for each in kept.all() if each.name == name), None)


def _asked_password() -> str:
    """Read the password, typed twice at a terminal, or the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass("Password: ")
    if getpass("Once more: ") != password:
        raise ConfigurationError("The two passwords differ. Nothing was written.")
    return password
