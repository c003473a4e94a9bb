"""Find who may sign in now: accounts in a file or a group's database, which change meanwhile."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from rag.errors import ConfigurationError, LibraryError
from rag.settings import Settings
from rag.store.servers import shared_database
from rag.userdata.accounts import Account, AccountTable, Role
from rag.userdata.sign_outs import NEVER, SignOutTable
from ui.server.passwords import hash_password, is_password, line_of, read_line, require_name

FRESH_S: Final = 1.0  # that accounts which were read are taken for those that are
logger = logging.getLogger(__name__)


class Accounts(Protocol):
    """Where accounts are kept."""

    @property
    def place(self) -> str:
        """Where that is, in words for a user."""

    def all(self) -> list[Account]:
        """Return all accounts."""

    def put(self, changed: Account) -> None:
        """Add an account, or put it into the place of the one of its name."""

    def remove(self, name: str) -> bool:
        """Remove an account; return whether there was one."""


class AccountFile:
    """Accounts in a file that nobody else may read: a line `user:hash` or `user:reader:hash` each.

    Blank lines and those that begin with `#` stay as they are.

    Args:
        path: The file; made when an account is added.

    Raises (every method):
        ConfigurationError: The file cannot be read or written, or a line is wrong.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.expanduser()

    @property
    def place(self) -> str:
        """The file."""
        return str(self._path)

    def all(self) -> list[Account]:
        """Return the accounts, in the order of the lines; of several of a name the last one."""
        found = {}
        for number, line in enumerate(self._lines(), start=1):
            if _is_account(line):
                each = read_line(line.strip(), number, self._path)
                found[each.name] = each
        return list(found.values())

    def put(self, changed: Account) -> None:
        """Add an account, or put it into the place of the one of its name."""
        lines = self._lines() if self._path.exists() else []
        self._write([*_without(lines, changed.name), line_of(changed)])

    def remove(self, name: str) -> bool:
        """Remove an account; return whether there was one."""
        lines = self._lines()
        kept = _without(lines, name)
        if len(kept) < len(lines):
            self._write(kept)
        return len(kept) < len(lines)

    def _lines(self) -> list[str]:
        try:
            return self._path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeError) as exc:
            why = exc.strerror if isinstance(exc, OSError) else "it is not text in UTF-8"
            raise ConfigurationError(
                f"The file of users {str(self._path)!r} cannot be read: {why}."
            ) from exc

    def _write(self, lines: Sequence[str]) -> None:
        """Write the file at once, as a page may read it at any time; its owner and mode stay."""
        whole = self._path.resolve()
        new = whole.with_name(f".{whole.name}.{secrets.token_hex(4)}")
        try:
            new.touch(mode=0o600)
            new.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            if whole.exists():
                shutil.copymode(whole, new)
                with suppress(OSError, AttributeError):  # not the superuser; not on Windows
                    os.chown(new, whole.stat().st_uid, whole.stat().st_gid)
            new.replace(whole)
        except OSError as exc:
            raise ConfigurationError(f"{str(self._path)!r} cannot be written: {exc}.") from exc
        finally:
            new.unlink(missing_ok=True)


def _is_account(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _without(lines: Sequence[str], name: str) -> list[str]:
    return [
        line for line in lines if not (_is_account(line) and line.strip().split(":")[0] == name)
    ]


class Users:
    """The users who may sign in, as they are now.

    Args:
        fixed: Accounts that stay.
        kept: Where others are looked up again and again; None for nowhere.
        clock: A monotonic clock, seconds.
        sign_outs: Where all processes of a group tell who signed out; None for one alone.

    Raises:
        ConfigurationError: The accounts cannot be read; later, what was read last counts.
        LibraryError: As above, of a database.
    """

    def __init__(
        self,
        fixed: Iterable[Account] = (),
        kept: Accounts | None = None,
        clock: Callable[[], float] = time.monotonic,
        sign_outs: SignOutTable | None = None,
    ) -> None:
        self._sign_outs = sign_outs
        self._times: dict[str, int] = {}
        self._fixed = tuple(fixed)
        self._kept = kept
        self._clock = clock
        self._reading = threading.Lock()
        self._nobody = hash_password(secrets.token_hex(8))
        self._accounts = self._read()
        self._is_away = False  # what keeps them
        self._read_at = clock()

    def _read(self) -> dict[str, Account]:
        if self._sign_outs:
            self._times = self._sign_outs.all()
        kept = self._kept.all() if self._kept else []
        return {each.name: each for each in (*kept, *self._fixed)}

    def __len__(self) -> int:
        """Return the number of users."""
        return len(self._accounts)

    @property
    def is_stale(self) -> bool:
        """Whether they are to be read again."""
        is_elsewhere = self._kept is not None or self._sign_outs is not None
        return is_elsewhere and self._clock() - self._read_at >= FRESH_S

    def refresh(self) -> None:
        """Read them again, where it is time to; one reads, others go on with what is known."""
        if not self.is_stale or not self._reading.acquire(blocking=False):
            return
        try:
            self._accounts, self._is_away = self._read(), False
        except (ConfigurationError, LibraryError) as exc:
            if not self._is_away:  # once, not each second
                logger.warning("the users stay as they were: %s", exc)
            self._is_away = True
        finally:
            self._read_at = self._clock()
            self._reading.release()

    def find(self, name: str) -> Account | None:
        """Return somebody's account."""
        return self._accounts.get(name)

    def sign_outs_of(self, name: str) -> int:
        """Return how often somebody has signed out, so far as this process knows."""
        return self._times.get(name, NEVER)

    def sign_out(self, name: str) -> None:
        """Tell all other processes that somebody signs out, so that they end their sessions."""
        if self._sign_outs is None:
            return
        try:
            self._sign_outs.add(name)
        except LibraryError as exc:
            logger.warning("other processes do not know who signed out: %s", exc)

    def admits(self, user: str, password: str) -> bool:
        """Return whether a password is the user's; an unknown name takes as long as a known one."""
        self.refresh()
        found = self.find(user)
        is_right = is_password(password, found.hashed if found else self._nobody)
        self._read_sign_outs()  # those of a moment ago: the session that begins is not over yet
        return is_right and found is not None

    def _read_sign_outs(self) -> None:
        if self._sign_outs:
            with suppress(LibraryError):
                self._times = self._sign_outs.all()


class Put(NamedTuple):
    """An account that was put, and whether there was none of its name."""

    account: Account
    is_new: bool


def put_user(kept: Accounts, name: str, password: str, role: Role | None = None) -> Put:
    """Add somebody, or give them another password; without a role they keep theirs.

    Raises:
        ConfigurationError: The name or the password cannot be one.
    """
    known = {each.name: each for each in _known(kept)}
    name = require_name(name)
    role = role or (known[name].role if name in known else "editor")
    changed = Account(name, hash_password(password), role)
    kept.put(changed)
    return Put(changed, name not in known)


def _known(kept: Accounts) -> list[Account]:
    """Return the accounts that there are; none of a file that is yet to be made."""
    is_new = isinstance(kept, AccountFile) and not Path(kept.place).exists()
    return [] if is_new else kept.all()


def printed_user(name: str, password: str, role: Role | None = None) -> str:
    """Return the line of a user, for a file.

    Raises:
        ConfigurationError: The name or the password cannot be one.
    """
    return line_of(Account(require_name(name), hash_password(password), role or "editor"))


def find_accounts(settings: Settings, file: Path | None = None) -> Accounts | None:
    """Return where accounts are: in a file, else in a group's database; None for nowhere."""
    if file:
        return AccountFile(file)
    database = shared_database(settings)
    return AccountTable(database) if database else None
