"""Encryption of WeCom callbacks: signature, AES and receive id. Pure functions of request and time."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import Literal

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from knowledge.errors import PolicyBotError

Stage = Literal["request", "signature", "timestamp", "decrypt", "padding", "receive_id", "xml", "json"]

TOLERANCE = 300  # seconds between the clock of the platform and ours
KEY_LENGTH = 43
_BLOCK, _CIPHER_BLOCK = 32, 16
_RANDOM, _LENGTH = 16, 4
_TOKEN_LONGEST = 32


class CallbackRefused(PolicyBotError):
    """A callback is not what the platform sends; `stage` is where that showed. It holds nothing of the content."""

    def __init__(self, stage: Stage) -> None:
        """Say at which stage it was refused."""
        super().__init__(f"callback refused: {stage}")
        self.stage: Stage = stage


class CryptoError(PolicyBotError):
    """Token or key of a callback are not of the form that WeCom gives out."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted message with its signature."""

    encrypted: str
    signature: str
    timestamp: int
    nonce: str


class CallbackCrypto:
    """Opens what the platform sends to one receiver, and seals what goes back."""

    def __init__(self, token: str, encoding_aes_key: str, receive_id: str) -> None:
        """`receive_id` is the corporation's id for an application, and empty for an AI bot.

        Raises:
            EnvelopeError: token or key have another form than WeCom's.
        """
        if not (0 < len(token) <= _TOKEN_LONGEST and token.isascii() and token.isalnum()):
            raise CryptoError(f"a callback token is 1 to {_TOKEN_LONGEST} letters and digits; copy it again")
        if not (len(encoding_aes_key) == KEY_LENGTH and encoding_aes_key.isascii() and encoding_aes_key.isalnum()):
            raise CryptoError(f"an EncodingAESKey is {KEY_LENGTH} letters and digits; copy it again")
        self._token = token
        self._key = base64.b64decode(encoding_aes_key + "=")
        self._receive_id = receive_id.encode()

    def open(self, query: "Query", encrypted: str, *, now: float) -> str:
        """The plaintext of a message that is signed, fresh, well formed and meant for this receiver.

        The signature comes first: without it, nothing that is said of the padding could be trusted.

        Raises:
            CallbackRefused: it is not.
        """
        signature = self.sign(query.timestamp, query.nonce, encrypted)
        if not hmac.compare_digest(signature.encode(), query.signature.encode("utf-8", "replace")):
            raise CallbackRefused("signature")
        if not (query.timestamp.isascii() and query.timestamp.isdigit() and len(query.timestamp) <= 12):
            raise CallbackRefused("timestamp")
        if abs(now - int(query.timestamp)) > TOLERANCE:
            raise CallbackRefused("timestamp")
        return self._message(self._decrypt(encrypted))

    def seal(self, plaintext: str, *, timestamp: int, nonce: str, random: bytes) -> Sealed:
        """A message for the platform; `random` is 16 bytes that nobody can guess."""
        message = plaintext.encode()
        framed = random + len(message).to_bytes(_LENGTH, "big") + message + self._receive_id
        padding = _BLOCK - len(framed) % _BLOCK
        encryptor = self._cipher().encryptor()
        ciphertext = encryptor.update(framed + bytes([padding]) * padding) + encryptor.finalize()
        encrypted = base64.b64encode(ciphertext).decode()
        return Sealed(encrypted, self.sign(str(timestamp), nonce, encrypted), timestamp, nonce)

    def sign(self, timestamp: str, nonce: str, encrypted: str) -> str:
        """The signature, as 40 hexadecimal digits."""
        parts = "".join(sorted((self._token, timestamp, nonce, encrypted)))
        return hashlib.sha1(parts.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()

    def _decrypt(self, encrypted: str) -> bytes:
        try:
            ciphertext = base64.b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError) as error:
            raise CallbackRefused("decrypt") from error
        if not ciphertext or len(ciphertext) % _CIPHER_BLOCK:
            raise CallbackRefused("decrypt")
        decryptor = self._cipher().decryptor()
        return _unpadded(decryptor.update(ciphertext) + decryptor.finalize())

    def _message(self, framed: bytes) -> str:
        start = _RANDOM + _LENGTH
        if len(framed) < start:
            raise CallbackRefused("decrypt")
        end = start + int.from_bytes(framed[_RANDOM:start], "big")
        if end > len(framed):
            raise CallbackRefused("decrypt")
        if not hmac.compare_digest(framed[end:], self._receive_id):
            raise CallbackRefused("receive_id")
        try:
            return framed[start:end].decode()
        except UnicodeDecodeError as error:
            raise CallbackRefused("decrypt") from error

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))


@dataclass(frozen=True, slots=True)
class Query:
    """What stands in the address of a callback, decoded once."""

    signature: str
    timestamp: str
    nonce: str


def _unpadded(framed: bytes) -> bytes:
    """Without the padding: up to 32 bytes, each telling how many there are."""
    count = framed[-1]
    if not 1 <= count <= _BLOCK or count > len(framed) or framed[-count:] != bytes([count]) * count:
        raise CallbackRefused("padding")
    return framed[:-count]
