"""Masking: what identifies a person is covered, sums of money and what an office prints are not."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.records.masking import COVERS_ALL, Masking
from knowledge.library import BUNDLED

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
COVERED = {
    "打13800138000找我": "打●●●●●●●●●●●找我",
    "138-0013-8000": "●●●-●●●●-●●●●",
    "138 0013 8000": "●●● ●●●● ●●●●",
    "1 3 8 0 0 1 3 8 0 0 0": "● ● ● ● ● ● ● ● ● ● ●",
    "+86 138 0013 8000": "+●● ●●● ●●●● ●●●●",
    "8613800138000": "●●●●●●●●●●●●●",
    "１３８００１３８０００": "●●●●●●●●●●●",
    "13800138000,13900139000": "●●●●●●●●●●●,●●●●●●●●●●●",
    "1.13800138000 2.13900139000": "1.●●●●●●●●●●● 2.●●●●●●●●●●●",
    "13800138000元旦前联系": "●●●●●●●●●●●元旦前联系",
    "13800138000万分感谢": "●●●●●●●●●●●万分感谢",
    "010-62345678": "●●●-●●●●●●●●",
    "（0592）5678123": "（●●●●）●●●●●●●",
    "0592-5678123-801": "●●●●-●●●●●●●-●●●",
    "电话：5678123": "电话：●●●●●●●",
    "座机号码是62345678": "座机号码是●●●●●●●●",
    "11010519491231002X": "●●●●●●●●●●●●●●●●●●",
    "110105 19491231 002x": "●●●●●● ●●●●●●●● ●●●●",
    "110105491231002": "●●●●●●●●●●●●●●●",
    "4111 1111 1111 1111": "●●●● ●●●● ●●●● ●●●●",
    "张三abc.d@example.com.cn好": "张三●●●.●@●●●●●●●.●●●.●●好",
    "a＠b.com": "●＠●.●●●",
    "13800138000 研发费用5222元": "●●●●●●●●●●● 研发费用5222元",
}
LEFT = [
    *(
        "12000000元",
        "13800000000元",
        "13800138000元",
        "１３８００１３８０００元",
        "13800000000 万元",
        "15900000000多元",
    ),
    *("13912345678.50", "12,000,000元", "13,800,138,000元", "￥13800138000", "人民币 13800138000", "5678123元"),
    *("去年1300万今年1500万", "2019-2021", "2021 2022 2023 2024", "今年1500 1600 200", "第7.2条", "1062345678"),
    *("xiamen-sti-measures/7.2", "110105194912310021", "2021年1月1日", "20221234567", "4111111111111112", "研发@投入"),
]


@pytest.mark.parametrize(("text", "covered"), COVERED.items())
def test_what_identifies_a_person_is_covered(text: str, covered: str) -> None:
    assert COVERS_ALL.mask(text) == covered


@pytest.mark.parametrize("text", LEFT)
def test_what_identifies_nobody_is_left_alone(text: str) -> None:
    assert COVERS_ALL.mask(text) == text


@pytest.mark.parametrize("text", ["0592-2021807", "0592 2021807", "电话是2021807吗", "（0592）2021807"])
def test_the_telephone_of_the_office_is_left_alone(text: str) -> None:
    masking = Masking.for_policies(BUNDLED)

    assert masking.mask(text) == text
    assert masking.mask("0592-2021808") == "●●●●-●●●●●●●"


digits = st.text("0123456789", min_size=0, max_size=20)
words = st.text(st.characters(codec="utf-8", exclude_categories=["Nd"]), max_size=20).filter(
    lambda text: not text.endswith((".", "￥", "¥", "$", "B", "Y", "b", "y", "币"))
)
gaps = st.sampled_from(["", " ", "-", "－", "\u3000"])


def with_check(body: str) -> str:
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


def with_luhn(body: str) -> str:
    total = sum(sum(divmod(int(d) * (2 if place % 2 == 0 else 1), 10)) for place, d in enumerate(reversed(body)))
    return body + str(-total % 10)


mobiles = st.builds(
    lambda second, middle, last, gap: f"1{second}{middle[:1]}{gap}{middle[1:]}{gap}{last}",
    *(
        st.sampled_from("3456789"),
        st.from_regex(r"[0-9]{5}", fullmatch=True),
        st.from_regex(r"[0-9]{4}", fullmatch=True),
    ),
    gaps,
)
identities = st.builds(
    lambda place, day, serial: with_check(f"{place}{day:%Y%m%d}{serial}"),
    st.from_regex(r"[1-6][0-9]{5}", fullmatch=True),
    st.dates(min_value=date(1900, 1, 1), max_value=date(2030, 1, 1)),
    st.from_regex(r"[0-9]{3}", fullmatch=True),
)
cards = st.from_regex(r"[3-69][0-9]{14,17}", fullmatch=True).map(with_luhn)


@given(words, st.one_of(mobiles, identities, cards), st.sampled_from(["", "，", "。", " ", "，研发费用1200万元"]))
def test_no_such_number_is_left_in_a_masked_text(before: str, number: str, after: str) -> None:
    masked = COVERS_ALL.mask(f"{before}{number}{after}")

    assert number not in masked
    assert not any(each.isdecimal() for each in masked[len(before) : len(before) + len(number)])
    assert masked.endswith(after)


@given(st.text(st.sampled_from("0123456789 -.,@aX元万电话：+"), max_size=60))
def test_masking_twice_changes_nothing_more_and_no_length(text: str) -> None:
    masked = COVERS_ALL.mask(text)

    assert COVERS_ALL.mask(masked) == masked
    assert COVERS_ALL.found(masked) == ()
    assert len(masked) == len(text)


@given(st.integers(1, 10**19), st.sampled_from(["元", "万元", "亿元", "万", "亿", " 元", "余元", "块"]))
def test_amounts_survive(amount: int, unit: str) -> None:
    for text in (f"{amount}{unit}", f"{amount:,}{unit}", f"去年{amount}{unit}，今年{amount}{unit}", f"￥{amount}"):
        assert COVERS_ALL.mask(text) == text


@given(st.lists(st.integers(1, 9_999), min_size=1, max_size=6), st.sampled_from(["万，", "元、", "%和"]))
def test_several_amounts_survive(amounts: list[int], between: str) -> None:
    text = "".join(f"{amount}{between}" for amount in amounts)

    assert COVERS_ALL.mask(text) == text
