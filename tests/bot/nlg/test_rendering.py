"""Rendering: every kind of reply reads in Chinese, with its citations in the message itself."""

import re
from collections.abc import Callable
from typing import get_args

import pytest

from bot.dialog.reply import (
    CalculatedAnswer,
    Greeting,
    NotCovered,
    QuotedAnswer,
    Remark,
    Reply,
    SlotQuestion,
    StatedAnswer,
    citations_of,
)
from bot.nlg.block import Block, text_of
from bot.nlg.rendering import cited, quotation_only, render
from bot.nlg.turn import Turn
from bot.nlg.wording import say
from calculators.calculation import NeedsSlots
from knowledge.library import Dossier

Talk = Callable[..., tuple[Turn, ...]]
KINDS: dict[type[object], tuple[str, ...]] = {
    QuotedAnswer: ("联合实验室怎么支持", "第7条", "有效期几年", "哪些措施给钱", "列出所有措施的标题"),
    CalculatedAnswer: (
        "今年研发费用1200万，去年900万，能补多少",
        "今年研发费用150万，去年900万，能补多少",
        "今年研发费用600万，去年没有研发，能补多少",
        "研发补助要拿满500万至少花多少",
        "联合实验室非财政资金投入800万，博士后3名2年，一共多少",
    ),
    SlotQuestion: (
        "帮我算研发补助",
        "今年研发一千来万，去年900万，能补多少",
        "帮我算联合实验室补助",
        "我们公司能拿多少",
    ),
    NotCovered: ("联合实验室要交什么材料", "深圳的补贴", "写首诗"),
    Greeting: ("你好", "谢谢", "你能做什么", "", "重新开始", "取消"),
}
CASES = [(kind, message) for kind, messages in KINDS.items() for message in messages]


def test_every_kind_of_reply_has_a_message() -> None:
    assert set(KINDS) == set(get_args(Reply)) - {StatedAnswer}  # staff answer nothing unless there is a file of theirs


@pytest.mark.parametrize(("kind", "message"), CASES)
def test_every_kind_of_reply_renders_with_its_citations(
    talk: Talk, dossier: Dossier, kind: type[object], message: str
) -> None:
    (turn,) = talk(message)

    assert isinstance(turn.reply, kind)
    assert render(turn.reply, dossier.benefits) == turn.blocks
    assert re.search("[\u4e00-\u9fff]", turn.text)
    assert not re.search(r"[{}]|None|Decimal|\('|\n\n\n", turn.text)
    for citation in citations_of(turn.reply):
        assert citation.quote in turn.text
        assert citation.label in turn.text
        assert turn.text.index(citation.quote) < turn.text.rindex(citation.label)


def test_clauses_of_one_place_stand_together_under_one_label(dossier: Dossier) -> None:
    text = cited((dossier.cite("7.2"), dossier.cite("11.5"), dossier.cite("7.3")))

    assert text.count(dossier.label(dossier.get_clause("7.2"))) == 1
    assert dossier.get_clause("7.2").text + dossier.get_clause("7.3").text in text


def test_a_label_names_document_section_group_and_measure(dossier: Dossier) -> None:
    label = dossier.cite("7.2").label

    assert label.endswith("第7条")
    assert "政策解读" in label
    assert "四" in label
    assert "（三）" in label


def test_quotation_only_holds_nothing_but_the_clauses(dossier: Dossier) -> None:
    citation = dossier.cite("7.2")

    assert text_of(quotation_only([citation])) == "\n\n".join((say("quotation_only"), cited((citation,))))


def test_steps_are_numbered_through(talk: Talk) -> None:
    (turn,) = talk("今年研发费用1200万，去年900万，能补多少")
    assert isinstance(turn.reply, CalculatedAnswer)

    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", turn.text, re.MULTILINE)]
    steps = [s for o in turn.reply.portfolio.outcomes if not isinstance(o, NeedsSlots) for s in o.steps]
    assert numbers == list(range(1, len(steps) + 1))
    assert all(f"{n}. {step.label}" in turn.text for n, step in enumerate(steps, start=1))


def test_premises_and_open_points_are_said(talk: Talk, dossier: Dossier) -> None:
    (turn,) = talk("今年研发费用1200万，去年900万，能补多少")
    benefit = dossier.benefits["rd_subsidy"]

    assert all(words in turn.text for words in (*benefit.conditions, *benefit.open_points))


def test_a_bound_is_said_where_the_clause_says_at_most(talk: Talk) -> None:
    (turn,) = talk("产学研项目实际支付技术交易额160万，能拿多少")

    assert "最高80万元" in turn.text


def test_a_slot_question_says_what_was_noted(talk: Talk) -> None:
    *_, turn = talk("帮我算研发补助", "今年1200万")

    assert say("ask_given", inputs="本年度自主研发费用1200万元") in turn.text


def test_a_greeting_is_its_sentence(dossier: Dossier) -> None:
    assert render(Greeting(Remark("hello")), dossier.benefits) == (Block("said", say("hello")),)


@pytest.mark.parametrize("measure", range(1, 13))
def test_a_whole_measure_is_quoted_as_it_is_printed(talk: Talk, dossier: Dossier, measure: int) -> None:
    (turn,) = talk(f"第{measure}条原文")
    quotes = [block.text for block in turn.blocks if block.role == "quote"]
    printed = (dossier.folder / "text.txt").read_text(encoding="utf-8")

    assert len(quotes) == 1
    assert quotes[0].startswith(f"{measure}.")
    assert quotes[0] in printed


def test_what_is_left_out_between_quotations_is_marked_and_the_order_is_the_documents(dossier: Dossier) -> None:
    policy = dossier.policy.id
    citations = tuple(dossier.cite(f"{policy}/7.{number}") for number in (4, 1, 3))

    (quoted, _, place) = cited(citations).rpartition("\n")

    assert place.endswith("第7条")
    first, third, fourth = (dossier.cite(f"{policy}/7.{number}").quote for number in (1, 3, 4))
    assert quoted == f"“{first}……{third}{fourth}”"
