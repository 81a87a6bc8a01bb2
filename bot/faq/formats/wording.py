"""Headings and labels of the written FAQ, by key."""

from pathlib import Path

from knowledge.wording import load_wording

WORDING = Path(__file__).with_name("wording.yaml")


def label(key: str, **values: object) -> str:
    """The words of that key with their blanks filled.

    Raises:
        WordingError: the key is unknown, or the blanks and the values differ.
    """
    return load_wording(WORDING).say(key, **values)
