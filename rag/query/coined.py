"""Recognise the names that papers coin, and the paper that each belongs to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final, Literal

from rag.query.locators import ADDRESS
from rag.query.paper_lookup import PaperLookup
from rag.query.questions import STOP_WORDS
from rag.store.lexical import analyze
from rag.text import squeezed
from rag.types import Paper

SURE_HEAD_WORDS: Final = 2
# Capitalised words within a sentence: "the Stable Diffusion paper".
NAME_OF_WORDS: Final = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+){1,3}\b")
# A capitalised word where a thing is named: "models like Flamingo", "how does Flamingo read?".
NAME_ALONE: Final = re.compile(
    r"\b(?:like|such as|called|named|using|with|against|than|versus|vs\.?|do|does|did|is|was)\s+"
    r"([A-Z][a-z]{3,})\b(?!['’]s| et al| and [A-Z]| [A-Z0-9])"
)
# The same behind an article, where nothing follows it: "how fast is the Flamingo?"
NAME_AT_END: Final = re.compile(r"\b(?:is|are|was|were|than|of)\s+the\s+([A-Z][a-z]{3,})\W*$")
MOST_READ: Final = 200  # papers with a stem that are searched for it as a name
# Capitals that are not due to the sentence: "UNEt", but not "Unet" or "UNET".
IRREGULAR: Final = re.compile(r"(?=.*[a-z])(?:[A-Z]|[a-z]+[A-Z]).*[A-Z]")
LEAST_NAME: Final = 4  # letters
LEAST_LETTERS: Final = 3  # of a name in lower case that is not in the dictionary
HEAD_RANK: Final = 4
TITLE_RANK: Final = 3
COINED_RANK: Final = 2
LEADING_WORDS: Final = 3  # of a title, which include its own name
TOKEN: Final = re.compile(r"[A-Za-z][\w]*(?:[-.+][\w]+)*")
# A coined name has inner capitals or digits: "SpikeGPT", "BERT", "word2vec", "GPT-2".
COINED: Final = re.compile(
    r"^(?=.*[A-Za-z])(?:.*[a-z0-9-].*[A-Z].*|[A-Z]{2}.*|.*\d.*|[A-Z]\w?[A-Z].*)$"
)
HEAD: Final = re.compile(r"^([^:]{2,60}?)\s?:\s")
# Right before a name that a paper gives to its own contribution.
COINS: Final = re.compile(
    r"\b(?:propos|introduc|present|develop|design|devis|describ|releas|nam|call|term|dub|coin)\w*\b"
    r"(?!.*\b(?:than|over|like|unlike|including|using|based on|such as|e\.g\.|with|from)\b)"
    r"[^.]{0,80}\Z",
    re.IGNORECASE,
)
# Right before a name in a title that the paper only uses or studies.
FOREIGN: Final = re.compile(
    r"\b(?:in|of|on|for|to|with|from|by|via|using|beyond|over|as|at|into)\s+\Z", re.IGNORECASE
)
# How many papers may have a word that is one paper's own name, by where it has it: before the
# title's colon, in the title, in the abstract. A word of more papers is a topic.
MOST_BEARERS: Final = {4: 40, 3: 2, 2: 2, 1: 1}


def unknown_names(question: str, lookup: PaperLookup) -> tuple[str, ...]:
    """Return the coined names in a question that no paper mentions, each once."""
    tokens = dict.fromkeys(match[0] for match in TOKEN.finditer(question))
    phrases = (match[0] for match in NAME_OF_WORDS.finditer(question))
    ways = (NAME_ALONE, NAME_AT_END)
    alone = dict.fromkeys(match[1] for way in ways for match in way.finditer(question))
    return (
        *(token for token in tokens if is_unknown(token, lookup)),
        *(phrase for phrase in phrases if not _is_written(phrase, lookup)),
        *(word for word in alone if not any(map(lookup.frequency, analyze(word)))),
    )


def _is_written(phrase: str, lookup: PaperLookup) -> bool:
    """Return whether a paper has the words of a phrase side by side, or all in its title."""
    stems = analyze(phrase)
    wanted = f" {' '.join(stems)} "
    papers = lookup.having(stems, MOST_READ) if stems else []
    return any(
        wanted in f" {' '.join(analyze(p.abstract))} " or set(stems) <= set(analyze(p.title))
        for p in papers
    )


WHO_COINED: Final = re.compile(
    r"^\W*(?:(?:and|so|ok(?:ay)?)\W+)*who\s+(?:first\s+)?(?:proposed|introduced|invented|developed|created"
    r"|designed|built|made|came\s+up\s+with)\s+(?:the\s+)?(?P<name>[\w.+-]+)(?:\s+\w+)?\W*$",
    re.IGNORECASE,
)


def asks_who_coined(question: str, papers: Sequence[Paper]) -> tuple[Literal["authors"], ...]:
    """Return the authors as the field that "who developed TideNet?" asks for, of its own paper."""
    asked = WHO_COINED.match(question)
    is_own = asked and len(papers) == 1 and own_name_rank(asked["name"], papers[0]) >= COINED_RANK
    return ("authors",) if is_own else ()


def unmentioned(question: str, papers: Sequence[Paper]) -> tuple[str, ...]:
    """Return the coined names in a question that none of some papers mentions, each once."""
    texts = [f"{paper.title} {paper.abstract}" for paper in papers]
    present = {stem for text in texts for stem in analyze(text)}
    tokens = dict.fromkeys(m[0] for m in TOKEN.finditer(question) if IRREGULAR.match(m[0]))
    lacking = (token for token in tokens if present.isdisjoint(analyze(token)))
    return tuple(token for token in lacking if not any(token in text for text in texts))


def is_unknown(token: str, lookup: PaperLookup) -> bool:
    """Return whether a word is written like a coined name, and no paper has it."""
    if (
        not COINED.match(token)
        or not any(map(str.isupper, token))
        or (token.isupper() and "-" in token)
    ):
        return False
    one = token.removesuffix("s") if token[-2:-1].isupper() else token
    stems = {*analyze(token), *analyze(one)}  # "CTCs" is written so, or "CTC"
    return bool(stems) and not any(map(lookup.frequency, stems))


def papers_coining(token: str, lookup: PaperLookup) -> list[Paper]:
    """Return the paper that coined a name; none for a topic, or where several papers use it."""
    if not _may_be_name(token, lookup):
        return _only_head(token, lookup)
    for form in dict.fromkeys([token, token.removesuffix("'s"), token.removesuffix("s")]):
        stems = analyze(form)
        if stems and all(map(lookup.frequency, stems)):
            return _own(form, _having_written(form, stems, lookup))
    return []


def _having_written(token: str, stems: Sequence[str], lookup: PaperLookup) -> list[Paper]:
    """Return papers that have a name as it is written, not only words of the same stem.

    None where so many have it that it is no single one's.
    """
    most = MOST_BEARERS[HEAD_RANK]
    if not (token.isupper() and len(token) >= LEAST_NAME):
        return lookup.few(stems, most)
    papers = lookup.having(stems, MOST_READ)
    return [p for p in papers if token in f"{p.title} {p.abstract}"][: most + 1] or papers[
        : most + 1
    ]


def _own(token: str, papers: Sequence[Paper]) -> list[Paper]:
    """Return the only one of the papers whose own name a word is, if any."""
    if any(_writes_small(token, paper) for paper in papers):
        return []
    ranks = {paper.paper_id: own_name_rank(_as_written(token, paper), paper) for paper in papers}
    best = max(ranks.values(), default=0)
    named = [paper for paper in papers if ranks[paper.paper_id] == best]
    return named if best and len(named) == 1 and len(papers) <= MOST_BEARERS[best] else []


def _as_written(token: str, paper: Paper) -> str:
    """Return a name as the paper that coins it writes it: "PhUSION" for "phusion".

    Only where it coins it and comes back to it; "convnets" are what others have made.
    """
    if COINED.match(token):
        return token
    spelled = list(_written(token, paper.abstract))
    is_coined = len(spelled) > 1 and _introduced(paper.abstract, spelled[0]) > 1
    return spelled[0][0] if is_coined else token


def _writes_small(token: str, paper: Paper) -> bool:
    """Return whether a paper writes a word in lower case, as no coined name is written."""
    return any(
        not COINED.match(match[0]) and match[0].islower()
        for match in _spelled({squeezed(token)}, ADDRESS.sub(" ", paper.abstract))
    )


def _may_be_name(token: str, lookup: PaperLookup) -> bool:
    """Return whether a word is written like a coined name, or is not in the dictionary."""
    if token.lower() in STOP_WORDS or len(token) < 2:
        return False
    if COINED.match(token):
        return True
    return len(token) >= LEAST_LETTERS and not lookup.knows_word(token.lower())


def _only_head(token: str, lookup: PaperLookup) -> list[Paper]:
    """Return the only paper whose title has a dictionary word before its colon: "PIGEON: …"."""
    if token.lower() in STOP_WORDS or len(token) < LEAST_NAME:
        return []
    paper = lookup.only(analyze(token))
    is_head = paper is not None and own_name_rank(token, paper) == HEAD_RANK
    return [paper] if paper and is_head and not _writes_small(token, paper) else []


def own_name_rank(token: str, paper: Paper) -> int:
    """Rank how surely a name is what a paper calls its own contribution, from 0 to 4.

    4: it precedes the colon of the title, or is its short form; 3: in the title; 2: coined in the
    abstract; 1: an abbreviation that the abstract only explains; 0: none of these.
    """
    key = squeezed(token)
    head = HEAD.match(paper.title)
    if head and squeezed(head[1]) == key:
        return HEAD_RANK
    if shortens_title(token, paper):
        return HEAD_RANK
    titled = [t.start() for t in _written(token, paper.title)]
    if titled and _leads(paper.title, titled[0]):
        return TITLE_RANK
    if not COINED.match(token):
        return 0
    return max((_introduced(paper.abstract, t) for t in _written(token, paper.abstract)), default=0)


def shortens_title(token: str, paper: Paper) -> bool:
    """Return whether a name abbreviates a title, or its part before the colon, in the abstract.

    "GATs" does for "Graph Attention Networks".
    """
    head = HEAD.match(paper.title)
    long = squeezed(head[1] if head else paper.title).removesuffix("s")
    letters = [sign for sign in token if sign.isalpha()]
    if len(letters) < LEAST_LETTERS or not long:
        return False
    return any(
        is_short_form(t[0], paper.abstract[: t.start()])
        and squeezed(paper.abstract[: t.start()]).removesuffix("s").endswith(long)
        for t in _written(token, paper.abstract)
    )


def _leads(title: str, start: int) -> bool:
    """Return whether a name is early in a title, and not what the paper only uses."""
    before = title[:start]
    is_early = ":" not in before and len(before.split()) < LEADING_WORDS
    return is_early and not FOREIGN.search(before)


def _written(token: str, text: str) -> Iterator[re.Match[str]]:
    key = squeezed(token)
    return (match for match in _spelled({key, key + "s"}, text) if COINED.match(match[0]))


def _spelled(forms: Collection[str], text: str) -> Iterator[re.Match[str]]:
    """Yield the words of a text that are one of the forms, squeezed, in whatever spelling.

    Most begin with another letter, which is seen without squeezing them.
    """
    first = {letter for form in forms for letter in (form[:1], form[:1].upper())}
    for match in TOKEN.finditer(text):
        if text[match.start()] in first and squeezed(match[0]) in forms:
            yield match


def _introduced(text: str, match: re.Match[str]) -> int:
    """Return 2 where a sentence names something by a verb, 1 by an abbreviation, else 0."""
    before = re.split(r"(?<=[.!?])\s+", text[: match.start()])[-1]
    return 2 if COINS.search(before) else int(is_short_form(match[0], before))


def is_short_form(token: str, before: str) -> bool:
    """Return whether "(LF" after a text abbreviates its last words, "long form"."""
    if not before.endswith("("):
        return False
    letters = [sign.lower() for sign in token if sign.isalpha() and sign != "s"]
    words = re.findall(r"\w+", before.replace("-", " "))[-len(letters) - 2 :]
    initials = iter("".join(words).lower())
    starts = {word[0].lower() for word in words}
    return bool(letters) and letters[0] in starts and all(sign in initials for sign in letters)


def only_paper_named(token: str, lookup: PaperLookup) -> Paper | None:
    """Return the only paper that has a name at all, whoever coined it; None for several."""
    is_name = COINED.match(token) is not None and any(map(str.isupper, token))
    is_word = token[1:].islower() and lookup.knows_word(token.lower())
    is_long = len(token) >= (LEAST_LETTERS if IRREGULAR.match(token) else LEAST_NAME)
    if not (is_name and is_long) or is_word:
        return None
    stems = analyze(token)
    if IRREGULAR.match(token):
        papers = lookup.having(stems, MOST_READ) if stems else []
    else:
        papers = lookup.few(stems, 1)
    exact = re.compile(rf"(?<![\w-]){re.escape(token)}(?![\w-])")
    so_written = [p for p in papers if exact.search(p.title) or exact.search(p.abstract)]
    return so_written[0] if len(so_written) == 1 else None
