"""What the addresses of the web say to people, by key."""

from pathlib import Path
from typing import Any

from knowledge.wording import load_wording

WORDING = Path(__file__).with_name("wording.yaml")


def phrase(key: str, **values: object) -> str:
    """The sentence of that key with its blanks filled.

    Raises:
        WordingError: the key is unknown, or the blanks and the values differ.
    """
    return load_wording(WORDING).say(key, **values)


def described(key: str) -> dict[str, Any]:
    """What the OpenAPI page says of an address, as arguments of its route.

    Raises:
        WordingError: the key has no summary or no description.
    """
    return {"summary": phrase(f"{key}_summary"), "description": phrase(f"{key}_description")}
