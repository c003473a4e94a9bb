"""Store passwords as scrypt hashes, and users as lines of a file: `user:hash`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Final

from rag.errors import ConfigurationError
from rag.userdata.accounts import ROLES, Account

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


def hash_password(password: str, *, always_for: str | None = None) -> str:
    """Return the hash of a password, as `scrypt$N$r$p$salt$key`.

    Args:
        password: In clear.
        always_for: Whose it is, where the hash has to be the same each time; else the salt is new.

    Raises:
        ConfigurationError: The password is too short or too long.
    """
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise ConfigurationError(
            f"A password has {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters; this one has "
            f"{len(password)}."
        )
    if always_for is None:
        return _hashed(password, secrets.token_bytes(SALT_BYTES))
    own = hashlib.sha256(f"paperchat {always_for}".encode("utf-8", "surrogatepass")).digest()
    return _hashed(password, own[:SALT_BYTES])


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


def _is_hash(hashed: str) -> bool:
    try:
        _parts(hashed)
    except ValueError:  # also binascii.Error: no base64
        return False
    return True


def require_name(user: str) -> str:
    """Return the name of a user, without spaces around it.

    Raises:
        ConfigurationError: It cannot be one.
    """
    name = user.strip()
    if not name or ":" in name or not name.isprintable() or name.startswith("#"):
        raise ConfigurationError(
            f"A user cannot be named {user!r}: a name is not empty, is on one line, holds no "
            "colon, and does not begin with #."
        )
    return name


def line_of(account: Account) -> str:
    """Return the line of a user for the file; an editor's is as earlier versions read it, too."""
    role = "" if account.role == "editor" else f"{account.role}:"
    return f"{account.name}:{role}{account.hashed}"


def read_line(line: str, number: int, path: Path) -> Account:
    """Read a line of the file.

    Raises:
        ConfigurationError: It is wrong.
    """
    name, *between, hashed = line.split(":") if ":" in line else ("", line)
    role = ":".join(between) or "editor"
    if role not in ROLES or not _is_hash(hashed):
        raise ConfigurationError(
            f"Line {number} of {str(path)!r} is not `user:hash` or `user:reader:hash`. "
            "Make it by `paperchat users add`; a password itself may not stand there."
        )
    if not name:
        raise ConfigurationError(f"Line {number} of {str(path)!r} names no user.")
    return Account(name, hashed, "reader" if role == "reader" else "editor")
