"""The tables of a library's database, as SQLAlchemy Core; any change of them raises `SCHEMA`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy import Text as AnyText
from sqlalchemy.types import TEXT, TypeDecorator

# 1: the released code, which kept conversations and feedback here, no papers; 2: without
# retractions and edits; 3: without pinned conversations; 4: without marks
# and counts; 5: without imprints; 6: without watches and notices; 7: without family names;
# 8: without shared answers; 9: counted wrong passwords by address alone, in `wrong_try`;
# 10: without accounts; 11: without changes; 12: without tokens of programs;
# 13: without sign-outs.
SCHEMA: Final = 14

metadata = MetaData()

if TYPE_CHECKING:
    from sqlalchemy import Dialect

    _ServerText = TypeDecorator[str]
else:
    _ServerText = TypeDecorator


class _PostgresText(_ServerText):
    """Text as SQLite keeps it: in the order of its bytes, whatever the server's language is."""

    impl = TEXT(collation="C")
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Leave out what PostgreSQL's texts cannot hold."""
        return value.replace("\0", "") if value else value


Text: Final = AnyText().with_variant(_PostgresText(), "postgresql")


def _paper_key(*, is_primary: bool = False) -> Column[int]:
    reference = ForeignKey("paper.number", ondelete="CASCADE")
    return Column("paper_number", Integer, reference, nullable=False, primary_key=is_primary)


# One row: which library it is, how far it has come, and what its vectors are made with.
library = Table(
    "library",
    metadata,
    Column("library_id", String(32), primary_key=True),
    Column("schema_version", Integer, nullable=False),
    Column("written_by", Text, nullable=False),  # the version of paperchat that made the tables
    Column("revision", Integer, nullable=False),
    Column("embedder", Text),
    Column("dimension", Integer, nullable=False),
    Column("passage_tokens", Integer, nullable=False),
    Column("vectors", Text, nullable=False),  # the name of the Chroma collection
    Column("starter_begun", Boolean, nullable=False),
)

