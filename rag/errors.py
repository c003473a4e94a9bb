"""Every error that users of the library can meet, one tree.

RagError
├── ConfigurationError       a setting or an argument cannot work
├── SourceError              a file holds nothing that can be read
│   └── SourceUnavailableError where papers are looked up cannot be reached
├── LibraryError             the library folder cannot be used
│   ├── DamagedLibraryError    a file of it is damaged
│   │   └── MissingVectorsError  its vectors are not where they were
│   ├── LibraryUnavailableError a server that keeps a part of it does not answer
│   ├── EmbedderMismatchError  it was made with another embedder or passage settings
│   └── UnknownConversationError  a conversation is not there, or not its asker's
├── NotAllowedError          who asks for a change may not make it
├── EmbedderUnavailableError no channel gives the embedder's weights
└── ModelError               the language model did not answer
    ├── ModelAuthenticationError
    ├── ModelRateLimitError
    ├── ModelTimeoutError
    ├── ModelConnectionError
    ├── ModelResponseError
    └── ModelWindowError     the question is longer than what the model reads

A message says what happened, to what, and what to do next. Misuse by a programmer is a
`ValueError` or `TypeError` and stands outside the tree.
"""


class RagError(Exception):
    """Any failure that a user can do something about."""

    retryable = False


class ConfigurationError(RagError):
    """A setting or an argument cannot work as given."""


class SourceError(RagError):
    """A source holds no paper that could be read."""


class SourceUnavailableError(SourceError):
    """A place where papers are looked up could not be reached, or answered with something else."""

    retryable = True


class LibraryError(RagError):
    """A library's folder cannot be opened, read or written."""


class DamagedLibraryError(LibraryError):
    """A file of a library cannot be read as it is; the message names the way out."""


class MissingVectorsError(DamagedLibraryError):
    """The vectors of a library are not where they were; they are made again from the papers."""


class LibraryUnavailableError(LibraryError):
    """A server that keeps a part of a library cannot be reached, or refuses; nothing is lost."""

    retryable = True


class EmbedderMismatchError(LibraryError):
    """A library was made with another embedder or other passage settings than asked for."""


class UnknownConversationError(LibraryError):
    """A conversation was deleted meanwhile, or belongs to someone else."""


class NotAllowedError(RagError):
    """Somebody who may only read asked for a change of the library."""


class EmbedderUnavailableError(RagError):
    """The embedder's weights could be had from no channel."""

    retryable = True


class ModelError(RagError):
    """The language model did not give an answer.

    Attributes:
        retry_after_s: Seconds that the endpoint asks to wait; None when it does not say.
        form_refused: Whether the endpoint may just not know the form that was asked for.
        refusal: What the endpoint said in full when it refused the request, never for users.
    """

    retry_after_s: float | None = None
    form_refused = False
    refusal = ""


class ModelAuthenticationError(ModelError):
    """The endpoint refused the key, or the key may not use the model."""


class ModelRateLimitError(ModelError):
    """The endpoint asks to wait, or a quota is used up."""

    retryable = True


class ModelTimeoutError(ModelError):
    """The endpoint did not answer in time."""

    retryable = True


class ModelConnectionError(ModelError):
    """The endpoint could not be reached, or the connection broke."""

    retryable = True


class ModelResponseError(ModelError):
    """The endpoint answered with something that is no completion."""


class ModelWindowError(ModelError):
    """The question leaves no room for papers in what the model reads at once."""
