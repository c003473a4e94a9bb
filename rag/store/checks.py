"""Find what SQL alone can show to be wrong with a library's database, and repair it."""

from __future__ import annotations

from sqlalchemy import insert, select

from rag.store.database import Database
from rag.store.schema import abstract, paper


class DatabaseChecks:
    """What can be checked within the database of a library.

    Args:
        database: The library's.

    Raises (every method):
        LibraryError: The database cannot be used.
        DamagedLibraryError: The database cannot be read at all.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def remove_orphaned_rows(self) -> None:
        """Delete rows that belong to something that is not there."""
        self._database.remove_rows(self._database.orphaned_rows())

    def without_text(self) -> list[str]:
        """Return the ids of papers that have no abstract."""
        missing = select(paper.c.paper_id).outerjoin(abstract)
        with self._database.reading() as connection:
            found = connection.execute(missing.where(abstract.c.paper_number.is_(None)))
            return list(found.scalars())

    def take_title_as_text(self) -> None:
        """Give the papers that have no abstract their title for one, so that they are found."""
        title = select(paper.c.number, paper.c.title).outerjoin(abstract)
        with self._database.writing() as connection:
            found = connection.execute(title.where(abstract.c.paper_number.is_(None))).all()
            rows = [
                {"paper_number": number, "text": title, "passages": [[0, len(title)]]}
                for number, title in found
            ]
            if rows:
                connection.execute(insert(abstract), rows)
