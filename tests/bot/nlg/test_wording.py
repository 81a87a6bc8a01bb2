"""The wording file: every sentence that the dialog says is there and is said, and none holds a figure."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

from bot.channels.commands import COMMANDS
from bot.nlg.guard import figures
from bot.nlg.wording import WORDING, say
from bot.nlu.labels import MATTERS, NEVER_STATED
from bot.nlu.quantities import Doubt
from bot.service.message import Medium
from calculators.calculation import Bound
from calculators.inverse import Requirement
from knowledge.errors import WordingError
from knowledge.wording import load_wording

BOT = Path(__file__).parents[3] / "bot"
SAYERS = {"say", "Remark", "not_covered", "_listed"}
SOURCES = [path for path in sorted(BOT.rglob("*.py")) if BOT / "cli" not in path.parents]
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}
TEMPLATES = load_wording(WORDING).templates
GIVEN = {
    node.args[0].value
    for path, tree in TREES.items()
    if BOT / "dialog" in path.parents
    for node in ast.walk(tree)
    if isinstance(node, ast.Call)
    and isinstance(node.func, ast.Name)
    and node.func.id == "Doubt"
    and isinstance(node.args[0], ast.Constant)
    and isinstance(node.args[0].value, str)
}
DOUBTS = GIVEN | set(get_args(Doubt))
ENDINGS = {
    "silent_": set(NEVER_STATED),
    "matter_": set(MATTERS),
    "doubt_": DOUBTS,
    "due_": set(get_args(Bound)) - {"unspecified"},
    "total_": set(get_args(Bound)) - {"unspecified"},
    "menu_": set(COMMANDS),
    "unreadable_": set(get_args(Medium)),
    "needed_": set(get_args(Requirement.__annotations__["relation"])),
}


def keys_of(node: ast.expr) -> Iterator[str]:
    """Keys that an expression can be: a text, one of two texts, or a text with an ending of a known kind."""
    match node:
        case ast.Constant(value=str(key)):
            yield key
        case ast.IfExp():
            yield from keys_of(node.body)
            yield from keys_of(node.orelse)
        case ast.JoinedStr(values=[ast.Constant(value=str(beginning)), ast.FormattedValue()]):
            yield from (beginning + ending for ending in ENDINGS[beginning])


def said_keys() -> Iterator[tuple[str, str]]:
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args:
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in SAYERS:
                    yield from ((path.name, key) for key in keys_of(node.args[0]))


def remarks() -> Iterator[tuple[str, int, str, frozenset[str]]]:
    """Remarks whose key and values stand in the code: file, line, key and what is given."""
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Remark"):
                continue
            match node.args:
                case [ast.Constant() | ast.IfExp() as key]:
                    yield from ((path.name, node.lineno, each, frozenset()) for each in keys_of(key))
                case [ast.Constant() | ast.IfExp() as key, ast.Dict(keys=names)]:
                    given = frozenset(str(name.value) for name in names if isinstance(name, ast.Constant))
                    yield from ((path.name, node.lineno, each, given) for each in keys_of(key))


SAID = sorted(set(said_keys()))
SPELLED = {
    node.value
    for tree in TREES.values()
    for node in ast.walk(tree)
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
}


def test_the_walk_found_what_is_said() -> None:
    assert len(SOURCES) > 15
    assert len(SAID) > 60
    assert {"quoted", "hello", "silent_deadline", "matter_contact", "due_exact"} & {key for _, key in SAID}


@pytest.mark.parametrize(("file", "key"), SAID)
def test_every_key_that_is_said_has_its_sentence(file: str, key: str) -> None:
    assert key in TEMPLATES, f"{file} says {key!r}, which zh.yaml does not hold"


def test_every_remark_gives_what_its_sentence_needs() -> None:
    found = list(remarks())

    assert len(found) > 30
    wrong = [remark for remark in found if remark[3] != load_wording(WORDING).blanks(remark[2])]
    assert {remark[2] for remark in wrong} == {"ask_slot"}  # its `why` is said apart, in a sentence of its own


@pytest.mark.parametrize("key", TEMPLATES)
def test_every_sentence_is_said(key: str) -> None:
    assert key in {said for _, said in SAID} | SPELLED, f"nothing says {key!r}"


def test_every_reason_for_doubt_that_the_code_gives_was_found() -> None:
    assert {"what", "year", "groups"} <= GIVEN
    assert {"vague", "foreign"} <= DOUBTS


@pytest.mark.parametrize("key", TEMPLATES)
def test_no_sentence_holds_a_figure_of_its_own(key: str) -> None:
    words = "".join(text for text, *_ in Formatter().parse(TEMPLATES[key]))

    assert not re.search(r"\d", words)
    assert figures(words) == ()


@pytest.mark.parametrize("key", TEMPLATES)
def test_every_sentence_can_be_filled(key: str) -> None:
    blanks = load_wording(WORDING).blanks(key)

    said = say(key, **{blank: f"<{blank}>" for blank in blanks})

    assert said.strip()
    assert all(f"<{blank}>" in said for blank in blanks)


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(WordingError, match="no_such_key"):
        say("no_such_key")


def test_blanks_and_values_must_agree() -> None:
    with pytest.raises(WordingError, match="given"):
        say("given")
    with pytest.raises(WordingError, match="quoted"):
        say("quoted", what="x")
