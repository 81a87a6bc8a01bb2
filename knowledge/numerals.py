"""Chinese numerals, units and heading grammar: the only module that spells Chinese in code.

Input is expected in NFKC form and in simplified characters. Values are exact `Decimal`s.
"""

import re
from decimal import Decimal
from typing import NamedTuple

_DIGITS = {c: i for row in ("〇一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖") for i, c in enumerate(row)}
_DIGITS |= {"两": 2, "弍": 2, "叄": 3, "○": 0}
_DIGIT = "".join(_DIGITS)
PAIRS = ("俩", "仨")
_PAIR = "".join(PAIRS)
_NONZERO = "".join(c for c, value in _DIGITS.items() if value)
_DIGITS |= {"俩": 2, "仨": 3}  # never beside another digit
_FINANCIAL = str.maketrans("拾佰仟", "十百千")
_LATIN_SCALES = {
    "kw": 10**7,
    "w": 10**4,
    "k": 10**3,
    "thousand": 10**3,
    "million": 10**6,
    "mn": 10**6,
    "m": 10**6,
    "billion": 10**9,
}
_TENS = "廿卅"
_SPELLED_OUT = {"廿": "二十", "卅": "三十", "半": "0.5", "小目标": "亿"}
_SMALL_SCALES = {"千": 1000, "百": 100, "十": 10}
_LARGE_SCALES = {"亿": 10**8, "万": 10**4}
_ZERO = "零〇○"
_VAGUE = "几数多来余把"

_ARABIC = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,4}(?:,\d{4})+(?!\d)|\d+)(?:\.\d+)?(?:e[+-]?\d{1,4}(?!\d))?"
_SMALL = "十百千拾佰仟"
_LATIN = r"(?:kw|w|k|million|mn|m|billion|thousand)(?![a-z])"
# 万 and 亿 never begin a number, so that the adverbs 万一 and 千万 are not read as one; nor does a bare 百 or 千.
_HALF = "半(?=个?(?:亿|小目标|[百千]万))"
_START = (
    rf"(?:{_ARABIC}|[{_DIGIT}几{_TENS}]|[{_PAIR}](?=亿)|数(?=[{_SMALL}万亿])|[十拾](?!分[^之])|[百千](?=[万亿])"
    rf"|(?<=百分之)百|{_HALF})"
)
# Behind a scale a digit may begin a word of its own: 80万一共, 500万一个, 付了80万两年, 80万两三年.
_OF_ITS_OWN = (
    rf"(?:(?<=[万亿])[{_NONZERO}]?|(?<=[千百]))[{_DIGIT}](?=[共起个年家次分些般样直定旦名位项人块笔成半路边会])"
)
_ARABIC_NEXT = rf"{_ARABIC}(?=\s?[{_SMALL}万亿])|(?<=[万亿千百])\d(?![\d.年%])"
_NEXT = (
    rf"(?:\s?(?:{_LATIN}|{_ARABIC_NEXT}|(?!{_OF_ITS_OWN}|(?<=[万亿])[{_DIGIT}]{{4}}年)[{_DIGIT}{_SMALL}{_TENS}万亿{_VAGUE}](?!着)(?<!多(?=[了一出花投少于给拿补交付]))(?<!来(?=[算说看讲计做投]))"
    rf"|个(?=多?(?:[亿千]|百(?!分)|小目标))|小目标|点(?=[{_DIGIT}])))"
)
NUMBER = re.compile(rf"(?:[{_PAIR}](?!亿)|{_START}{_NEXT}{{0,40}})", re.IGNORECASE)
_PLAIN = re.compile(rf"({_ARABIC})({_LATIN})?", re.IGNORECASE)
_LITERAL = rf"(?:\d+(?:\.\d+)?|[{_DIGIT}](?:点[{_DIGIT}]+)?)"
_BELOW_TEN_THOUSAND = re.compile(
    rf"(?:(?P<千>{_LITERAL})千)?(?P<zero1>[{_ZERO}])?(?:(?P<百>{_LITERAL})百)?(?P<zero2>[{_ZERO}])?"
    rf"(?:(?P<十>{_LITERAL})?(?P<ten>十))?(?P<zero3>[{_ZERO}])?(?P<一>{_LITERAL})?"
)
_SPOKEN_FRACTION = re.compile(rf"([^点]+)点([{_DIGIT}]+)")
_SPOKEN_DECIMAL = re.compile(rf"([{_DIGIT}])点([{_DIGIT}]+)")

