"""Guard: a figure leaves the desk only if a quotation, the person or a calculation gave it."""

import logging
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app import App, build_app
from bot.nlg.guard import figures, unsourced
from bot.nlg.turn import Conversation, Turn
from bot.service.contract import reply_of
from bot.settings import Settings
from knowledge.library import BUNDLED

DAY = date(2026, 11, 23)
UNSOURCED = "888万元"
WRITINGS = {
    "digits": "500万",
    "with yuan": "500万元",
    "Chinese": "五百万",
    "financial Chinese": "伍佰万元",
    "with commas": "5,000,000元",
    "plain": "5000000",
    "in hundreds of millions": "0.05亿",
    "mixed": "5百万",
    "Latin": "500w",
}


@pytest.mark.parametrize("written", WRITINGS.values(), ids=WRITINGS)
def test_a_figure_from_nowhere_is_found_in_every_writing(written: str) -> None:
    assert unsourced(f"可得{written}。", ["别的数是300万元"]) != ()


@pytest.mark.parametrize("written", WRITINGS.values(), ids=WRITINGS)
@pytest.mark.parametrize("source", WRITINGS.values(), ids=WRITINGS)
def test_a_figure_is_its_value_however_it_is_written(written: str, source: str) -> None:
    assert unsourced(f"可得{written}。", [f"文件写的是{source}"]) == ()


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("增长25%", "25%"),
        ("百分之二十五", "百分之二十五"),
        ("连续9年", "9"),
        ("电话0592-9999999", "9999999"),
        ("三成", "三"),
    ],
)
def test_rates_years_and_telephones_are_figures(text: str, figure: str) -> None:
    assert figure in unsourced(text, ["没有数字"])


def test_a_rate_is_no_amount() -> None:
    assert unsourced("给20%", ["共20万元、20家"]) == ("20%",)
    assert unsourced("给20%", ["百分之二十"]) == ()


def test_list_marks_are_no_figures() -> None:
    assert figures("1. 门槛\n2. 增长\n 10. 封顶") == ()


@pytest.mark.parametrize("text", ["一般企业", "一并申请", "统一答复", "这一点", "第二天再说吧"])
def test_a_lone_digit_in_a_word_is_no_figure(text: str) -> None:
    assert figures(text) == ()


def test_figures_come_in_order_with_their_value() -> None:
    found = figures("最高500万元，增长20%，2名")

    assert [(f.value, f.is_rate) for f in found] == [
        (Decimal(5_000_000), False),
        (Decimal(20), True),
        (Decimal(2), False),
    ]


def test_text_without_figures_needs_no_source() -> None:
    assert unsourced("文件没有写明。", []) == ()


@given(st.text(max_size=80))
@settings(deadline=None, max_examples=100)
def test_every_text_is_its_own_source(text: str) -> None:
    assert unsourced(text, [text]) == ()


# -- each kind of source, through the desk


def answer(app: App, *messages: str) -> Turn:
    conversation = Conversation()
    for message in messages:
        conversation = conversation.then(app.desk.respond(conversation, message, as_of=DAY))
    return conversation.turns[-1]


@pytest.mark.parametrize(
    ("messages", "figure"),
    [
        (("联合实验室最高补多少",), "1000万元"),
        (("咨询电话是多少",), "0592-2021807"),
        (("今年研发费用1234万，去年900万，能补多少",), "1234万元"),
        (("今年研发费用1200万，去年900万，能补多少",), "60万元"),
        (("今年研发费用1200万，去年900万，能补多少",), "110万元"),
        (("研发补助想拿满要花多少",), "1亿元"),
        (("想算研发补助", "今年1234万"), "1234万元"),
        (("今年研发费用1200万，增长33%，能补多少",), "33%"),
    ],
    ids=["clause", "telephone", "person", "step", "total", "inverse", "noted", "rate"],
)
def test_figures_of_each_source_pass(app: App, messages: tuple[str, ...], figure: str) -> None:
    turn = answer(app, *messages)

    assert turn.guarded == ()
    assert figure in turn.text


