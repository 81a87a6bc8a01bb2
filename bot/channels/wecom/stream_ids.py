"""Stream ids: the names by which the platform polls for answers of an AI bot."""

import hashlib
import hmac

_TAG = 16  # bytes
_MOST_DIGITS = 18


class StreamIds:
    """Names for answers: the number on disk, sealed together with the place where the answer may be read.

    A name is good after a restart, and good for nobody elsewhere; nothing has to be remembered for that.
    """

    def __init__(self, secret: str) -> None:
        """`secret` is known to us and the platform alone."""
        self._key = hashlib.sha256(b"luce stream\0" + secret.encode()).digest()

    def name(self, number: int, place: str) -> str:
        """The name of an answer for one place."""
        return f"{number}-{self._tag(number, place)}"

    def number(self, name: str, place: str) -> int | None:
        """The number that a name stands for; None where it is none that we gave to this place."""
        digits, _, tag = name.partition("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS):
            return None
        number = int(digits)
        expected = self._tag(number, place)
        return number if hmac.compare_digest(expected.encode(), tag.encode("utf-8", "replace")) else None

    def _tag(self, number: int, place: str) -> str:
        said = f"{number}\0{place}".encode()
        return hashlib.blake2b(said, key=self._key, digest_size=_TAG).hexdigest()
