"""Recognise that a model says the papers do not tell, or disagree.

Prompts offer no sentence for it, as small models repeat whatever is offered: with one, a model of
1.5 B refused 9 of 10 times where the papers answer, and 0 of 11 without. English only.
"""

from __future__ import annotations

import re
from typing import Final

from rag.sentences import split_sentences
from rag.verification.markers import strip_markers

PAPERS: Final = (
    r"(?:papers?|excerpts?|abstracts?|sources?|texts?|passages?|documents?|context|studies|study"
    r"|none of (?:them|these|those))"
)
TELL: Final = (
    r"(?:tell|say|mention|contain|provide|answer|address|specify|discuss|describe|report|state|give"
    r"|include|cover|disclose|reveal|indicate|explain|detail|name|speak|offer|touch)s?"
)
TOLD: Final = (
    r"(?:mentioned|told|specified|provided|given|stated|reported|discussed|addressed|answered"
    r"|described|disclosed|covered|available|included|detailed)"
)
NOT: Final = r"(?:\s+not|n['’]t)"
UNTOLD: Final = re.compile(
    rf"""\b{PAPERS}\b[^.]{{0,60}}\b(?:do|does|did|can|could){NOT}\s+(?:\w+\s+){{0,2}}{TELL}\b
      |\b(?:no|none\s+of\s+the(?:se)?|neither(?:\s+of\s+the(?:se)?)?)\s+(?:\w+\s+){{0,2}}
        (?:papers?|excerpts?|abstracts?|sources?)\b[^.]{{0,60}}\b(?:{TELL}|told|said)\b
      |\bthere\s+is\s+no\s+(?:\w+\s+){{0,2}}(?:information|mention|details?|answer)\b
      |\b(?:no|not\s+enough|insufficient)\s+(?:\w+\s+){{0,2}}information\b
      |\b(?:is|are|was|were){NOT}\s+(?:\w+\s+){{0,2}}{TOLD}\b
      |\bcan(?:\s?not|['’]t)\s+be\s+(?:answered|determined|found)\b
      |\bI\s+(?:do{NOT}|can(?:\s?not|['’]t)|am\s+unable\s+to|could{NOT})\s+
        (?:know|find|answer|determine)\b
      |\bunable\s+to\s+(?:find|answer|determine)\b
      |\A\W*(?:not\s+found|no\s+answer|unanswerable)\b""",
    re.IGNORECASE | re.VERBOSE,
)
AND_YET: Final = re.compile(
    r"\b(?:but|however|although|though|while|whereas|except|yet|instead)\b", re.IGNORECASE
)
DISAGREE: Final = re.compile(
    r"\b(?:papers|studies|sources|excerpts|findings|results|authors|they)\b[^.]{0,40}"
    r"\b(?:disagree|contradict|conflict|differ\b)",
    re.IGNORECASE,
)


def declines(text: str) -> bool:
    """Return whether a text says throughout that the papers do not tell what is asked."""
    sentences = split_sentences(strip_markers(text).strip(" \n\"'“”*_"))
    if not sentences:
        return False
    first = sentences[0].text
    return bool(UNTOLD.search(first)) and not AND_YET.search(first)


def split_disagreement(text: str) -> tuple[bool, str]:
    """Return whether a text begins by saying that the papers disagree, and the rest of it."""
    sentences = split_sentences(text)
    first = sentences[0].text if sentences else ""
    if strip_markers(first) != first or not DISAGREE.search(first):
        return False, text
    return True, text[sentences[0].end :].lstrip()
