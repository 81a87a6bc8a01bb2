"""Settings: one frozen record, read once; the only reader of the environment."""

import os
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import ClassVar, Literal, TypeVar, get_args
from urllib.parse import urlsplit

from platformdirs import user_cache_path, user_data_path
from pydantic import SecretStr

from knowledge.errors import PolicyBotError
from knowledge.library import BUNDLED


class SettingsError(PolicyBotError):
    """An environment variable does not hold what it should."""


_UNSET = SecretStr("")
_ADDRESS = r"https?://[^\s/?#]+/?"
_CALLBACK_TOKEN, _CALLBACK_KEY = "[A-Za-z0-9]{1,32}", "[A-Za-z0-9]{43}"


@dataclass(frozen=True)
class ChannelSettings:
    """What one channel needs; each field is the variable `prefix` + its name in capitals. Empty means not set.

    `forms` are the patterns of what the platform gives out, so that a slip in copying is seen before anybody writes.
    """

    prefix: ClassVar[str]
    required: ClassVar[tuple[str, ...]]
    forms: ClassVar[Mapping[str, str]] = {}

    def missing(self) -> tuple[str, ...]:
        """The variables that must be set before the channel can be served."""
        return tuple(self.variable(name) for name in self.required if not _plain(getattr(self, name)))

    def malformed(self) -> tuple[str, ...]:
        """The variables that are set to something that the platform never gives out."""
        values = {name: _plain(getattr(self, name)) for name in self.forms}
        return tuple(self.variable(name) for name, v in values.items() if v and not re.fullmatch(self.forms[name], v))

    @property
    def begun(self) -> bool:
        """Whether anybody set anything that the channel requires."""
        return len(self.missing()) < len(self.required)

    @property
    def complete(self) -> bool:
        """Whether the channel can be served."""
        return not self.missing()

    @classmethod
    def variable(cls, name: str) -> str:
        """The variable of a field."""
        return f"{cls.prefix}{name.upper()}"


@dataclass(frozen=True)
class TelegramSettings(ChannelSettings):
    """A Telegram bot. With `webhook`, its public address (https), Telegram calls us; else we ask for news.

    `secret` proves that a call comes from Telegram. `api` is the Bot API server.
    """

    prefix: ClassVar = "LUCE_TELEGRAM_"
    required: ClassVar = ("token",)
    forms: ClassVar = {
        "token": r"\d{5,20}:[\w-]{20,80}",
        "webhook": r"https?://[^\s/?#]+(/[^\s?#]*)?",
        "secret": r"[\w-]{1,256}",
        "api": _ADDRESS,
    }

    token: SecretStr = _UNSET
    webhook: str = ""
    secret: SecretStr = _UNSET
    api: str = "https://api.telegram.org"


@dataclass(frozen=True)
class WecomAppSettings(ChannelSettings):
    """A self-built application of WeCom: its ids and secret, and token and key of its callback.

    `service`: the application also answers WeChat customer service (for people outside the organisation).
    """

    prefix: ClassVar = "LUCE_WECOM_"
    required: ClassVar = ("corp", "agent", "secret", "token", "key")
    forms: ClassVar = {
        **{"corp": r"w[wx][0-9a-zA-Z]{16}", "agent": r"\d{1,12}", "secret": r"[\w-]{16,128}"},
        **{"token": _CALLBACK_TOKEN, "key": _CALLBACK_KEY, "api": _ADDRESS},
    }

    corp: str = ""
    agent: str = ""
    secret: SecretStr = _UNSET
    token: SecretStr = _UNSET
    key: SecretStr = _UNSET
    service: bool = False
    api: str = "https://qyapi.weixin.qq.com"


@dataclass(frozen=True)
class WecomBotSettings(ChannelSettings):
    """An AI bot of WeCom that calls us: token and key of its callback. `api` is where late answers may be sent."""

    prefix: ClassVar = "LUCE_WECOM_BOT_"
    required: ClassVar = ("token", "key")
    forms: ClassVar = {"token": _CALLBACK_TOKEN, "key": _CALLBACK_KEY, "api": _ADDRESS}

    token: SecretStr = _UNSET
    key: SecretStr = _UNSET
    api: str = "https://qyapi.weixin.qq.com"


@dataclass(frozen=True)
class WecomSocketSettings(ChannelSettings):
    """An AI bot of WeCom that we call and stay connected with."""

    prefix: ClassVar = "LUCE_WECOM_SOCKET_"
    required: ClassVar = ("bot", "secret")
    forms: ClassVar = {"bot": r"[\w-]{4,128}", "secret": r"[\w-]{16,128}", "url": r"wss?://[^\s/?#]+(/[^\s?#]*)?"}

    bot: str = ""
    secret: SecretStr = _UNSET
    url: str = "wss://openws.work.weixin.qq.com"


Use = Literal["understanding", "phrasing"]