_LOWER = "(?:一(?=[两二])|[两二](?=三)|三(?=[四五])|四(?=五)|五(?=六)|六(?=七)|七(?=八)|八(?=九))"
_NEIGHBOURS = re.compile(rf"[{_NONZERO}](?=[{_NONZERO}][十百千万亿])|(?<=十){_LOWER}(?=.$)")
_TWO_OR_THREE = re.compile(f"{_LOWER}.")
_POSITIONAL = re.compile(rf"[{_DIGIT}]{{3}}")
# Behind 亿 ten thousands are meant where 万 was left out: surely in 1亿2千, perhaps in 1亿5百.
_THOUSANDS = re.compile(rf"[\d{_DIGIT}](?:\.\d+)?千[^万]*")
_NO_SCALE = re.compile(rf"亿(?![{_ZERO}0])[^万千]{{2,}}$")
# What the longest number can look like: each scale once, from the highest to the lowest.
_GROUPS = r"(?<![a-z])\d{1,3}(?:\s\d{2,3})+(?!\d)"  # but RD01 180万
_UNEVEN = re.compile(r"\d\s\d{1,2}(?!\d)")
_SOME = rf"(?:{_GROUPS}|(?:{_ARABIC}|[{_DIGIT}{_PAIR}{_TENS}几数半]*)(?:点[{_DIGIT}]+)?)[{_VAGUE}个\s]*"
_SCALES_DOWN = ("千仟", "百佰", "十拾")
_STEPS = "".join(rf"[{_ZERO}]*(?:{_SOME}[{scale}][{_VAGUE}个\s]*)?" for scale in _SCALES_DOWN) + f"[{_ZERO}]*"
_SHAPE = re.compile(
    rf"{_ARABIC}\s?{_LATIN}|{_STEPS}{_SOME}(?:(?:[万亿]|小目标)[{_VAGUE}个\s]*{_STEPS}{_SOME}){{0,3}}", re.IGNORECASE
)

_CALENDAR = re.compile(r"(?:19|20)\d\d")

PERCENT_OF, PART_OF = "百分之", "分之"
PARTS_OF = {PERCENT_OF: 100, "千分之": 1000, "万分之": 10_000}
NUMERATOR = re.compile(rf"{PART_OF}(\d{{1,4}}|[{_DIGIT}十]{{1,3}})(?![\d.{_SMALL}万亿])")
# Behind a unit: two and a half, two and more.
HALF_MORE, MORE = "半(?![年个天月数导])", r"多(?=$|[\s,，。.?？!！;；、的些吧啊呢])"
NUMERALS = frozenset(_DIGIT + _SMALL + "".join(_LARGE_SCALES))
HAN_DIGITS, HAN_DIGIT = _DIGIT + _PAIR, f"[{_DIGIT}]"
PART_MARKS = "。.？?！!，,；;、"
SENTENCE_MARKS = "。.？?！!，,；;：:、"
YEAR, YUAN, TEN_THOUSAND, HUNDRED_MILLION = "年", "元", "万", "亿"
HOW_MANY, OF = "几", "的"
ONE = "一"
PERSON, THING = "名", "个"
REACHED = ("到", "至", "为")  # behind a word of change: a level follows, no change
AT_LEAST = ("至", "最", "多", "不")  # before few or many: at least, at most, how many, no change
NOT_MUCH = ("多少", "什么", "几", "啥")  # behind a word for nothing: little, not nothing
SMALL_SCALES, FIGURE_ENDS = _SMALL, "万亿元%千百十"
COUNTED_UNITS = "元年成倍%"
SENTENCE_END, OMISSION = "。", "……"
QUESTION_ENDS = ("。", "？", "?", "！", "!", "；", ";", "\n")
MEASURE_LABEL = "第{}条"
SENTENCE_CLOSE = re.compile(r"[。！？；]+[”’）》]*")
PAUSE = re.compile("[，、：]")
_SENTENCE = re.compile(r"[^。！？]*[。！？]+[”’）》]*|[^。！？]+$")
_HEADING_NUMBER = "[一二三四五六七八九十]+"
SECTION_HEADING = re.compile(rf"(?P<number>{_HEADING_NUMBER})、(?P<title>[^。，；]+)")
GROUP_HEADING = re.compile(rf"（(?P<number>{_HEADING_NUMBER})）(?P<title>[^。，；]+)")
MEASURE_HEADING = re.compile(r"(?P<heading>(?P<number>\d+)\.(?P<title>[^。；]+))(?P<stop>。)(?P<body>.*)")
FIGURE_WITH_UNIT = re.compile(
    rf"(?P<percent_of>{PERCENT_OF})?(?P<number>{NUMBER.pattern})(?P<percent>%)?", re.IGNORECASE
)
FIGURE = re.compile(rf"{_ARABIC}(?:[十百千]?[{TEN_THOUSAND}{HUNDRED_MILLION}])?{YUAN}?%?")


