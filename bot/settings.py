"""Settings: one frozen record, read once; the only reader of the environment."""

import os
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from platformdirs import user_cache_path

from knowledge.errors import PolicyBotError
from knowledge.library import BUNDLED


class SettingsError(PolicyBotError):
    """An environment variable does not hold what it should."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings with their defaults; each is the variable `LUCE_` + its name in capitals.

    `policies`: folder of policy folders. `cache`: where the index is built. `embedding`: `bundled`, a folder with a
    sentence-transformers model, or a hub name. `offline`: never fetch a model. `chroma_url`: a Chroma server, not
    the embedded index. `issued`: dates of issue by policy id, as `id=YYYY-MM-DD,...`. `threads`: for embedding.
    """

    policies: Path = BUNDLED
    cache: Path = Path()
    embedding: str = "bundled"
    offline: bool = True
    chroma_url: str | None = None
    issued: Mapping[str, date] | None = None
    threads: int = 2

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
        )


def quieten(environ: MutableMapping[str, str] | None = None) -> None:
    """Set what libraries read at import: no usage reports, and only the small table of pinyin."""
    env = os.environ if environ is None else environ
    env.setdefault("ANONYMIZED_TELEMETRY", "False")
    env.setdefault("PYPINYIN_NO_PHRASES", "true")
    env.setdefault("PYPINYIN_NO_DICT_COPY", "true")


def _flag(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    text = env.get(name, "").strip().lower()
    if not text:
        return default
    if text not in words:
        raise SettingsError(f"{name}={text!r} is neither true nor false")
    return words[text]


def _count(env: Mapping[str, str], name: str, *, default: int) -> int:
    text = env.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 64:
        raise SettingsError(f"{name}={text!r} is not a whole number from 1 to 64")
    return int(text)


def _dates(env: Mapping[str, str]) -> Mapping[str, date] | None:
    text = env.get("LUCE_ISSUED", "").strip()
    if not text:
        return None
    try:
        pairs = [part.split("=", 1) for part in text.split(",")]
        return {policy_id.strip(): date.fromisoformat(day.strip()) for policy_id, day in pairs}
    except ValueError as error:
        raise SettingsError(f"LUCE_ISSUED={text!r} is not of the form policy-id=YYYY-MM-DD") from error
