"""What the desk says, by key."""

from pathlib import Path

from knowledge.wording import load_wording

WORDING = Path(__file__).with_name("zh.yaml")


def say(key: str, **values: object) -> str:
    """The sentence of that key with its blanks filled.

    Raises:
        WordingError: the key is unknown, or the blanks and the values differ.
    """
    return load_wording(WORDING).say(key, **values)
