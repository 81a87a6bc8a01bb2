"""The locks hold what pyproject.toml asks for, every file by its hash, from no named place."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINNED = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[\w.]+)(?P<rest>(?:.*\\\n)*.*)$", re.MULTILINE)
LOCKS = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "requirements").glob("*.txt"))}
HASHED = [name for name in LOCKS if name != "torch.txt"]


def name_of(requirement: str) -> str:
    """The name of a requirement as indexes compare it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement)[0]).lower()


def pins(lock: str) -> set[tuple[str, str]]:
    return {(name_of(match["name"]), match["version"]) for match in PINNED.finditer(LOCKS[lock])}


def names(lock: str) -> set[str]:
    return {name for name, _ in pins(lock)}


def test_every_lock_is_there() -> None:
    assert set(LOCKS) == {"run.txt", "dev.txt", "models.txt", "torch.txt"}
    assert len(pins("run.txt")) > 50


@pytest.mark.parametrize("lock", HASHED)
def test_every_pin_has_a_hash(lock: str) -> None:
    assert [match["name"] for match in PINNED.finditer(LOCKS[lock]) if "--hash=sha256:" not in match["rest"]] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_a_place(lock: str) -> None:
    assert not re.search(r"://|--(extra-)?index-url|--find-links| @ ", LOCKS[lock])


def test_the_locks_hold_what_the_project_asks_for() -> None:
    extras = PROJECT["optional-dependencies"]
    with_models = names("dev.txt") | names("models.txt") | names("torch.txt")

    assert {name_of(requirement) for requirement in PROJECT["dependencies"]} <= names("run.txt")
    assert {name_of(requirement) for requirement in extras["dev"]} <= names("dev.txt")
    assert {name_of(requirement) for requirement in extras["models"]} <= with_models


def test_the_locks_agree() -> None:
    assert pins("run.txt") <= pins("dev.txt")
    assert names("models.txt").isdisjoint(names("dev.txt"))


def test_no_lock_brings_a_build_for_a_graphics_card() -> None:
    assert not [name for lock in HASHED for name in names(lock) if re.match("torch$|triton|nvidia|cuda", name)]
