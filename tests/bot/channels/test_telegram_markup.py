"""What is sent to Telegram as HTML is what people should read, and Telegram can read it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram.markup import html_of, keyboard
from bot.nlg.block import Block, Role, text_of
from bot.nlg.message import Choice, OutboundMessage
from tests.bot.channels.telegram_peer import visible

ROLES: tuple[Role, ...] = ("said", "steps", "quote", "heading", "note")
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")) | st.text("<>&b/\"'; \n粗")
BLOCKS = st.lists(st.builds(Block, st.sampled_from(ROLES), TEXT, TEXT, st.booleans()), max_size=6)


@given(BLOCKS)
def test_people_see_the_text_of_the_blocks(blocks: list[Block]) -> None:
    assert visible(html_of(blocks)) == text_of(blocks)


def test_quotations_are_set_off_and_headings_are_bold() -> None:
    blocks = (Block("said", "a & b"), Block("heading", "<t>", "四（一）"), Block("quote", "q", "四（二）", opens=False))

    assert html_of(blocks) == ("a &amp; b\n\n<b>&lt;t&gt;</b>\n——四（一）\n<blockquote>“q”\n——四（二）</blockquote>")


@pytest.mark.parametrize("text", ["a<b", "a&amp;b", "</b>", "<blockquote>", "&#60;"])
def test_markup_in_words_stays_words(text: str) -> None:
    assert visible(html_of([Block("heading", text)])) == text


def test_a_part_without_choices_has_no_buttons() -> None:
    assert keyboard(OutboundMessage((Block("said", "a"),)), 3) is None


@given(st.integers(1, 10**18 - 1), st.lists(st.text(min_size=1), min_size=1, max_size=100))
def test_buttons_name_answer_and_place_in_few_bytes(number: int, labels: list[str]) -> None:
    buttons = keyboard(OutboundMessage((), tuple(Choice(label, label) for label in labels)), number)

    assert buttons
    rows = buttons.inline_keyboard
    assert [button.text for row in rows for button in row] == labels
    assert all(1 <= len(row) <= 8 for row in rows)
    data = [str(button.callback_data) for row in rows for button in row]
    assert data == [f"{number}.{index}" for index in range(len(labels))]
    assert all(text.isascii() and len(text) <= 64 for text in data)


def test_short_buttons_share_a_row_and_long_ones_do_not() -> None:
    labels = ("优", "良", "国际科技合作基地、对台基地考核评估奖励", "金砖创新合作项目支持")
    buttons = keyboard(OutboundMessage((), tuple(Choice(label, label) for label in labels)), 1)

    assert buttons
    assert [len(row) for row in buttons.inline_keyboard] == [2, 1, 1]