class Number(NamedTuple):
    """A number as read from text.

    `vague` marks 一千来万, 七八百万, 几十万: nothing may be computed from such a value.
    `scaled` says that a scale from 万 upward was written, so that the number can hardly be anything but money.
    """

    value: Decimal
    vague: bool = False
    scaled: bool = False


def find_number(text: str, start: int = 0) -> tuple[int, int, Number] | None:
    """The first number at or behind a place: where it begins and ends, and its value. Linear in what it passes over.

    >>> find_number("付了80万一共")
    (2, 5, Number(value=Decimal('800000'), vague=False, scaled=True))
    """
    for match in NUMBER.finditer(text, start):
        shape = _SHAPE.match(text, *match.span())
        written = shape[0] if shape else ""
        for scale in _LARGE_SCALES:
            written = _before_another(written, scale)
        written = _before_year(written, text[match.start() + len(written) :])
        while written:
            try:
                number = read_number(written)
            except ArithmeticError:
                number = None
            if number is not None:
                return match.start(), match.start() + len(written.rstrip()), number
            written = written[:-1]
    return None


def _before_year(text: str, behind: str) -> str:
    """The text up to a calendar year: a comma before one (310,2023 and the word for year) parts two numbers."""
    head, comma, last = text.rpartition(",")
    return head if comma and behind.startswith(YEAR) and _CALENDAR.fullmatch(last) else text


def _before_another(text: str, scale: str) -> str:
    """The text up to a second number: no large scale stands twice in one."""
    head, *rest = text.split(scale, 2)
    if len(rest) < 2:
        return text
    end = max(rest[0].rfind(mark) for mark in _LARGE_SCALES) + 1
    return f"{head}{scale}{rest[0][:end]}"


def read_number(text: str) -> Number | None:
    """Value of one number in digits, Chinese characters or both; None where the text is not one.

    >>> [int(read_number(t).value) for t in ("1亿2000万", "三亿五", "1.2千万", "壹仟贰佰万", "1,200万", "二百万零一")]
    [120000000, 350000000, 12000000, 12000000, 12000000, 2000001]
    >>> read_number("七八百万").vague, read_number("万一")
    (True, None)
    """
    bare = re.sub(r"\s|个", "", text).translate(_FINANCIAL)
    for short, whole in _SPELLED_OUT.items():
        bare = bare.replace(short, whole)
    bare = re.sub(_ARABIC, lambda match: match[0].replace(",", ""), bare)
    if plain := _PLAIN.fullmatch(bare):
        scale = _LATIN_SCALES[plain[2].lower()] if plain[2] else 1
        return Number(Decimal(plain[1]) * scale, scaled=bool(plain[2]))
    bare, dropped = re.subn(r"[多来余把]", "", bare)
    vague = dropped > 0 or _UNEVEN.search(text) is not None
    if bare in ("几", "数"):
        return None
    if re.search("[几数]", bare):
        bare, vague = re.sub("[几数]", "一", bare), True
    if _TWO_OR_THREE.fullmatch(bare):  # the higher of the two; but the year may be meant by 二三
        return Number(_digits(bare if bare[0] == "二" else bare[1]), vague=True)
    pairs = 0
    if not _POSITIONAL.match(bare):
        bare, pairs = _NEIGHBOURS.subn("", bare)
    value = _read(bare)
    if value is None:
        return None
    vague = vague or pairs > 0 or _NO_SCALE.search(bare) is not None
    return Number(value, vague, any(scale in bare for scale in _LARGE_SCALES))


