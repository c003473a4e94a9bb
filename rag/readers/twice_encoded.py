"""Put right text that a program took for Windows-1252 when it was UTF-8: `MÃ¼ller`, `donâ€™t`.

Not covered: letters of other alphabets than Latin and Greek, and `Å` and `Ä`, behind which signs
may well stand (`3 Å²`).
"""

from __future__ import annotations

import re
from typing import Final

MOST_TIMES: Final = 3  # `ÃƒÂ¼` was met
SIGNS: Final = [bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xC0)]
BYTES: Final = {
    **{ord(sign): byte for byte, sign in enumerate(SIGNS, start=0x80)},
    **{ord(sign): ord(sign) for sign in "ÂÃÎÏâ"},
}
BEHIND: Final = f"[{re.escape(''.join(SIGNS))}]"
LETTER: Final = re.compile(rf"[ÂÃÎÏ]{BEHIND}|â{BEHIND}{{2}}")


def put_right(line: str) -> str:
    """Return a text as it was; one of which some other letter is none of these stays as it is."""
    for _ in range(MOST_TIMES):
        if not LETTER.search(line) or not LETTER.sub("", line).isascii():
            return line
        line = LETTER.sub(_letter, line)
    return line


def _letter(found: re.Match[str]) -> str:
    return bytes(BYTES[ord(sign)] for sign in found[0]).decode("utf-8", "replace")
