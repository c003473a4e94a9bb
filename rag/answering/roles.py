"""Recognise the rhetorical role of a sentence in an abstract, and the role a question asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rag.answering.failures import ASKS_FOR_FAILURE, FAILS, SURELY_FAILS
from rag.query.coined import own_name_rank
from rag.query.coreference import ORDINAL, SEVERAL
from rag.query.evidence import asked_term, defines
from rag.query.focus import topic_words
from rag.query.follow_ups import COMPARES, REPHRASES
from rag.sentences import Sentence
from rag.store.lexical import analyze
from rag.text import title_key
from rag.types import Paper
from rag.verification.support import quotable_sentences

PROPOSES: Final = re.compile(
    r"(?<!the )(?<!our )\b(?:propos|introduc|present(?!\s(?:era|day|time|state|study|work|in\b))"
    r"|develop|suggest|design|devis)(?:e|es|ed|ing)?\b",
    re.IGNORECASE,
)
FINDS: Final = re.compile(
    r"\b(?:find|finds|found|show|shows|shown|demonstrat\w+|reveal\w*|observ\w+|prove[sd]?)\b",
    re.IGNORECASE,
)
METHOD: Final = re.compile(
    r"\b(?:we|(?:this|the) (?:paper|work|article|study|authors?)|here)\b"
    rf".{{0,60}}{PROPOSES.pattern}"
    r"|\b(?:is|are|was|were|been) (?:proposed|introduced|presented|developed|designed|devised)\b"
    r"(?!(?-i: (?:in|by) (?:[A-Z]|\[)))",
    re.IGNORECASE,
)
TREATS: Final = re.compile(
    r"\bwe\b.{0,40}\b(?:review|survey|discuss|study|investigat|examin|analy[sz]|explor|show|prove|find|demonstrat"
    r"|formulat|provide|describe|address|extend|build|use)\w*\b|\bin\sthis\s(?:paper|work|article"
    r"|study|survey|review|thesis|manuscript|research)\b|\bhere,?\swe\b"
    r"|\bour\s(?:proposed\s|new\s|novel\s)?(?:approach|method|model|framework|network|system|algorithm)\b"
    r"|\bthe\s(?:paper|authors)\s(?:\w+ly\s|instead\s|also\s|then\s)?\w+"
    r"|\b(?:this|the|our)\s(?:paper|work|article"
    r"|study|survey|review|thesis|manuscript|research)\b.{0,40}\b(?:review|survey|discuss|stud|investigat"
    r"|examin|analy|explor|show|present|provide|describe|address|aim|concern|is\b)\w*",
    re.IGNORECASE,
)
OWN: Final = re.compile(rf"{METHOD.pattern}|^\W*(?:here,? )?we\b", re.IGNORECASE)
RESULTS: Final = re.compile(
    r"\d(?:\.\d+)?\s?(?:%|x\b|×)|\b(?:outperform\w*|state[- ]of[- ]the[- ]art|results?|accuracy"
    r"|(?<!\bto )(?:achiev|improv|reduc)\w+|faster)\b",  # "to achieve this we …" is no result
    re.IGNORECASE,
)
FIGURES: Final = re.compile(r"\d(?:\.\d+)?\s?(?:%|x\b|×|times)|\boutperform\w*", re.IGNORECASE)
PROBLEM: Final = re.compile(
    r"\b(?:however|despite|suffer\w*|challeng\w+|limit\w+|difficult\w*|lacks?|lacking|problems?|bottlenecks?|costly"
    r"|expensive|fails?|cannot|unable|overlook\w*|ignore\w*|poor\w*|remains?|unfortunately)\b",
    re.IGNORECASE,
)
LIMITS: Final = re.compile(r"\b(?:limitations?|drawbacks?|shortcomings?)\b", re.IGNORECASE)
COSTS: Final = re.compile(
    r"\b(?:limitations?|drawbacks?|shortcomings?|trade-?offs?|overheads?|costs?|costly|expensive"
    r"|at the (?:cost|expense)|fails?|unable|cannot|does not|do not|not (?:to|aim\w*|intend\w*)"
    r"|slower|bottlenecks?|challeng\w+|unfortunately|despite|but not|degrad\w+"
    r"|limited (?:by|because|due|to)|restricted to|hamper\w*|hinder\w*|prohibitive\w*|suffers? from"
    r"|insufficient\w*|still too|(?:under|over)estimat\w+|preliminary|pilot study|small samples?"
    r"|remains? (?:open|unclear|unknown|difficult|hard|a challenge))\b",
    re.IGNORECASE,
)
NUMBERS: Final = re.compile(
    r"(?<![\w.-])\d[\d,.'’]*(?:\s?(?:%|x\b|×|k\b|m\b|ms\b))?|\b(?:two|three|four|five|six|seven|eight"
    r"|nine|ten|dozens?|hundreds?|thousands?|millions?|billions?|half|twice|double)\b",
    re.IGNORECASE,
)
DATA: Final = re.compile(
    r"\b(?:data\s?sets?|data|benchmarks?|corp(?:us|ora)|tasks?|images|recordings?|samples"
    r"|collected|evaluat\w+ on|experiments? on|trained on|tested on)\b",
    re.IGNORECASE,
)
# What experiments use, by name or kind.
MEASURED_ON: Final = re.compile(
    r"\b(?i:evaluat|experiment|train|test|validat|demonstrat|results?|perform|appl|compar|participat"
    r"|collect|conduct|outperform|achiev)\w*\b.{0,120}?"
    r"\b(?:data\s?sets?|benchmarks?|corp(?:us|ora)|challenge|suites?|databases?|recordings|collected"
    r"|tasks|synthetic|simulated|real[- ]world"
    r"|(?:on|over|across|from)\s(?:the\s)?[A-Z]\w*[A-Z\d]\w*)",
)
# Performance: a share, a factor, or a metric by name.
MEASURES: Final = re.compile(
    r"\d(?:\.\d+)?\s?(?:%|x\b|×|percent)|\b(?:accura\w+|errors?|precision|recall|f1|scores?|auc|auroc|bleu|map"
    r"|dice|iou|rmse|mae|perplexity|speed-?ups?|state[- ]of[- ]the[- ]art)\b",
    re.IGNORECASE,
)
ASSUMES: Final = re.compile(r"\bassum(?:e|es|ed|ing|ptions?)\b", re.IGNORECASE)
INTRODUCES: Final = re.compile(
    rf"{PROPOSES.pattern}|\b(?:known as|called|named|termed|namely|refers? to)\b"
    r"|\b(?:is|are) (?:an?|the first)\b",
    re.IGNORECASE,
)

# "What is a Hopfield network?", but not "what is the gain of …", which asks for a detail.
ASKS_WHAT_IT_IS: Final = re.compile(
    r"""^\W*(?:(?:so|and|ok(?:ay)?|please)\W+)*
        (?:what(?:'s|’s|\s(?:is|are|was|were))\s(?!the\b)|define\s|explain\s(?!why|how)|describe\s
        |tell\sme\sabout\s|what\sdo(?:es)?\s.+\smean\b)""",
    re.IGNORECASE | re.VERBOSE,
)
ASKS_WHAT_IT_PROPOSES: Final = re.compile(
    r"\bwhat (?:do|does|did)\b.+\b(?:propose|introduce|present|do|bring|add|offer|contribute)\b"
    r"|\bwho (?:introduced|proposed)\b",
    re.IGNORECASE,
)
ASKS_FOR_PROBLEM: Final = re.compile(
    r"\bwhat (?:problems?|issues?|gap|challenges?) (?:do|does|did|is|are|was|were)\b"
    r"|\b(?:its|their|the|what(?:['’]s| is| was)) (?:main )?motivation\b"
    r"|\bwhy (?:do|does|did) (?:they|we) need\b"
    r"|\bwhy (?:is|are|was|were) .{1,60}\b(?:needed|necessary|important|difficult|hard"
    r"|challenging)\b"
    r"|\bwhy (?:is|was|were|are) (?:it|this|they|that) (?:proposed|introduced|developed|needed)\b",
    re.IGNORECASE,
)
ASKS_FOR_RESULTS: Final = re.compile(
    r"\b(?:what|which) results?\b|\bresults (?:do|does|did|were|are|of)\b|\bhow (?:well|good)\b"
    r"|^\W*(?:(?:and|but|so)\s+)?did\b.{1,60}\b(?:work|help|succeed)\b"
    r"|^\W*(?:the |its |main |and )*results?\W*$|\bperform(?:s|ance)?\b",
    re.IGNORECASE,
)
ASKS_FOR_SUMMARY: Final = re.compile(
    r"\bsummar\w+|\b(?:gist|overview|tl;?dr|in (?:short|brief|a nutshell))\b"
    r"|\bmain (?:ideas?|points?|contributions?|message)\b|\bwhat(?:['’]s| is| are)\b.+\babout\W*$",
    re.IGNORECASE,
)
ASKS_FOR_LIMITS: Final = re.compile(
    r"\b(?:limitations?|limits|weakness\w*|drawbacks?|disadvantages?|shortcomings?|downsides?|cons"
    r"|problems? with|caveats?|trade-?offs?|catch)\b",
    re.IGNORECASE,
)
ASKS_FOR_NUMBERS: Final = re.compile(
    r"\bhow (?:many|much|fast|large|big|small|long|often|deep|high|low|far)\b|\bby how\b"
    r"|\b(?:factor|number)\b"
    r"|\b(?:what|which)(?:['’]s|\s+(?:is|was|were|are))?\s+(?:the\s+|its\s+)?(?:[\w-]+\s+){0,3}?"
    r"(?:rates?|ratios?|fractions?|share|proportion|prevalence|sizes?|mass|temperatures?|speeds?|velocity"
    r"|distance|frequenc(?:y|ies)|wavelengths?|energy|pressure|dose|concentration|length|age|sensitivity"
    r"|specificity|correlation|odds|cut-?offs?|thresholds?|thickness|diameter|density|yield|duration)\b",
    re.IGNORECASE,
)
ASKS_FOR_MEASURES: Final = re.compile(
    r"\bhow accurate\b|\b(?:percent(?:age)?|accuracy|acc|errors?|precision|recall|f1|bleu|mae|rmse"
    r"|auc|auroc|map|dice|iou|perplexity|scores?|speed-?up)\b",
    re.IGNORECASE,
)
ASKS_FOR_DATA: Final = re.compile(
    r"\b(?:what|which|on what|with which|with what) (?:kinds? of )?(?:data\w*|benchmarks?|tasks?"
    r"|corp(?:us|ora))\b|\b(?:trained|evaluated|tested|tried|validated|measured) (?:on|with)\b"
    r"|^\W*(?:and |the |its )*data\s?(?:sets?)?\W*$",
    re.IGNORECASE,
)
ASKS_WHAT_IT_FINDS: Final = re.compile(
    r"\bwhat (?:do|does|did)\b.+\b(?:show|find|prove|demonstrate|reveal|observe)\b", re.IGNORECASE
)
ASKS_FOR_YEARS: Final = re.compile(
    r"\b(?:which|what|how\s+many|over\s+which)\s+(?:time\s+)?(?:years?|decades?|periods?|time\s*spans?)\b"
    r"|^\W*(?:(?:and|but|so)\s+)?when\s+(?:was|were|did|had|will)\b",
    re.IGNORECASE,
)
YEARS: Final = re.compile(r"\b(?:1[89]|20)\d\d\b|\b(?:years|decades)\b")
# Looks for a paper: the sentence by which it is recognised leads.
LOOKS_FOR_PAPER: Final = re.compile(
    r"\b(?:which|what)\s+(?:(?:was|is|were)\s+the\s+|one\s+of\s+the\s+)?(?:paper|article|work|study)\b"
    r"|\b(?:name|title)\s+of\s+the\s+(?:paper|article|work|study)\b|\bwhat\s+(?:was|is)\s+(?:it|that|the\s+(?:paper|one|thing))\s+called\b"
    r"|\b(?:what|which\s+paper)\s+(?:can|could|should|do)\s+(?:i|we|one)\s+cite\b"
    r"|\bis\s+there\s+(?:an?|any|some)(?:thing)?\s+(?:paper|article|work|study|in\s+(?:the|this|my)\s+library|here)\b",
    re.IGNORECASE,
)
# Whether others can have it: "is the data public?", "did they release the model?"
ASKS_FOR_RELEASE: Final = re.compile(
    r"\b(?:is|are|was|were|has|have|been|made)\b.{0,40}\b(?:public(?:ly)?|available"
    r"|open(?:[- ]sourced?)?|released|shared|downloadable)\b"
    r"|\b(?:do|did|does|can|could|where)\b.{0,40}\b(?:releas\w+|shar(?:e|ed)|publish\w*|download\w*"
    r"|give\s+away)\b.{0,30}\b(?:data\w*|models?|weights|code|it)\b",
    re.IGNORECASE,
)
RELEASES: Final = re.compile(
    r"\b(?:publicly|freely|openly)\s+(?:available|released?|accessible|shared)\b|\b(?:made|makes?|make)\s+(?:\w+\s+){0,3}(?:available|public)\b"
    r"|\bavailable\s+(?:at|on|from|under|online|via)\b|\bopen[- ]sourced?\b|\b(?:we|is|are)\s+(?:\w+\s+)?releas(?:e|ed)\b|https?://",
    re.IGNORECASE,
)
QUOTED: Final = re.compile(r"“[^”]*”|\"[^\"]*\"")


@dataclass(frozen=True, slots=True)
class Role:
    """A rhetorical role of sentences, such as result or limitation.

    Attributes:
        asked: Matches questions that ask for it.
        said: Matches sentences that have it.
        best: Matches those of them that have it explicitly; None where all are alike.
        stands_early: Whether such sentences open an abstract, unlike its findings.
    """

    asked: re.Pattern[str]
    said: re.Pattern[str]
    stands_early: bool = False
    best: re.Pattern[str] | None = None


PROPOSAL: Final = Role(ASKS_WHAT_IT_PROPOSES, PROPOSES, stands_early=True, best=METHOD)
SUMMARY: Final = Role(ASKS_FOR_SUMMARY, METHOD, stands_early=True)
IDENTITY: Final = Role(ASKS_WHAT_IT_IS, INTRODUCES, stands_early=True)
ROLES: Final = (
    Role(ASKS_FOR_RELEASE, RELEASES),
    Role(ASKS_FOR_YEARS, YEARS),
    SUMMARY,
    Role(ASKS_FOR_FAILURE, FAILS, stands_early=True, best=SURELY_FAILS),
    Role(ASKS_FOR_PROBLEM, PROBLEM, stands_early=True),
    Role(ASKS_FOR_RESULTS, RESULTS, best=FIGURES),
    Role(ASKS_FOR_LIMITS, COSTS),
    Role(ASKS_FOR_DATA, DATA, best=MEASURED_ON),
    Role(ASKS_FOR_MEASURES, MEASURES, best=FIGURES),
    Role(ASKS_FOR_NUMBERS, NUMBERS),
    Role(ASSUMES, ASSUMES),
    Role(ASKS_WHAT_IT_FINDS, FINDS),
    PROPOSAL,
    IDENTITY,
    Role(LOOKS_FOR_PAPER, TREATS, stands_early=True, best=METHOD),
)


def lead_sentence(paper: Paper) -> Sentence:
    """Return the sentence that says what a paper does: that proposes, else finds, else any."""
    sentences = quotable_sentences(paper)
    for said in (METHOD, TREATS, OWN, FINDS):
        if found := next((each for each in sentences if said.search(each.text)), None):
            return found
    return sentences[0]


def asked_role(question: str) -> Role | None:
    """Return the role that a question asks for, outside of quoted titles."""
    outside = QUOTED.sub("“”", question)
    return next((role for role in ROLES if role.asked.search(outside)), None)


# Asks whether something is so, or for a cause, which a summary does not say.
ASKS_ONE_THING: Final = re.compile(
    r"^\W*(?:(?:and|so|but|ok(?:ay)?|then)\W+)*(?:is|are|was|were|do|does|did|can|could|should|would|will|has|have"
    r"|had|who|whose|when|where|why|how\s(?:many|much|long|big|large|fast|good|well|accurate))\b",
    re.IGNORECASE,
)


TELLS: Final = re.compile(
    r"^\W*(?:(?:and|so|ok(?:ay)?|please|(?:can|could)\s+you)\W+)*"
    r"(?:tell\s+me\s+(?:more\s+)?about|(?:what|how)\s+about|describe|explain|what\s+does)\b",
    re.IGNORECASE,
)


def asks_for_whole(question: str, papers: Sequence[Paper]) -> bool:
    """Return whether a question names papers and asks for all they say: "blimps", "sum it up".

    Args:
        question: What is asked.
        papers: The papers that answer.
    """
    question = REPHRASES.sub(" ", question)
    outside = ORDINAL.sub(" ", SEVERAL.sub(" ", TELLS.sub("", QUOTED.sub(" ", question))))
    role = asked_role(outside)
    is_other = role not in (None, SUMMARY, PROPOSAL, IDENTITY) or ASKS_ONE_THING.search(outside)
    if is_other or any("?" in paper.title for paper in papers):
        return False
    if role is IDENTITY and not all(_is_title_asked(question, paper) for paper in papers):
        return False
    titles = {stem for paper in papers for stem in analyze(paper.title)}
    others = [
        word
        for word in topic_words(COMPARES.sub(" ", outside))
        if not titles.issuperset(analyze(word))
    ]
    return all(any(own_name_rank(word, paper) for paper in papers) for word in others)


def _is_title_asked(question: str, paper: Paper) -> bool:
    """Return whether the meaning of a title is asked that no sentence of its paper defines."""
    term = asked_term(question)
    is_title = title_key(term) == title_key(paper.title)
    return is_title and not any(defines(term, each.text) for each in quotable_sentences(paper))


def lacks_limits(question: str, paper: Paper) -> bool:
    """Return whether a question asks for limitations, and a paper mentions none."""
    if not ASKS_FOR_LIMITS.search(QUOTED.sub("“”", question)):
        return False
    return not any(COSTS.search(each.text) for each in quotable_sentences(paper))
