"""Detect the language of a question by its script and function words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

# Letters of other scripts, each with the language it is taken for.
SCRIPTS: Final[Mapping[str, str]] = {
    "ja": r"[\u3040-\u30ff]",
    "ko": r"[\uac00-\ud7af\u1100-\u11ff]",
    "zh": r"[\u4e00-\u9fff]",
    "ru": r"[\u0400-\u04ff]",
    "ar": r"[\u0600-\u06ff]",
    "hi": r"[\u0900-\u097f]",
    "he": r"[\u0590-\u05ff]",
    "el": r"[\u0370-\u03ff]{3}",
    "th": r"[\u0e00-\u0e7f]",
}
# Function words that most questions have, and no English one.
SMALL_WORDS: Final[Mapping[str, str]] = {
    "de": """der das ist ein eine einen einem wie wer wann warum welche welcher welches
        welchen wo woher und oder nicht mit auf für von zum zur den dem des sind gibt es
        kann können wird werden wurde wurden bitte über sich auch bei hat haben ich mir
        du sie wir mich diese dieser dieses funktioniert bedeutet heißt erkläre erklär
        zeige nenne gegen zwischen beim im vom als gib alle zu mehr nur keine noch wenn viele
        wieviele""",
    "fr": """le les une des du est sont qu'est-ce que qui quoi quel quelle quels quelles
        comment pourquoi quand où dans avec pour sur par et ou il elle ils elles ce
        cette ces aux au je vous nous donne expliquez peut peuvent a-t-il fonctionne
        signifie leur leurs plus entre sans sont-ils combien moi tous toutes donne-moi""",
    "es": """el los las una unas unos es son qué cuál cuáles cómo por porque cuándo dónde
        quién quiénes con para del al y o en se su sus este esta estos estas hay puede
        pueden sirve funciona significa explica dame muéstrame de la cual como que más
        entre sin cuantos cuantas cuanto donde quien quienes cual cuales porque articulos
        sobre tiene tienen""",
    "it": """il lo gli una uno è sono che cosa quale quali come perché quando dove chi con
        per del della delle dei degli nel nella e o si può possono questo questa questi
        funziona significa spiega dimmi mostrami di cos'è qual più tra senza di""",
    "pt": """o os as de que uma um é são que qual quais como porque por quando onde quem com
        para do da dos das no na nos nas e ou se pode podem este esta isso funciona
        significa explique há você mais entre sem não""",
    "nl": """de het een is zijn wat hoe wie waar wanneer waarom welke en of niet met voor van
        op in te kan kunnen wordt worden werkt betekent ik je jij deze dit dat er naar
        bij ook tussen zonder doet precies maar geen""",
    "pl": "jest jak jaki jaka jakie kto gdzie kiedy dlaczego czy się są nie dla przez oraz",
    "tr": "nedir nasıl neden hangi nerede ve bir bu için ile mı mu mü var kim",
    "sv": """vad är hur vem när varför vilka vilken och eller inte med för av på ett det som
        fungerar""",
}
ENGLISH: Final = frozenset(
    re.findall(
        r"\S+",
        """the is are was were what which who whom whose when where why how does do did can could
        would should will of and or not with for on in to from by about this that
        these those it its they them there a an between than if be been has have had
        as at into over under all any me my you your we our give show list tell paper
        papers""",
    )
)
# Words that alone identify the language of a short question.
OWN_WORDS: Final[Mapping[str, str]] = {
    "de": """ist sind wie welche welcher welches warum wieso funktioniert erkläre zeige nenne
        heißt schrieb""",
    "fr": "qu'est-ce quel quelle quels quelles pourquoi quand explique expliquez a-t-il combien",
    "es": "qué cuál cuáles cómo quién quiénes dónde explica muéstrame cuantos cuantas",
    "it": "cos'è qual quale quali perché spiega dimmi",
    "pt": "quem qual quais são não você como explique escreveu",
    "nl": "hoe waarom welke wanneer werkt betekent schreef",
    "pl": "jest dlaczego jakie jaki kto czym",
    "tr": "nedir nasıl hangi",
    "sv": "vad varför vilka hur",
}
SIGNS: Final[Mapping[str, str]] = {
    "de": "[äöüß]",
    "fr": r"[êèàçœùû]|\b(?:qu|l|d|c|n)['’](?=[aeiouhéèê])",
    "es": "[¿¡ñáíóú]",
    "pt": "[ãõçâ]",
    "pl": "[łżźćęąśń]",
    "tr": "[ışğ]",
    "sv": "[åäö]",
}
LEAST_WORDS: Final = 2


def language_of(question: str) -> str | None:
    """Return the code of a question's language; None for English, or when it is too short.

    An English question may hold foreign names and titles, and a foreign one English terms.
    """
    for code, letters in SCRIPTS.items():
        found = re.findall(letters, question)
        letters_in_all = len(re.findall(r"[^\W\d_]", question))
        if len(found) >= LEAST_WORDS and 3 * len("".join(found)) >= letters_in_all:
            return code
    words = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", question.lower())
    english = sum(word in ENGLISH for word in words)
    scores = {code: _score(code, words, question) for code in SMALL_WORDS}
    code, most = max(scores.items(), key=lambda item: item[1])
    return code if most >= LEAST_WORDS and most > english else None


def _score(code: str, words: list[str], question: str) -> int:
    """Count the function words of a language; letters and unambiguous words weigh more.

    A single letter, or one function word beside a letter, is no evidence: "El Niño forecasts".
    """
    small, own = SMALL_WORDS[code].split(), OWN_WORDS[code].split()
    longer = [word for word in words if len(word) > 1]
    found = sum((word in small or word in own) and word not in ENGLISH for word in longer)
    found += sum(word in own for word in words)
    signs = SIGNS.get(code)
    return found + (
        1 if found >= LEAST_WORDS and signs and re.search(signs, question, re.IGNORECASE) else 0
    )
