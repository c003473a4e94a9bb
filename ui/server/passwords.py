"""Store passwords as scrypt hashes: a line `user:hash` for each user."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rag.errors import ConfigurationError

# OWASP's choice for scrypt at 32 MB: N = 2^15, r = 8, p = 3. About 0.2 s a try on one core.
COST: Final = 2**15
BLOCK: Final = 8
PARALLEL: Final = 3
MEMORY_BYTES: Final = 64 * 1024 * 1024
SALT_BYTES: Final = 16
KEY_BYTES: Final = 32
LEAST_CHARACTERS: Final = 8
MOST_CHARACTERS: Final = 1024  # a longer one would only cost the server time
# The highest cost that a line may request, so that a wrong one cannot block the server.
MOST_COST: Final = 2**17
MOST_BLOCK: Final = 16
MOST_PARALLEL: Final = 8


def hash_password(password: str) -> str:
    """Return the hash of a password under a new salt, as `scrypt$N$r$p$salt$key`.

    Raises:
        ConfigurationError: The password is too short or too long.
    """
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise ConfigurationError(
            f"A password has {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters; this one has "
            f"{len(password)}."
        )
    return _hashed(password, secrets.token_bytes(SALT_BYTES))


def _hashed(password: str, salt: bytes) -> str:
    key = _key(password, salt, COST, BLOCK, PARALLEL)
    return f"scrypt${COST}${BLOCK}${PARALLEL}${_text(salt)}${_text(key)}"


def _key(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"),
        salt=salt,
        n=cost,
        r=block,
        p=parallel,
        maxmem=max(MEMORY_BYTES, 256 * cost * block),
        dklen=KEY_BYTES,
    )


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def is_password(password: str, hashed: str) -> bool:
    """Return whether a password has a hash, compared in constant time.

    Raises:
        ValueError: The hash is none.
    """
    cost, block, parallel, salt, key = _parts(hashed)
    given = _key(password[:MOST_CHARACTERS], salt, cost, block, parallel)
    return hmac.compare_digest(given, key)


def _parts(hashed: str) -> tuple[int, int, int, bytes, bytes]:
    kind, *numbers, salt, key = hashed.split("$")
    if kind != "scrypt" or len(numbers) != 3:
        raise ValueError("it is no scrypt hash")
    cost, block, parallel = (int(number) for number in numbers)
    is_power = cost > 1 and not cost & (cost - 1)
    if not (is_power and cost <= MOST_COST and 1 <= block <= MOST_BLOCK):
        raise ValueError("its scrypt parameters cannot be")
    if not 1 <= parallel <= MOST_PARALLEL:
        raise ValueError("its scrypt parameters cannot be")
    return cost, block, parallel, base64.b64decode(salt), base64.b64decode(key)


def user_line(user: str, password: str) -> str:
    """Return the line of a user for the file.

    Raises:
        ConfigurationError: The name or the password cannot be one.
    """
    name = user.strip()
    if not name or ":" in name or not name.isprintable() or name.startswith("#"):
        raise ConfigurationError(
            f"A user cannot be named {user!r}: a name is not empty, is on one line, holds no "
            "colon, and does not begin with #."
        )
    return f"{name}:{hash_password(password)}"


def read_users(path: Path) -> dict[str, str]:
    """Read users and hashes from a file of lines `user:hash`, without blank lines and `#`.

    Raises:
        ConfigurationError: The file cannot be read, a line is wrong, or it names nobody.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else "it is not text in UTF-8"
        raise ConfigurationError(f"The file of users {str(path)!r} cannot be read: {why}.") from exc
    users = {}
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.startswith("#"):
            name, hashed = _read_line(line.strip(), number, path)
            users[name] = hashed
    if not users:
        raise ConfigurationError(
            f"The file of users {str(path)!r} names nobody. Add one by `paperchat users add`."
        )
    return users


def _read_line(line: str, number: int, path: Path) -> tuple[str, str]:
    name, _, hashed = line.rpartition(":")
    try:
        _parts(hashed)
    except ValueError as exc:  # also binascii.Error: no base64
        raise ConfigurationError(
            f"Line {number} of {str(path)!r} is not `user:hash`. "
            "Make it by `paperchat users add`; a password itself may not stand there."
        ) from exc
    if not name:
        raise ConfigurationError(f"Line {number} of {str(path)!r} names no user.")
    return name, hashed


def write_user(user: str, password: str, path: Path | None) -> None:
    """Add or replace a user in a file that nobody else may read; or print the line.

    Raises:
        ConfigurationError: The name or the password cannot be one, or the file cannot be written.
    """
    line = user_line(user, password)
    if path is None:
        sys.stdout.write(line + "\n")
        return
    name = line.partition(":")[0]
    try:
        earlier = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        kept = [other for other in earlier if other.rpartition(":")[0] != name]
        path.touch(mode=0o600)
        path.write_text("\n".join([*kept, line]) + "\n", encoding="utf-8")
    except (OSError, UnicodeError) as exc:
        raise ConfigurationError(f"{str(path)!r} cannot be written: {exc}.") from exc


class Users:
    """The users who may sign in.

    Args:
        hashes: Names with the hashes of their passwords.
    """

    def __init__(self, hashes: Mapping[str, str]) -> None:
        self._hashes = dict(hashes)
        self._nobody = _hashed(secrets.token_hex(8), secrets.token_bytes(SALT_BYTES))

    def __len__(self) -> int:
        """Return the number of users."""
        return len(self._hashes)

    def admits(self, user: str, password: str) -> bool:
        """Return whether a password is the user's; an unknown name takes as long as a known one."""
        hashed = self._hashes.get(user)
        is_right = is_password(password, hashed or self._nobody)
        return is_right and hashed is not None
