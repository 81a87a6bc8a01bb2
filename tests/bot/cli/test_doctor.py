"""`luce doctor`: what is set, what is missing and how to get it; never a secret."""

import asyncio
import re
from pathlib import Path

import pytest
import yaml

from bot.cli.wording import WORDING
from bot.settings import ChannelSettings, LlmSettings, Settings
from tests.bot.channels.wecom_api import wecom_api
from tests.bot.channels.wecom_peer import CORP
from tests.bot.channels.wecom_peer import SECRET as KNOWN
from tests.bot.conftest import Luce
from tests.bot.llm.scripted import Reply, in_order, scripted

SECRET = "dzkZ1xq7Lw0aPfVt3mYc"
WECOM = {
    "LUCE_WECOM_CORP": "ww0123456789abcdef",
    "LUCE_WECOM_AGENT": "1000002",
    "LUCE_WECOM_SECRET": SECRET,
    "LUCE_WECOM_TOKEN": SECRET,
    "LUCE_WECOM_KEY": SECRET + SECRET + "abc",
}
TELEGRAM = {"LUCE_TELEGRAM_TOKEN": f"123456789:{SECRET}"}
CHANNELS = Settings().channels
BY_NAME = ("doctor_get_", "doctor_way_", "doctor_title_")


def out(run: object) -> str:
    return bytes(getattr(run, "stdout", b"")).decode() + bytes(getattr(run, "stderr", b"")).decode()


def test_without_any_channel_it_says_how_to_get_each(luce: Luce, tmp_path: Path) -> None:
    run = luce("doctor", environ={"LUCE_DATA": str(tmp_path)})

    said = out(run)
    assert run.returncode == 0
    assert "luce token add" in said
    assert all(channel.variable(name) in said for channel in CHANNELS for name in channel.required)
    assert "@BotFather" in said
    assert "还没有配置任何渠道" in said
    assert "✗" not in said


def test_a_complete_channel_is_ready(luce: Luce, tmp_path: Path) -> None:
    run = luce("doctor", environ={"LUCE_DATA": str(tmp_path)} | WECOM)

    assert run.returncode == 0, out(run)
    assert "企业微信自建应用：已配置" in out(run)
    assert "/wecom/app" in out(run)


@pytest.mark.parametrize("missing", WECOM)
def test_half_a_channel_is_wrong(luce: Luce, tmp_path: Path, missing: str) -> None:
    run = luce("doctor", environ={"LUCE_DATA": str(tmp_path)} | {k: v for k, v in WECOM.items() if k != missing})

    assert run.returncode == 1
    assert f"✗ {missing} 未设置" in out(run)


@pytest.mark.parametrize("variable", ["LUCE_WECOM_CORP", "LUCE_WECOM_AGENT", "LUCE_WECOM_KEY", "LUCE_TELEGRAM_TOKEN"])
def test_a_slip_in_copying_is_seen(luce: Luce, tmp_path: Path, variable: str) -> None:
    wrong = {variable: SECRET + "?"}
    run = luce("doctor", environ={"LUCE_DATA": str(tmp_path)} | WECOM | TELEGRAM | wrong)

    assert run.returncode == 1
    assert f"✗ {variable} 不像平台给出的样子" in out(run)


@pytest.mark.anyio
async def test_the_platform_can_be_asked_whether_it_knows_us(tmp_path: Path, luce: Luce) -> None:
    async with wecom_api() as api:
        environ = WECOM | {"LUCE_DATA": str(tmp_path), "LUCE_WECOM_API": api.url, "LUCE_WECOM_CORP": CORP}
        right, wrong = environ | {"LUCE_WECOM_SECRET": KNOWN}, environ
        known = await asyncio.to_thread(luce, "doctor", "--connect", environ=right)
        unknown = await asyncio.to_thread(luce, "doctor", "--connect", environ=wrong)

    assert (known.returncode, unknown.returncode) == (0, 1)
    assert "平台认得这套凭据，名称是“鹭策”" in out(known)
    assert "✗ 平台没有接受这套凭据" in out(unknown)
    assert SECRET not in out(unknown)


def test_no_secret_is_printed(luce: Luce, tmp_path: Path) -> None:
    socket = {"LUCE_WECOM_SOCKET_BOT": "bot-id", "LUCE_WECOM_SOCKET_SECRET": SECRET}
    bot = {"LUCE_WECOM_BOT_TOKEN": SECRET, "LUCE_WECOM_BOT_KEY": SECRET}  # one digit too few, so it is complained of
    run = luce("doctor", environ={"LUCE_DATA": str(tmp_path)} | WECOM | TELEGRAM | socket | bot)

    assert SECRET[:8] not in out(run)
    assert "LUCE_WECOM_BOT_KEY 不像" in out(run)


