"""Tokens: who may call, kept in a file as digests alone, so that the file gives no access.

PolicyBotError
└── TokensError     the file of tokens cannot be read or written, or a name is taken
"""

import contextlib
import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.web.roles import Role
from knowledge.errors import PolicyBotError

PREFIX = "luce_"
_BYTES = 32
_NAME = re.compile(r"[\w.@-]{1,64}")
_LONGEST = 200
_Stamp = tuple[int, int, int]


class TokensError(PolicyBotError):
    """The file of tokens cannot be read or written, or a name cannot be given; the message says which."""


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token: whose it is, what it allows, its SHA-256 in hex, and when it was made."""

    name: str
    role: Role
    digest: str
    added: datetime


class Tokens:
    """The tokens of a file. What another process adds or removes is seen at the next look. Safe for threads."""

    def __init__(self, path: Path) -> None:
        """Keep tokens in this file; there is none until the first is added."""
        self._path = path
        self._lock = threading.Lock()
        self._stamp: _Stamp | None = None
        self._tokens: tuple[Token, ...] = ()

    def all(self) -> Sequence[Token]:
        """Every token, oldest first.

        Raises:
            TokensError: the file cannot be read.
        """
        with self._lock:
            stamp = self._look()
            if stamp != self._stamp:
                self._tokens = self._read() if stamp else ()
                self._stamp = stamp
            return self._tokens

    def find(self, secret: str) -> Token | None:
        """The token that a caller shows. Every digest is compared, so that the time tells nothing.

        Raises:
            TokensError: the file cannot be read.
        """
        shown = _digest(secret[:_LONGEST])
        found = None
        for token in self.all():
            if hmac.compare_digest(token.digest, shown):
                found = token
        return found

    def named(self, name: str) -> Token | None:
        """The token of that name.

        Raises:
            TokensError: the file cannot be read.
        """
        return next((token for token in self.all() if token.name == name), None)

    def add(self, name: str, role: Role, at: datetime) -> str:
        """Make a token; it is returned this once and kept nowhere.

        Raises:
            TokensError: the name is taken or no name, or the file cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise TokensError(f"{name[:64]!r} is no name for a token; use letters, digits and . @ _ - (64 at most)")
        secret = PREFIX + secrets.token_urlsafe(_BYTES)
        with self._alone():
            if self.named(name):
                raise TokensError(f"there is a token {name} already; `luce token remove {name}` first")
            self._write((*self.all(), Token(name, role, _digest(secret), at)))
        return secret

    def remove(self, name: str) -> bool:
        """Take a token away, with every session that began with it; False where there is none of that name.

        Raises:
            TokensError: the file cannot be read or written.
        """
        if not self._path.exists():
            return False
        with self._alone():
            kept = [token for token in self.all() if token.name != name]
            if len(kept) == len(self.all()):
                return False
            self._write(kept)
        return True

    def _look(self) -> _Stamp | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unreadable(error) from error
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _read(self) -> tuple[Token, ...]:
        try:
            rows = json.loads(self._path.read_text("utf-8"))["tokens"]
            return tuple(
                Token(str(row["name"]), Role[row["role"].upper()], row["sha256"], datetime.fromisoformat(row["added"]))
                for row in rows
            )
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise self._unreadable(error) from error

    def _write(self, tokens: Sequence[Token]) -> None:
        """Put a whole new file in the place of the old one: readers see either."""
        rows = [
            {"name": t.name, "role": t.role.name.lower(), "sha256": t.digest, "added": t.added.isoformat()}
            for t in tokens
        ]
        beside = self._path.with_name(f"{self._path.name}.{secrets.token_hex(4)}")
        try:
            with open(beside, "x", encoding="utf-8", opener=_private) as file:
                json.dump({"tokens": rows}, file, ensure_ascii=False, indent=1)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        except OSError as error:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            raise self._unwritable(error) from error

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other writers out."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(self._path.with_name(f"{self._path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _unreadable(self, error: Exception) -> TokensError:
        return TokensError(f"{self._path} cannot be read: {error}; mend it, or remove it and add the tokens again")

    def _unwritable(self, error: Exception) -> TokensError:
        return TokensError(f"{self._path} cannot be written: {error}; choose another file by LUCE_TOKENS")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