BENEFIT_QUESTIONS = {
    "national_platform": "新获批全国重点实验室能拿多少",
    "intl_base_new": "新入选国际科技合作基地能拿多少",
    "intl_base_assessment": "基地考核优秀能拿多少",
    "brics_project": "金砖创新合作项目能拿多少",
    "intergov_project": "政府间国际科技创新合作项目能拿多少",
    "incubator": "孵化器奖励能拿多少",
    "pilot_platform": "国家级制造业中试平台能拿多少",
    "sme_project": "科技型中小企业创新项目能拿多少",
    "rd_subsidy": "今年研发费用1200万，去年900万，能拿多少",
    "joint_lab": "联合实验室非财政资金投入800万，能拿多少",
    "application_scenario": "应用场景项目能拿多少",
    "industry_academia": "产学研项目实际支付技术交易额160万，能拿多少",
    "hitech_conversion": "高新技术成果转化项目能拿多少",
    "postdoc_allowance": "3名博士后在站2年，生活补助能拿多少",
}


@pytest.mark.parametrize(("benefit", "question"), BENEFIT_QUESTIONS.items())
def test_the_guard_lets_the_answer_on_every_benefit_pass(app: App, benefit: str, question: str) -> None:
    turn = answer(app, question)
    reply = reply_of(turn, "s", dict(app.library.main.benefits))

    assert benefit in {calculation.benefit for calculation in reply.calculations}
    assert turn.guarded == ()


def test_every_benefit_is_put_to_the_guard(app: App) -> None:
    assert BENEFIT_QUESTIONS.keys() | {"rd_growth_bonus"} == set(app.library.main.benefits)


# -- it fails closed


@pytest.fixture
def careless(tmp_path: Path, cache: Path) -> App:
    """A desk whose benefit data holds a figure that no clause prints."""
    folder = tmp_path / "policies" / "xiamen-sti-measures"
    shutil.copytree(BUNDLED / "xiamen-sti-measures", folder)
    data = folder / "benefits.yaml"
    text = data.read_text(encoding="utf-8")
    condition = "属于科技型企业孵化器、加速器"
    assert condition in text
    data.write_text(text.replace(condition, f"{condition}，投资在{UNSOURCED}以上"), encoding="utf-8")
    return build_app(Settings(policies=tmp_path / "policies", cache=cache))


def test_a_reply_with_a_figure_from_nowhere_becomes_quotation_only(
    careless: App, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        turn = careless.desk.respond(Conversation(), "孵化器奖励能拿多少，帮我算一下", as_of=DAY)

    clause = careless.library.main.get_clause("6.3")
    assert turn.guarded
    assert unsourced(turn.text, [clause.text, careless.library.main.label(clause)]) == ()
    assert "888" not in turn.text
    assert clause.text in turn.text
    assert [record.levelname for record in caplog.records if record.name == "bot.service.desk"] == ["WARNING"]
    assert [getattr(record, "figures", None) for record in caplog.records] == [turn.guarded]


def test_a_guarded_reply_keeps_to_the_contract(careless: App) -> None:
    turn = careless.desk.respond(Conversation(), "孵化器奖励能拿多少，帮我算一下", as_of=DAY)
    reply = reply_of(turn, "s", dict(careless.library.main.benefits))

    assert reply.outcome == "answered"
    assert [citation.clause for citation in reply.citations] == ["xiamen-sti-measures/6.3"]
    assert "888" not in reply.model_dump_json()


def test_after_a_guarded_reply_the_conversation_goes_on(careless: App) -> None:
    first = careless.desk.respond(Conversation(), "孵化器奖励能拿多少，帮我算一下", as_of=DAY)
    second = careless.desk.respond(Conversation((first,)), "联合实验室最高补多少", as_of=DAY)

    assert second.guarded == ()
    assert "1000万元" in second.text


def test_a_sound_reply_is_not_logged(app: App, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="bot.service.desk"):
        answer(app, "孵化器奖励能拿多少，帮我算一下")

    assert caplog.records == []
