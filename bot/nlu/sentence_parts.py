"""Parts of a sentence: what stands between two marks (commas, full stops)."""

from knowledge.numerals import PART_MARKS


def part_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the part that holds `text[start:end]` begins and ends."""
    begins = max((text.rfind(mark, 0, start) for mark in PART_MARKS), default=-1) + 1
    ends = (text.find(mark, end) for mark in PART_MARKS)
    return begins, min((place for place in ends if place >= 0), default=len(text))


def is_parted(between: str) -> bool:
    """Whether a mark stands in the words between two places."""
    return any(mark in between for mark in PART_MARKS)