paper = Table(
    "paper",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("paper_id", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("published", Text),
    Column("url", Text),
    Column("venue", Text),
    Column("source", Text),
    Column("content_hash", Text, nullable=False),
    Column("revision", Integer, nullable=False, index=True),  # of its last change
    Column("title_key", Text, nullable=False),  # what a list is ordered by
    Column("author_key", Text),
    Column("source_key", Text),
    Column("words", Text, nullable=False),  # what a search of the list looks into
    sqlite_autoincrement=True,
)

# Apart from its paper, so that a list of 100,000 is read without the texts.
abstract = Table(
    "abstract",
    metadata,
    _paper_key(is_primary=True),
    Column("text", Text, nullable=False),
    Column("passages", JSON, nullable=False),  # [[start, end], …] of the text, in order
)

author = Table(
    "author",
    metadata,
    _paper_key(),
    Column("position", Integer, nullable=False),
    Column("name", Text, nullable=False),
    PrimaryKeyConstraint("paper_number", "position"),
)

# scheme: arxiv, doi, pmid, openalex, s2, citekey, citealias
identifier = Table(
    "identifier",
    metadata,
    _paper_key(),
    Column("scheme", String(16), nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("paper_number", "scheme", "value"),
    Index("identifier_by_value", "scheme", "value"),
)

collection = Table(
    "collection",
    metadata,
    Column("collection_id", Integer, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False, unique=True),
)

paper_collection = Table(
    "paper_collection",
    metadata,
    _paper_key(),
    Column(
        "collection_id",
        Integer,
        ForeignKey("collection.collection_id", ondelete="CASCADE"),
        nullable=False,
    ),
    PrimaryKeyConstraint("paper_number", "collection_id"),
)

tag = Table(
    "tag",
    metadata,
    _paper_key(),
    Column("name", Text, nullable=False),
    PrimaryKeyConstraint("paper_number", "name"),
    Index("tag_by_name", "name"),
)

# Other sources than the paper's own that had a record of it.
origin = Table(
    "origin",
    metadata,
    _paper_key(),
    Column("source", Text, nullable=False),
    PrimaryKeyConstraint("paper_number", "source"),
    Index("origin_by_source", "source"),
)

# What is known of a paper's retraction, in words.
retraction = Table(
    "retraction",
    metadata,
    _paper_key(is_primary=True),
    Column("told", Text, nullable=False),
)

# What came out of a paper later, in words: corrections, newer versions.
notice = Table(
    "notice",
    metadata,
    _paper_key(),
    Column("told", Text, nullable=False),
    PrimaryKeyConstraint("paper_number", "told"),
)

# Volume, issue, pages and the like, of papers of which any is known.
imprint = Table(
    "imprint",
    metadata,
    _paper_key(is_primary=True),
    Column("kind", String(16)),
    Column("volume", Text),
    Column("issue", Text),
    Column("pages", Text),
    Column("publisher", Text),
    Column("issn", Text),
    Column("isbn", Text),
)

# Family names that records state, of authors by their places, where names do not tell them.
family_name = Table(
    "family_name",
    metadata,
    _paper_key(),
    Column("position", Integer, nullable=False),
    Column("name", Text, nullable=False),
    PrimaryKeyConstraint("paper_number", "position"),
)

# Fields that a user set by hand, by their names in `Paper`.
edit = Table(
    "edit",
    metadata,
    _paper_key(),
    Column("field", String(16), nullable=False),
    PrimaryKeyConstraint("paper_number", "field"),
)

# Passages of versions that papers had: what is derived may still hold them.
superseded = Table(
    "superseded",
    metadata,
    Column("paper_id", Text, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("revision", Integer, nullable=False, index=True),  # at which the version went
    UniqueConstraint("paper_id", "revision"),
)

# Changes with a derived store that several processes share, which look here whether it has.
mark = Table(
    "mark",
    metadata,
    Column("part", String(16), primary_key=True),
    Column("change", Text, nullable=False),
)

# How many more actions a client of a group's page may take; times are the server's, in seconds.
bucket = Table(
    "bucket",
    metadata,
    Column("client", Text, primary_key=True),
    Column("level", Float, nullable=False),
    Column("since", Float, nullable=False),
)

# Who may sign in at a group's page.
account = Table(
    "account",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", String(16), CheckConstraint("role IN ('reader', 'editor')"), nullable=False),
    Column("hashed", Text, nullable=False),  # the password, by scrypt
    Column("changed_at", Text, nullable=False),
)

# What lets programs in for somebody: tokens that were made in the page's settings.
program_token = Table(
    "program_token",
    metadata,
    Column("token_id", Integer, primary_key=True, autoincrement=True),
    Column("hashed", String(64), nullable=False, unique=True),  # the token, by SHA-256
    Column("owner", Text, nullable=False, index=True),  # "" where the page has no users
    Column("name", Text, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("used_on", Text),
    Column("bound_to", Text, nullable=False),  # the owner's password as it was then, hashed twice
    sqlite_autoincrement=True,
)

# How often each has signed out of a group's page: all sessions that began before are over.
sign_out = Table(
    "sign_out",
    metadata,
    Column("name", Text, primary_key=True),
    Column("times", Integer, nullable=False),
)

# Tries to sign in at a group's page, but those that were right; `account` is "" for tokens.
sign_in = Table(
    "sign_in",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("address", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("tried_at", Float, nullable=False),
    Index("sign_in_by_address", "address", "tried_at"),
    Index("sign_in_by_account", "account", "tried_at"),
)

# Queries of catalogues whose new papers are offered.
watch = Table(
    "watch",
    metadata,
    Column("watch_id", Integer, primary_key=True, autoincrement=True),
    Column("source", Text, nullable=False, unique=True),  # such as `arxiv:cat:cs.LG`
    Column("added_at", Text, nullable=False),
    Column("looked_at", Text),
    Column("floor", Text),  # the date of the oldest paper that the first look read
    sqlite_autoincrement=True,
)

# Papers that watches found. What was accepted, dismissed or passed over stays, so that it is not
# offered again.
offer = Table(
    "offer",
    metadata,
    Column("paper_id", Text, primary_key=True),
    Column("watch_id", Integer, nullable=False, index=True),  # it may be gone
    Column(
        "state",
        String(16),
        CheckConstraint("state IN ('new', 'accepted', 'dismissed', 'passed')"),
        nullable=False,
    ),
    Column("found_at", Text, nullable=False),
    Column("record", Text, nullable=False),  # JSON, as papers are exported
)

# What the papers that watches found are known by.
offer_key = Table(
    "offer_key",
    metadata,
    Column("paper_id", Text, ForeignKey("offer.paper_id", ondelete="CASCADE"), nullable=False),
    Column("scheme", String(16), nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("scheme", "value", "paper_id"),
)

# When notices of a paper were last looked for, and its version at arXiv then.
checked = Table(
    "checked",
    metadata,
    Column("paper_id", Text, primary_key=True),
    Column("checked_at", Text, nullable=False),
    Column("version", Integer),
)

conversation = Table(
    "conversation",
    metadata,
    Column("conversation_id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("title_folded", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    Index("conversation_by_owner", "owner", "updated_at"),
)

# Conversations that stand first in the list of their owner.
pinned = Table(
    "pinned",
    metadata,
    Column(
        "conversation_id",
        Text,
        ForeignKey("conversation.conversation_id", ondelete="CASCADE"),
        primary_key=True,
    ),
)

turn = Table(
    "turn",
    metadata,
    Column("turn_id", Text, primary_key=True),
    Column(
        "conversation_id",
        Text,
        ForeignKey("conversation.conversation_id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("number", Integer, nullable=False),
    Column("asked_at", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("text_folded", Text, nullable=False),
    UniqueConstraint("conversation_id", "number"),
)

rating = Table(
    "rating",
    metadata,
    Column("owner", Text, nullable=False),
    Column("turn_id", Text, nullable=False),
    Column("thumb", Text, CheckConstraint("thumb IN ('up', 'down')"), nullable=False),
    Column("comment", Text, nullable=False),
    Column("rated_at", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("history", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("revision", Integer),
    PrimaryKeyConstraint("owner", "turn_id"),
)

# Answers that whoever has the link may read.
share = Table(
    "share",
    metadata,
    Column("token", String(32), primary_key=True),
    Column(
        "turn_id",
        Text,
        ForeignKey("turn.turn_id", ondelete="CASCADE"),
        nullable=False,
        unique=True,
    ),
    Column("shared_at", Text, nullable=False),
)

# Who changed what: ids, sources and names, never texts of questions.
change = Table(
    "change",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("changed_at", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("did", String(16), nullable=False),
    Column("papers", Integer, nullable=False),
    Column("what", Text, nullable=False),
)
