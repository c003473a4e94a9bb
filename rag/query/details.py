"""Recognise questions for a type of detail, and sentences that state one.

"How many GPUs", "which university", "what learning rate": an abstract without such a thing does not
answer, however well it matches the other words of the question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from rag.query.abbreviations import spelled_out
from rag.query.counting import (
    COUNT,
    DOSES,
    HOW_MANY,
    MASSES,
    NOUN_END,
    UNITS_ALIKE,
    counted_noun,
    counts,
    in_unit,
    is_count,
    lacks_counts,
    noun_stems,
)
from rag.query.filters import QUOTED
from rag.query.questions import STOP_WORDS
from rag.store.lexical import analyze


@dataclass(frozen=True, slots=True)
class Detail:
    """A type of detail.

    Attributes:
        asked: Matches questions for it.
        said: Matches a sentence that may state it, in any case; compiled when it is first needed.
    """

    asked: re.Pattern[str]
    said: str


def _detail(asked: str, said: str) -> Detail:
    return Detail(re.compile(asked, re.IGNORECASE), said)


_WHICH: Final = (
    r"(?:\b(?:which|what(?!\s+about)|whose|on what|on which|what kind of|what type of|where"
    r"|how many)\b.{0,40}|\bwhat\s+about\s+(?:(?:the|its|their)\s+)?)"
)
# Asks for a single number or name: "what learning rate", "and the optimizer?"
_TOLD: Final = (
    r"(?:\b(?:what|which)\b(?:\s+(?:is|was|were|about|kind|type|of|the|its|their|initial|size))*\s+"
    r"|^\W*(?:(?:and|but|so|then|what\s+about|how\s+about|the|its|their)\W+)+|^\W*)"
)
DETAILS: Final = (
    _detail(
        rf"{_WHICH}\b(?:universit\w+|institut\w+|hospitals?|clinics?|affiliat\w+|laborator\w+|labs?|compan(?:y|ies)|employer"
        r"|department|faculty|countr(?:y|ies)|city)\b|\bwhere\b.{0,30}\bauthors?\b.{0,30}\b(?:from|work|based)\b"
        r"|\baffiliations?\b|\bwho\s+(?:do|does)\s+(?:they|the authors?)\s+work\b",
        r"\b(?:universit\w+|institut\w+|laborator\w+|hospitals?|clinics?|compan(?:y|ies)|inc\b|corp\b|countr(?:y|ies))\b",
    ),
    _detail(
        rf"{_WHICH}\b(?:gpus?|graphics\s+cards?)\b",
        r"\b(?:gpus?|graphics\s+cards?|[av]100|h100|rtx\s?\d+|nvidia)\b",
    ),
    _detail(rf"{_WHICH}\btpus?\b", r"\btpus?\b"),
    _detail(rf"{_WHICH}\bcpus?\b", r"\b(?:cpus?|processors?|intel|xeon)\b"),
    _detail(
        rf"{_WHICH}\b(?:hardware|processors?|machines?|computers?|servers?|chips?|phones?|boards?"
        r"|devices?)\b",
        r"\b(?:gpus?|tpus?|cpus?|processors?|machines|chips?|fpgas?|asics?|boards?|devices?|phones?"
        r"|hardware|microcontrollers?|[av]100|h100|jetson|raspberry|loihi|nvidia|intel|xeon)\b",
    ),
    _detail(
        rf"{_TOLD}(?:learning\s+rates?|lr)\b(?!\s+(?:schedul|decay|warm))", r"\blearning\s+rates?\b"
    ),
    _detail(
        rf"{_TOLD}batch\s*-?sizes?\b",
        r"\bbatch\s*-?sizes?\b.{0,30}\d|\d.{0,20}\bbatch\s*-?sizes?\b|\bbatch(?:es)?\s+of\s+\d",
    ),
    _detail(r"\bbatch\s*-?sizes?\b", r"\bbatch\s*-?sizes?\b"),
    _detail(
        rf"{_TOLD}optimi[sz]ers?\b",
        r"\b(?:optimi[sz]ers?|adam\w*|sgd|gradient\s+descent|rmsprop)\b",
    ),
    _detail(r"\b(?:number\s+of|how\s+many|what|which)\s+(?:training\s+)?epochs?\b", r"\bepochs?\b"),
    _detail(
        r"\brandom\s+seeds?\b|\bhow\s+many\s+(?:seeds|runs|repetitions)\b",
        r"\b(?:seeds?|runs|repet\w+|trials)\b",
    ),
    _detail(r"\bweight\s+decay\b", r"\bweight\s+decay\b"),
    _detail(
        r"\b(?:price|what\s+(?:did|does|do|would|will)\b.{0,40}\bcosts?\b(?=\W*$)|how\s+much\s+(?:money\s+)?(?:did|does|do|would|will|are|is|was|were)\b.{0,60}\b(?:cost|pay|paid|charged?)|in\s+dollars?|in\s+euros?"
        r"|(?:who|what|which|how)\b.{0,30}\b(?:salary|budget|funded|funding|grants?|sponsor\w*|paid))\b",
        r"[$€£]\s?\d|\b(?:pric(?:es?|ing)|dollars?|usd|euros?|funded|funding|grants?|sponsor\w*)\b",
    ),
    _detail(  # which one: that the code is open does not say
        r"\b(?:which|what|under\s+(?:which|what))\s+(?:\w+\s+)?licen[cs]e\b(?!\s+plate)|\blicen[cs]ed\s+under\s+(?:which|what)\b",
        r"\blicen[cs]\w+|\b(?:apache|gpl|bsd|mit\s+licen[cs]e|cc[- ]by|creative\s+commons)\b",
    ),
    _detail(
        r"\blicen[cs]\w+\b(?!\s+plate)",
        r"\blicen[cs]\w+|\b(?:apache|gpl|bsd)\b|\bopen[- ]sourced?\b",
    ),
    _detail(
        r"\b(?:what|which)\s+(?:(?:is|was|the|value|of|amount)\s+)*drop-?out\b(?=\W*$|\s+(?:rate|probab|value|do\b|does\b|did\b|is\b|was\b))"
        r"|\bdrop-?out\s+(?:rates?|probabilit\w+|values?)\b",
        r"\bdrop-?out\b.{0,40}\d|\d.{0,20}\bdrop-?out\b",
    ),
    _detail(
        rf"{_TOLD}(?:momentum|weight\s+decay|temperature|warm-?up|clipping)\s+(?:values?|rates?|parameters?|coefficients?|steps?|thresholds?|factors?)\b",
        r"\b(?:momentum|decay|temperature|warm-?up|clip\w*)\b.{0,40}\d",
    ),
    _detail(
        r"\b(?:which|what)\s+(?:kind\s+of\s+|type\s+of\s+)?(?:animal\s+)?(?:species|animals?)\b",
        r"\b(?:mice|mouse|rats?|rodents?|monkeys?|macaques?|primates?|humans?|people|zebrafish|fish|fl(?:y|ies)|drosophila|worms?|elegans"
        r"|nematodes?|cats?|dogs?|pigs?|sheep|cows?|cattle|horses?|birds?|finch\w*|owls?|bats?|ferrets?|rabbits?|marmosets?|bees?|ants?"
        r"|mosquito\w*|beetles?|locusts?|octop\w+|whales?|dolphins?|frogs?|turtles?|larva\w*|insects?)\b",
    ),
    _detail(
        r"\b(?:which|what|in\s+what|in\s+which)\s+programming\s+languages?\b|\bwhat\s+(?:software|deep\s+learning)\s+(?:framework|library)\b"
        r"|\b(?:pytorch|tensorflow|jax|keras)\s+or\s+(?:pytorch|tensorflow|jax|keras)\b",
        r"\b(?:pytorch|torch|tensorflow|jax|keras|python|c\+\+|matlab|julia|java|rust|cuda|theano|mxnet|scikit\S*)\b",
    ),
    _detail(
        r"\breal[- ]?time\b|\b(?:fps|frames\s+per\s+second)\b",
        r"\b(?:real[- ]?time|latency|fps|frames\s+per\s+second|milliseconds?|ms|online)\b",
    ),
    _detail(
        r"\bhow\s+(?:long|many\s+(?:hours|days|minutes|weeks|seconds))\b.{0,50}\b(?:take|took|train\w*|run\w*|last\w*|need\w*)\b"
        r"|(?<!\bat )(?<!\bduring )(?<!\bat the )\b(?:training|running|run|inference)\s*-?times?\b",
        r"\b(?:hours?|days?|minutes?|weeks?|seconds?|months?|milliseconds?|ms|faster|slower|times?|speed-?ups?)\b",
    ),
    _detail(
        r"\b(?:which|what)\s+(?:kind\s+of\s+|type\s+of\s+)?(?:cameras?|microscopes?|scanners?|spectrometers?"
        r"|telescopes?|microphones?|headsets?|lens(?:es)?|printers?)\b",
        r"\b(?:cameras?|micro\w*scop\w+|scanners?|spectro\w+|telescopes?|microphones?|headsets?|lens\w*"
        r"|print\w+)\b",
    ),
    _detail(
        rf"{_TOLD}(?:embedding|hidden|latent|feature|vector|state)\s+(?:dimension\w*|sizes?|width)\b",
        r"\b\d[\d,]*\s*-?\s*(?:d\b|dim\w*)|\b(?:dimension\w*|width|size)\b.{0,20}\d",
    ),
    *(
        _detail(rf"\b(?:which|what)\s+(?:[\w-]+\s+){{0,2}}?(?:{thing})\b", rf"\b(?:{thing})")
        for thing in (
            r"amplifiers?",
            r"electrodes?",
            r"detectors?",
            r"beamlines?",
            r"sequenc(?:ers?|ing\s+(?:machine|platform|instrument)s?)|illumina|nanopore",
            r"magnets?|magnetic\s+fields?|(?:magnet|field)\s+strengths?|tesla",
            r"lasers?",
            r"antibod(?:y|ies)",
            r"reagents?",
            r"antennas?",
            r"solvents?",
            r"catalysts?",
            r"redshifts?",
            r"exposure\s+times?",
            r"frame\s+rates?|fps",
            r"interest\s+rates?",
        )
    ),
    _detail(  # of a machine: which one
        r"\b(?:manufacturers?|brands?|vendors?)\b"
        r"|\b(?:camera|microscope|scanner|spectrometer|sequencer|telescope|gpu|phone|sensor)\s+(?:models?|makes?|types?)\b",
        r"\b(?:manufactur\w+|brand\w*|vendors?|inc\b|gmbh|corp\b|illumina|siemens|philips|zeiss|bruker|nvidia)",
    ),
    _detail(
        r"\b(?:which|what)\s+(?:[\w-]+\s+)?(?:software|compilers?|operating\s+systems?)\b",
        r"\b(?:software|packages?|toolbox\w*|compilers?|(?-i:R|SAS|SPSS|Stata)|matlab|python|gcc|linux|c\+\+)(?!\w)",
    ),
    _detail(
        r"\b(?:which|what|how\s+(?:high|large))\b.{0,20}\bdos(?:e|es|ages?)\b(?!\W+(?:response|dependen))",
        rf"\bdos(?:e|es|ages?)\b.{{0,40}}\d|{in_unit(f'{MASSES}|{DOSES}')}",
    ),
    _detail(
        r"\bhow\s+old\s+(?:are|is|was|were)\b(?!.*\b(?:papers?|study|studies|oldest|newest|library|it|they|these|this)\b)"
        r"|\b(?:mean|average|median)\s+age\b|\bage\s+(?:range|groups?)\b",
        r"\d[\s-]*(?:years?|months?|weeks?|days?|yrs?)(?:[\s-]olds?\b|\s+of\s+age)|\baged\b|\bages?\b.{0,25}\d"
        r"|\b(?:adults|children|infants|elderly|adolescents)\b|\b(?:years?|myr|gyr)\b",
    ),
    _detail(
        r"\bethic\w*\s+(?:committees?|approv\w+|boards?|review)\b|\binformed\s+consent\b|\breview\s+board\b",
        r"\bethic\w*|\bconsent\w*|\breview\s+board\b",
    ),
    _detail(
        r"^\W*(?:was|is|were|are)\b.{0,80}\b(?:randomi[sz]ed|(?:double-?\s?)?blind(?:ed)?|placebo[\s-]controlled|pre-?registered)\b",
        r"\b(?:randomi[sz]\w+|(?:double-?\s?)?blind\w*|placebo|pre-?regist\w+)\b",
    ),
    _detail(
        r"\bhow\s+long\b.{0,40}\bfollow\w*|\b(?:what|which)\b.{0,20}\bfollow-?\s?up\b",
        r"\bfollow(?:ed|ing)?-?\s?up\b|\bfollowed\b.{0,30}\d",
    ),
    _detail(
        r"\b(?:which|what)\s+wavelengths?\b",
        r"\bwavelengths?\b.{0,40}\d|\d[\s~\\,$-]*(?:nm|(?:\$?\\mu\$?|[uµ])m|å|angstr\w+)\b",
    ),
    *(_detail(rf"\bin\s+(?:{unit})(?![\w/])", in_unit(unit)) for unit in UNITS_ALIKE),
    _detail(
        r"\b(?:e-?mail|contact|phone\s+number|corresponding\s+address)\b",
        r"@|\be-?mail\b",
    ),
    _detail(
        r"\b(?:acceptance\s+rate|how\s+many\s+citations|citation\s+count|impact\s+factor|cited)\b",
        r"\bcitations?\b",
    ),
    _detail(
        r"\b(?:p-?values?|statistically\s+significant|confidence\s+intervals?|standard\s+deviation)\b",
        r"\b(?:p\s?[<=]|significan\w+|confidence\s+intervals?|standard\s+deviation|±)\b",
    ),
)


# "Which error rate", "what is the CO2 uptake of", "the exact AUC": a number, if any, says it.
VALUE: Final = re.compile(
    r"\b(?:what|which)\b(?:['’]s\b)?(?:\s+(?:is|was|were|are|the|its|their))*\s+(?:exact|precise)\s+(?!(?:same|meaning|definition|difference)\b)[\w-]+"
    r"|\b(?:exact|precise)\s+(?:[\w-]+\s+)?(?:numbers?|values?|figures?|scores?|percentages?|accuracy|rates?|sizes?|counts?|auc|gains?)\b"
    r"|\b(?:what|which)\b(?:['’]s\b)?(?:\s+(?:is|was|were|are|the|its|their|average|mean|final|best|reported|test|overall"
    r"|top-?[15]))*\s+(?:[\w-]+\s+){0,2}?(?:error\s+rates?|auc|auroc|roc|f1(?:[\s-]scores?)?|bleu|perplexity|rmse|mae|psnr"
    r"|ssim|iou|mean\s+average\s+precision|accuracy|percentage|fraction|proportion|uptake|coefficient)\b"
    r"(?!\s+(?:metric|measure|function|loss|trade|criteri)\w*)",
    re.IGNORECASE,
)

# Asks for proper names: "what are the names of the data sets?"
NAMES_OF: Final = re.compile(
    r"\bnames\s+of\s+(?:(?:the|all|its|their|these|those)\s+)*(?P<noun>(?!(?:\w+\s+)?authors?\b)[\w-]+(?:\s+[\w-]+){0,3})"
    r"|\b(?:what|how)\s+(?:are|were)\s+(?:(?:the|its|their|these|those)\s+)(?P<called>[\w-]+(?:\s+[\w-]+){0,2}?)\s+called\b",
    re.IGNORECASE,
)
PROPER_NAME: Final = re.compile(
    r"\b(?!\w+-[A-Z][a-z]+\b)(?:[\w-]*[a-z\d][A-Z][\w-]*|[A-Z][A-Z\d]+[\w-]*)"
    r"|[,(]\s?[A-Z]\w+(?:,|\sand|\sor)\s"
)

OF_THEM: Final = re.compile(r"(?:of\s+)?(?:them|these|those|it)\b", re.IGNORECASE)
# "How many ways are there" is answered by a list.
VAGUE: Final = frozenset(
    analyze("ways times kinds types sorts aspects factors reasons levels steps")
)


def missing_details(question: str, sentences: Sequence[str]) -> bool | None:
    """Return whether no sentence states a detail that is asked for, by type or number.

    None where the question asks for none.
    """
    counted = _is_missing_count(QUOTED.sub(" ", question), sentences)
    typed = missing_type(question, sentences)
    return counted or (counted if typed is None else typed)


def missing_type(question: str, sentences: Sequence[str]) -> bool | None:
    """Return whether no sentence states the type of detail that is asked for; None without one."""
    outside = QUOTED.sub(" ", question)
    asked = [detail for detail in DETAILS if detail.asked.search(outside)]
    is_missing = any(
        not any(map(re.compile(each.said, re.IGNORECASE).search, sentences)) for each in asked
    )
    is_missing = is_missing or (asks_for_value(outside) and not any(map(_has_number, sentences)))
    is_missing = is_missing or _lacks_names(outside, sentences)
    return is_missing if asked or is_missing else None


def _lacks_names(question: str, sentences: Sequence[str]) -> bool:
    """Return whether the names of some things are asked, and no sentence on these has a name."""
    asked = NAMES_OF.search(question)
    if not asked:
        return False
    wanted = noun_stems(asked["noun"] or asked["called"])
    told = (text for text in sentences if wanted & set(analyze(text)))
    return not any(map(PROPER_NAME.search, told))


def lacks_any_count(question: str, sentences: Sequence[str]) -> bool:
    """Return whether a question asks only how many there are, and the sentences count nothing."""
    outside = QUOTED.sub(" ", question)
    return bool(_is_missing_count(outside, sentences)) and lacks_counts(outside, sentences)


def asks_for_value(question: str) -> bool:
    """Return whether a measured number is asked for: "which error rate", "the exact AUC"."""
    return VALUE.search(question) is not None


def _has_number(sentence: str) -> bool:
    return any(is_count(word) for word in re.findall(r"[\w.,'’]*\w", sentence))


def without_details(question: str) -> str:
    """Return a question without the words that ask for a type of detail: "which GPU"."""
    for each in DETAILS:
        question = each.asked.sub(" ", question)
    return question


def without_counted(question: str) -> str:
    """Return a question without what it asks the number of: "how many layers"."""
    counted = HOW_MANY.search(question)
    if not counted:
        return question
    noun = NOUN_END.split(counted["noun"])[0]
    return f"{question[: counted.start()]} {question[counted.start('noun') + len(noun) :]}"


# "Which ethics committee approved it?": what is asked for, up to the next small word or verb.
ASKED_THING: Final = re.compile(
    r"\b(?:which|what(?!['’]s)|whose|how\s+(?:much|many))\s+(?:(?:kinds?|types?|sorts?)\s+of\s+)?"
    r"(?P<thing>(?:(?!of\b)[a-z-]+\s*){1,3})",
    re.IGNORECASE,
)
LIGHT_VERB: Final = re.compile(
    r"(?:get|make|take|need|come|go|give|cost|happen|change|use|save|gain|improve|help|work|matter|differ"
    r"|increase|decrease|grow|drop|lose|remain|want|keep)(?:e?s|ed)?|got|made|took|came|went|gave|lost|kept",
    re.IGNORECASE,
)
VERB_FORM: Final = re.compile(r"\w(?:ed|es|ing)$", re.IGNORECASE)
# Numbers say these without a word for them: "by what factor?"
OF_NUMBERS: Final = frozenset(
    ("factor", "share", "percent", "percentage", "ratio", "extent", "amount", "degree")
)


def asked_things(question: str) -> list[list[str]]:
    """Return the words of each thing that a question asks for by "which", "what" or "how much"."""
    found = []
    for match in ASKED_THING.finditer(QUOTED.sub(" ", question)):
        words: list[str] = []
        for word in match["thing"].split():
            if (
                word.lower() in STOP_WORDS
                or LIGHT_VERB.fullmatch(word)
                or (words and VERB_FORM.search(word))
            ):
                break
            words.append(word)
        if words and OF_NUMBERS.isdisjoint(word.lower() for word in words):
            found.append(words)
    return found


DATA: Final = re.compile(r"data(?:-?sets?)?|corpus|corpora|benchmarks?|recordings?", re.IGNORECASE)


def asked_kinds_of_data(question: str) -> set[str]:
    """Return the words that say which kind of data is asked for: audio in "which audio data"."""
    things = asked_things(question)
    named = (thing for thing in things if any(map(DATA.fullmatch, thing)))
    return {word for thing in named for word in takewhile(_is_no_data, thing)}


def _is_no_data(word: str) -> bool:
    return DATA.fullmatch(word) is None


def is_detail(question: str) -> bool:
    """Return whether a question asks for a type of detail, which a paper states or does not."""
    outside = QUOTED.sub(" ", question)
    return any(each.asked.search(outside) for each in DETAILS) or bool(counted_noun(outside))


def _is_missing_count(question: str, sentences: Sequence[str]) -> bool | None:
    """Return whether no sentence counts what a question asks the number of; None without one."""
    noun = counted_noun(question)
    if not noun or not noun_stems(noun).isdisjoint(VAGUE):
        return None
    if OF_THEM.match(noun):  # the conversation says of what
        return not any(map(COUNT.search, sentences))
    return not any(counts(question, sentence) for sentence in spelled_out(sentences))
