from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wecom.crypto import CallbackCrypto, CallbackRefused, CryptoError, Query
from tests.bot.channels.wecom_peer import CORP, KEY, NOW, TOKEN, VECTORS, Peer, peering

ENVELOPES = {
    name: CallbackCrypto(config["token"], config["encoding_aes_key"], config["receive_id"])
    for name, config in VECTORS["configs"].items()
}
APP = ENVELOPES["app"]


def ids(case: dict[str, object]) -> str:
    return str(case["id"])


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    with peering() as peer:
        yield peer


@pytest.mark.parametrize("case", VECTORS["encrypt_cases"], ids=ids)
def test_what_is_sealed_is_what_the_platform_would_have_sealed(case: dict[str, str]) -> None:
    sealed = ENVELOPES[case["config"]].seal(
        case["plaintext"],
        timestamp=int(case["timestamp"]),
        nonce=case["nonce"],
        random=bytes.fromhex(case["random_hex"]),
    )

    assert (sealed.encrypted, sealed.signature) == (case["ciphertext"], case["msg_signature"])


@pytest.mark.parametrize("words", VECTORS["reply_texts"])
def test_every_reply_comes_back_from_the_platforms_own_library(peer: Peer, words: str) -> None:
    sealed = APP.seal(words, timestamp=NOW, nonce="n", random=bytes(16))

    assert peer.open(sealed.encrypted) == (words, CORP)


@given(st.text(max_size=200))
def test_what_is_sealed_opens_again(words: str) -> None:
    words = words.encode("utf-8", "replace").decode()
    sealed = APP.seal(words, timestamp=NOW, nonce="n", random=bytes(16))

    assert APP.open(Query(sealed.signature, str(NOW), "n"), sealed.encrypted, now=NOW) == words


@pytest.mark.parametrize("length", range(70))
def test_every_length_of_padding_is_understood(peer: Peer, length: int) -> None:
    sealed = peer.seal("x" * length)
    query = Query(sealed["signature"], sealed["timestamp"], sealed["nonce"])

    assert APP.open(query, sealed["encrypted"], now=NOW) == "x" * length


@pytest.mark.parametrize("late", [-301, 301])
def test_what_is_too_old_or_too_new_is_refused(peer: Peer, late: int) -> None:
    sealed = peer.seal("x")
    query = Query(sealed["signature"], sealed["timestamp"], sealed["nonce"])

    assert APP.open(query, sealed["encrypted"], now=NOW + late * 300 / 301) == "x"
    with pytest.raises(CallbackRefused, match="timestamp"):
        APP.open(query, sealed["encrypted"], now=NOW + late)


@pytest.mark.parametrize("timestamp", ["", "-1", "1e9", "１７９００００００", "9" * 13, "1790000000 "])
def test_a_time_that_is_none_is_refused(timestamp: str) -> None:
    signature = APP.sign(timestamp, "n", "x")
    with pytest.raises(CallbackRefused, match="timestamp"):
        APP.open(Query(signature, timestamp, "n"), "x", now=NOW)


def test_another_receiver_is_refused(peer: Peer) -> None:
    sealed = peer.seal("x", receiver="ww0000000000000000")
    with pytest.raises(CallbackRefused, match="receive_id"):
        APP.open(Query(sealed["signature"], sealed["timestamp"], sealed["nonce"]), sealed["encrypted"], now=NOW)


@given(st.binary(max_size=300))
def test_a_ciphertext_of_any_bytes_is_refused(ciphertext: bytes) -> None:
    import base64

    encrypted = base64.b64encode(ciphertext).decode()
    query = Query(APP.sign(str(NOW), "n", encrypted), str(NOW), "n")
    with pytest.raises(CallbackRefused):
        APP.open(query, encrypted, now=NOW)


@pytest.mark.parametrize("token", ["", "with space", "x" * 33, "中文"])
def test_a_token_of_another_form_is_reported(token: str) -> None:
    with pytest.raises(CryptoError, match="token"):
        CallbackCrypto(token, KEY, CORP)


@pytest.mark.parametrize("key", ["", KEY[:-1], KEY + "A", KEY[:-1] + "="])
def test_a_key_of_another_form_is_reported(key: str) -> None:
    with pytest.raises(CryptoError, match="EncodingAESKey"):
        CallbackCrypto(TOKEN, key, CORP)
