"""Frame: to what and to which year a sum of money belongs."""

from decimal import Decimal

import pytest

from bot.dialog.frame import FrameReader, Sum, parts_of
from bot.dialog.manager import Manager
from bot.dialog.understanding import Understander

WAN = 10_000
BASES = frozenset(
    {"rd", "lab_nonfiscal", "lab_fiscal", "lab_total", "transaction_paid", "equipment", "contract", "other_money"}
)
PLACED = {
    "今年研发费用1200万": [(1200, "rd", 0, "level")],
    "1200万的研发费用": [(1200, "rd", None, "level")],
    "去年研发投入900万，今年1200万": [(900, "rd", -1, "level"), (1200, "rd", 0, "level")],
    "1200万是今年的，900万是去年的": [(1200, "", 0, "level"), (900, "", -1, "level")],
    "研发费用2025年860万，2024年790万": [(860, "rd", 2025, "level"), (790, "rd", 2024, "level")],
    "研发24年790万25年860万": [(790, "rd", 2024, "level"), (860, "rd", 2025, "level")],
    "比去年多了300万": [(300, "", -1, "change")],
    "研发少投了50万": [(50, "rd", None, "change")],
    "再投200万": [(200, "", None, "further")],
    "要拿到80万": [(80, "", None, "award")],
    "每满200万": [(200, "", None, "bound")],
    "销售收入8000万，研发1200万": [(8000, "other_money", None, "level"), (1200, "rd", None, "level")],
    "合同金额300万，实际支付120万": [(300, "contract", None, "level"), (120, "transaction_paid", None, "level")],
    "总投入3000万，其中财政资金1000万": [(3000, "lab_total", None, "level"), (1000, "lab_fiscal", None, "level")],
    "设备花了500万": [(500, "equipment", None, "level")],
    "前年800万研发": [(800, "rd", -2, "level")],
    "明年研发1500万": [(1500, "rd", 1, "level")],
}


@pytest.fixture(scope="module")
def frame(manager: Manager) -> FrameReader:
    return manager.sums.filler.frame


def sums_of(frame: FrameReader, understander: Understander, message: str) -> tuple[Sum, ...]:
    return frame.sums(understander.understand(message), BASES, in_wan=True, goes_on=False)


@pytest.mark.parametrize(("message", "expected"), PLACED.items())
def test_a_sum_has_its_base_its_year_and_its_relation(
    frame: FrameReader, understander: Understander, message: str, expected: list[tuple[int, str, int | None, str]]
) -> None:
    placed = sums_of(frame, understander, message)

    assert [(int(p.value) // WAN, p.base, p.rank, p.relation) for p in placed] == expected


def test_two_years_share_one_sum(frame: FrameReader, understander: Understander) -> None:
    placed = sums_of(frame, understander, "今年和去年研发都是1300万")

    assert [p.both_years for p in placed] == [True]


def test_a_figure_that_is_taken_back_does_not_count(frame: FrameReader, understander: Understander) -> None:
    placed = sums_of(frame, understander, "去年是660万不是800万")

    assert [int(p.value) // WAN for p in placed] == [660]


def test_a_bare_number_counts_in_ten_thousands_where_the_talk_is_in_these(
    frame: FrameReader, understander: Understander
) -> None:
    understood = understander.understand("研发1200")

    assert [p.value for p in frame.sums(understood, BASES, in_wan=True, goes_on=False)] == [1200 * WAN]
    assert [p.value for p in frame.sums(understood, BASES, in_wan=False, goes_on=False)] == [1200]


@pytest.mark.parametrize(
    ("message", "years"),
    [
        ("今年", [0]),
        ("去年和今年", [-1, 0]),
        ("上年度、本年度", [-1, 0]),
        ("2024年", [2024]),
        ("24年和25年", [2024, 2025]),
        ("前年", [-2]),
        ("明年", [1]),
        ("第7条", []),
        ("202412万", []),
    ],
)
def test_years_are_ranked(frame: FrameReader, message: str, years: list[int]) -> None:
    assert [rank for rank, _, _ in frame.ranked_years(message)] == years


@pytest.mark.parametrize(
    ("message", "growth"),
    [("翻了一番", "1"), ("翻两番", "3"), ("减半", "-0.5"), ("多了一半", "0.5"), ("比去年翻倍", "1")],
)
def test_fixed_phrases_of_growth(frame: FrameReader, message: str, growth: str) -> None:
    assert frame.doubling(message) == Decimal(growth)


def test_no_growth_is_said_in_words(frame: FrameReader) -> None:
    assert frame.says_same("跟去年持平")
    assert not frame.says_same("比去年多")
    assert frame.doubling("比去年多") is None


@pytest.mark.parametrize("message", ["去年没有研发", "去年是0，今年500万", "上年度零投入", "去年还没成立"])
def test_nothing_last_year(frame: FrameReader, understander: Understander, message: str) -> None:
    assert frame.nothing_last_year(understander.understand(message))


@pytest.mark.parametrize("message", ["去年900万", "今年没有研发", "去年没有300万"])
def test_something_last_year(frame: FrameReader, understander: Understander, message: str) -> None:
    assert not frame.nothing_last_year(understander.understand(message))


def test_the_last_word_of_change_decides(frame: FrameReader, understander: Understander) -> None:
    understood = understander.understand("没有增长反而下降了100万")

    assert frame.falls(understood.text, understood.quantities[-1])


def test_parts_of_a_sentence_join_to_the_whole(understander: Understander) -> None:
    understood = understander.understand("今年1,200万，去年900万；增长25.5%。")
    parts = parts_of(understood.text, understood.quantities)

    assert "".join(part.text for part in parts) == understood.text
    assert [part.text[:2] for part in parts] == ["今年", "去年", "增长"]
    assert all(understood.text[part.start : part.end] == part.text for part in parts)
