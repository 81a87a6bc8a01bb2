"""An OpenAI-compatible server on loopback that answers by a script and fails on demand.

    with scripted(in_order(Reply("您好"), Reply(fault="hang"))) as endpoint:
        model = endpoint.model()           # a LanguageModel that asks this server
        model.say("system", "你好")
        endpoint.requests[0].body["messages"]

A script is any function from the body of a request (a dict) to a `Reply`.
"""

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import SecretStr

from bot.llm.clocks import Clocks
from bot.llm.model import LanguageModel, open_model
from bot.records.masking import Masking
from bot.settings import LlmSettings, Settings

KEY = "sk-of-the-tests-0123456789"
Json = dict[str, Any]
Fault = Literal["hang", "drip", "drip_headers", "flood", "broken_json", "no_choices", "close", "reset"]


class ToolCall(NamedTuple):
    """A tool that the model calls, with its arguments."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Reply:
    """What the server sends: a text, calls of tools, a status other than 200, or a fault.

    `body` replaces the whole body. `usage`: whether the tokens are reported.
    """

    text: str | None = None
    calls: Sequence[ToolCall] = ()
    finish: str = ""
    refusal: str | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    usage: bool = True
    fault: Fault | None = None


class Request(NamedTuple):
    """A request as it came: its path, its headers and its body."""

    path: str
    headers: Mapping[str, str]
    body: Json

    @property
    def said(self) -> str:
        """All texts of the messages, whoever they are from."""
        return "\n".join(str(message.get("content") or "") for message in self.body["messages"])


Script = Callable[[Json], Reply]


def in_order(*replies: Reply | str) -> Script:
    """A script that gives the replies one after the other, and the last one again and again."""
    left = [Reply(reply) if isinstance(reply, str) else reply for reply in replies]
    lock = threading.Lock()

    def script(_body: Json) -> Reply:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return script


def answering(value: object) -> Reply:
    """A reply that holds a value as JSON, as for `choose`."""
    return Reply(json.dumps(value, ensure_ascii=False))


def calling(name: str, /, **arguments: Any) -> Reply:
    """A reply that calls one tool."""
    return Reply(calls=(ToolCall(name, arguments),))


class Endpoint:
    """The running server: where it is, and what it was asked."""

    def __init__(self, script: Script, port: int) -> None:
        self.script = script
        self.url = f"http://127.0.0.1:{port}/v1"
        self.requests: list[Request] = []
        self.wire: list[bytes] = []
        self.connections = 0
        self.over = threading.Event()

    @property
    def settings(self) -> Settings:
        """Settings that allow the model of this server."""
        llm = LlmSettings(url=self.url, model="scripted", key=SecretStr(KEY), seconds=3)
        return Settings(llm=llm, offline=False)

    def model(
        self, *, masking: Masking | None = None, data: Path | None = None, clocks: Clocks | None = None, **llm: Any
    ) -> LanguageModel:
        """A language model that asks this server; `llm` replaces its settings (`seconds=0.2`)."""
        settings = self.settings
        settings = replace(settings, llm=replace(settings.llm, **llm), data=data or settings.data)
        opened = open_model(settings, masking or Masking(), clocks)
        assert opened is not None
        return opened


@contextmanager
def scripted(script: Script, certificate: Path | None = None) -> Iterator[Endpoint]:
    """A server that answers by the script until the block ends; with a certificate (and its key) over https."""
    server = _Server(("127.0.0.1", 0), _Handler)
    endpoint = server.endpoint = Endpoint(script, server.server_address[1])
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.tls, endpoint.url = context, endpoint.url.replace("http:", "https:")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield endpoint
    finally:
        endpoint.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    endpoint: Endpoint
    tls: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self.tls:
            with suppress(OSError), self.tls.wrap_socket(request, server_side=True) as encrypted:
                super().finish_request(encrypted, client_address)
        else:
            super().finish_request(request, client_address)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.endpoint.connections += 1
        super().process_request(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        endpoint = self.server.endpoint
        endpoint.wire.append(self.requestline.encode() + b"\n" + bytes(self.headers) + raw)
        if not self.path.endswith("/chat/completions"):
            self.send_error(404)
            return
        body: Json = json.loads(raw)
        endpoint.requests.append(Request(self.path, dict(self.headers.items()), body))
        reply = endpoint.script(body)
        try:
            if reply.fault:
                self._fail(reply.fault)
            else:
                self._send(reply, body)
        except OSError:
            self.close_connection = True

    def do_GET(self) -> None:
        self.server.endpoint.wire.append(self.requestline.encode())
        self.send_error(404)

    def _send(self, reply: Reply, body: Json) -> None:
        kind = "application/json"
        if reply.body is not None:
            data = reply.body.encode()
        elif reply.status != 200:
            data = json.dumps({"error": {"message": "as scripted", "code": reply.status}}).encode()
        elif body.get("stream"):
            kind, data = "text/event-stream", _events(reply, body).encode()
        else:
            data = json.dumps(_completion(reply, body), ensure_ascii=False).encode()
        self.send_response(reply.status)
        for name, value in {"Content-Type": kind, **reply.headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _fail(self, fault: Fault) -> None:
        self.close_connection = True
        over = self.server.endpoint.over
        if fault == "hang":
            over.wait(30)
        elif fault == "reset":  # closing at once without lingering sends RST
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        elif fault == "drip_headers":
            self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 10_000)
        elif fault == "drip":
            self._head(100_000)
            self._drip(b" " * 100_000)
        elif fault == "flood":
            self._head(10 * 2**20)
            for _ in range(160):
                self.wfile.write(b" " * 2**16)
        elif fault in ("broken_json", "no_choices"):
            data = b'{"choices": [{"message": {"content": "x' if fault == "broken_json" else b'{"choices": []}'
            self._head(len(data))
            self.wfile.write(data)

    def _head(self, length: int) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
        self.wfile.write(f"Content-Length: {length}\r\n\r\n".encode())

    def _drip(self, data: bytes) -> None:
        for byte in data:
            if self.server.endpoint.over.wait(0.02):
                return
            self.wfile.write(bytes([byte]))


def _message(reply: Reply) -> Json:
    message: Json = {"role": "assistant", "content": reply.text}
    if reply.refusal is not None:
        message["refusal"] = reply.refusal
    if reply.calls:
        message["tool_calls"] = [
            {
                "id": f"call_{number}",
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(dict(call.arguments), ensure_ascii=False)},
            }
            for number, call in enumerate(reply.calls)
        ]
    return message


def usage_of(reply: Reply, body: Json) -> dict[str, int]:
    """The tokens that the server reports for an answer."""
    asked, said = len(json.dumps(body["messages"])) // 4 + 1, len(reply.text or "") + 1
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


def _completion(reply: Reply, body: Json) -> Json:
    finish = reply.finish or ("tool_calls" if reply.calls else "stop")
    completion = {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "created": 0,
        "model": body.get("model"),
        "choices": [{"index": 0, "message": _message(reply), "finish_reason": finish}],
    }
    return {**completion, "usage": usage_of(reply, body)} if reply.usage else completion


def _events(reply: Reply, body: Json) -> str:
    message = _message(reply)
    text = message.pop("content") or ""
    for number, call in enumerate(message.get("tool_calls", ())):
        call["index"] = number
    deltas: list[Json] = [message, *({"content": letter} for letter in text)]
    finish = reply.finish or ("tool_calls" if reply.calls else "stop")
    chunk = {"id": "chatcmpl-0", "object": "chat.completion.chunk", "created": 0, "model": body.get("model")}
    chunks = [{**chunk, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    if reply.usage:
        chunks.append({**chunk, "choices": [], "usage": usage_of(reply, body)})
    return "".join(f"data: {json.dumps(each)}\n\n" for each in chunks) + "data: [DONE]\n\n"
