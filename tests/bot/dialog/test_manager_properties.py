"""Properties of the desk: it never fails, invents nothing, repeats itself on replay, and its sums are right."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bot.app import App
from bot.dialog.reply import citations_of
from bot.evaluation.scoring import Question, judge
from bot.nlg.turn import Conversation, Turn
from bot.service.contract import AskReply, reply_of

DAY = date(2026, 11, 23)
WAN = 10_000
PIECES = [
    *(
        "今年",
        "去年",
        "研发费用",
        "联合实验室",
        "产学研",
        "博士后",
        "孵化器",
        "基地考核",
        "优",
        "1200万",
        "900万",
        "25%",
    ),
    *(
        "3名",
        "2年",
        "能补多少",
        "至少",
        "再投",
        "为什么",
        "怎么算的",
        "不算了",
        "重新开始",
        "第7条",
        "下一条",
        "上一条",
    ),
    *(
        "有效期",
        "电话",
        "什么时候申报",
        "说错了",
        "如果",
        "还有",
        "一共",
        "，",
        "。",
        "？",
        "\n",
        "0",
        "-",
        "一千来万",
        "两",
    ),
    *(
        "翻番",
        "持平",
        "没有",
        "1.5倍",
        "美元",
        "哪些措施",
        "第99条",
        "最后一条",
        "谢谢",
        "你好",
        "🙂",
        "\ud800",
        "\x00",
        "%",
    ),
]
NASTY = {
    "empty": "",
    "blank": " \t\n\r\u3000",
    "control": "\x00\x01\x1b[31m\x7f第7条",
    "lone surrogate": "研发\ud800补助\udfff",
    "emoji": "👨\u200d👩\u200d👧🙂" * 20,
    "right to left": "\u202e研发补助\u202c",
    "combining": "a" + "\u0301" * 500,
    "long": "研发费用补助" * 20_000,
    "long digits": "9" * 100_000,
    "long han digits": "一二三" * 30_000,
    "long units": "万亿" * 50_000,
    "long blanks": " " * 100_000,
    "long sums": "今年1200万去年900万，" * 8_000,
    "long latin": "a" * 100_000,
    "exponent": "今年研发费用1e999万，去年1e-999万",
    "huge": "今年研发费用" + "9" * 400 + "亿元，去年1元",
    "fractions": "今年研发费用0." + "1" * 400 + "亿元，去年1元，能补多少",
    "negative": "今年研发负200万，去年-300万",
    "percent of all": "增长百分之一千亿，今年研发1200万",
    "a fall below nothing": "今年研发下降150%到1200万，能补多少",
    "template": "{what} {0} %s ${x} 研发补助",
    "markup": "<script>alert(1)</script> 第7条",
    "compatibility": "㍿㌫㊤﷽" * 30,
    "headcount": "博士后99999999999名1000000000年，能拿多少",
    "counts": "一千万个联合实验室，每个1亿，能补多少",
    "zero": "联合实验室非财政资金投入0元，能补多少",
}

ANY_MESSAGE = st.one_of(
    st.text(st.characters(codec=None, exclude_categories=()), max_size=60),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join),
)
MESSAGES = st.lists(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map("".join), min_size=1, max_size=6)
modest = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


class Desk:
    """The desk under a short name, so that a failing example can be read."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.benefits = dict(app.library.main.benefits)

    def __repr__(self) -> str:
        return "desk"


@pytest.fixture(scope="module")
def desk(app: App) -> Desk:
    return Desk(app)


def play(desk: Desk, messages: list[str]) -> tuple[Turn, ...]:
    conversation = Conversation()
    for message in messages:
        conversation = conversation.then(desk.app.desk.respond(conversation, message, as_of=DAY))
    return conversation.turns


def faults(desk: Desk, turn: Turn, said: list[str]) -> list[str]:
    """What is wrong with a reply whatever was asked: no Chinese, a broken quotation, a figure from nowhere."""
    reply = reply_of(turn, "s", desk.benefits)
    assert AskReply.model_validate_json(reply.model_dump_json()) == reply
    wrong = list(judge(Question(q=turn.message), reply, "\n".join(said), desk.app.library.main))
    wrong += [f"{c.quote[:20]} is not in the text" for c in citations_of(turn.reply) if c.quote not in turn.text]
    return wrong


