"""Quantities: people's ways of writing sums, rates, multiples, counts, years and numbers of measures."""

from decimal import Decimal
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app import App
from bot.nlu.names import load_names
from bot.nlu.quantities import MOST_QUANTITIES, Quantity, QuantityReader
from bot.nlu.reading import Reader

WAN = 10_000
SECONDS = 0.5  # for a long message: ten times what it takes, and far below what trying each length would
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
    "1亿2": 12000 * WAN,
    "1亿2千": 12000 * WAN,
    "一亿二千": 12000 * WAN,
    "1亿2千元": 12000 * WAN,
    "1亿2千5": 12500 * WAN,
    "一亿两千三百": 12300 * WAN,
    "1亿2千5百万": 12500 * WAN,
    "一亿零二千元": 100_002_000,
    "一万二": 12_000,
    "1万2千": 12_000,
    "俩亿": 20000 * WAN,
    "1 200万": 1200 * WAN,
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
    "1,2345万": 12345 * WAN,
    "1,2345,6789元": 123_456_789,
    "半个亿": 5000 * WAN,
    "半亿": 5000 * WAN,
    "廿万": 20 * WAN,
    "廿五万": 25 * WAN,
    "卅万": 30 * WAN,
    "一个小目标": 10_000 * WAN,
    "1.5亿零300万": 15_300 * WAN,
    "500万元人民币": 500 * WAN,
    "1200 万": 1200 * WAN,
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
    "25.5个百分点": "0.255",
    "25.5个点": "0.255",
    "一成五": "0.15",
    "二分之一": "0.5",
    "四分之三": "0.75",
    "10分之1": "0.1",
    "千分之五": "0.005",
}
MINUS_RATES = {
    "-5%": "-0.05",
    "−5%": "-0.05",
    "–5%": "-0.05",
    "—5%": "-0.05",
    "负5%": "-0.05",
    "负的20%": "-0.2",
    "-百分之五": "-0.05",
    "负百分之五": "-0.05",
    "-5.5个点": "-0.055",
    "-25.5个百分点": "-0.255",
    "负两成": "-0.2",
}
FOLDS = {"1.5倍": "1.5", "三倍": "3", "0.5倍": "0.5", "一倍半": "1.5", "2倍半": "2.5"}
COUNTS = {
    "3名": (3, "名"),
    "两家": (2, "家"),
    "5个": (5, "个"),
    "2年": (2, "年"),
    "三个博士后": (3, "个"),
    "俩": (2, "个"),
    "我们俩一共能拿多少": (2, "个"),
    "咱仨一起": (3, "个"),
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
    "二四年": ("year", 2024),
    "二三年": ("year", 2023),
    "2024": ("year", 2024),
}
BARE = {"1200": 1200, "3千5": 3500, "一千二": 1200, "六百三": 630, "一百五": 150, "一百零五": 105, "500000": 500_000}
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
    "12OO万": "unreadable",
    "1O0万": "unreadable",
    "l2万": "unreadable",
    "近千万": "vague",
    "上千万": "vague",
    "成百万": "vague",
    "好几百万": "vague",
    "八九百万": "vague",
    "1亿5百": "vague",
    "5 00万元": "vague",
    "三分之一": "vague",
    "三分之二": "vague",
    "两三成": "vague",
    "1.2.3万": "unreadable",
}
BEHIND_A_SCALE = {
    "80万一共": [("money", 80 * WAN)],
    "500万一个": [("money", 500 * WAN), ("count", 1)],
    "付了80万两年": [("money", 80 * WAN), ("count", 2)],
    "RD01 180万": [("bare", 1), ("money", 180 * WAN)],
    "2024 1200万": [("year", 2024), ("money", 1200 * WAN)],
    "1200万二四年980万": [("money", 1200 * WAN), ("year", 2024), ("money", 980 * WAN)],
    "200万零一分": [("money", 200 * WAN + 1)],
    "付了80万两三年": [("money", 80 * WAN), ("count", 3)],
    "付了200万两项": [("money", 200 * WAN), ("count", 2)],
}
ESTIMATES = [
    *("近500万", "不到500万", "500万不到", "500万以上", "超过500万", "≥500万", "≤500万", ">500万", "±500万"),
    *("近两成", "约百分之二十", "百分之二十左右", "2倍左右", "两倍多", "估摸着有1340万", "估计1340万", "毛估1340万"),
]
ESTIMATES += ["约500万", "500万左右", "大概1200万", "500万出头", "将近500万", "差不多500万", "大约25%"]
NO_QUANTITY = {
    "telephone": "联系电话0592-2021807",
    "mobile": "我的手机13800138000",
    "identity card": "身份证35020319900101123X",
    "date with dashes": "2024-06-24",
    "date with strokes": "2024/6/24",
    "date with points": "2024.6.24",
    "months of a year": "1-12月",
    "months with a long dash": "1—12月",
    "months in words": "1至12月",
    "quarters": "Q1-Q3",
    "estimate": "估计能拿多少",
    "version": "1.2.3",
    "some parts": "三分之几",
    "very": "十分感谢",
    "two-dimensional": "二维码在哪",
    "words alone": "研发费用补助怎么算",
    "nothing": "",
}