def _read(text: str) -> Decimal | None:
    """The number without marks of vagueness: hundreds of millions, then ten thousands, then the rest."""
    for mark, scale in _LARGE_SCALES.items():
        if text.count(mark) > 1:
            return None
        if mark in text:
            head, tail = text.rsplit(mark, 1)
            above = _read(head)
            below = _read_tail(tail, Decimal(scale))
            return None if above is None or below is None else above * scale + below
    return _read_below_ten_thousand(text)


def _read_tail(text: str, scale: Decimal) -> Decimal | None:
    """What follows a scale: nothing, a lone digit that counts tenths of it (三亿五), or a smaller number.

    Thousands right behind 亿 are thousands of 万 (1亿2千); those of one are said with a zero before them.
    """
    if not text:
        return Decimal(0)
    if len(text) == 1 and (text.isdigit() or text in _DIGITS):
        return _read_digit(text) * scale / 10
    below = _read(text.lstrip(_ZERO))
    left_out = scale == _LARGE_SCALES["亿"] and _THOUSANDS.fullmatch(text)
    return below * _LARGE_SCALES["万"] if below and left_out else below


def _digits(text: str) -> Decimal:
    return Decimal("".join(str(_DIGITS[c]) for c in text))


def _read_digit(text: str) -> Decimal:
    if spoken := _SPOKEN_DECIMAL.fullmatch(text):
        return Decimal(f"{_DIGITS[spoken[1]]}.{''.join(str(_DIGITS[c]) for c in spoken[2])}")
    return Decimal(_DIGITS[text]) if text in _DIGITS else Decimal(text)


def _read_below_ten_thousand(text: str) -> Decimal | None:
    if text in PAIRS or (text and all(c in _DIGIT for c in text)):
        return _digits(text)
    if spoken := _SPOKEN_FRACTION.fullmatch(text):
        whole = _read_below_ten_thousand(spoken[1])
        return None if whole is None else whole + Decimal("0." + "".join(str(_DIGITS[c]) for c in spoken[2]))
    if re.fullmatch("[百千]", text):
        return Decimal(_SMALL_SCALES[text])
    parts = _BELOW_TEN_THOUSAND.fullmatch(text)
    if not text or parts is None:
        return None
    total, last_scale = Decimal(0), 1
    for mark, scale in _SMALL_SCALES.items():
        if parts[mark] or (mark == "十" and parts["ten"]):
            total += _read_digit(parts[mark] or "一") * scale
            last_scale = scale
    if ones := parts["一"]:
        spoken_tenth = last_scale > 10 and not (parts["zero1"] or parts["zero2"] or parts["zero3"])
        total += _read_digit(ones) * (last_scale // 10 if spoken_tenth and len(ones) == 1 else 1)
    return total


def read_ordinal(text: str) -> int | None:
    """A whole number such as 十二 or 12 as `int`; None where the text is not one."""
    number = read_number(text)
    if number is None or number.vague or number.value != number.value.to_integral_value():
        return None
    return int(number.value)


def split_sentences(paragraph: str) -> list[str]:
    """Sentences with their closing marks; joined they give the paragraph back."""
    return _SENTENCE.findall(paragraph)
