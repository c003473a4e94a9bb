"""Recognise a question that takes for granted the contrary of what an abstract says.

"Why is MossNet slower than the others?" where the abstract calls it faster. A question whether it
is slower takes nothing for granted.
"""

from __future__ import annotations

import re
from typing import Final

_I: Final = re.IGNORECASE
GRANTS: Final = re.compile(
    r"^\W*(?:(?:so|and|but|ok(?:ay)?|please)\W+)*(?:(?:explain|tell\s+me|do\s+you\s+know)\s+)?"
    r"(?:why|how\s+come|since|as|because|although|though|given(?:\s+that)?|considering(?:\s+that)?)\b",
    _I,
)
# What a question says against a paper, and what says the contrary.
CONTRARIES: Final = tuple(
    (re.compile(said, _I), re.compile(contrary, _I))
    for said, contrary in (
        (
            r"\b(?:slow(?:er|est|ly|s)?|slow\s+down)\b",
            r"\b(?:fast(?:er|est)?|quick(?:er|ly)?|speed(?:s|ing)?[\s-]?ups?|accelerat\w+|less\s+than\s+a\s+second"
            r"|\d+\s?(?:x|×|times)\s+(?:less|lower)\s+latency)\b",
        ),
        (
            r"\b(?:worse|worst|inferior|weaker|less\s+(?:accurate|precise|effective|robust)|underperforms?|underperformed"
            r"|fail(?:s|ed|ing)?|perform(?:s|ed)?\s+(?:badly|poorly)|lose[sd]?\s+(?:to|against))\b",
            r"\b(?:outperform\w*|surpass\w*|exceed\w*|superior\w*|better|best|state[\s-]of[\s-]the[\s-]art|on\s+par|competitive"
            r"|success\w*)\b",
        ),
        (
            r"\b(?:(?:more|most)\s+(?:expensive|costly|memory|energy|power|parameters)|costlier|heavier|bigger|larger)\b",
            r"\b(?:cheap\w*|(?:less|fewer|lower|reduc\w+|sav\w+)\s+(?:\w+\s+){0,3}(?:memory|energy|power|parameters|costs?|operations|consumption)"
            r"|(?:memory|energy|power|parameter|cost)[\s-]efficien\w+|smaller|lightweight|compact)\b",
        ),
    )
)


def contradicted(question: str, abstract: str) -> str:
    """Return what a question takes for granted where an abstract says only the contrary; or ""."""
    if not GRANTS.match(question):
        return ""
    for said, contrary in CONTRARIES:
        claimed = said.search(question)
        if claimed and contrary.search(abstract) and not said.search(abstract):
            return claimed[0]
    return ""