@pytest.fixture(scope="module")
def reader() -> QuantityReader:
    return QuantityReader(load_names().quantities)


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


@pytest.mark.parametrize(("text", "fraction"), MINUS_RATES.items())
def test_rates_below_zero_in_every_notation(reader: QuantityReader, text: str, fraction: str) -> None:
    quantity = only(reader.read(f"增长{text}"))

    assert (quantity.kind, quantity.value, quantity.text) == ("rate", Decimal(fraction), text)


def test_a_dash_between_two_rates_is_no_minus(reader: QuantityReader) -> None:
    assert [quantity.value for quantity in reader.read("增长5%-10%")] == [Decimal("0.05"), Decimal("0.1")]


@pytest.mark.parametrize(("text", "expected"), BEHIND_A_SCALE.items())
def test_a_word_behind_a_scale_is_none_of_its_digits(
    reader: QuantityReader, text: str, expected: list[tuple[str, int]]
) -> None:
    assert [(str(quantity.kind), int(quantity.value)) for quantity in reader.read(text)] == expected


def test_an_unreadable_number_is_worth_nothing(reader: QuantityReader) -> None:
    assert only(reader.read("今年12OO万")).value == 0


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


@pytest.mark.parametrize("text", ["两三年", "三四年", "三五年", "十三四年"])
def test_neighbouring_digits_before_a_year_are_a_vague_count(reader: QuantityReader, text: str) -> None:
    quantity = only(reader.read(text))

    assert (quantity.kind, quantity.unit, quantity.doubt, quantity.text) == ("count", "年", "vague", text)


@pytest.mark.parametrize("text", ["500万±10万", "500±10万", "500万+-10万", "500万正负10万"])
def test_a_figure_with_its_tolerance_is_near(reader: QuantityReader, text: str) -> None:
    assert [(quantity.estimate, quantity.doubt) for quantity in reader.read(text)] == [(True, None)] * 2


@pytest.mark.parametrize("text", ["研发500万估计能拿多少", "三倍半年", "三成半导体企业"])
def test_what_stands_behind_a_number_may_be_none_of_it(reader: QuantityReader, text: str) -> None:
    quantity = only(reader.read(text))

    assert quantity.value in (5_000_000, 3, Decimal("0.3"))
    assert not quantity.estimate


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
    found = QuantityReader(load_names().quantities).read(text)

    for quantity in found:
        assert 0 <= quantity.start < quantity.end <= len(text)
        assert quantity.value >= 0 or quantity.kind in ("rate", "fold")
    assert all(a.end <= b.start for a, b in pairwise(found))


@given(st.integers(1, 999_999))
@settings(deadline=None, max_examples=100)
def test_one_sum_in_all_its_writings_has_one_value(wan: int) -> None:
    reader = QuantityReader(load_names().quantities)
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


@pytest.mark.parametrize(
    "part",
    [
        "1万",
        "一千二百",
        "9",
        "一",
        "万亿",
        "1-",
        "百分之",
        "1,",
        "1.",
        "25%",
        "3名",
        "1200万去年",
        "半个亿",
        "负5%",
        "第7条",
        "1OO万",
        "没有",
        "翻番",
        "几百",
        "上百万",
        "二分之",
        "1e1",
        "1.2.3万",
        "十",
        "多1",
        "一点",
        "l1",
    ],
)
def test_of_a_long_message_only_so_many_are_read(reader: QuantityReader, part: str) -> None:
    started = process_time()

    assert len(reader.read(part * 2000)) <= MOST_QUANTITIES
    assert process_time() - started < SECONDS


def test_the_same_part_said_more_often_gives_no_more_once_there_are_enough(reader: QuantityReader) -> None:
    assert len(reader.read("研发1万，" * 30)) == 30
    assert reader.read("研发1万，" * 500) == reader.read("研发1万，" * 100)


def test_what_a_message_says_is_read_in_any_width_and_script(app: App) -> None:
    reading: Reader = app.desk.reader

    assert [(q.kind, q.value) for q in reading.read("研發費用增長－３％，今年１２００萬").quantities] == [
        ("rate", Decimal("-0.03")),
        ("money", Decimal(1200 * WAN)),
    ]
