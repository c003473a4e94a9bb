"""Check that the parts which a caller gives to a library are what they are given as."""

from __future__ import annotations

from typing import Final

from rag.errors import ConfigurationError

# What each part will be asked for, and what to give in its place.
ASKED: Final = {
    "embedder": (("get_text_embedding",), "a LlamaIndex embedding; a name goes to RAG_EMBEDDER"),
    "llm": (("metadata",), "a LlamaIndex model, the name of a model, or extractive"),
    "retriever": (("candidates",), "one such as rag/retrieval/protocols.py shows"),
    "verifier": (("check",), "one such as rag/verification/support.py describes"),
    "writer": (
        ("write", "mode", "is_extractive"),
        "one such as rag/answering/drafts.py describes",
    ),
}


def require_parts(**given: object) -> None:
    """Raise where a part lacks what it will be asked for; None and a name stand for no part.

    Args:
        given: By the names of the arguments of `Library.open`.

    Raises:
        ConfigurationError: It says which part, what it lacks and what is wanted.
    """
    for name, part in given.items():
        needed, wanted = ASKED[name]
        if part is None or (name == "llm" and isinstance(part, str)):
            continue
        if isinstance(part, type):
            raise ConfigurationError(
                f"The {name} that is given is a class: give an object of it, such as "
                f"{part.__name__}()."
            )
        if missing := [each for each in needed if not hasattr(part, each)]:
            raise ConfigurationError(
                f"The {name} that is given, of type {type(part).__name__}, has no "
                f"{' or '.join(missing)}: give {wanted}."
            )
