"""Splitting: within the limit, on good borders, quotations with their places, nothing lost and nothing added."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app import App
from bot.nlg.block import Block, Role, text_of
from bot.nlg.message import Limit, utf8_bytes, utf16_units
from bot.nlg.splitting import split
from bot.nlg.turn import Conversation
from bot.nlg.wording import say
from tests.bot.channels.contract import LABEL, QUOTE

WECOM = Limit(2048, utf8_bytes)
TELEGRAM = Limit(4096, utf16_units)
FAMILY = "👨\u200d👩\u200d👧"
ROLES: list[Role] = ["said", "steps", "note"]

words = st.text(st.sampled_from("政策补助。；，、：\n12.5%万元ab 😀\u200d\ufe0f"), min_size=1, max_size=400).filter(
    str.strip
)
plain = st.builds(Block, st.sampled_from(ROLES), words, st.just(""), st.booleans())
quoted = st.builds(Block, st.just("quote"), words, st.sampled_from([LABEL, LABEL.replace("7", "8")]), st.booleans())
answers = st.lists(st.one_of(plain, quoted), min_size=1, max_size=6).map(tuple)
limits = st.builds(Limit, st.integers(150, 2048), st.sampled_from([utf8_bytes, utf16_units]), st.just(10**6))


def bare(text: str) -> str:
    return "".join(text.split())


@given(answers, limits)
def test_no_message_is_longer_than_the_limit(blocks: tuple[Block, ...], limit: Limit) -> None:
    assert all(limit.measure(text_of(part)) <= limit.size for part in split(blocks, limit))


@given(answers, limits)
def test_nothing_is_lost_and_the_order_is_kept(blocks: tuple[Block, ...], limit: Limit) -> None:
    parts = split(blocks, limit)
    own = [block for part in parts for block in part if not block.text.startswith("（依据：")]

    assert bare("".join(block.text for block in own)) == bare("".join(block.text for block in blocks))


@given(answers, limits)
def test_every_piece_of_a_quotation_is_words_of_it_and_has_its_place(blocks: tuple[Block, ...], limit: Limit) -> None:
    sources = [block for block in blocks if block.label]

    for part in split(blocks, limit):
        for piece in (block for block in part if block.role == "quote"):
            assert any(piece.text in source.text and piece.label == source.label for source in sources)


@given(answers, limits)
def test_the_limit_of_messages_holds_and_the_last_owns_up(blocks: tuple[Block, ...], limit: Limit) -> None:
    whole = split(blocks, limit)
    parts = split(blocks, replace(limit, parts=2))

    assert len(parts) <= 2
    assert all(limit.measure(text_of(part)) <= limit.size for part in parts)
    assert (say("cut_short") in text_of(parts[-1])) == (len(whole) > 2)


def test_a_short_answer_is_one_message() -> None:
    blocks = (Block("said", "文件是这样写的："), Block("quote", QUOTE, LABEL))

    assert split(blocks, WECOM) == (blocks,)


def test_a_quotation_stays_with_the_sentence_that_leads_to_it() -> None:
    lead, quote = Block("said", "依据："), Block("quote", QUOTE * 10, LABEL, opens=False)
    steps = Block("steps", "步" * 550)

    first, second = split((steps, lead, quote), WECOM)

    assert second == (lead, quote)
    assert first == (steps, Block("note", say("grounds", places=LABEL)))


def test_a_long_quotation_is_cut_between_sentences() -> None:
    parts = split((Block("quote", QUOTE * 100, LABEL),), WECOM)

    assert len(parts) > 2
    assert all(block.text.replace(QUOTE, "") == "" for part in parts for block in part)


def test_a_message_without_quotations_names_three_places_at_most() -> None:
    labels = [f"第{number}条" for number in range(5)]
    blocks = (Block("steps", "步" * 600), *(Block("quote", QUOTE * 8, label) for label in labels))

    first = split(blocks, WECOM)[0]

    assert first[-1].text == say("grounds_some", places="、".join(labels[:3]))


@pytest.mark.parametrize("unit", ["1,234,567.89万元", FAMILY, "e\u0301", "👍🏽"])
def test_figures_and_characters_stay_whole(unit: str) -> None:
    parts = split((Block("said", unit * 2000),), replace(WECOM, size=2000))

    pieces = [text_of(part) for part in parts]
    assert len(pieces) > 2
    if "万" in unit:
        assert not any(piece.startswith((",", ".", "2", "3")) or piece.endswith((",", ".")) for piece in pieces)
    else:
        assert all(piece.replace(unit, "") == "" for piece in pieces)


def test_one_character_that_does_not_fit_goes_out_alone() -> None:
    assert [text_of(part) for part in split((Block("said", FAMILY * 2),), Limit(1, utf8_bytes))] == [FAMILY] * 2


@pytest.mark.parametrize("limit", [WECOM, TELEGRAM])
@pytest.mark.parametrize(
    "question",
    ["我们公司今年研发费用1200万，去年900万，能补多少？", "哪些措施给钱", "全部措施的原文", "联系电话是多少"],
)
def test_answers_of_the_desk_keep_a_place_in_every_message(app: App, limit: Limit, question: str) -> None:
    turn = app.desk.respond(Conversation(), question, as_of=date(2026, 1, 1))

    parts = split(turn.blocks, limit)

    assert all(limit.measure(text_of(part)) <= limit.size for part in parts)
    assert all("政策解读" in text_of(part) for part in parts)
