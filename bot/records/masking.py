"""Masking: numbers that identify a person are covered before anything is kept. Sums of money are left alone."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path

from knowledge.wording import load_wording

COVER = "\u25cf"
WORDS = Path(__file__).with_name("masking.yaml")
_GAP = "[ \t\u00a0\u3000.\\-\u2010-\u2015]"  # spaces, full stops and dashes
_FREE = r"(?<!\d)"
_ENDS = r"(?!\d)(?!\.\d{1,2}(?!\d))"  # neither a digit more nor fen
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}  # letters, digits and signs of full width
_WORTH_LOOKING = re.compile(rf"@|\d(?:{_GAP}{{0,3}}\d){{6}}")  # the shortest number has seven digits
_MOBILE_GROUPS = ((11,), (3, 8), (7, 4), (3, 4, 4), (3, 3, 5), (4, 3, 4), (5, 6), (1,) * 11)
_EMAIL = r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)+"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_CARD_LENGTHS = range(16, 20)
_OLD_IDENTITY, _IDENTITY = 15, 18
_LOOKED_BACK = 8


@dataclass(frozen=True, slots=True)
class Masking:
    """Covers mobile numbers, landlines, identity and bank card numbers and e-mail addresses.

    `printed` are the numbers and addresses of offices, as `plain` spells them; they identify nobody and are left alone.
    """

    printed: frozenset[str] = field(default=frozenset())

    @staticmethod
    def for_policies(folder: Path) -> "Masking":
        """One that leaves alone what the texts in a folder of policy folders print."""
        texts = [path.read_text(encoding="utf-8", errors="replace") for path in sorted(folder.glob("*/text.txt"))]
        return COVERS_ALL.beside(*texts)

    def beside(self, *texts: str) -> "Masking":
        """One that also leaves alone what these texts print."""
        return Masking(self.printed | {plain(each) for text in texts for each in COVERS_ALL.found(text)})

    def mask(self, text: str) -> str:
        """The text with what identifies a person covered, a dot for each letter and digit."""
        while places := self._places(text):
            covered, done = [], 0
            for start, end in places:
                covered += [text[done:start], cover(text[start:end])]
                done = end
            text = "".join((*covered, text[done:]))
        return text

    def found(self, text: str) -> tuple[str, ...]:
        """What `mask` would cover."""
        return tuple(text[start:end] for start, end in self._places(text))

    def _places(self, text: str) -> Sequence[tuple[int, int]]:
        """Where such numbers stand, from left to right, none in another; the longer kinds are looked for first."""
        taken: list[tuple[int, int]] = []
        narrow = text.translate(_NARROW)  # as long as the text
        for start, end in _candidates(narrow) if _WORTH_LOOKING.search(narrow) else ():
            free = all(end <= other or start >= until for other, until in taken)
            if free and not self._is_printed(plain(narrow[start:end])):
                taken.append((start, end))
        return sorted(taken)

    def _is_printed(self, number: str) -> bool:
        """Whether an office prints the number, with or without its area code."""
        return number in self.printed or any(each.endswith(number) for each in self.printed if "@" not in each)


COVERS_ALL = Masking()


def plain(number: str) -> str:
    """A number or an address without gaps and widths, so that two spellings can be compared."""
    narrow = number.translate(_NARROW).lower()
    return narrow if "@" in narrow else "".join(filter(str.isalnum, narrow))


def cover(number: str) -> str:
    """A number with its letters and digits covered."""
    return "".join(COVER if each.isalnum() else each for each in number)


def _candidates(text: str) -> Iterator[tuple[int, int]]:
    patterns = _patterns()
    for match in patterns["email"].finditer(text):
        yield match.span()
    for kind in ("identity", "card", "old", "mobile", "landline", "spoken"):
        for match in patterns[kind].finditer(text):
            start, end = match.span("number")
            if _holds(kind, match["number"]) and not _is_sum(text, start, end):
                yield start, end


def _holds(kind: str, number: str) -> bool:
    """Whether the digits are such a number, where that can be told from them."""
    digits = plain(number).upper()
    match kind:
        case "identity":
            return len(digits) == _IDENTITY and _is_day(digits[6:14]) and _check_of(digits) == digits[-1]
        case "old":
            return len(digits) == _OLD_IDENTITY and _is_day(f"19{digits[6:12]}")
        case "card":
            return len(digits) in _CARD_LENGTHS and _passes_luhn(digits)
        case _:
            return True


def _is_sum(text: str, start: int, end: int) -> bool:
    """Whether a unit follows the number, or a currency stands before it."""
    patterns = _patterns()
    before = text[max(0, start - _LOOKED_BACK) : start]
    return bool(patterns["unit"].match(text, end) or patterns["currency"].search(before))


def _is_day(digits: str) -> bool:
    """Whether the digits are a day on which somebody can have been born."""
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return 1850 <= day.year < 2100


def _check_of(digits: str) -> str:
    """The last character of an identity number, from the seventeen before it (GB 11643)."""
    if not digits[:17].isdecimal():
        return ""
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False)) % 11]


def _passes_luhn(digits: str) -> bool:
    """Whether the last digit of a card's number is the one that its others call for (ISO/IEC 7812)."""
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    words = load_wording(WORDS).templates
    gap = f"{_GAP}?"
    mobiles = "|".join(_mobile(groups) for groups in _MOBILE_GROUPS)
    country = rf"(?:(?:\+|00)?86{gap})?"
    area = rf"(?:\+86{gap}0?|\(?0)(?:10|2\d|[3-9]\d{{2}})\)?"
    numbers = {
        "identity": rf"{_FREE}(?P<number>[1-8](?:{gap}\d){{16}}{gap}[\dX]){_ENDS}",
        "card": rf"{_FREE}(?P<number>[1-9]\d{{15,18}}|[3-69]\d{{3}}(?:{_GAP}\d{{4}}){{3}}(?:{_GAP}\d{{1,3}})?){_ENDS}",
        "old": rf"{_FREE}(?P<number>[1-8]\d{{14}}){_ENDS}",
        "mobile": rf"{_FREE}(?P<number>{country}(?:{mobiles})){_ENDS}",
        "landline": rf"{_FREE}(?P<number>{area}{gap}[2-8]\d{{2,3}}{gap}\d{{4}}(?:-\d{{1,5}})?){_ENDS}",
        "spoken": rf"(?:{words['telephones']})(?:{words['is']})*(?P<number>[2-8]\d{{2,3}}{gap}\d{{4}}){_ENDS}",
    }
    patterns = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in numbers.items()}
    return patterns | {
        "email": re.compile(_EMAIL),
        "unit": re.compile(rf"[ \u3000]*(?:{words['about']})?(?:{words['units']})", re.IGNORECASE),
        "currency": re.compile(rf"(?:{words['currencies']})[ \u3000]*$", re.IGNORECASE),
    }


def _mobile(groups: tuple[int, ...]) -> str:
    """A mobile number whose digits stand in groups of these sizes."""
    digits = ["1", "[3-9]", *[r"\d"] * 9]
    cut = [sum(groups[:index]) for index in range(len(groups) + 1)]
    return f"{_GAP}{{1,3}}".join("".join(digits[start:end]) for start, end in pairwise(cut))
