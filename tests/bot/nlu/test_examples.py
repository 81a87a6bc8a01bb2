"""Examples: what is read from a file, and that every mistake is named with its file and line."""

from pathlib import Path

import pytest

from bot.nlu.example_checks import example_mistakes, figure_problems, repeated
from bot.nlu.examples import Example, load_examples, read_examples
from bot.nlu.names import load_names
from bot.nlu.quantities import QuantityReader
from knowledge.errors import PolicyFolderError
from knowledge.library import BUNDLED, Dossier, load_library

BROKEN = """\
- intent: compute
  about: [rd_subsidy]
  say: ["研发费用今年[1200万](now)能补多少"]
- intent: dance
  say: [跳个舞]
- ask: [price]
  about: [moon]
  say: [多少钱]
- say: []
- about: rd_subsidy
  say: [研发补助]
- covered: maybe
  say: [有没有]
- mood: good
  say: [好]
- just words
- intent: tell
  say:
    - 今年[1200万](soon)
    - "  "
    - 去年[900万](before)
"""


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    return load_library(BUNDLED).main


@pytest.fixture(scope="module")
def reader() -> QuantityReader:
    return QuantityReader(load_names().quantities)


def written(folder: Path, text: str) -> Path:
    (folder / "some.yaml").write_text(text, "utf-8")
    return folder


def example(said: str, *, after: str = "start", line: int = 1, intent: str = "tell") -> Example:
    return Example(said, intent, (), (), None, after, Path("examples/some.yaml"), line)


def test_a_marked_line_gives_plain_words_and_figures() -> None:
    plain, spans = example("今年[1200万](now)，去年[900万](before)").parsed

    assert plain == "今年1200万，去年900万"
    assert [(plain[s.start : s.end], s.role) for s in spans] == [("1200万", "now"), ("900万", "before")]


def test_all_mistakes_of_a_file_are_collected_with_their_lines(dossier: Dossier, tmp_path: Path) -> None:
    sheet = read_examples(written(tmp_path, BROKEN), dossier)

    told = [(mistake.line, mistake.problem.split(" is none of ")[0]) for mistake in sheet.mistakes]
    assert told == [
        (4, "intent 'dance'"),
        (6, "ask 'price' is unknown"),
        (7, "about 'moon' is unknown"),
        (9, "is an empty group: `say` lists no line"),
        (10, "about is no list: write [rd_subsidy]"),
        (12, "covered 'maybe'"),
        (14, "has unknown keys ['mood']"),
        (16, "is no group: it needs `say` and its labels"),
        (19, "'1200万' has the unknown role 'soon'"),
        (20, "says nothing"),
    ]
    assert [each.parsed[0] for each in sheet.examples] == ["研发费用今年1200万能补多少", "去年900万"]


def test_training_is_told_the_first_mistake_and_how_many_there_are(dossier: Dossier, tmp_path: Path) -> None:
    with pytest.raises(PolicyFolderError, match=r"some\.yaml:4: intent 'dance'.*and 9 more"):
        load_examples(written(tmp_path, BROKEN), dossier)


def test_a_folder_that_is_not_there_has_no_examples(dossier: Dossier, tmp_path: Path) -> None:
    assert load_examples(tmp_path / "nowhere", dossier) == ()


def test_a_file_that_is_no_yaml_is_a_mistake(dossier: Dossier, tmp_path: Path) -> None:
    assert [m.problem[:12] for m in read_examples(written(tmp_path, "- [a"), dossier).mistakes] == ["cannot be re"]


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("今年[研发](now)不少", "hold 0 figures"),
        ("今年[1200万，去年900万](now)", "hold 2 figures"),
        ("[2024年](now)投了不少", "is read as a year, which has no role"),
        ("研发涨了[30%](heads)", "can never be heads"),
        ("招了[3名](years)博士后", "can never be years"),
    ],
)
def test_a_figure_that_cannot_be_is_a_mistake(reader: QuantityReader, said: str, problem: str) -> None:
    found = list(figure_problems(example(said), reader))

    assert len(found) == 1
    assert problem in found[0]


def test_a_unit_may_stand_behind_the_brackets(reader: QuantityReader) -> None:
    assert list(figure_problems(example("招了[3](heads)名博士后，每人[2](years)年"), reader)) == []


def test_a_line_that_stands_twice_is_a_mistake_unless_something_else_went_before() -> None:
    first, again = example("去年[900万](before)"), example("去年[900万](before)", line=7)
    other, later = example("去年[900万](now)", line=8), example("去年[900万](before)", line=9, after="asked_amount")

    found = list(repeated([first, again, other, later]))

    assert [mistake.line for mistake in found] == [7, 8]
    assert "some.yaml:1, too, there with other labels" in found[1].problem


def test_the_tiny_examples_are_sound(tiny_policies: Path) -> None:
    assert example_mistakes(load_library(tiny_policies).main) == ()
