"""Write what stands raised or lowered with the signs that plain text has for it."""

from __future__ import annotations

from typing import Final

RAISED: Final = str.maketrans("0123456789+-−=()ni∘", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ°")
LOWERED: Final = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
CAN_RAISE: Final = frozenset(map(chr, RAISED))
CAN_LOWER: Final = frozenset(map(chr, LOWERED))


def raised(text: str) -> str:
    """Raise a number: 10 to the power of 6 is no 106. Words stay as they are: 20th."""
    tight = "".join(text.split())
    if CAN_RAISE.issuperset(tight) and not tight.isalpha():
        return tight.translate(RAISED)
    return text
