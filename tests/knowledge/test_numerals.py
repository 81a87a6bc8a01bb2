"""Numbers as people write them: a round trip against a writer of its own, and a table of forms."""

import unicodedata
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from knowledge.numerals import NUMBER, Number, read_number, read_ordinal, split_sentences

DIGITS = "零一二三四五六七八九"
FINANCIAL = str.maketrans("一二三四五六七八九十百千", "壹贰叁肆伍陆柒捌玖拾佰仟")
SCALES = ((10**8, "亿"), (10**4, "万"), (1000, "千"), (100, "百"), (10, "十"))


def write(number: int) -> str:
    """A whole number in Chinese, as a school book writes it: every gap is a zero, every ten has its one."""
    for scale, name in SCALES:
        if number >= scale:
            head, rest = divmod(number, scale)
            gap = "零" if 0 < rest < scale // 10 else ""
            return write(head) + name + gap + (write(rest) if rest else "")
    return DIGITS[number]


gappy = st.text("0159", min_size=1, max_size=12).map(int)
numbers = st.integers(0, 10**12) | gappy


@given(numbers)
@example(10**12)
@example(100_010_001_000)
@example(10_500_000)
@example(1_0000_0005)
def test_every_whole_number_is_read_as_it_was_written(number: int) -> None:
    read = read_number(write(number))

    assert read == Number(Decimal(number), vague=False, scaled=number >= 10**4)


@given(numbers)
def test_financial_characters_say_the_same(number: int) -> None:
    assert read_number(write(number).translate(FINANCIAL)) == read_number(write(number))


@given(st.integers(10, 19), st.sampled_from(["", "万", "亿"]))
def test_a_leading_ten_needs_no_one(number: int, scale: str) -> None:
    written = write(number) + scale

    assert written.startswith("一十")
    assert read_number(written.removeprefix("一")) == read_number(written)


@given(numbers)
def test_digits_may_be_grouped_by_commas(number: int) -> None:
    assert read_number(f"{number:,}") == Number(Decimal(number))


@given(st.decimals(0, 10**6, places=2), st.sampled_from([("万", 4), ("亿", 8), ("千万", 7), ("百万", 6)]))
def test_a_decimal_before_a_scale_is_exact(number: Decimal, scale: tuple[str, int]) -> None:
    name, power = scale

    assert read_number(f"{number}{name}") == Number(number * 10**power, scaled=True)


@given(numbers)
def test_a_number_is_found_whole_inside_a_sentence(number: int) -> None:
    found = [match[0] for match in NUMBER.finditer(f"我司去年投入{write(number)}元，请问")]

    assert found == [write(number)]


@given(st.integers(2, 9999), st.sampled_from("多来余"), st.sampled_from("万亿"))
def test_a_mark_of_vagueness_makes_a_number_vague(number: int, mark: str, scale: str) -> None:
    read = read_number(f"{number}{mark}{scale}")

    assert read is not None
    assert read.vague


@example("1e999999999")
@given(st.text() | st.text("零〇一五两十百千万亿拾几数多个点 ,.15ewkKm%"))
def test_any_text_is_a_number_or_none_and_never_an_error(text: str) -> None:
    for candidate in (text, *(match[0] for match in NUMBER.finditer(text))):
        read = read_number(candidate)
        assert read is None or read.value >= 0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1200", 1200),
        ("1,200万", 12_000_000),
        ("0.12亿", 12_000_000),
        ("１２００万", 12_000_000),
        ("１，２００万", 12_000_000),
        ("1200 万", 12_000_000),
        ("一千二百万", 12_000_000),
        ("壹仟贰佰万", 12_000_000),
        ("1.2千万", 12_000_000),
        ("1200w", 12_000_000),
        ("1200W", 12_000_000),
        ("1200k", 1_200_000),
        ("1.2kw", 12_000_000),
        ("12million", 12_000_000),
        ("三亿五", 350_000_000),
        ("2万5", 25_000),
        ("一千二", 1200),
        ("两百五", 250),
        ("一百零五", 105),
        ("一亿零五", 100_000_005),
        ("1亿2000万", 120_000_000),
        ("一千零五十万", 10_500_000),
        ("两千三百五十万", 23_500_000),
        ("1.2万亿", 1_200_000_000_000),
        ("一个亿", 100_000_000),
        ("三点五亿", 350_000_000),
        ("百万", 1_000_000),
        ("十五", 15),
        ("俩", 2),
        ("1亿2千", 120_000_000),
        ("一亿零二千", 100_002_000),
        ("0点五", Decimal("0.5")),
        ("二〇二四", 2024),
    ],
)
def test_people_write_numbers_in_many_ways(text: str, value: int) -> None:
    read = read_number(unicodedata.normalize("NFKC", text))

    assert read is not None
    assert read.value == value
    assert not read.vague


@pytest.mark.parametrize(
    "text",
    [
        "七八百万",
        "两三千",
        "三百五六十万",
        "几十万",
        "十几万",
        "几个亿",
        "数百万",
        "一千来万",
        "5000余万",
        "百把万",
        "100多",
        "1亿5百",
        "1亿2000",
        "三四",
        "十三四",
    ],
)
def test_an_approximate_number_is_marked_vague(text: str) -> None:
    read = read_number(text)

    assert read is not None
    assert read.vague


@pytest.mark.parametrize(
    "text", ["", " ", "万一", "亿", "元", "abc", "10%", "1000-2000", "12,34万", "一千0五十", "点五", "俩一", "二仨"]
)
def test_what_is_not_one_number_is_none(text: str) -> None:
    assert read_number(text) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [("万一不行", ["一"]), ("十分重要", []), ("去年1,200万，今年1500万", ["1,200万", "1500万"])],
)
def test_numbers_are_found_in_running_text(text: str, found: list[str]) -> None:
    assert [match[0] for match in NUMBER.finditer(text)] == found


@pytest.mark.parametrize(("text", "ordinal"), [("十二", 12), ("12", 12), ("1.5", None), ("十几", None), ("甲", None)])
def test_an_ordinal_is_a_whole_number_that_is_sure(text: str, ordinal: int | None) -> None:
    assert read_ordinal(text) == ordinal


@given(st.text("甲乙。！？”）；，", min_size=1))
def test_sentences_joined_give_the_paragraph_back(paragraph: str) -> None:
    assert "".join(split_sentences(paragraph)) == paragraph


def test_a_closing_mark_belongs_to_the_sentence_before_it() -> None:
    assert split_sentences("他说“好。”然后走了。") == ["他说“好。”", "然后走了。"]
