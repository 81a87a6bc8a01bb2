"""Spelling: slips of ear and hand are mended, right words stay."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app import App
from bot.dialog.spelling import Speller
from bot.dialog.text import normalise
from bot.dialog.vocabulary import load_vocabulary

QUESTIONS = Path(__file__).parents[2] / "questions"
SLIPS = {
    "素颂创新研究院": "苏颂创新研究院",
    "苏送创新研究院": "苏颂创新研究院",
    "国际科技合做基地": "国际科技合作基地",
    "夏研保是啥": "厦研保是啥",
    "厦研宝保哪些东西": "厦研保保哪些东西",
    "莲合实验室": "联合实验室",
    "有校期多长": "有效期多长",
    "福化器一年": "孵化器一年",
    "严发费用补助": "研发费用补助",
    "博士候进站": "博士后进站",
    "研发费用不助": "研发费用补助",
    "研发费用补住": "研发费用补助",
    "叠家奖励": "叠加奖励",
}
# Parts of questions with a slip of the writer; every other question must come through untouched.
MARKED = (
    *(
        "合做基地",
        "素颂",
        "下研保",
        "莲合",
        "有校期",
        "苏送",
        "福化器",
        "严发费用",
        "厦研宝",
        "博士候",
        "夏研保",
        "研法费用",
        "孵化气",
        "金专创新",
    ),
)
RIGHT = [
    "研发费用补助怎么算",
    "研究一下政策",
    "研发人员有多少",
    "联合体",
    "我们和高校建联合实验室",
    "合同写的300万，实际只付了120万技术交易额",
    "有效期三年",
    "增长率是多少",
    "博士后在站两年",
]


FIGURES = [
    f"{head}{tail}"
    for head in ("一千", "两千", "九千", "一万", "一亿")
    for tail in ("一百万", "二百万", "三百四十六万", "零一万", "五", "四百六十万元")
]


def questions() -> list[str]:
    """Every question of every set, as the desk reads it."""
    rows = [
        row for path in sorted(QUESTIONS.glob("*/*.yaml")) for row in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]
    return [normalise(turn["q"]) for row in rows for turn in row.get("turns", [row])]


@pytest.fixture(scope="module")
def correct(app: App) -> Callable[[str], str]:
    return Speller(app.library.main, load_vocabulary()).correct


@pytest.mark.parametrize(("slip", "meant"), SLIPS.items())
def test_slips_are_mended(correct: Callable[[str], str], slip: str, meant: str) -> None:
    assert correct(slip) == meant


@pytest.mark.parametrize("text", RIGHT)
def test_right_words_stay(correct: Callable[[str], str], text: str) -> None:
    assert correct(normalise(text)) == normalise(text)


@pytest.mark.parametrize("figure", FIGURES)
def test_figures_are_never_mended(correct: Callable[[str], str], figure: str) -> None:
    assert correct(f"今年研发费用{figure}，去年{figure}") == f"今年研发费用{figure}，去年{figure}"


def test_questions_without_a_slip_stay_as_they_are(correct: Callable[[str], str]) -> None:
    texts = questions()
    sound = [text for text in texts if not any(slip in text for slip in MARKED)]

    assert len(sound) > 900
    assert {text: correct(text) for text in sound if correct(text) != text} == {}


def test_every_marked_slip_stands_in_a_question(correct: Callable[[str], str]) -> None:
    texts = questions()

    assert [slip for slip in MARKED if not any(slip in text for text in texts)] == []
    assert [text for text in texts if any(slip in text for slip in MARKED) and correct(text) == text] == []


@given(st.text("研严发费用不补助住联莲合实验室孵福化器去年1200万，abc 🙂的", max_size=40))
@settings(deadline=None, max_examples=150)
def test_mending_keeps_the_length_and_touches_chinese_alone(app: App, text: str) -> None:
    correct = Speller(app.library.main, load_vocabulary()).correct
    mended = correct(text)

    assert len(mended) == len(text)
    assert [(a, b) for a, b in zip(text, mended, strict=True) if a != b and (a.isascii() or b.isascii())] == []
