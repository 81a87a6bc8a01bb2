"""The tour is true: its stops are functions that exist, its paths are there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOUR = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")
LINKS = re.findall(r"\[`?([^\]`]+)`?\]\(\.\./([^)]+)\)", TOUR)
PATHS = sorted(set(re.findall(r"`((?:bot|calculators|knowledge|retrieval|tests|docs)/[^`<>*]*)`", TOUR)))
STOP = re.compile(r"^## \d+\. ", re.MULTILINE)


def names_of(path: Path) -> set[str]:
    """Functions and classes of a file, methods as `Class.method`."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            methods = (each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
            names |= {f"{node.name}.{each.name}" for each in methods}
    return names


def test_there_are_ten_stops_and_twelve_places() -> None:
    table = TOUR.partition("## Where do I change X")[2]

    assert len(STOP.findall(TOUR)) == 10
    assert len(re.findall(r"^\| (?!X \|)[a-z]", table, re.MULTILINE)) == 12
    assert len(LINKS) > 12


@pytest.mark.parametrize(("name", "path"), LINKS)
def test_a_stop_is_a_function_of_its_file(name: str, path: str) -> None:
    assert name in names_of(ROOT / path)


@pytest.mark.parametrize("path", PATHS)
def test_a_path_is_there(path: str) -> None:
    assert (ROOT / path).exists()