@dataclass(frozen=True, slots=True)
class LlmSettings:
    """A language model behind an OpenAI-compatible endpoint; each field is `LUCE_LLM_` + its name in capitals.

    `url`: its base, as `http://127.0.0.1:8000/v1`. `key`: empty where none is asked for. `uses`: what it may do.
    `seconds`: for one call, retries and all. `turn_tokens`, `day_tokens`: what one message and one day may cost.
    """

    url: str = ""
    model: str = ""
    key: SecretStr = _UNSET
    uses: tuple[Use, ...] = get_args(Use)
    seconds: float = 8
    turn_tokens: int = 4_000
    day_tokens: int = 2_000_000

    def missing(self) -> tuple[str, ...]:
        """The variables that must be set before the model can be asked."""
        return tuple(name for name, value in (("LUCE_LLM_URL", self.url), ("LUCE_LLM_MODEL", self.model)) if not value)


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings with their defaults; each is the variable `LUCE_` + its name in capitals.

    `policies`: folder of policy folders. `cache`: where the index is built. `embedding`: `bundled`, a folder with a
    sentence-transformers model, or a hub name. `offline`: never fetch a model. `chroma_url`: a Chroma server, not
    the embedded index. `issued`: dates of issue by policy id, as `id=YYYY-MM-DD,...`. `threads`: for embedding.
    `data`: where accepted messages are kept. `host`, `port`: where `luce serve` listens. `per_minute`: messages that
    one person may send; `queue`: messages that may wait in all. `workers`: processes that answer. `ask_open`: questions
    of the API need no token. `tokens`: the file of tokens, None for the one in `data`. `curated`: answers by staff,
    None for the file in `data`; it need not be there. The channels and the language model have variables of their own;
    while `offline`, that model is not asked.
    """

    policies: Path = BUNDLED
    cache: Path = Path()
    embedding: str = "bundled"
    offline: bool = True
    chroma_url: str | None = None
    issued: Mapping[str, date] | None = None
    threads: int = 2
    data: Path = Path()
    host: str = "127.0.0.1"
    port: int = 8080
    per_minute: int = 20
    queue: int = 10_000
    workers: int = 1
    kept_days: int = 365
    ask_open: bool = False
    tokens: Path | None = None
    curated: Path | None = None
    telegram: TelegramSettings = field(default_factory=TelegramSettings)
    wecom: WecomAppSettings = field(default_factory=WecomAppSettings)
    wecom_bot: WecomBotSettings = field(default_factory=WecomBotSettings)
    wecom_socket: WecomSocketSettings = field(default_factory=WecomSocketSettings)
    llm: LlmSettings = field(default_factory=LlmSettings)

    @property
    def model_allowed(self) -> bool:
        """Whether a language model is configured and may be asked."""
        return not self.offline and not self.llm.missing()

    @property
    def token_file(self) -> Path:
        """Where tokens of the API and the desk are kept."""
        return self.tokens or self.data / "tokens.json"

    @property
    def curated_file(self) -> Path:
        """Where the answers of staff are kept."""
        return self.curated or self.data / "faq" / "curated.yaml"

    @property
    def channels(self) -> tuple[ChannelSettings, ...]:
        """The settings of all channels."""
        return (self.telegram, self.wecom, self.wecom_bot, self.wecom_socket)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment (or the mapping given).

        Raises:
            SettingsError: naming the variable and what it should hold.
        """
        env = os.environ if environ is None else environ
        return cls(
            policies=Path(env.get("LUCE_POLICIES") or BUNDLED),
            cache=Path(env.get("LUCE_CACHE") or user_cache_path("luce")),
            embedding=env.get("LUCE_EMBEDDING") or "bundled",
            offline=_flag(env, "LUCE_OFFLINE", default=True),
            chroma_url=env.get("LUCE_CHROMA_URL") or None,
            issued=_dates(env),
            threads=_count(env, "LUCE_THREADS", default=2),
            data=Path(env.get("LUCE_DATA") or user_data_path("luce")),
            host=env.get("LUCE_HOST") or "127.0.0.1",
            port=_count(env, "LUCE_PORT", default=8080, most=65_535),
            per_minute=_count(env, "LUCE_PER_MINUTE", default=20, most=10_000),
            queue=_count(env, "LUCE_QUEUE", default=10_000, most=1_000_000),
            workers=_count(env, "LUCE_WORKERS", default=1),
            kept_days=_count(env, "LUCE_KEPT_DAYS", default=365, most=36_500),
            ask_open=_flag(env, "LUCE_ASK_OPEN", default=False),
            tokens=Path(env["LUCE_TOKENS"]) if env.get("LUCE_TOKENS") else None,
            curated=Path(env["LUCE_CURATED"]) if env.get("LUCE_CURATED") else None,
            telegram=_channel(env, TelegramSettings),
            wecom=_channel(env, WecomAppSettings),
            wecom_bot=_channel(env, WecomBotSettings),
            wecom_socket=_channel(env, WecomSocketSettings),
            llm=_llm(env),
        )


