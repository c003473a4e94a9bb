"""Everything a user can set, read once from the environment and `.env`, then passed around."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import platformdirs
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from rag.errors import ConfigurationError
from rag.types import EXTRACTIVE, Depth

APPLICATION = "paperchat"
VectorStoreName = Literal["chroma", "qdrant"]
TOP_K: Final = 6
ADDRESS: Final = r"(?i)^https?://[^\s/?#]+[^\s]*$"
ANSWER_WORDS: Final = 105  # answers to `single` questions of the dev set then have 109 on average


def _default_library() -> Path:
    return Path(platformdirs.user_data_dir(APPLICATION)) / "library"


def _default_cache() -> Path:
    return Path(platformdirs.user_cache_dir(APPLICATION))


class Settings(BaseSettings):
    """The settings with their defaults; names in the environment carry the prefix `RAG_`.

    The three settings of the language model's endpoint go by the names that every
    OpenAI-compatible tool reads.
    """

    model_config = SettingsConfigDict(
        env_prefix="RAG_",
        env_file=".env",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        allow_inf_nan=False,
    )

    library: Path = Field(default_factory=_default_library, description="Folder of the library.")
    database_url: SecretStr | None = Field(
        None,
        description="PostgreSQL that a group's library is kept in, as "
        "postgresql://user:password@host:5432/database; empty: a file in the library's folder.",
    )
    vector_store: VectorStoreName = Field(
        "chroma",
        description="What keeps the vectors: chroma, or qdrant (in the library's folder; pip "
        "install 'paperchat[qdrant]').",
    )
    chroma_url: str | None = Field(
        None,
        pattern=ADDRESS,
        description="Chroma server of a group's library, as https://host:8000; empty: files in "
        "the library's folder.",
    )
    chroma_token: SecretStr | None = Field(None, description="Token of the Chroma server.")
    chroma_tenant: str = Field(
        "default_tenant", min_length=1, description="Tenant on the Chroma server."
    )
    chroma_database: str = Field(
        "default_database", min_length=1, description="Database of the tenant."
    )
    cache: Path = Field(
        default_factory=_default_cache, description="Folder of the converted embedder."
    )
    embedder: str = Field(
        "minilm",
        pattern=r"^(minilm|none|(openai|onnx|fastembed|ollama):.+)$",
        description="minilm (local), onnx:FOLDER (in the Hugging Face hub's layout), "
        "fastembed:NAME, ollama:NAME, openai:MODEL, or none (lexical retrieval only).",
    )
    reranker: str = Field(
        "maxsim",
        pattern=r"^(maxsim|none|llm|(onnx|fastembed):.+)$",
        description="What looks at the best papers once more: maxsim (word by word), onnx:FOLDER "
        "or fastembed:NAME (a cross-encoder), llm (the model), or none.",
    )
    query_prefix: str | None = Field(
        None,
        description="What an embedder by name wants before a question. Empty: what its files say.",
    )
    passage_prefix: str | None = Field(
        None,
        description="What an embedder by name wants before a text. Empty: what its files say.",
    )
    llm: str = Field(
        "auto",
        min_length=1,
        description="auto (a model when an endpoint is set), extractive, or a model's name.",
    )
    openai_api_key: SecretStr | None = Field(
        None, validation_alias="OPENAI_API_KEY", description="Key of the endpoint."
    )
    openai_base_url: str | None = Field(
        None,
        validation_alias="OPENAI_BASE_URL",
        pattern=ADDRESS,
        description="Address of the endpoint.",
    )
    openai_model: str = Field(
        "gpt-4o-mini", validation_alias="OPENAI_MODEL", description="Model that `auto` uses."
    )
    timeout_s: float = Field(60.0, gt=0, description="Longest wait for a reply, seconds.")
    deadline_s: float = Field(
        120.0, gt=0, description="Longest time for a call of the model with all tries, seconds."
    )
    retries: int = Field(2, ge=0, description="Tries after a failed call of the model.")
    find_local: bool = Field(
        True,
        description="Whether the page's settings and doctor look for models served on this "
        "machine, where no endpoint is set.",
    )
    temperature: float = Field(0.0, ge=0, le=2, description="The model's temperature.")
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = Field(
        None,
        description="How long a reasoning model thinks: none, minimal, low, medium, high or xhigh.",
    )
    answer_tokens: int = Field(600, ge=16, description="Longest answer of the model, tokens.")
    model_window: int | None = Field(
        None,
        ge=1024,
        description="What the model reads and writes at most, tokens. Empty: what its server says, "
        "else 8192.",
    )
    context_tokens: int = Field(
        3000, ge=200, description="Most text of papers in a prompt, tokens."
    )
    history_tokens: int = Field(
        1000, ge=0, description="Most text of the conversation in a prompt, tokens."
    )
    depth: Depth = Field(
        "quick",
        description="quick, or thorough: searches in several ways, and takes its time.",
    )
    thorough_tokens: int = Field(
        16_000,
        ge=4000,
        description="Most tokens that a model reads and writes for a thorough answer.",
    )
    thorough_s: float = Field(
        180.0, ge=1, description="Longest time for a thorough answer, seconds."
    )
    table_tokens: int = Field(
        60_000,
        ge=1000,
        description="Most tokens that a model reads and writes for a table of papers.",
    )
    table_s: float = Field(
        300.0, ge=1, description="Longest time of a model for a table of papers, seconds."
    )
    condense: bool = Field(
        True, description="Whether the model rewrites a follow-up that points back, for the search."
    )
    verify: Literal["local", "llm"] = Field(
        "local", description="local, or llm: the model is asked about every sentence as well."
    )
    entailment: bool = Field(
        True,
        description="Whether a trained model decides which sentences of an answer count as "
        "supported; false: the similarity of words alone.",
    )
    question_encoder: bool = Field(
        True,
        description="Whether questions are embedded by weights trained for them; false: as "
        "passages are.",
    )
    price_prompt: float | None = Field(
        None, ge=0, description="Price of a million tokens that the model reads."
    )
    price_completion: float | None = Field(
        None, ge=0, description="Price of a million tokens that the model writes."
    )
    answer_words: int = Field(
        ANSWER_WORDS, ge=30, description="Longest extractive answer from one paper, words."
    )
    unsupported: Literal["remove", "mark"] = Field(
        "remove", description="remove or mark a model's sentences that no paper supports."
    )
    passage_tokens: int = Field(220, ge=40, description="Longest passage, tokens.")
    top_k: int = Field(TOP_K, ge=1, le=50, description="Papers that reach the answer.")
    candidates_k: int = Field(
        100, ge=10, description="Papers each retriever fetches before fusion."
    )
    dense_weight: float = Field(
        0.65,
        ge=0,
        le=1,
        description="Share of dense retrieval in the fused score; 0 or 1: one retriever alone.",
    )
    contact: str | None = Field(
        None,
        pattern=r"^[^@\s]+@[^@\s]+$",
        description="Your e-mail address, sent to the services where papers are looked up.",
    )
    lookup_timeout_s: float = Field(
        20.0, gt=0, description="Longest wait for a service where papers are looked up, seconds."
    )
    arxiv_url: str = Field(
        "https://export.arxiv.org/api/query", pattern=ADDRESS, description="Where arXiv is asked."
    )
    crossref_url: str = Field(
        "https://api.crossref.org", pattern=ADDRESS, description="Where Crossref is asked."
    )
    doi_url: str = Field(
        "https://doi.org", pattern=ADDRESS, description="Where other agencies' DOIs are asked for."
    )
    openalex_url: str = Field(
        "https://api.openalex.org", pattern=ADDRESS, description="Where OpenAlex is asked."
    )
    openalex_key: SecretStr | None = Field(None, description="Key of OpenAlex, which is free.")
    s2_url: str = Field(
        "https://api.semanticscholar.org/graph/v1",
        pattern=ADDRESS,
        description="Where Semantic Scholar is asked.",
    )
    s2_key: SecretStr | None = Field(None, description="Key of Semantic Scholar.")
    zotero_url: str = Field(
        "http://127.0.0.1:23119/api", pattern=ADDRESS, description="Where a running Zotero is read."
    )
    rate_limit: int = Field(
        30, ge=0, description="Questions that one visitor of the page may ask a minute; 0: any."
    )
    log: Literal["text", "json"] = Field(
        "text",
        description="How the page's server logs: text, or json (an object a line, without a word "
        "of any question).",
    )
    trace_to: str | None = Field(
        None,
        pattern=ADDRESS,
        description="Where spans of answers are sent by OpenTelemetry (OTLP over HTTP), as "
        "http://127.0.0.1:6006/v1/traces; empty: nowhere.",
    )
    trace_texts: bool = Field(
        False, description="Whether such spans hold questions, answers and abstracts."
    )
    api_tokens: SecretStr | None = Field(
        None,
        description="Tokens of programs that ask over HTTP, separated by commas; needed where the "
        "page wants a password.",
    )

    @property
    def has_endpoint(self) -> bool:
        """Whether a language model can be asked at all."""
        return bool(self.openai_api_key or self.openai_base_url)

    def find_model(self, chosen: str | None = None) -> str | None:
        """Return the name of the model that is to write the answers, or None for extractive ones.

        Args:
            chosen: In place of `llm`; `auto` takes the endpoint's model where there is one.
        """
        name = chosen or self.llm
        if name == EXTRACTIVE or (name == "auto" and not self.has_endpoint):
            return None
        return self.openai_model if name == "auto" else name


def variable_of(name: str) -> str:
    """Return the variable of a setting; some go by the names that other programs read, too."""
    upper = name.upper()
    return upper if upper.startswith("OPENAI_") else f"RAG_{upper}"


def read_settings(**overrides: object) -> Settings:
    """Read settings from the environment and `.env`; overrides win, unless they are None.

    Raises:
        ConfigurationError: A value is out of range or of the wrong kind.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # checked by the model itself
    except UnicodeDecodeError as exc:
        raise ConfigurationError(f"The file .env is not text in UTF-8: {exc.reason}.") from exc
    except ValidationError as exc:
        problem = exc.errors()[0]
        variable = variable_of(str(problem["loc"][0]) if problem["loc"] else "settings")
        is_address = problem.get("ctx", {}).get("pattern") == ADDRESS
        why = "an address begins with http:// or https://" if is_address else problem["msg"]
        raise ConfigurationError(
            f"The setting {variable} cannot be {problem['input']!r}: {why}. "
            "Correct it in the environment or in .env; .env.example lists what each may be."
        ) from exc
