"""Separate questions that papers could answer from small talk and instructions; by rules alone."""

from __future__ import annotations

import re
from typing import Final

from rag.sentences import split_sentences

SMALL_TALK: Final = re.compile(
    r"""^\W*(?:hi|hello|hey|hiya|good\s(?:morning|afternoon|evening|night)|greetings|howdy
        |thanks?(?:\s(?:you|a\slot|so\smuch))*|thank\syou|thx|cheers|bye|goodbye|see\syou|ok(?:ay)?
        |cool|great|nice|wow|lol|sorry|welcome|how\sare\s(?:you|things)|how(?:'s|\sis)\sit\sgoing
        |what'?s\sup|who\sare\syou|what\sare\syou|what(?:'s|\sis)\syour\sname|what\scan\syou\sdo
        |are\syou\s(?:a|an|human|real|there)\b.*|(?:can|could|will)\syou\shelp(?:\sme)?
        |tell\sme\sa\s(?:joke|story)|help|test|testing)
        (?:[\s,!.]+(?:there|you|all|everyone|again|today|so\smuch|very\smuch|friend|bot|paperchat
        |doing|help|up|please))*\W*$""",
    re.IGNORECASE | re.VERBOSE,
)
# Instructions to produce something other than an answer. "Write a summary of …" and "list the
# papers …" are questions in another form.
ORDER: Final = re.compile(
    r"""^\W*(?:please\s+|now\s+|then\s+|and\s+|(?:can|could|would|will)\syou\s+(?:please\s+)?)*
        (?:(?:write|compose|draft|generate|create|make|code|implement|build|produce|give\sme|design)
           \b(?!.{0,40}\b(?:summary|summaries|overview|review|comparison|survey|table|list)\b)
           .{0,60}\b(?:code|script|program|loop|function|class|app|website|page|poem|haiku|essay
           |story|song|lyrics|limerick|email|e-mail|letter|tweet|post|article|speech|recipe|joke
           |section|chapter|introduction|related\swork|thesis|dissertation|manuscript|slides?|blog
           |plan|itinerary|invoice|cv|resume|regex|query|sql|html|python|javascript|java|bash)\b
        |translate\b|sing\b|pretend\b|act\sas\b|role-?play\b|imagine\syou\b|forget\b|ignore\b
        |disregard\b|repeat\s(?:after|the\sword|everything|your)|recite\b|print\s(?:your|the\ssystem)
        |reveal\b|calculate\b|compute\s(?:the\ssum|\d)|solve\b.{0,30}[=+]|remind\sme\b|set\san?\s
        (?:alarm|timer|reminder)|book\b|order\b|buy\b|call\b|send\b|open\sthe\b|play\b|delete\b
        |say\s["'“]|respond\sonly\b|reply\s(?:only|with)\b|output\s(?:only|the)\b)""",
    re.IGNORECASE | re.VERBOSE,
)
INJECTION: Final = re.compile(
    r"""(?:ignore|disregard|forget|drop|override|bypass)\s(?:\w+\s){0,3}
            (?:instruction|prompt|rule|guideline|direction|restriction|filter|above)
        |from\snow\son,?\s(?:you|act|answer|respond|reply)
        |you\sare\s(?:now|no\slonger|going\sto\s(?:be|act|play))\b|you\sare\s(?:a\spirate|dan\b|free\b)
        |(?:system|hidden|secret|initial|developer)\s(?:prompt|instruction|message)
        |\bdo\sanything\snow\b|\bjailbr|(?:stay|remain)\sin\scharacter|developer\smode""",
    re.IGNORECASE | re.VERBOSE,
)
SUM: Final = re.compile(
    r"^\W*(?:what(?:['’]s|\s+is)?|how\s+much\s+is|calculate|compute)?\s*[\d(][\d\s.,()]*[-+*/x^÷×][\d\s.,()+*/x^÷×-]*\W*$",
    re.IGNORECASE,
)
# Requests for papers, or for what is known, around the question itself.
FRAME: Final = re.compile(
    r"""^\W*(?:(?:can|could|would)\s(?:you|i)\s(?:please\s)?|please\s)?(?:help\sme\s(?:to\s)?)?
        (?:find|get|recommend|suggest|point\sme\sto|i(?:['’]m|\sam)?\s(?:looking\sfor|need(?:ing)?|want)
           |i(?:['’]d|\swould)\slike|where\s(?:can|do)\si\sfind|do\syou\sknow(?:\sof)?|know\sof|got|looking\sfor)\s(?:me\s)?
        (?:(?:an?|some|any|the|good|great|useful|to\s(?:read|find|see|cite))\s)*
        (?:citations?|references?|sources?|papers?|articles?|works?|readings?|literature|evidence)\s
        (?:for|on|about|regarding|supporting|that\s(?:discuss|cover|show|deal\swith)\w*)\s
       |^\W*(?:(?:can|could|would)\syou\s(?:please\s)?|please\s)?
        (?:(?:find|get|give|show|bring)\sme|i(?:['’]m|\sam)\slooking\sfor|looking\sfor|i\s(?:need|want))\s
        (?:anything|something|(?:some\s)?stuff)\s(?:on|about|regarding)\s
       |^\W*what\sshould\si\s(?:read|cite)\s(?:for|on|about|regarding)\s""",
    re.IGNORECASE | re.VERBOSE,
)
# Interjections before a question: "lol. which data?"
INTERJECTION: Final = re.compile(
    r"""^\W*(?:(?:lol|lmao|ha(?:ha)+|hm+|um+|uh|ah+|oh|wow|omg|thx|thanks?|thank\syou|hi|hello|hey|ok(?:ay)?)\b
        (?:[\s,.!:;…-]|[:;]-?[)D])*
        |(?:cool|nice|great|good|fine|perfect|awesome|interesting|right|alright|sorry|i\ssee|got\sit|makes\ssense
           |good\s(?:to\sknow|point))\s*[,.!:;…-]+\s*)+(?=\w)""",
    re.IGNORECASE | re.VERBOSE,
)
ASKS_WHAT_IS_KNOWN: Final = re.compile(
    r"^\W*what\s(?:do|can|could)\syou\s(?:know|tell\sme|say)\s(?:about|on|of)\s", re.IGNORECASE
)
AFFIRMATION: Final = re.compile(
    r"""^\W*(?:yes|yeah|yep|sure|ok(?:ay)?|please(?:\sdo)?|go\s(?:on|ahead)|continue|more
        |tell\sme\smore|and\?|why\snot|do\s(?:so|it|that)|of\scourse|absolutely|exactly)
        (?:[\s,!.]+(?:please|do|go\s(?:on|ahead)|tell\sme\smore|more|sure|that|would\sbe\sgreat
        |thanks?|show\sme))*\W*$""",
    re.IGNORECASE | re.VERBOSE,
)


