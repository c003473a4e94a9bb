"""The value that a question becomes, and that all stages of an answer share."""

from __future__ import annotations

from dataclasses import dataclass

from rag.query.fields import Field
from rag.query.focus import topic_words
from rag.query.library_question import LibraryQuestion
from rag.query.locators import NO_LOCATORS, Locators
from rag.query.questions import earlier_questions
from rag.query.venues import UnknownPlace
from rag.types import NO_FILTERS, Filters, Listed, Message, Origin, Paper


@dataclass(frozen=True, slots=True)
class Query:
    """A question within its conversation, as the stages of an answer need it.

    Attributes:
        text: The question as it was typed.
        standalone: What is asked of the papers, understandable alone, spelling corrected and small
            talk left out; the last question after a bare "yes"; empty when nothing is asked.
        topic: The standalone question without the words of its filters, for retrieval; empty when
            all papers that pass the filters are asked for.
        filters: Which papers may answer.
        history: The conversation before it, oldest first.
        rewritten: The follow-up as a model rewrote it to stand alone, if one did.
        asks_for: What the answer is made from; None where nothing can answer it.
        about: The papers that it names, and those that it refers to; only these answer then.
        talk: What it asks of the assistant itself, a name for each sentence.
        fields: The fields of records that it asks for.
        library_question: What it asks of the library's records as a whole.
        among: What the answer before it listed, where it asks of that alone.
        locators: Ids and addresses of papers in it.
        language: Code of its language, where that is not English.
        unknown_author: The author it names where no record has one of that name.
        unknown_place: A name it has in the place of a venue's, or of where authors work, that no
            record has.
        unknown_collection: The collection it names where the library has none of that name.
        misspelled: Words that were corrected, as they were typed.
        is_new_topic: Whether it leaves the conversation, of which only the markers are kept.
        unknown_names: Coined names in it that no paper of the library mentions.
        too_few_cited: How many papers were cited, where it refers to more of them.
        is_only_mentioned: Whether the papers in `about` only mention the name that it asks about.
        excluded: Ids of the cited papers, where it asks for others.
        previous: The papers of the last answer, where its wording leaves open whether it is about
            them.
        seems_new_topic: Whether it then begins like a change of topic: "what about tides?".
        has_pronoun: Whether a pronoun then stands for one of them.
        are_previous_unrelated: Whether they have nothing of what its own words say.
        leading: Papers that come first among the retrieved ones.
        applied_to: What it applies the method of the leading paper to, which that does not mention.
    """

    text: str
    standalone: str
    topic: str
    filters: Filters = NO_FILTERS
    history: tuple[Message, ...] = ()
    rewritten: str | None = None
    asks_for: Origin | None = "papers"
    about: tuple[Paper, ...] = ()
    talk: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    library_question: LibraryQuestion | None = None
    among: Listed | None = None
    locators: Locators = NO_LOCATORS
    language: str | None = None
    unknown_author: str = ""
    unknown_collection: str = ""
    unknown_place: UnknownPlace | None = None
    unknown_names: tuple[str, ...] = ()
    misspelled: tuple[str, ...] = ()
    is_new_topic: bool = False
    too_few_cited: int | None = None
    is_only_mentioned: bool = False
    excluded: tuple[str, ...] = ()
    previous: tuple[Paper, ...] = ()
    seems_new_topic: bool = False
    has_pronoun: bool = False
    are_previous_unrelated: bool = False
    leading: tuple[Paper, ...] = ()
    applied_to: tuple[str, ...] = ()

    @property
    def relevant_history(self) -> tuple[Message, ...]:
        """The conversation, as far as the question still belongs to it."""
        return () if self.is_new_topic else self.history

    @property
    def earlier(self) -> list[str]:
        """The questions asked before, latest first."""
        return earlier_questions(self.relevant_history)

    @property
    def is_follow_up(self) -> bool:
        """Whether anything was asked before."""
        return bool(self.earlier)

    @property
    def searched_history(self) -> tuple[Message, ...]:
        """The conversation for retrieval, with a rewritten question as the last thing said in it.

        So the question as it was asked keeps most of the weight, whatever the model makes of it.
        """
        if not self.rewritten:
            return self.relevant_history
        return (*self.relevant_history, Message("user", self.rewritten))

    @property
    def subject(self) -> str:
        """What the question is about: the last question where its own words do not say."""
        earlier = self.earlier
        return earlier[0] if self.topic and earlier and not topic_words(self.topic) else self.topic
