"""Makes one `Query` of a question and its conversation.

Not covered: the spelling of a question, which retrieval takes as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rag.query.authors import FindAuthors
from rag.query.filters import Understood, asked_of_papers, understood_filters
from rag.query.focus import own_words
from rag.query.intent import is_affirmation, question_for_papers
from rag.query.questions import earlier_questions
from rag.types import NO_FILTERS, Filters, Message


@dataclass(frozen=True, slots=True)
class Query:
    """A question within its conversation, in the forms that the stages need.

    Attributes:
        text: The question as it was typed.
        standalone: What it asks of the papers, which a writer answers: without small talk and
            orders, a bare "yes" being the last question anew; "" when it asks them nothing.
        topic: The same without the words of its filters, which retrieval looks for; "" when all
            papers that pass the filters are asked for.
        filters: Which papers may answer.
        history: The conversation before it, oldest first.
        rewritten: A follow-up in full, as a model put it; None where none did.
    """

    text: str
    standalone: str
    topic: str
    filters: Filters = NO_FILTERS
    history: tuple[Message, ...] = ()
    rewritten: str | None = None

    @property
    def earlier(self) -> list[str]:
        """The questions that were asked before, latest first."""
        return earlier_questions(self.history)

    @property
    def is_follow_up(self) -> bool:
        """Whether anything was asked before."""
        return bool(self.earlier)

    @property
    def searched_history(self) -> tuple[Message, ...]:
        """The conversation for the search: a rewritten question is the last thing said in it.

        So the question as it was asked keeps most of the weight, whatever the model makes of it.
        """
        if not self.rewritten:
            return self.history
        return (*self.history, Message("user", self.rewritten))

    @property
    def subject(self) -> str:
        """What it is about: the last question where its own words do not say."""
        earlier = self.earlier
        return earlier[0] if self.topic and earlier and not own_words(self.topic) else self.topic


@dataclass(frozen=True, slots=True)
class QueryParser:
    """Reads questions with the authors of one library in mind.

    Attributes:
        find_authors: The library's authors that bear a name.
        refresh: Called before authors are looked for, to see what others have written.
    """

    find_authors: FindAuthors
    refresh: Callable[[], None] = lambda: None

    def understand(
        self, text: str, history: Sequence[Message] = (), filters: Filters | None = None
    ) -> Query:
        """Build the query of a question that is to be answered.

        Args:
            text: The question as it was typed.
            history: The conversation before it, oldest first.
            filters: All there are; None for those that the question says itself.
        """
        return self._apart(text, standalone_question(text, history), history, filters)

    def understand_search(
        self, text: str, history: Sequence[Message] = (), filters: Filters | None = None
    ) -> Query:
        """Build the query of a text that is only searched for, so that all its words count.

        Takes the same as `understand`.
        """
        return self._apart(text, text, history, filters)

    def _apart(
        self, text: str, standalone: str, history: Sequence[Message], filters: Filters | None
    ) -> Query:
        found = Understood(standalone, filters or NO_FILTERS)
        if filters is None:
            self.refresh()
            this_year = datetime.now(tz=UTC).year
            found = understood_filters(standalone, self.find_authors, this_year)
        found = asked_of_papers(found, standalone, history)
        return Query(text, standalone, found.question, found.filters, tuple(history))


def standalone_question(question: str, history: Sequence[Message]) -> str:
    """What is asked of the papers, "" when nothing is; a bare "yes" asks the last question anew."""
    earlier = earlier_questions(history)
    if earlier and is_affirmation(question):
        return earlier[0]
    return question_for_papers(question)