@pytest.mark.parametrize("message", NASTY.values(), ids=NASTY)
def test_a_nasty_message_is_answered_in_chinese(desk: Desk, message: str) -> None:
    (turn,) = play(desk, [message])

    assert faults(desk, turn, [turn.message]) == []
    assert len(turn.text) < 5000
    turn.text.encode("utf-8")


@pytest.mark.parametrize("message", NASTY.values(), ids=NASTY)
def test_a_nasty_message_does_not_lose_the_sum_in_hand(desk: Desk, message: str) -> None:
    first, turn, last = play(
        desk, ["今年研发费用1200万，去年900万，能补多少", message, "研发费用今年1500万，去年1000万，能补多少"]
    )

    assert "60万元" in first.text
    assert turn.number == 2
    assert "70万元" in last.text


@pytest.mark.slow
@given(ANY_MESSAGE)
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_any_message_is_answered_without_fault(desk: Desk, message: str) -> None:
    (turn,) = play(desk, [message])

    assert faults(desk, turn, [turn.message]) == []


@given(MESSAGES)
@modest
def test_any_conversation_is_answered_without_fault(desk: Desk, messages: list[str]) -> None:
    turns = play(desk, messages)

    said = [turn.message for turn in turns]
    assert [fault for n, turn in enumerate(turns, start=1) for fault in faults(desk, turn, said[:n])] == []


@given(MESSAGES)
@modest
def test_a_replay_gives_the_same_turns(desk: Desk, messages: list[str]) -> None:
    first = play(desk, messages)

    again = play(desk, [turn.message for turn in first])

    assert [turn.text for turn in again] == [turn.text for turn in first]
    assert [turn.state for turn in again] == [turn.state for turn in first]


@pytest.mark.slow
@given(MESSAGES, MESSAGES)
@modest
def test_two_conversations_do_not_touch_each_other(desk: Desk, left: list[str], right: list[str]) -> None:
    alone = (play(desk, left), play(desk, right))

    one, two = Conversation(), Conversation()
    for place in range(max(len(left), len(right))):
        if place < len(left):
            one = one.then(desk.app.desk.respond(one, left[place], as_of=DAY))
        if place < len(right):
            two = two.then(desk.app.desk.respond(two, right[place], as_of=DAY))

    assert (one.turns, two.turns) == alone


# -- sums against a computation of our own


def spoken(number: int) -> str:
    """A whole number below ten thousand in Chinese characters."""
    digits, units = "零一二三四五六七八九", ("", "十", "百", "千")
    text, zero = "", False
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if digit:
            text += ("零" if zero and text else "") + digits[digit] + units[place]
            zero = False
        else:
            zero = True
    return text


WRITINGS: dict[str, Callable[[int], str]] = {
    "wan": lambda wan: f"{wan}万",
    "wan yuan": lambda wan: f"{wan}万元",
    "w": lambda wan: f"{wan}w",
    "commas": lambda wan: f"{wan * WAN:,}元",
    "plain": lambda wan: f"{wan * WAN}元",
    "spoken": lambda wan: f"{spoken(wan)}万",
    "hundred millions": lambda wan: f"{wan / WAN:.4f}亿",
    "full width": lambda wan: f"{wan}万".translate({ord(str(d)): 0xFF10 + d for d in range(10)}),
}
ORDERS = [
    "今年研发费用{now}，去年{before}，能补多少",
    "去年研发费用{before}，今年{now}，能补多少？",
    "我们公司自主研发费用上年度{before}本年度{now}，可以拿多少补助",
    "研发投入2025年{now}，2024年{before}，补助怎么算",
    "研发今年{now} 去年{before} 帮我算一下",
    "公司80人，今年研发{now}，去年研发{before}，营收9亿元，能补多少",
]
writing = st.sampled_from(sorted(WRITINGS))


