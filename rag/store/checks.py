"""Find what SQL alone can show to be wrong with a library's database, and repair it."""

from __future__ import annotations

from sqlalchemy import insert, select, text

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

    def find_damage(self, *, is_quick: bool = False) -> str:
        """Return what SQLite finds wrong with the file, in its words; "" for a sound one.

        Args:
            is_quick: Whether to leave out that indexes agree with their tables.
        """
        pragma = "quick_check" if is_quick else "integrity_check"
        with self._database.reading() as connection:
            findings = connection.exec_driver_sql(f"PRAGMA {pragma}(1)").scalars().all()
        return "" if findings == ["ok"] else str(findings[0])

    def mend_indexes(self) -> str:
        """Make all indexes anew from their tables; what is still wrong, else ""."""
        with self._database.writing() as connection:
            connection.exec_driver_sql("REINDEX")
        return self.find_damage()

    def count_orphaned_rows(self) -> int:
        """Count the rows that belong to something that is not there."""
        return len(self._orphaned_rows())

    def remove_orphaned_rows(self) -> None:
        """Delete rows that belong to something that is not there."""
        rows = self._orphaned_rows()
        with self._database.writing() as connection:
            for table, row_number in rows:
                connection.execute(
                    text(f'DELETE FROM "{table}" WHERE rowid = :number'), {"number": row_number}
                )

    def _orphaned_rows(self) -> list[tuple[str, int]]:
        with self._database.reading() as connection:
            found = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        return [(str(row[0]), int(row[1])) for row in found]

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