def is_instruction(sentence: str) -> bool:
    """Return whether a sentence gives an instruction; one in an abstract is an injected prompt."""
    return ORDER.search(sentence) is not None or INJECTION.search(sentence) is not None


def is_affirmation(text: str) -> bool:
    """Return whether a message only agrees to what was said before."""
    return AFFIRMATION.match(text) is not None


def question_for_papers(text: str) -> str:
    """Return a message without small talk, instructions and attempts to change the rules.

    Empty when nothing is left, so that it is no question to papers.
    """
    sentences = split_sentences(text)
    kept = [s.text for s in sentences if not _is_other(s.text)]
    if len(kept) == len(sentences) and not INJECTION.search(text):
        return text
    if INJECTION.search(text) and not any("?" in sentence for sentence in kept):
        return ""
    return " ".join(kept)


def _is_other(sentence: str) -> bool:
    is_sum = SUM.match(sentence) is not None
    return is_sum or SMALL_TALK.search(sentence) is not None or is_instruction(sentence)


def without_interjection(text: str) -> str:
    """Return a message without interjections at its beginning."""
    return INTERJECTION.sub("", text)


def without_request(question: str) -> str:
    """Return a question without the request around it: X for "i need a citation for X"."""
    bare = FRAME.sub("papers on ", question)
    return ASKS_WHAT_IS_KNOWN.sub("tell me about ", bare)
