"""Errors: each comes back from another process as what it was."""

import pickle
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from knowledge.errors import PolicyBotError

ROOT = Path(__file__).parents[3]
PACKAGES = ("bot", "calculators", "knowledge", "retrieval")
FILE = Path("policies/xiamen/benefits.yaml")
# How errors are made that are not made of a message alone: by position, and by name.
MADE: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "PolicyFolderError": ((FILE, 7, "a slot is missing"), {}),
    "ParseError": ((FILE, None, "a heading is missing"), {}),
    "BrokenReference": ((FILE, 3, "there is no clause 7.9"), {}),
    "BrokenRule": (("rd_subsidy", "per", "is no amount"), {}),
    "InvalidInput": (("rd_expense", "is negative"), {}),
    "MalformedQuestions": ((FILE, 4, "field q: is missing"), {}),
    "WrongArgument": (("benefit", "is none of the policy's"), {}),
    "ModelFailed": (("status", 503), {}),
    "CallbackRefused": (("signature",), {}),
    "CallbackTooLarge": ((), {}),
    "DeliveryDelayed": (("too many",), {"seconds": 2.5}),
}


def modules() -> Iterator[str]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "PolicyBotError" in (text := path.read_text(encoding="utf-8")) or "Error)" in text:
                yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def descendants(kind: type[PolicyBotError]) -> Iterator[type[PolicyBotError]]:
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)


def every_kind() -> tuple[type[PolicyBotError], ...]:
    for name in modules():
        if not name.endswith("__main__"):
            import_module(name)
    found = [kind for kind in descendants(PolicyBotError) if kind.__module__.partition(".")[0] in PACKAGES]
    return (PolicyBotError, *sorted(dict.fromkeys(found), key=lambda kind: kind.__name__))


KINDS = every_kind()


def made(kind: type[PolicyBotError]) -> PolicyBotError:
    by_place, by_name = MADE.get(kind.__name__, (("what, where, and what to do next",), {}))
    return kind(*by_place, **by_name)


def test_the_tree_was_walked() -> None:
    assert len(KINDS) > 20
    assert MADE.keys() <= {kind.__name__ for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
def test_an_error_survives_the_way_through_another_process(kind: type[PolicyBotError]) -> None:
    error = made(kind)

    back = pickle.loads(pickle.dumps(error))

    assert type(back) is kind
    assert str(back) == str(error)
    assert vars(back) == vars(error)
    assert str(pickle.loads(pickle.dumps(back))) == str(error)
