"""Quantities: people's ways of writing sums, rates, multiples, counts, years and numbers of measures."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dialog.quantities import Quantity, QuantityReader
from bot.dialog.vocabulary import load_vocabulary

WAN = 10_000
MONEY = {
    "1,200万": 1200 * WAN,
    "0.12亿": 1200 * WAN,
    "12000000元": 1200 * WAN,
    "一千二百万": 1200 * WAN,
    "壹仟贰佰万元整": 1200 * WAN,
    "1.2千万": 1200 * WAN,
    "1200w": 1200 * WAN,
    "1200W": 1200 * WAN,
    "1.2kw": 1200 * WAN,
    "12 million yuan": 1200 * WAN,
    "3m": 300 * WAN,
    "500K": 50 * WAN,
    "5e6元": 500 * WAN,
    "¥8,600,000": 860 * WAN,
    "RMB500万": 500 * WAN,
    "人民币500万元": 500 * WAN,
    "1亿2000万": 12000 * WAN,
    "1亿2千万": 12000 * WAN,
    "一亿二": 12000 * WAN,
    "两个亿": 20000 * WAN,
    "2.5个亿": 25000 * WAN,
    "3千6百万": 3600 * WAN,
    "8百万元": 800 * WAN,
    "十万": 10 * WAN,
    "百万": 100 * WAN,
    "12万5": 125_000,
    "37.5万": 375_000,
    "1056.80万元": 10_568_000,
    "两千零五万": 2005 * WAN,
    "一百二十万零五千元": 1_205_000,
    "五千块": 5000,
    "0元": 0,
    "1234567.80元": Decimal("1234567.80"),
}
RATES = {
    "25%": "0.25",
    "百分之二十": "0.2",
    "百分之20.5": "0.205",
    "百分之二十点五": "0.205",
    "百分之百": "1",
    "两成": "0.2",
    "三成半": "0.35",
    "两成五": "0.25",
    "15个点": "0.15",
    "二十个百分点": "0.2",
    "0.5%": "0.005",
}
FOLDS = {"1.5倍": "1.5", "三倍": "3", "0.5倍": "0.5"}
COUNTS = {
    "3名": (3, "名"),
    "两家": (2, "家"),
    "5个": (5, "个"),
    "2年": (2, "年"),
    "三个博士后": (3, "个"),
    "俩": (2, "个"),
}
PLACES = {
    "第7条": ("measure", 7),
    "第七条": ("measure", 7),
    "第十二条": ("measure", 12),
    "措施7": ("measure", 7),
    "第12项": ("measure", 12),
    "第二部分": ("part", 2),
    "第三个方面": ("part", 3),
    "2024年": ("year", 2024),
    "24年": ("year", 2024),
    "2024": ("year", 2024),
}
BARE = {"1200": 1200, "六百三": 630, "一百五": 150, "一百零五": 105, "500000": 500_000}
DOUBTS = {
    "一千来万": "vague",
    "七八百万": "vague",
    "几百万": "vague",
    "几十万": "vague",
    "一千多万": "vague",
    "数百万": "vague",
    "200万美元": "foreign",
    "$200万": "foreign",
    "US$200万": "foreign",
    "港币500万": "foreign",
    "500万欧元": "foreign",
    "3亿日元": "foreign",
    "负200万": "negative",
    "-200万": "negative",
    "负的三百万": "negative",
    "1e999": "absurd",
    "99999999999999亿": "absurd",
}
ESTIMATES = ["约500万", "500万左右", "大概1200万", "500万出头", "将近500万", "差不多500万", "大约25%"]
NO_QUANTITY = {
    "telephone": "联系电话0592-2021807",
    "mobile": "我的手机13800138000",
    "identity card": "身份证35020319900101123X",
    "date with dashes": "2024-06-24",
    "date with strokes": "2024/6/24",
    "date with points": "2024.6.24",
    "very": "十分感谢",
    "two-dimensional": "二维码在哪",
    "words alone": "研发费用补助怎么算",
    "nothing": "",
}


@pytest.fixture(scope="module")
def reader() -> QuantityReader:
    return QuantityReader(load_vocabulary().quantities)


def only(found: tuple[Quantity, ...]) -> Quantity:
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(("text", "yuan"), MONEY.items())
def test_sums_of_money(reader: QuantityReader, text: str, yuan: Decimal) -> None:
    quantity = only(reader.read(text))

    assert (quantity.kind, quantity.value, quantity.doubt, quantity.estimate) == ("money", yuan, None, False)


@pytest.mark.parametrize(("text", "fraction"), RATES.items())
def test_rates(reader: QuantityReader, text: str, fraction: str) -> None:
    quantity = only(reader.read(f"增长{text}"))

    assert (quantity.kind, quantity.value, quantity.doubt) == ("rate", Decimal(fraction), None)


@pytest.mark.parametrize(("text", "multiple"), FOLDS.items())
def test_multiples(reader: QuantityReader, text: str, multiple: str) -> None:
    quantity = only(reader.read(f"是去年的{text}"))

    assert (quantity.kind, quantity.value) == ("fold", Decimal(multiple))


@pytest.mark.parametrize(("text", "expected"), COUNTS.items())
def test_counts_with_their_classifier(reader: QuantityReader, text: str, expected: tuple[int, str]) -> None:
    quantity = only(reader.read(text))

    assert (quantity.kind, (int(quantity.value), quantity.unit)) == ("count", expected)


@pytest.mark.parametrize(("text", "expected"), PLACES.items())
def test_measures_parts_and_years(reader: QuantityReader, text: str, expected: tuple[str, int]) -> None:
    quantity = only(reader.read(text))

    assert (quantity.kind, int(quantity.value)) == expected


@pytest.mark.parametrize(("text", "value"), BARE.items())
def test_numbers_without_a_unit(reader: QuantityReader, text: str, value: int) -> None:
    quantity = only(reader.read(text))

    assert (quantity.kind, quantity.value) == ("bare", Decimal(value))
    assert quantity.doubt is None


@pytest.mark.parametrize(("text", "doubt"), DOUBTS.items())
def test_figures_that_nothing_may_be_computed_from(reader: QuantityReader, text: str, doubt: str) -> None:
    assert only(reader.read(text)).doubt == doubt


@pytest.mark.parametrize("text", ESTIMATES)
def test_approximate_figures_are_marked(reader: QuantityReader, text: str) -> None:
    quantity = only(reader.read(text))

    assert quantity.estimate
    assert quantity.doubt is None


@pytest.mark.parametrize("text", NO_QUANTITY.values(), ids=NO_QUANTITY)
def test_what_is_no_quantity(reader: QuantityReader, text: str) -> None:
    assert reader.read(text) == ()


def test_the_ends_of_a_range_are_asked_back(reader: QuantityReader) -> None:
    found = reader.read("1200万-1500万")

    assert [quantity.doubt for quantity in found] == ["vague", "vague"]


def test_the_words_of_a_quantity_are_those_of_the_text(reader: QuantityReader) -> None:
    text = "今年研发1,200万元，去年9百万，增长二十个百分点，3名博士后2年，第7条，三倍，两成五，2024年"
    found = reader.read(text)

    assert len(found) >= 9
    assert [quantity.text for quantity in found] == [text[quantity.start : quantity.end] for quantity in found]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("今年1200万，去年900万，增长25%", ["money", "money", "rate"]),
        ("3名博士后2年", ["count", "count"]),
        ("2024年1200万2023年900万", ["year", "money", "year", "money"]),
        ("第7条和第8条", ["measure", "measure"]),
        ("两个产学研项目80万和150万", ["count", "money", "money"]),
    ],
)
def test_several_quantities_stand_in_reading_order(reader: QuantityReader, text: str, kinds: list[str]) -> None:
    found = reader.read(text)

    assert [quantity.kind for quantity in found] == kinds
    assert [quantity.start for quantity in found] == sorted(quantity.start for quantity in found)


@given(
    st.one_of(
        st.text(max_size=50),
        st.text("0123456789.,-+eE%$¥一二三十百千万亿零两几多来个点分之成倍年名家元第条约负w km", max_size=40),
    )
)
@settings(deadline=None, max_examples=400)
def test_any_text_gives_spans_inside_it_in_order(text: str) -> None:
    found = QuantityReader(load_vocabulary().quantities).read(text)

    for quantity in found:
        assert 0 <= quantity.start < quantity.end <= len(text)
        assert quantity.value >= 0
    assert all(a.end <= b.start for a, b in pairwise(found))


@given(st.integers(1, 999_999))
@settings(deadline=None, max_examples=100)
def test_one_sum_in_all_its_writings_has_one_value(wan: int) -> None:
    reader = QuantityReader(load_vocabulary().quantities)
    writings = (
        f"{wan}万",
        f"{wan}万元",
        f"{wan:,}万元",
        f"{wan}w",
        f"{wan * WAN}元",
        f"{wan * WAN:,}元",
        f"{wan / WAN}亿",
    )

    read = {only(reader.read(f"研发费用{text}")).value for text in writings if "e" not in text}

    assert read == {Decimal(wan * WAN)}
