"""Settings: read once from the environment, with a sentence for what cannot be read."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.settings import (
    LlmSettings,
    Settings,
    SettingsError,
    TelegramSettings,
    WecomAppSettings,
    WecomBotSettings,
    WecomSocketSettings,
    quieten,
)
from knowledge.library import BUNDLED


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.from_env({})

    assert settings.policies == BUNDLED
    assert settings.cache.name == "luce"
    assert (settings.embedding, settings.offline, settings.threads) == ("bundled", True, 2)
    assert settings.chroma_url is None
    assert settings.issued is None


def test_every_variable_is_read() -> None:
    settings = Settings.from_env(
        {
            "LUCE_POLICIES": "/p",
            "LUCE_CACHE": "/c",
            "LUCE_EMBEDDING": "some/model",
            "LUCE_OFFLINE": "no",
            "LUCE_CHROMA_URL": "http://localhost:8000",
            "LUCE_ISSUED": "a=2025-01-31, b=2026-02-01",
            "LUCE_THREADS": "4",
            "LUCE_DATA": "/d",
            "LUCE_HOST": "::",
            "LUCE_PORT": "9000",
            "LUCE_PER_MINUTE": "5",
            "LUCE_QUEUE": "50",
            "LUCE_WORKERS": "2",
            "LUCE_TELEGRAM_TOKEN": "12345:abc",
            "LUCE_TELEGRAM_WEBHOOK": "https://desk.example",
            "LUCE_WECOM_CORP": "ww0",
            "LUCE_WECOM_SERVICE": "yes",
            "LUCE_WECOM_BOT_KEY": " key ",
            "LUCE_WECOM_SOCKET_URL": "ws://localhost:1",
            "LUCE_LLM_URL": "http://localhost:8000/v1/",
            "LUCE_LLM_MODEL": "qwen",
            "LUCE_LLM_KEY": " sk-1 ",
            "LUCE_LLM_USES": "phrasing",
            "LUCE_LLM_SECONDS": "2.5",
            "LUCE_LLM_TURN_TOKENS": "100",
            "LUCE_LLM_DAY_TOKENS": "1000",
        }
    )

    assert settings == Settings(
        policies=Path("/p"),
        cache=Path("/c"),
        embedding="some/model",
        offline=False,
        chroma_url="http://localhost:8000",
        issued={"a": date(2025, 1, 31), "b": date(2026, 2, 1)},
        threads=4,
        data=Path("/d"),
        host="::",
        port=9000,
        per_minute=5,
        queue=50,
        workers=2,
        telegram=TelegramSettings(token=SecretStr("12345:abc"), webhook="https://desk.example"),
        wecom=WecomAppSettings(corp="ww0", service=True),
        wecom_bot=WecomBotSettings(key=SecretStr("key")),
        wecom_socket=WecomSocketSettings(url="ws://localhost:1"),
        llm=LlmSettings(
            url="http://localhost:8000/v1",
            model="qwen",
            key=SecretStr("sk-1"),
            uses=("phrasing",),
            seconds=2.5,
            turn_tokens=100,
            day_tokens=1000,
        ),
    )


def test_variables_that_hold_nothing_count_as_unset() -> None:
    names = ("POLICIES", "CACHE", "EMBEDDING", "OFFLINE", "CHROMA_URL", "ISSUED", "THREADS")

    assert Settings.from_env({f"LUCE_{name}": "" for name in names}) == Settings.from_env({})


@pytest.mark.parametrize(("text", "value"), [("1", True), ("TRUE", True), (" on ", True), ("0", False), ("off", False)])
def test_flags_are_read_in_many_writings(text: str, value: bool) -> None:
    assert Settings.from_env({"LUCE_OFFLINE": text}).offline is value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("LUCE_OFFLINE", "maybe"),
        ("LUCE_THREADS", "0"),
        ("LUCE_THREADS", "-1"),
        ("LUCE_THREADS", "65"),
        ("LUCE_THREADS", "two"),
        ("LUCE_THREADS", "٣"),
        ("LUCE_THREADS", "²"),
        ("LUCE_PORT", "65536"),
        ("LUCE_PER_MINUTE", "0"),
        ("LUCE_QUEUE", "many"),
        ("LUCE_WECOM_SERVICE", "perhaps"),
        ("LUCE_ISSUED", "2025-01-01"),
        ("LUCE_ISSUED", "a=2025-13-01"),
        ("LUCE_ISSUED", "a=soon"),
        ("LUCE_ISSUED", ","),
        ("LUCE_LLM_URL", "localhost:8000"),
        ("LUCE_LLM_URL", "https://name:password@models.example/v1"),
        ("LUCE_LLM_URL", "https://models.example/v1?key=1"),
        ("LUCE_LLM_URL", "https://models.example:port/v1"),
        ("LUCE_LLM_KEY", "two words"),
        ("LUCE_LLM_USES", "phrasing, deciding"),
        ("LUCE_LLM_SECONDS", "0"),
        ("LUCE_LLM_SECONDS", "nan"),
        ("LUCE_LLM_SECONDS", "121"),
        ("LUCE_LLM_TURN_TOKENS", "0"),
        ("LUCE_LLM_DAY_TOKENS", "1e6"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_variable(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_env({name: text})


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUCE_THREADS", "7")

    assert Settings.from_env().threads == 7


def test_libraries_are_quietened_without_overruling_the_operator() -> None:
    environ = {"ANONYMIZED_TELEMETRY": "True"}
    quieten(environ)

    assert environ["ANONYMIZED_TELEMETRY"] == "True"
    assert environ["PYPINYIN_NO_PHRASES"] == "true"


def test_switches_that_would_stop_langchain_are_off() -> None:
    environ = {"LANGCHAIN_TRACING": "true", "LANGCHAIN_HANDLER": "langchain", "LANGCHAIN_TRACING_V2": "true"}
    quieten(environ)

    assert {name for name in environ if name.startswith("LANGCHAIN")} == {"LANGCHAIN_TRACING_V2"}


def test_a_channel_says_what_is_missing_and_what_cannot_be_right() -> None:
    half = WecomAppSettings(corp="ww0123456789abcdef", key=SecretStr("too short"))

    assert half.begun
    assert not half.complete
    assert half.missing() == ("LUCE_WECOM_AGENT", "LUCE_WECOM_SECRET", "LUCE_WECOM_TOKEN")
    assert half.malformed() == ("LUCE_WECOM_KEY",)
    assert not WecomAppSettings().begun


def test_settings_that_are_shown_hold_no_secret() -> None:
    assert "12345" not in repr(Settings(telegram=TelegramSettings(token=SecretStr("12345:abc"))))


@pytest.mark.parametrize("offline", [True, False])
@pytest.mark.parametrize("url", ["", "http://localhost:8000/v1"])
@pytest.mark.parametrize("model", ["", "qwen"])
def test_a_model_may_be_asked_if_it_is_configured_and_the_desk_is_not_offline(
    offline: bool, url: str, model: str
) -> None:
    settings = Settings(offline=offline, llm=LlmSettings(url=url, model=model))

    assert settings.model_allowed is bool(url and model and not offline)


def test_nothing_of_the_environment_alone_allows_a_model() -> None:
    assert not Settings.from_env({}).model_allowed
    assert not Settings.from_env({"LUCE_LLM_URL": "http://localhost/v1", "LUCE_LLM_MODEL": "qwen"}).model_allowed


def test_a_wrong_address_or_key_is_not_repeated() -> None:
    for name, text in (("LUCE_LLM_KEY", "sk-secret 1"), ("LUCE_LLM_URL", "https://a:sk-secret@models.example")):
        with pytest.raises(SettingsError) as failure:
            Settings.from_env({name: text})
        assert "sk-secret" not in str(failure.value)


def test_the_key_of_the_model_is_not_shown() -> None:
    assert "sk-1" not in repr(Settings(llm=LlmSettings(key=SecretStr("sk-1"))))
