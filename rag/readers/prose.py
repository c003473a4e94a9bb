"""Tell what abstracts say from what notes, letters and code do."""

from __future__ import annotations

import re
from typing import Final

# What no title of a paper begins with, nor an abstract: notes, code, letters, lists.
MARKED: Final = re.compile(
    r"^(?:#|//|/\*|\*|>|```|---|===|\||[-+•] |\\(?!(?:it|em|bf|emph)\b)|@"
    r"|\d{4}-\d\d-\d\d|\d\d?:\d\d|import |from \w+ import|def |class "
    r"|function |var |let |const |dear |hi |hello |re:|subject:|todo\b|note|meeting|minutes|readme"
    r"|copyright|permission |license|my |\d+[.)] |\w{2,12}:\s|cff-version:|\[[ x]\])",
    re.IGNORECASE,
)
# What abstracts say: 1 in 200 of arXiv's says none of it.
RESEARCH: Final = re.compile(
    r"\b(?:we|our|this (?:paper|work|study|article|survey|review|report|letter|note|thesis|chapter)"
    r"|th(?:e|ese) (?:results?|findings?|authors?|method|approach|model)|et al|state-of-the-art"
    r"|propos\w+|results?|experiments?|stud(?:y|ies|ied)|investigat\w+|analy[sz]\w+|demonstrat\w+"
    r"|method\w*|algorithms?|datasets?|model\w*|theor\w+|prove[dns]?|evaluat\w+|significant\w*"
    r"|paper|approach\w*|performance|framework|evidence|measur\w+|observ\w+|simulat\w+)\b",
    re.IGNORECASE,
)
# And what nobody says of their day.
SURELY_RESEARCH: Final = re.compile(
    r"\b(?:this (?:paper|article|survey|thesis|study)|et al"
    r"|(?:we|i) (?:\w+ )?(?:propose|show|present|introduce|study|investigate|demonstrate|prove"
    r"|develop|describe|report|analy[sz]e|consider|examine|evaluate|derive))\b",
    re.IGNORECASE,
)
# What people's own notes say.
PERSONAL: Final = re.compile(
    r"(?<![\w.])I(?:['’](?:m|ve|ll))?(?= [a-z])|\b(?i:my|me|today|tomorrow|yesterday|tonight"
    r"|let['’]s|don['’]t forget|remember to|todo|tbd|asap|hello|thanks|please)\b"
)


def reads_like_research(text: str) -> bool:
    """Return whether a paragraph speaks as abstracts do, and not as a person does of their day."""
    if SURELY_RESEARCH.search(text):
        return True
    return bool(RESEARCH.search(text)) and not PERSONAL.search(text)
