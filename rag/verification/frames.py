"""Strip framing from a sentence: words on the text itself, or on papers as such; pure functions.

"Yes, ", "According to the paper, " and "The paper titled “…” reports that " claim nothing that an
abstract could support, and would only blur a comparison with one.
"""

from __future__ import annotations

import re
from typing import Final

PAPER: Final = r"(?:papers?|study|studies|works?|articles?|excerpts?|abstracts?|authors?)"
QUOTED: Final = r"(?:\"[^\"]{1,300}\"|“[^”]{1,300}”|‘[^’]{1,300}’|'[^']{1,300}')"
TITLED: Final = rf"(?:,?\s*(?:titled|entitled|called|named)\s*,?\s*(?:\*\*)?{QUOTED}(?:\*\*)?)"
THE_PAPER: Final = rf"(?:the|this|these|their|both)\s+(?:given\s+|provided\s+)?{PAPER}{TITLED}?"
SAYS: Final = (
    r"(?:says?|said|states?|stated|reports?|reported|shows?|showed|finds?|found|notes?|noted"
    r"|mentions?|mentioned|explains?|explained|argues?|argued|demonstrates?|demonstrated)"
)
# What may precede the claim, each once, in this order.
LEADS: Final = (
    r"(?:yes|overall|in\s+(?:summary|short|conclusion)|additionally|furthermore|moreover|finally"
    r"|the\s+answer\s+is)\s*[,:]\s*",
    rf"(?:(?:according\s+to|based\s+on|as\s+{SAYS}\s+(?:in|by)|in)\s+{THE_PAPER}\s*,\s*)",
    rf"(?:{THE_PAPER}|they|it)\s*,?\s+(?:also\s+|further\s+)?{SAYS}\s+that\s+",
)
FRAMES: Final = tuple(re.compile(rf"\A{lead}", re.IGNORECASE) for lead in LEADS)
NAMED_BY_TITLE: Final = re.compile(rf"(?<=\bpaper){TITLED}(?:\s*,)?", re.IGNORECASE)
# "The authors train", "This paper proves": an abstract says "we", or leaves it out.
SUBJECT: Final = re.compile(
    r"\A(?:the|this|these|their)\s+(?:papers?|authors?|study|studies|works?|articles?|researchers?"
    r"|team|writers?)\s+(?=[a-z])",
    re.IGNORECASE,
)
LEAST_WORDS: Final = 3  # with fewer left the frame was what was said


def without_frame(claim: str) -> str:
    """Return a sentence without its framing, unless that leaves fewer than three words."""
    bare = claim
    for frame in FRAMES:
        bare = frame.sub("", bare)
    bare = NAMED_BY_TITLE.sub("", bare)
    return bare if len(bare.split()) >= LEAST_WORDS else claim


def without_subject(claim: str) -> str:
    """Return a sentence without its subject where that is a paper or its authors."""
    bare = SUBJECT.sub("", claim)
    return bare if len(bare.split()) >= LEAST_WORDS else claim
