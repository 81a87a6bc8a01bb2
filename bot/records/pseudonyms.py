"""Pseudonyms of conversations: keyed hashes, so that no log and no table names a person."""

import hashlib
import secrets
import sqlite3

from bot.records.database import Database

_SIZE = 9


class Pseudonyms:
    """The names that one file of records gives. The key is made once and kept in it."""

    def __init__(self, database: Database) -> None:
        """Read the key, or make it.

        Raises:
            RecordsUnavailable: it can be neither read nor written.
        """
        self._key = database.at_once(_key)

    def of(self, channel: str, person: str) -> str:
        """The name of a person's conversation in a channel."""
        spoken_of = f"{channel}\0{person}".encode("utf-8", "surrogatepass")
        return f"{channel}:{hashlib.blake2b(spoken_of, key=self._key, digest_size=_SIZE).hexdigest()}"


def _key(connection: sqlite3.Connection) -> bytes:
    connection.execute("INSERT OR IGNORE INTO marks VALUES ('salt', ?)", (secrets.token_hex(16),))
    (key,) = connection.execute("SELECT value FROM marks WHERE name = 'salt'").fetchone()
    return bytes.fromhex(key)