def by_hand(now: int, before: int) -> tuple[int, int]:
    """The subsidy and the bonus in yuan by measure 7, in 10,000 yuan, without any of the project's code."""
    subsidy = min(now // 200 * 10, 500) * WAN if now > 200 and now > before else 0
    bonus = 50 * WAN if now > 500 and now * 100 > before * 120 else 0
    return subsidy, bonus


@pytest.mark.slow
@given(st.integers(1, 9999), st.integers(1, 9999), st.sampled_from(ORDERS), writing, writing)
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_sums_of_both_years_agree_with_a_second_computation(
    desk: Desk, now: int, before: int, order: str, write: str, write_before: str
) -> None:
    message = order.format(now=WRITINGS[write](now), before=WRITINGS[write_before](before))

    (turn,) = play(desk, [message])

    reply = reply_of(turn, "s", desk.benefits)
    found = {c.benefit: int(c.amount or 0) for c in reply.calculations}
    assert (found.get("rd_subsidy"), found.get("rd_growth_bonus")) == by_hand(now, before), message
    assert faults(desk, turn, [turn.message]) == []


@pytest.mark.slow
@given(st.integers(1, 9999), st.integers(-99, 400), writing)
@settings(deadline=None, max_examples=100)
def test_sums_with_a_growth_rate_agree_with_a_second_computation(
    desk: Desk, now: int, percent: int, write: str
) -> None:
    assume(percent != 0)
    change = f"增长{percent}%" if percent > 0 else f"下降{-percent}%"

    (turn,) = play(desk, [f"今年研发费用{WRITINGS[write](now)}，比去年{change}，能补多少"])

    reply = reply_of(turn, "s", desk.benefits)
    found = {c.benefit: int(c.amount or 0) for c in reply.calculations}
    subsidy = min(now // 200 * 10, 500) * WAN if now > 200 and percent > 0 else 0
    bonus = 50 * WAN if now > 500 and percent > 20 else 0
    assert (found.get("rd_subsidy"), found.get("rd_growth_bonus")) == (subsidy, bonus)


@pytest.mark.slow
@given(st.integers(1, 9999), st.integers(1, 9999), writing)
@settings(deadline=None, max_examples=60)
def test_figures_given_one_by_one_come_to_the_same(desk: Desk, now: int, before: int, write: str) -> None:
    together = play(desk, [f"今年研发费用{WRITINGS[write](now)}，去年{WRITINGS[write](before)}，能补多少"])[-1]

    apart = play(desk, ["帮我算研发补助", f"今年{WRITINGS[write](now)}", f"去年{WRITINGS[write](before)}"])[-1]

    texts = [re.search("合计.*|没有可以享受", turn.text) for turn in (together, apart)]
    if now > 200:
        assert all(texts)
        assert {match[0] for match in texts if match} == {texts[0][0] if texts[0] else ""}


@given(st.integers(1, 99_999), writing)
@settings(deadline=None, max_examples=60)
def test_a_tenth_of_the_money_of_a_laboratory(desk: Desk, wan: int, write: str) -> None:
    assume(wan <= 9999 or write != "spoken")

    (turn,) = play(desk, [f"联合实验室非财政资金投入{WRITINGS[write](wan)}，能补多少"])

    (calculation,) = reply_of(turn, "s", desk.benefits).calculations
    assert calculation.amount == min(wan * WAN // 10, 1000 * WAN)
    assert calculation.bound == "exact"


@pytest.mark.parametrize("hundreds", range(10, 100))
def test_no_spoken_sum_is_taken_for_a_slip(desk: Desk, hundreds: int) -> None:
    said = f"{spoken(hundreds * 100)}万"

    (turn,) = play(desk, [f"联合实验室非财政资金投入{said}，能补多少"])

    (calculation,) = reply_of(turn, "s", desk.benefits).calculations
    assert calculation.amount == min(hundreds * 100 * WAN // 10, 1000 * WAN), said


@given(st.integers(1, 60), st.integers(1, 6))
@settings(deadline=None, max_examples=60)
def test_a_head_and_year_of_postdocs(desk: Desk, headcount: int, years: int) -> None:
    (turn,) = play(desk, [f"{headcount}名博士后在站{years}年，生活补助最多多少"])

    (calculation,) = reply_of(turn, "s", desk.benefits).calculations
    assert calculation.amount == headcount * min(years, 2) * 15 * WAN
    assert calculation.bound == "at_most"
