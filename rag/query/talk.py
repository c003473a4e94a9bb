"""Recognise messages to the assistant itself: greetings, thanks, "how sure are you?"."""

from __future__ import annotations

import re
from typing import Final

from rag.sentences import split_sentences

_X: Final = re.IGNORECASE | re.VERBOSE
# How a request may begin.
POLITE: Final = (
    r"^\W*(?:(?:hi|hello|hey|thanks|thx|thank\syou|great|cool|ok(?:ay)?|so|and|now|then|please|can\syou|could\syou|would\syou|will\syou"
    r"|i(?:\swould|['’]d)\slike(?:\syou)?\sto(?:\ssee)?|i\swant(?:\sto\ssee)?|i\sneed|let\sme\ssee)\W+)*"
)
TALK: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (name, re.compile(POLITE + pattern, _X))
    for name, pattern in (
        (
            "confidence",
            r"""(?:how\s(?:sure|certain|confident)\sare\syou|are\syou\s(?:really\s|quite\s|absolutely\s)?(?:sure|certain|confident)
                |what(?:['’]s|\sis|\sdoes)\s(?:the|this|that|your)\s(?:confidence|percentage|certainty|score|bar)(?:\s(?:number|score|value|level|bar|percentage))?(?:\s(?:mean|stand\sfor|tell|say|based\son|for|about)\b.*)?\W*$
                |(?:can|should)\si\s(?:trust|rely\son|believe)\s(?:you|this|that|it|your|the\sanswers?)|how\s(?:reliable|accurate|trustworthy|correct)\s(?:are|is)\s(?:you|your|(?:this|that|the)\sanswers?)\b
                |(?:do|can|could|will|may|might)\syou\s(?:(?:ever|also|sometimes|still|even)\s)*(?:make\s(?:things|stuff|mistakes|errors)|be\s(?:wrong|mistaken)|hallucinate|lie\b|invent)|why\s(?:is|are)\s(?:you|the\sconfidence|your)\b.*\b(?:low|high|unsure|sure|confident)
                |how\s(?:do\syou|is\s(?:the|your))\s(?:compute\s|measure\s|calculate\s)?(?:the\s|your\s)?confidence\b)""",
        ),
        (
            "method",
            r"""(?:how\s(?:do|did|does|can)\s(?:you|this(?:\s(?:app|tool|chat|thing|assistant))?|paperchat)\s(?:find|get|choose|pick|make|come\sup\swith|know|produce|generate|arrive\sat|create)\s(?:to\s)?(?:your|the|these|those|this|that|an?|all\sthis|all\sthat|answers?)\b
                |how\s(?:do|does)\s(?:you|this(?:\s(?:app|tool|chat|thing|assistant))?|paperchat)\swork\W*$|where\s(?:do|does|did)\s(?:you|your|the)\s(?:answers?|info\w*|knowledge|get|data|papers|sources?)\b
                |what(?:['’]s|\sis|\sare)\syour\s(?:answers?\s)?(?:source|based|knowledge|training)\w*|do\syou\s(?:search|use|access|browse)\s(?:the\s)?(?:internet|web|google|online)
                |(?:do|can|did|have)\syou\s(?:actually\s|really\s|even\s)?(?:read|have|see)\s(?:the\s|all\sthe\s)?(?:full\s?-?(?:text|paper|pdf)s?|(?:whole|entire)\s(?:papers?|pdfs?|texts?))\b)""",
        ),
        (
            "identity",
            r"""(?:who|what)\s(?:are|r)\s(?:you|u)\b|what(?:['’]s|\sis)\s(?:your\sname|paperchat|this(?:\s(?:app|tool|site|thing|program|chat|bot|place))?)\W*$
                |are\syou\s(?:an?\s|the\s)?(?:chat\s?-?gpt|gpt\S*|claude|gemini|llama|ai|a\.i\.|bot|chat\s?bot|robot|human|person|real|machine|sentient|conscious|self-?aware|language\smodel|llm|computer|openai|model|alive|there)\b
                |who(?:['’]s|\sis)\sbehind\s(?:you|paperchat|this(?:\s(?:app|tool|site|bot|chat))?)\W*$|(?:who|what\scompany)\s(?:made|built|created|wrote|developed|programmed|trained|designed)\s(?:you|paperchat|this\s(?:app|tool|bot|chat|site))|(?:which|what)\s(?:kind\sof\s)?(?:ai\s|language\s|large\slanguage\s)?(?:model|llm|ai|engine)\s(?:are\syou|do\syou\suse|is\sthis|powers|(?:is|are|runs|works)\s(?:running\s)?(?:behind|inside|in|under|used\sby)\s(?:you|this|it|paperchat|your)\b)|do\syou\suse\s(?:chat\s?gpt|gpt\S*|an?\s(?:llm|language\smodel|model)|ai|openai)\b""",
        ),
        (
            "ranking",
            r"""(?:(?:what|which)(?:['’]s|\s(?:is|are|was))?\s|show\s(?:me\s)?|list\s|give\sme\s)?(?:the\s)?
                (?:most\s(?:cited|influential|popular|famous|important|read|downloaded)|best|top(?:\s\d+)?|highest\s(?:rated|cited))\s
                (?:papers?|articles?|works?|stud(?:y|ies)|ones?)(?:\s(?:here|there|overall|ever|in\s(?:this|the|your|my)\s\w+|of\s(?:all|them)))*\W*$
                |how\s(?:many\scitations|(?:often|many\stimes|much)\s(?:is|was|are|were|has|have|had)\b.*\bcited)\b.*""",
        ),
        (
            "pdf",
            r"""(?:can|do|could|will)\syou\s(?:actually\s|also\s)?(?:read|open|parse|handle|see|support|accept|take)\s(?:my\s|a\s|the\s|whole\s|full\s)*pdfs?\b.*""",
        ),
        (
            "adding",
            r"""(?:how\s(?:do|can|could|would|to|should)\s?(?:i|we|one|you)?\s?|where\s(?:do|can)\si\s|can\s(?:i|you|we)\s|is\sit\spossible\sto\s|i\swant\sto\s|what\sis\sthe\sway\sto\s)?
                (?:add|upload|import|ingest|load|insert|put\sin|feed\s(?:you|in)|bring\sin|read\sin|submit|include)\s(?:in\s)?(?:an?\s|my\s|the\s|some\s|new\s|more\s|own\s|other\s|another\s|your\s|our\s|several\s|multiple\s)*
                (?:pdfs?|papers?|files?|documents?|articles?|abstracts?|bib(?:tex|liography)?|references?|zotero|mendeley|arxiv|library|collection|ris|csv)\b(?:\s(?:papers?|files?|here|library|links?|ids?|export\w*))?(?:\s(?:to|into|from|in|via)\b.*)?\W*$
                |(?:which|what)\s(?:file\s)?(?:formats?|file\stypes?|files)\s(?:can|do|are|could)\b.*|do\syou\s(?:support|accept|read|take)\s(?:pdfs?|bibtex|ris|csv|docx?|files)\b.*""",
        ),
        (
            "removing",
            r"""(?:how\s(?:do|can|to)\s?(?:i|we)?\s?|can\si\s)(?:delete|remove|drop|edit|change|correct|fix|complete)\s(?:an?\s|my\s|the\s|some\s|all\s)*(?:papers?|files?|articles?|library|records?|authors?|entr(?:y|ies)|dates?)\b.*""",
        ),
        (
            "exporting",
            r"""(?:how\s(?:do|can|to)\s?(?:i|we)?\s?|can\s(?:i|you)\s)(?:export|download|save|copy|share|print)\s(?:an?\s|my\s|the\s|this\s|these\s|your\s|our\s|all\s)*(?:answers?|papers?|chat|conversation|citations?|references?|bibliography|results?|sources?|library|list)\b.*""",
        ),
        (
            "language",
            r"""(?:(?:what|which)\slanguages?\s(?:do|can)\s(?:you|i)\b|(?:do|can)\syou\s(?:speak|understand|talk|answer\sin|read|write)\s(?:in\s)?(?:german|french|spanish|italian|chinese|japanese|portuguese|dutch|russian|english|other\slanguages?|any\slanguage|deutsch|español|français)|can\si\sask\s(?:you\s)?(?:questions\s)?in\s\w+\b).*""",
        ),
        (
            "privacy",
            r"""(?:is|are|where|who|do|does|what)\b.*\b(?:my\s(?:data|questions?|papers|files|library|chats?|conversations?))\b.*\b(?:safe|private|secure|stored|sent|saved|kept|shared|leave|go|read|see|happens?)\b.*|do\syou\s(?:store|save|send|share|keep|remember)\s(?:my|our|the|what|any|this|anything).*""",
        ),
        (
            "model",
            r"""(?:how\s(?:do|can|to)\s?(?:i|we)?\s?|can\s(?:i|you)\s|where\sdo\si\s)(?:use|set|connect|plug\sin|choose|switch\sto|enable|configure|add|change|enter|put)\s(?:up\s)?(?:an?\s|my\s|the\s|another\s|own\s|different\s)*(?:own\s)?(?:(?:language\s|local\s|openai\s|better\s)?model|llm|gpt\S*|chat\s?gpt|openai|ollama|api\s?-?key|endpoint)\b.*""",
        ),
        (
            "abilities",
            r"""(?:what\s(?:can|could|do|else\scan)\s(?:you|i|this|we|it|paperchat)\s(?:do|help|ask|answer|use\s(?:you|this)\sfor|search|know)\b(?!\s(?:about|of|on)\b).{0,40}$|(?:how|what)\s(?:can|do|should|could)\s(?:you\shelp|i\s(?:use|start|begin|search|ask)|i\sdo\shere)\b.{0,40}$
                |(?:i\sneed\s)?help(?:\s(?:me|please))*\W*$|(?:can|could|will)\syou\shelp(?:\sme)?\W*$|(?:give\sme|show\sme|any)\s(?:some\s|an?\s)?(?:examples?|example\squestions?|suggestions?|ideas)(?:\sof\squestions?.*)?\W*$|what\squestions\scan\s(?:i|you)\b.*|what\sshould\si\s(?:ask|do|try)\b.*|how\sdoes\sthis\swork\W*$|what\snow\W*$|instructions\W*$|menu\W*$|commands\W*$)""",
        ),
        (
            "wrong",
            r"""(?:no(?:pe)?[\s,.!]+)?(?:that(?:['’]s|\sis|\swas)\s(?:wrong|false|incorrect|not\s(?:right|true|correct|what\si\s(?:asked|meant|wanted)|it|helpful|useful)|useless|bad|nonsense)|you(?:['’]re|\sare)\s(?:wrong|mistaken|useless|bad|stupid)|wrong(?:\sanswer)?|bad\sanswer|this\sis\s(?:wrong|useless|not\shelpful|nonsense)|(?:no,?\s)?i\s(?:meant|asked)\ssomething\selse|not\swhat\si\s(?:asked|meant|wanted)|no)\W*$""",
        ),
        (
            "feelings",
            r"""(?:how\sare\s(?:you|things)|how(?:['’]s|\sis)\s(?:it\sgoing|your\sday|life|everything)|what['’]?s\sup|how\sdo\syou\sfeel|do\syou\s(?:like|love|feel|sleep|dream)\b.*|tell\sme\sa\s(?:joke|story)|i\slove\syou|how\sold\sare\syou|where\sare\syou(?:\sfrom)?|do\syou\shave\s(?:feelings|emotions|a\sname|friends))\b.{0,30}$""",
        ),
        (
            "goodbye",
            r"""(?:(?:(?:nice|good)\sone|thanks|thank\syou|great|perfect|ok(?:ay)?|cool|cheers)[\s,.!]+)*(?:bye(?:\sbye)?|good\s?bye|see\s(?:you|ya)(?:\s(?:later|soon|tomorrow))?|good\snight|talk\sto\syou\s(?:later|soon|tomorrow)|have\sa\s(?:nice|good|great)\s(?:day|evening|weekend|one)|ciao|take\scare|that(?:['’]s|\sis|\swill\sbe)\sall(?:\sfor\s(?:now|today))?|i(?:['’]m|\sam)\sdone)\b.{0,40}$""",
        ),
        (
            "thanks",
            r"""(?:(?:ah|oh|haha+|lol|wow|yes|perfect|great|nice|cool|awesome|excellent|amazing|brilliant|good|fine|super|wonderful|ok(?:ay)?|alright|got\sit|i\ssee|understood|well\sdone|good\s(?:job|work|answer|bot|to\sknow)|much\sappreciated|makes\ssense|sounds\sgood|many|very|so|helpful|useful|interesting|that(?:['’]s|\sis|\swas)(?:\s(?:very|really|so))?\s(?:helpful|great|useful|good|nice|cool|interesting|perfect|all\si\sneeded|exactly\swhat\si\sneeded)|this\sis\s(?:very\s|really\s)?(?:helpful|great|useful)|exactly|cheers|ty|tysm|thx|thnx|thanx|thank(?:s|\s(?:you|u))?|a\s(?:lot|million|bunch|ton)|so\smuch|very\smuch|that\shelp(?:s|ed)(?:\sme)?(?:\sa\slot)?|for\s(?:the\s|your\s|all\s(?:the\s|your\s)?)?(?:help|answers?|info\w*|explanation|time|that|this|everything)|again|really|you|mate|man|buddy|friend|folks|guys|all|i\sappreciate\s(?:it|that|this)|appreciated?|[:;]-?[)D])[\s,.!]*)+$""",
        ),
        (
            "greeting",
            r"""(?:(?:hi+|hello+|hel+o+w?|hall?o+|heya|hej|he+y+|hiya|howdy|greetings|yo|good\s(?:morning|afternoon|evening|day)|morning|moin|hola|sup|welcome|nice\sto\smeet\syou|test(?:ing)?|is\s(?:anyone|anybody|someone)\sthere|anybody\shere|(?:are\s)?(?:you|u)\sthere|there|all|everyone|again|paperchat|friend|bot|guys|team)[\s,.!?]*)+$""",
        ),
    )
)

EMOTICON: Final = re.compile(
    r"(?<!\S)[:;=]['’]?-?[)(DPp|/]+(?!\S)|[\u2600-\u27bf\U0001f300-\U0001faff]"
)
SQUEEZED: Final = re.compile(r"\b(what|who|how|where|that)s\b", re.IGNORECASE)


def small_talk(text: str) -> tuple[str, ...]:
    """Return what a message asks of the assistant, a name per sentence; () when it asks for more.

    A greeting or thanks before a question does not count: the question does.
    """
    text = SQUEEZED.sub(r"\1's", EMOTICON.sub(" ", text).strip()) or "thanks"
    pieces = [each.text for each in split_sentences(text)] or [text]
    names = [_talk_about(piece) for piece in pieces]
    if whole := _talk_about(text):
        return (whole,)
    if not all(names):
        return ()
    telling = [name for name in names if name not in ("greeting", "thanks")]
    return tuple(dict.fromkeys(telling or names))


def _talk_about(text: str) -> str:
    return next((name for name, asked in TALK if asked.match(text.strip())), "")
