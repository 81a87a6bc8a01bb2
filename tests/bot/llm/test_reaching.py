"""Reaching the endpoint: tries and waits, redirects and proxies, encryption."""

import socket
from collections.abc import Iterator
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.bot.llm.asking import Time, by_turns, failure_of
from tests.bot.llm.scripted import Endpoint, Reply, in_order, scripted

DOWN = "http://127.0.0.1:9/v1"  # nothing listens there


@pytest.fixture
def good() -> Iterator[Endpoint]:
    """A server that always answers well."""
    with scripted(in_order("您好")) as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a certificate of 127.0.0.1 that nobody signed, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(datetime(2020, 1, 1)).not_valid_after(datetime(2120, 1, 1))  # noqa: DTZ001
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = builder.add_extension(address, critical=False).sign(key, hashes.SHA256())
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + key.private_bytes(*plain))
    return path


BROKEN: dict[str, Reply] = {
    "500": Reply(status=500),
    "503": Reply(status=503),
    "429": Reply(status=429),
    "closed": Reply(fault="close"),
    "reset": Reply(fault="reset"),
}


class TestTryingAgain:
    @pytest.mark.parametrize("name", BROKEN)
    def test_a_third_try_may_succeed(self, name: str) -> None:
        time = Time()
        with scripted(by_turns(BROKEN[name], "您好", 2)) as endpoint:
            model = endpoint.model(clocks=time.clocks)

            assert model.say("system", "你好") == "您好"

        assert model.events == {"tried_again": 2, "answered": 1}
        assert time.slept == [0.5, 1.0]

    @pytest.mark.parametrize("name", BROKEN)
    def test_there_is_no_fourth(self, name: str) -> None:
        with scripted(by_turns(BROKEN[name], "您好", 3)) as endpoint:
            model = endpoint.model(clocks=Time().clocks, seconds=60)

            assert failure_of(model).reason == "status"
            assert len(endpoint.requests) == 3
            assert model.say("system", "你好") == "您好"

    def test_nobody_at_the_address_is_tried_again_too(self) -> None:
        with scripted(in_order("您好")) as endpoint:
            model = endpoint.model(url=DOWN, clocks=Time().clocks)

            assert failure_of(model).reason == "status"

        assert model.events == {"tried_again": 2, "status": 1}

    def test_an_unknown_host_is_a_failure_to_reach_it(self, good: Endpoint) -> None:
        assert failure_of(good.model(url="http://no-such-host.invalid/v1", seconds=0.5)).reason in ("status", "timeout")

    @pytest.mark.parametrize("asked", ["3", "3.0", "Sun, 01 Mar 2026 16:00:03 GMT"])
    def test_the_wait_that_an_endpoint_asks_for_is_kept(self, asked: str) -> None:
        time, busy = Time(), Reply(status=429, headers={"Retry-After": asked})
        with scripted(by_turns(busy, "您好", 1)) as endpoint:
            assert endpoint.model(clocks=time.clocks, seconds=8).say("system", "你好") == "您好"

        assert time.slept == [3.0]

    @pytest.mark.parametrize("asked", ["8", "3600", "9" * 400])
    def test_a_wait_beyond_the_deadline_is_not_begun(self, asked: str) -> None:
        time = Time()
        with scripted(in_order(Reply(status=429, headers={"Retry-After": asked}))) as endpoint:
            assert failure_of(endpoint.model(clocks=time.clocks, seconds=8)).status == 429

        assert (len(endpoint.requests), time.slept) == (1, [])

    @pytest.mark.parametrize("asked", ["", "soon", "-5", "²", "Sun, 01 Mar 2020 16:00:03 GMT"])
    def test_a_wait_that_makes_no_sense_is_none(self, asked: str) -> None:
        time = Time()
        with scripted(by_turns(Reply(status=429, headers={"Retry-After": asked}), "您好", 1)) as endpoint:
            endpoint.model(clocks=time.clocks).say("system", "你好")

        assert time.slept == [0.5]


class TestGoingElsewhere:
    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_a_redirect_is_not_followed(self, good: Endpoint, status: int) -> None:
        away = Reply(status=status, headers={"Location": f"{good.url}/chat/completions"})
        with scripted(in_order(away)) as endpoint:
            assert failure_of(endpoint.model()).status == status

        assert good.connections == 0

    def test_no_variable_of_the_environment_leads_elsewhere(
        self, good: Endpoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with scripted(in_order("from elsewhere")) as other:
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "OPENAI_PROXY", "OPENAI_BASE_URL", "OPENAI_API_BASE"):
                monkeypatch.setenv(name, other.url)
            for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "LANGSMITH_API_KEY", "OPENAI_CUSTOM_HEADERS"):
                monkeypatch.setenv(name, "key-of-another")
            for name in ("LANGSMITH_GATEWAY", "LANGSMITH_GATEWAY_URL", "LANGCHAIN_GATEWAY_URL"):
                monkeypatch.setenv(name, other.url)

            assert good.model().say("system", "你好") == "您好"

        assert other.connections == 0
        assert b"key-of-another" not in b"".join(good.wire)


class TestEncryption:
    def test_a_certificate_that_is_trusted_is_accepted(
        self, certificate: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with scripted(in_order("您好"), certificate) as endpoint:
            assert endpoint.model().say("system", "你好") == "您好"

    def test_one_that_is_not_is_refused_before_anything_is_said(self, certificate: Path) -> None:
        with scripted(in_order("您好"), certificate) as endpoint:
            assert failure_of(endpoint.model(clocks=Time().clocks)).reason == "status"

        assert endpoint.wire == []

    def test_a_server_that_never_shakes_hands_is_left_in_time(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent, scripted(in_order("您好")) as endpoint:
            model = endpoint.model(url=f"https://127.0.0.1:{silent.getsockname()[1]}/v1", seconds=0.3)

            assert failure_of(model).reason == "timeout"
