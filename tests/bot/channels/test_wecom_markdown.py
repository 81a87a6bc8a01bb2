import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wecom.markdown import escaped, markdown, measure
from bot.nlg.block import Block, Role, text_of
from bot.nlg.message import utf8_bytes
from tests.bot.channels.bot_peer import READER, seen
from tests.bot.channels.contract import AWKWARD, LABEL, QUOTE

PIECES = [*"ab1政。“ -+*_#>=|~`[]()<&!\\.:;/\n", "&lt;", "<@li>", "1. ", "---", "- ", "    "]
NASTY = st.lists(st.sampled_from(PIECES)).map("".join)


def squeezed(text: str) -> str:
    """Without what no reader of Markdown keeps: blanks around lines, and how many lines are free."""
    lines = (line.strip() for line in text.split("\n"))
    return re.sub(r"\n+", "\n", "\n".join(lines)).strip("\n")


@pytest.mark.parametrize(
    "words",
    [
        *("# 不是标题", "> 不是引用", "- 不是列表", "+ 不是列表", "1. 不是列表", "2) 不是列表", "题\n===", "题\n---"),
        *("3~5人，10~20人", "~~删~~", "a_b_c", "2*3*4", "`x`", "[x](http://y)", "![x](y)", "<b>粗</b>", "<@all>"),
        *("&lt;", "&#60;", "A&B", "a|b\n-|-", "行\\\n尾", "    缩进", "\t缩进", "```\nx\n```", "-5度", "+8%", AWKWARD),
    ],
)
def test_words_are_shown_as_they_are(words: str) -> None:
    assert squeezed(seen(escaped(words))) == squeezed(words)


@given(NASTY)
def test_no_words_are_read_as_markup(words: str) -> None:
    assert squeezed(seen(escaped(words))) == squeezed(words)


@given(st.lists(st.tuples(st.sampled_from(get_args(Role)), NASTY.filter(str.strip), st.booleans())))
def test_blocks_read_as_their_words_and_fit_their_measure(spoken: list[tuple[Role, str, bool]]) -> None:
    blocks = tuple(Block(role, text, opens=opens) for role, text, opens in spoken)

    assert squeezed(seen(markdown(blocks))) == squeezed(text_of(blocks))
    assert utf8_bytes(markdown(blocks)) <= measure(text_of(blocks))


def test_a_quotation_is_set_off_with_its_place_in_bold() -> None:
    blocks = (Block("said", "文件写着："), Block("quote", QUOTE, LABEL), Block("note", "仅供参考。", opens=False))

    opened = [token.type for token in READER.parse(markdown(blocks)) if token.nesting == 1]

    assert opened == ["paragraph_open", "blockquote_open", "paragraph_open", "paragraph_open"]
    assert f"> **——{LABEL}**" in markdown(blocks)


def test_a_heading_is_bold() -> None:
    assert markdown((Block("heading", "四、支持措施"),)) == "**四、支持措施**"


def test_nobody_is_called_by_words_of_an_answer() -> None:
    assert "<@" not in escaped("<@li> <@all>")
