"""The words of the console: what is marked in a clause, what is read aloud, and that every key has its words."""

import re
from datetime import date
from pathlib import Path

import pytest
import yaml

from bot.app import App
from bot.service.contract import AskReply, reply_of
from bot.service.sessions import Sessions
from bot.web.console.highlight import find, mark
from bot.web.console.script import script_of
from bot.web.console.wording import WORDING, channel_of
from bot.web.dependencies import WebContext
from tests.bot.web.rig import web_desk

CONSOLE = WORDING.parent
SPOKEN = re.compile(r"""phrase\(\s*["'](\w+)["']""")


@pytest.fixture(scope="module")
def desk(app: App, tmp_path_factory: pytest.TempPathFactory) -> WebContext:
    return web_desk(app, tmp_path_factory.mktemp("words"))


def marked(text: str, query: str) -> list[str]:
    return [piece.text for piece in mark(text, query) if piece.marked]


@pytest.mark.parametrize(
    ("text", "query", "words"),
    [
        ("年度自主研发费用高于500万元", "研发费用", ["研发费用"]),
        ("研发失败的费用损失", "研发费用", ["研发", "费用"]),
        ("给予最高５００万元奖励", "最高500万元", ["最高５００万元"]),
        ("高于200万元，最高500万元", "500万元", ["500万元"]),
        ("高于1500万元", "500万", []),
        ("全市R&D经费", "r&d", ["R", "D"]),
        ("打造AIC基金", "aic", ["AIC"]),
        ("打造AIC基金", "ai", []),
        ("中试平台", "中", ["中"]),
        ("增长率超过20%的", "20%", ["20%"]),
        ("研发费用", "", []),
        ("研发费用", "？！《", []),
    ],
)
def test_words_are_marked_as_they_are_searched(text: str, query: str, words: list[str]) -> None:
    assert marked(text, query) == words


@pytest.mark.parametrize("query", ["研发费用", "《若干措施》５００", "\x00\ud800", "ﬁ㎡①"])
def test_the_pieces_are_the_text(desk: WebContext, query: str) -> None:
    for clause in desk.dossier.policy.sentences:
        assert "".join(piece.text for piece in mark(clause.text, query)) == clause.text


def test_the_clause_that_holds_most_of_the_words_comes_first_and_each_hit_is_marked(desk: WebContext) -> None:
    hits = find(desk, "联合实验室补助")

    assert hits[0].clause.id.endswith("/7.4")
    assert all(any(piece.marked for piece in hit.pieces) for hit in hits)


@pytest.mark.parametrize("query", ["诺贝尔奖", "天气", "申报要什么材料", "abc", "？"])
def test_words_that_no_clause_is_about_find_none(desk: WebContext, query: str) -> None:
    assert find(desk, query) == ()


def replies(app: App, *messages: str) -> list[AskReply]:
    sessions, benefits = Sessions(app.desk), app.library.main.benefits
    return [reply_of(sessions.ask("s", message, as_of=date(2026, 1, 1)), "s", benefits) for message in messages]


def test_a_script_holds_sums_and_premises_but_no_steps_and_no_clauses(app: App) -> None:
    (reply,) = replies(app, "公司今年研发费用1000万元，去年800万元，能补多少")
    lines = script_of(reply)

    assert [line.text for line in lines if line.role == "said"][-1] == "合计：最高100万元"
    assert all(line.role == "noted" for line in lines if line.text.startswith("前提"))
    assert not any("÷" in line.text or "每满200万元" in line.text for line in lines)


def test_a_script_reads_the_quotation_where_it_is_the_answer(app: App) -> None:
    (reply,) = replies(app, "政策有效期多久")

    assert [line.text for line in script_of(reply) if line.role == "quoted"] == [
        "“《若干措施》自印发之日起实施，有效期3年。”"
    ]


def test_every_sentence_of_a_script_is_of_the_reply(app: App) -> None:
    asked = ["帮我算", "研发费用补助", "第7条原文", "列出全部措施的标题", "申报要什么材料", "你好", "孵化器奖励多少"]
    for reply in replies(app, *asked):
        assert script_of(reply)
        assert all(line.text in reply.text for line in script_of(reply))


def test_every_key_of_the_console_has_words_and_every_word_is_said() -> None:
    keys = set(yaml.safe_load(WORDING.read_text(encoding="utf-8")))
    files = [*CONSOLE.glob("*.py"), *CONSOLE.glob("templates/*.html")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    said = set(SPOKEN.findall(text))

    assert len(said) > 50
    assert said - keys == set()
    built = re.compile("channel_|error_|calc_|profile_|failed_|login_|example_|why_|nav_|note_")
    assert {key for key in keys - said if not built.match(key) and f'"{key}"' not in text} == set()


def test_every_channel_has_a_name(app: App) -> None:
    assert channel_of("desk") == "坐席台"
    assert channel_of("pigeon_post") == "pigeon_post"


def test_the_script_of_the_pages_holds_no_words() -> None:
    code = (Path(CONSOLE) / "static" / "desk.js").read_text(encoding="utf-8")

    assert re.search("[\u4e00-\u9fff]", code) is None
