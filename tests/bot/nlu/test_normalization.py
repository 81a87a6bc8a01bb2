"""Text: one script, one width, no noise; nothing that cannot be stored or sent."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.nlu.normalization import MAX_CHARACTERS, normalise, printable

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
WRITTEN = {
    "full width": ("１２００万，去年９００万", "1200万,去年900万"),
    "traditional characters": ("研發費用補助怎麼算", "研发费用补助怎么算"),
    "blanks between Chinese words": ("研发  费用 补助", "研发费用补助"),
    "blanks between Latin words": ("R&D  subsidy for SMEs", "R&D subsidy for SMEs"),
    "blanks between digits stay": ("今年 1200 900", "今年1200 900"),
    "ideographic blank": ("第\u30007\u3000条", "第7条"),
    "line breaks": ("你好\n\n第7条", "你好第7条"),
    "control characters": ("第\x007\x1b条\x7f", "第7条"),
    "zero-width joiners": ("研\u200b发\u200d补助", "研发补助"),
    "compatibility forms": ("⑦条", "7条"),
    "a message sent twice": (
        "联合实验室投入一个亿，补多少？联合实验室投入一个亿，补多少",
        "联合实验室投入一个亿,补多少",
    ),
    "three times, with stops": ("今年研发费用1200万。" * 3, "今年研发费用1200万。"),
    "a short word twice": ("对对", "对对"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("written", "read"), WRITTEN.values(), ids=WRITTEN)
def test_writings_of_one_message_are_read_alike(written: str, read: str) -> None:
    assert normalise(written) == read


@pytest.mark.parametrize("noise", ["\ud800", "a\udfffb", "\x00", "\u0007", "\ue000", "\U000f0000"])
def test_what_cannot_be_printed_is_dropped(noise: str) -> None:
    shown = printable(f"研发{noise}补助")

    assert "研发" in shown
    assert "补助" in shown
    shown.encode("utf-8")
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn")]


def test_line_breaks_and_emoji_are_printable() -> None:
    assert printable("你好\n🙂") == "你好\n🙂"


def test_a_pair_of_surrogates_becomes_its_character() -> None:
    assert printable("\ud83d\ude00") == "😀"


def test_a_long_message_is_cut() -> None:
    assert len(normalise("补" * 100_000)) == MAX_CHARACTERS


@given(ANY_TEXT)
@settings(deadline=None, max_examples=150)
def test_any_text_can_be_normalised_and_sent(text: str) -> None:
    normalised = normalise(text)

    assert len(normalised) <= 2 * MAX_CHARACTERS
    assert "\n" not in normalised
    normalised.encode("utf-8")
    printable(text).encode("utf-8")


@given(st.text("研发費用補助今年去年1200万，. aZ％½\u3000\n", max_size=40))
@settings(deadline=None, max_examples=150)
def test_normalised_text_stays_as_it_is(text: str) -> None:
    once = normalise(text)

    assert normalise(once) == once
