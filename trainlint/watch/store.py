"""The run file: the training thread hands rows over, another writes and commits them each half second."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

from trainlint.run_schema import APPLICATION_ID, COLUMNS, TABLES, VERSION

COMMIT_S = 0.5  # a run that is killed loses less than a second
# About 50 MB; beyond it rows are dropped and counted, so that a slow disk cannot stop training.
WAITING_ROWS = 200_000

Row = tuple[Any, ...]


class Store:
    """Writes rows into a run file; keeps quiet about a disk that fails until it is asked."""

    def __init__(self, path: Path) -> None:
        """Make the file and its tables.

        Raises:
            OSError, sqlite3.Error: the file cannot be written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.dropped = 0
        self.error: Exception | None = None
        self._waiting: list[tuple[str, Row]] = []
        self._closing = threading.Event()
        # Only the writer thread uses it after this; SQLite objects to the change of thread otherwise.
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        try:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            marks = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};"
            self._connection.executescript(f"BEGIN; {marks} {TABLES} COMMIT;")
        except sqlite3.Error:
            self._connection.close()
            raise
        self._thread = threading.Thread(target=self._write_until_closed, name="trainlint-writer", daemon=True)
        self._thread.start()

    def put(self, table: str, row: Row) -> None:
        """Hand over a row; one with the same key replaces the row before it."""
        if len(self._waiting) < WAITING_ROWS:
            self._waiting.append((table, row))
        else:
            self.dropped += 1

    def settle(self) -> None:
        """Write what is left and end the writer thread; `close` writes what comes after."""
        self._closing.set()
        self._thread.join()

    def close(self) -> None:
        """Write everything and close the file, so that a single file remains."""
        self.settle()
        self._commit()
        try:
            self._connection.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error:
            pass  # another process has it open: the log stays beside the file, and nothing is lost
        finally:
            self._connection.close()

    def _write_until_closed(self) -> None:
        while not self._closing.wait(COMMIT_S):
            self._commit()
        self._commit()

    def _commit(self) -> None:
        # `put` may append between the two lines; the slice is what was seen, and the rest stays.
        rows = self._waiting[:]
        del self._waiting[: len(rows)]
        if not rows or self.error is not None:
            self.dropped += len(rows)
            return
        tables: dict[str, list[Row]] = {}
        for table, row in rows:
            tables.setdefault(table, []).append(row)
        try:
            self._connection.execute("BEGIN")
            for table, batch in tables.items():
                marks = ",".join("?" * COLUMNS[table])
                statement = f"INSERT OR REPLACE INTO {table} VALUES ({marks})"  # noqa: S608 - our own names
                self._connection.executemany(statement, batch)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self.error = error
            self.dropped += len(rows)
