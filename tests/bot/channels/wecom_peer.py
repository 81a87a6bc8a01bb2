"""WeCom's side of a callback, by Tencent's own library in a process of its own."""

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from pydantic import SecretStr

from bot.channels.channel import Progress
from bot.nlg.message import OutboundMessage
from bot.service.message import Admission, Feedback, InboundMessage
from bot.settings import WecomAppSettings
from tests.bot.channels.rig import StandingClock

SCRIPT = Path(__file__).parents[2] / "peers" / "crypto.mjs"
BIN = Path(sys.executable).parent
VECTORS = json.loads(Path(__file__).with_name("wecom_vectors.json").read_text("utf-8"))
NOW: int = VECTORS["now"]
CORP: str = VECTORS["configs"]["app"]["receive_id"]
TOKEN: str = VECTORS["configs"]["app"]["token"]
KEY: str = VECTORS["configs"]["app"]["encoding_aes_key"]
AGENT = "1000002"
SECRET = "TheSecretOfTheApplication"


def app_settings(api: str = "http://127.0.0.1:9", *, secret: str = SECRET, service: bool = False) -> WecomAppSettings:
    return WecomAppSettings(CORP, AGENT, SecretStr(secret), SecretStr(TOKEN), SecretStr(KEY), service, api)


def standing() -> StandingClock:
    """A clock that stands where the signatures of the vectors are fresh."""
    return StandingClock(datetime.fromtimestamp(NOW, UTC))


@dataclass(frozen=True)
class Callback:
    """A request as WeCom makes it."""

    address: str
    body: bytes


class Peer:
    """Seals callbacks and opens replies."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._nonces = itertools.count(1_000_000)

    def seal(self, message: str, *, receiver: str = CORP, timestamp: int = NOW) -> dict[str, str]:
        nonce = str(next(self._nonces))
        signed = {"token": TOKEN, "timestamp": str(timestamp), "nonce": nonce}
        return {**signed, **self._ask({"do": "seal", "key": KEY, "id": receiver, "message": message, **signed})}

    def open(self, encrypted: str, key: str = KEY) -> tuple[str, str]:
        opened = self._ask({"do": "open", "key": key, "encrypted": encrypted})
        return opened["message"], opened["id"]

    def callback(self, message: str, path: str = "/wecom/app") -> Callback:
        sealed = self.seal(message)
        query = {"msg_signature": sealed["signature"], "timestamp": sealed["timestamp"], "nonce": sealed["nonce"]}
        inner = f"<ToUserName><![CDATA[{CORP}]]></ToUserName><AgentID><![CDATA[{AGENT}]]></AgentID>"
        body = f"<xml>{inner}<Encrypt><![CDATA[{sealed['encrypted']}]]></Encrypt></xml>"
        return Callback(f"{path}?{urlencode(query)}", body.encode())

    def _ask(self, asked: Mapping[str, str]) -> dict[str, str]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        answered: dict[str, str] = json.loads(self._process.stdout.readline())
        return answered


@contextmanager
def peering() -> Iterator[Peer]:
    """The peer, running."""
    command = [str(BIN / "node"), str(SCRIPT), str(BIN.parent / "peers")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as node:
        yield Peer(node)


def xml(**fields: str) -> str:
    """A message of the platform with these fields."""
    written = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    return f"<xml><ToUserName>{CORP}</ToUserName>{written}<AgentID>{AGENT}</AgentID></xml>"


def text_message(person: str, words: str, source_id: str) -> str:
    return xml(FromUserName=person, CreateTime=str(NOW), MsgType="text", Content=words, MsgId=source_id)


def event(person: str, name: str, *, at: int = NOW, **fields: str) -> str:
    return xml(FromUserName=person, CreateTime=str(at), MsgType="event", Event=name, **fields)


def news(account: str, token: str = "SyncToken", *, at: int = NOW) -> str:
    return xml(CreateTime=str(at), MsgType="event", Event="kf_msg_or_event", Token=token, OpenKfId=account)


@dataclass
class Recorder:
    """A reception that keeps what is handed in, and answers nothing."""

    accepted: list[InboundMessage] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)

    async def accept(self, incoming: InboundMessage) -> Admission:
        self.accepted.append(incoming)
        return Admission("accepted", len(self.accepted))

    async def answer_to(self, channel: str, number: int) -> tuple[Progress, tuple[OutboundMessage, ...]]:
        return "unknown", ()

    async def feedback(self, feedback: Feedback) -> None: ...

    async def mark(self, name: str, value: str) -> None:
        self.places[name] = value

    async def marks(self, prefix: str) -> Mapping[str, str]:
        return {name: value for name, value in self.places.items() if name.startswith(prefix)}
