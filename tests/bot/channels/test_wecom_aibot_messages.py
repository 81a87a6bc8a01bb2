import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.nlg.wording import say
from tests.bot.channels.bot_peer import TENCENT, running, text
from tests.bot.channels.rig import Scripted, until

pytestmark = pytest.mark.anyio

VECTORS = json.loads(Path(__file__).with_name("wecom_vectors.json").read_text(encoding="utf-8"))
CASES = [case for case in VECTORS["cases"] if case["config"] == "aibot" and case["expect"]["accept"]]
GROUP = {"chatid": "wrGroup"}


@pytest.fixture(scope="module", autouse=True)
def tencent() -> Iterator[None]:
    yield
    TENCENT.close()


@pytest.mark.parametrize(
    ("content", "heard"),
    [
        (GROUP | text("@小策 公积金"), "公积金"),
        (GROUP | text("@小策\u2005公积金 多少"), "公积金 多少"),
        (GROUP | text("公积金 @小策"), "公积金 @小策"),
        (text("@小策 公积金"), "@小策 公积金"),
        ({"msgtype": "voice", "voice": {"content": "公积金"}}, "公积金"),
        ({"msgtype": "mixed", "mixed": {"msg_item": [text("公积"), {"msgtype": "image"}, text("金")]}}, "公积\n金"),
        (text("公积金") | {"quote": text("别的")}, "公积金"),
        (text("\ud800公积金"), "?公积金"),
    ],
)
async def test_words_are_read_from_what_holds_words(tmp_path: Path, content: dict[str, object], heard: str) -> None:
    responder = Scripted()
    async with running(tmp_path, responder) as rig:
        await rig.platform.tell(rig.platform.message("li", content))
        await until(lambda: rig.platform.finished)
    assert responder.heard == [heard]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"msgtype": "voice", "voice": {}}, "unreadable_voice"),
        ({"msgtype": "file", "file": {"url": "x"}}, "unreadable_file"),
        ({"msgtype": "mixed", "mixed": {"msg_item": [{"msgtype": "image"}, 7]}}, "unreadable_image"),
        ({"msgtype": "mixed", "mixed": []}, "unreadable_image"),
        ({"msgtype": "hologram"}, "unreadable_other"),
        (GROUP | text("@小策 "), "hello"),
    ],
)
async def test_what_holds_no_words_is_told_apart(tmp_path: Path, content: dict[str, object], told: str) -> None:
    async with running(tmp_path, Scripted()) as rig:
        await rig.platform.tell(rig.platform.message("li", content))

        await until(lambda: rig.platform.finished == [("li", say(told))])


async def test_people_in_a_group_have_conversations_of_their_own(tmp_path: Path) -> None:
    async with running(tmp_path, Scripted()) as rig:
        for person, place in (("li", {}), ("li", GROUP), ("wang", GROUP)):
            await rig.platform.tell(rig.platform.message(person, place | text("hello")))
        await until(lambda: len(rig.platform.finished) == 3)

        messages = [await rig.desk.inbox.find("wecom_bot", number) for number in (1, 2, 3)]
        assert len({message.session for message in messages if message}) == 3


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
async def test_recorded_callbacks_are_answered(tmp_path: Path, case: dict[str, Any]) -> None:
    responder = Scripted()
    async with running(tmp_path, responder) as rig:
        rig.desk.clock.now = datetime.fromtimestamp(VECTORS["now"], UTC)
        headers = {"Content-Type": case["content_type"]} if case["content_type"] else {}
        async with httpx.AsyncClient() as client:
            url = f"{rig.platform.url}/wecom/bot?{case['query_string']}"
            response = await client.request(case["method"], url, content=case["body"], headers=headers)

        if case["method"] == "GET":
            assert response.text == case["expect"]["fields"]["response_body"]
        else:
            reply = TENCENT.open(response.json())
            assert reply["msgtype"] == ("text" if "eventtype" in case["expect"]["fields"] else "stream")
    said = case["expect"].get("fields", {}).get("content")
    assert responder.heard == ([said.removeprefix("@小策 ")] if said else [])


@pytest.mark.parametrize(
    "body", ["", "7", "[]", "{}", '{"encrypt":7}', "[" * 60_000, '{"encrypt":"' + "\\ud800" + '"}']
)
async def test_a_body_without_a_message_is_refused(tmp_path: Path, body: str) -> None:
    async with running(tmp_path, Scripted()) as rig, httpx.AsyncClient() as client:
        query = {"msg_signature": "x", "timestamp": "1", "nonce": "2"}
        response = await client.post(f"{rig.platform.url}/wecom/bot", params=query, content=body)

        assert 400 <= response.status_code < 500


@pytest.mark.parametrize("lacking", ["from", "msgid"])
async def test_a_message_that_names_neither_itself_nor_its_person_is_refused(tmp_path: Path, lacking: str) -> None:
    async with running(tmp_path, Scripted()) as rig:
        message = rig.platform.message("li", text("hello"))
        del message[lacking]

        assert (await rig.platform.call(message)).status_code == 400
