"""The words of the staff console, by key."""

from pathlib import Path

from knowledge.wording import load_wording

WORDING = Path(__file__).with_name("wording.yaml")


def phrase(key: str, **values: object) -> str:
    """The words of that key with their blanks filled.

    Raises:
        WordingError: the key is unknown, or the blanks and the values differ.
    """
    return load_wording(WORDING).say(key, **values)


def channel_of(name: str) -> str:
    """What people call a channel; one that has no words yet, by its own name."""
    key = f"channel_{name}"
    return phrase(key) if key in load_wording(WORDING).templates else name