def test_without_a_model_nothing_is_wrong(luce: Luce, tmp_path: Path) -> None:
    run = luce("doctor", environ={"LUCE_DATA": str(tmp_path)})

    assert run.returncode == 0
    assert "语言模型：未配置" in out(run)
    assert "LUCE_LLM_URL 未设置" in out(run)


def test_half_a_model_is_wrong(luce: Luce, tmp_path: Path) -> None:
    run = luce("doctor", environ={"LUCE_DATA": str(tmp_path), "LUCE_LLM_MODEL": "qwen"})

    assert run.returncode == 1
    assert "✗ LUCE_LLM_URL 未设置" in out(run)


def test_a_model_is_not_asked_while_the_desk_is_offline(luce: Luce, tmp_path: Path) -> None:
    with scripted(in_order("好")) as endpoint:
        model = {"LUCE_LLM_URL": endpoint.url, "LUCE_LLM_MODEL": "qwen", "LUCE_LLM_KEY": SECRET}
        run = luce("doctor", "--connect", environ={"LUCE_DATA": str(tmp_path)} | model)

    assert run.returncode == 0
    assert "LUCE_OFFLINE 为真" in out(run)
    assert SECRET not in out(run)
    assert endpoint.connections == 0


@pytest.mark.parametrize(
    ("reply", "code", "said"),
    [
        (Reply("好"), 0, "✓ 模型答了话"),
        (Reply(status=401), 1, "接口回的状态是 401"),
        (Reply(fault="broken_json"), 1, "不是这种接口该有的内容"),
        (Reply(refusal="no"), 1, "拒绝"),
    ],
)
def test_a_model_is_asked_for_one_word(luce: Luce, tmp_path: Path, reply: Reply, code: int, said: str) -> None:
    with scripted(in_order(reply)) as endpoint:
        model = {"LUCE_LLM_URL": endpoint.url, "LUCE_LLM_MODEL": "qwen", "LUCE_LLM_KEY": SECRET, "LUCE_OFFLINE": "no"}
        run = luce("doctor", "--connect", environ={"LUCE_DATA": str(tmp_path)} | model)

    assert run.returncode == code, out(run)
    assert said in out(run)
    assert SECRET not in out(run)
    assert [request.headers["Authorization"] for request in endpoint.requests] == [f"Bearer {SECRET}"]


def test_a_model_elsewhere_without_encryption_is_told(luce: Luce, tmp_path: Path) -> None:
    model = {"LUCE_LLM_URL": "http://models.example/v1", "LUCE_LLM_MODEL": "qwen", "LUCE_LLM_KEY": SECRET}
    run = luce("doctor", environ={"LUCE_DATA": str(tmp_path)} | model)

    assert "不加密" in out(run)
    assert SECRET not in out(run)


def test_a_folder_that_cannot_be_written_is_named(luce: Luce, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    run = luce("doctor", environ={"LUCE_DATA": str(tmp_path / "file" / "data")} | WECOM)

    assert run.returncode == 1
    assert "不能写" in out(run)


def test_a_policy_that_cannot_be_read_is_told(luce: Luce, tmp_path: Path) -> None:
    run = luce("doctor", environ={"LUCE_DATA": str(tmp_path), "LUCE_POLICIES": str(tmp_path)} | WECOM)

    assert run.returncode == 1
    assert "luce check" in out(run)


def test_every_channel_has_its_sentences_and_no_other_has_any() -> None:
    sentences = yaml.safe_load(WORDING.read_text(encoding="utf-8"))
    prefixes = [channel.prefix.lower() for channel in CHANNELS]
    ways = {f"doctor_way_{prefix}" for prefix in prefixes} | {"doctor_way_luce_telegram_webhook"}
    titles = {f"doctor_title_{prefix}" for prefix in prefixes}
    variables = {f"doctor_get_{channel.variable(name).lower()}" for channel in CHANNELS for name in channel.required}
    variables |= {f"doctor_get_{variable.lower()}" for variable in LlmSettings().missing()}

    assert {key for key in sentences if key.startswith(BY_NAME)} == ways | titles | variables


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.prefix)
def test_every_form_is_of_a_field(channel: ChannelSettings) -> None:
    assert channel.forms
    assert all(hasattr(channel, name) and re.compile(form) for name, form in channel.forms.items())