def quieten(environ: MutableMapping[str, str] | None = None) -> None:
    """Set what libraries read: no usage reports, only the small table of pinyin, spans of time as such.

    Numpy computes with one thread a call: more of them wait for one another and for the threads of the embedding.

    LangChain refuses all work where the switches of its first kind of report are on, and none of ours is reported.
    """
    env = os.environ if environ is None else environ
    for switch in ("LANGCHAIN_TRACING", "LANGCHAIN_HANDLER"):
        env.pop(switch, None)
    env.setdefault("ANONYMIZED_TELEMETRY", "False")
    env.setdefault("PYPINYIN_NO_PHRASES", "true")
    env.setdefault("PYPINYIN_NO_DICT_COPY", "true")
    env.setdefault("PTB_TIMEDELTA", "true")
    env.setdefault("OPENBLAS_NUM_THREADS", "1")


def _flag(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    text = env.get(name, "").strip().lower()
    if not text:
        return default
    if text not in words:
        raise SettingsError(f"{name}={text!r} is neither true nor false")
    return words[text]


def _count(env: Mapping[str, str], name: str, *, default: int, most: int = 64) -> int:
    text = env.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= most:
        raise SettingsError(f"{name}={text!r} is not a whole number from 1 to {most}")
    return int(text)


def _llm(env: Mapping[str, str]) -> LlmSettings:
    default = LlmSettings()
    return LlmSettings(
        url=_llm_url(env),
        model=env.get("LUCE_LLM_MODEL", "").strip(),
        key=_llm_key(env),
        uses=_uses(env),
        seconds=_seconds(env, "LUCE_LLM_SECONDS", default=default.seconds, most=120),
        turn_tokens=_count(env, "LUCE_LLM_TURN_TOKENS", default=default.turn_tokens, most=1_000_000),
        day_tokens=_count(env, "LUCE_LLM_DAY_TOKENS", default=default.day_tokens, most=10_000_000_000),
    )


def _llm_url(env: Mapping[str, str]) -> str:
    text = env.get("LUCE_LLM_URL", "").strip()
    if text and not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", text):
        raise SettingsError("LUCE_LLM_URL is not of the form https://host/v1, without a name, a password or a query")
    try:
        urlsplit(text).port  # noqa: B018 (it raises where the port is none)
    except ValueError as error:
        raise SettingsError("LUCE_LLM_URL is not of the form https://host/v1: its host or port is none") from error
    return text.rstrip("/")


def _llm_key(env: Mapping[str, str]) -> SecretStr:
    text = env.get("LUCE_LLM_KEY", "").strip()
    if not re.fullmatch("[!-~]*", text):
        raise SettingsError("LUCE_LLM_KEY holds a space or a sign that is no part of a key; copy it again")
    return SecretStr(text)


def _uses(env: Mapping[str, str]) -> tuple[Use, ...]:
    text = env.get("LUCE_LLM_USES", "").strip()
    names = [name.strip() for name in text.split(",")] if text else list(get_args(Use))
    if unknown := [name for name in names if name not in get_args(Use)]:
        raise SettingsError(f"LUCE_LLM_USES={text!r}: {unknown[0]!r} is none of {', '.join(get_args(Use))}")
    return tuple(use for use in get_args(Use) if use in names)


def _seconds(env: Mapping[str, str], name: str, *, default: float, most: int) -> float:
    text = env.get(name, "").strip()
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", text) or not 0 < float(text) <= most:
        raise SettingsError(f"{name}={text!r} is not a number of seconds above 0 and up to {most}")
    return float(text)


def _dates(env: Mapping[str, str]) -> Mapping[str, date] | None:
    text = env.get("LUCE_ISSUED", "").strip()
    if not text:
        return None
    try:
        pairs = [part.split("=", 1) for part in text.split(",")]
        return {policy_id.strip(): date.fromisoformat(day.strip()) for policy_id, day in pairs}
    except ValueError as error:
        raise SettingsError(f"LUCE_ISSUED={text!r} is not of the form policy-id=YYYY-MM-DD") from error


C = TypeVar("C", bound=ChannelSettings)


def _channel(env: Mapping[str, str], settings: type[C]) -> C:
    """The settings of a channel as far as they are set."""
    values: dict[str, object] = {}
    for each in fields(settings):
        name = settings.variable(each.name)
        text = env.get(name, "").strip()
        if not text:
            continue
        if isinstance(each.default, SecretStr):
            values[each.name] = SecretStr(text)
        elif isinstance(each.default, bool):
            values[each.name] = _flag(env, name, default=each.default)
        else:
            values[each.name] = text
    return settings(**values)


def _plain(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
