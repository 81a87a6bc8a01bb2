"""Near-duplicates: what counts as one, and that no question set holds what the models were trained on."""

from pathlib import Path

import pytest

from bot.nlu.duplicates import Question, near_duplicates, read_questions
from bot.nlu.examples import Example, load_all
from knowledge.errors import PolicyFolderError
from knowledge.library import BUNDLED, load_library

TESTS = Path(__file__).parents[2]


def example(said: str) -> Example:
    return Example(said, "ask", (), (), None, "start", Path("some.yaml"), 1)


def question(text: str) -> Question:
    return Question(text, Path("questions.yaml"), 1)


@pytest.mark.parametrize(
    ("said", "asked", "alike"),
    [
        ("研发费用今年[1200万](now)能补多少", "研發費用 今年１２００万能补多少", True),
        ("科技型中小企业创新项目最多给多少钱", "科技型中小企业创新项目最多给多少", True),
        ("研发费用今年1200万能补多少", "研发费用今年1300万能补多少", False),
        ("联合实验室补助多少", "孵化器奖励多少", False),
        ("你好", "你好", False),
    ],
)
def test_equal_or_nearly_equal_messages_are_found(said: str, asked: str, alike: bool) -> None:
    found = near_duplicates([example(said)], [question("别的问题在这里"), question(asked)])

    assert [pair.question.text for pair in found] == ([asked] if alike else [])


def test_the_most_alike_question_is_named_the_first_of_equals() -> None:
    asked = [question("科技型中小企业创新项目最多给多少"), question("科技型中小企业创新项目最多给多少钱呀")]
    (pair,) = near_duplicates([example("科技型中小企业创新项目最多给多少钱")], [*asked, *asked])

    assert pair.question is asked[1]
    assert 0.9 <= pair.likeness < 1


def test_questions_are_read_at_any_depth_with_their_lines(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.yaml").write_text("- id: x\n  turns:\n    - {q: 一, calc: {a: 1}}\n- {say: 二}\n", "utf-8")
    (tmp_path / "b.yaml").write_text("- intent: ask\n  say: [三, 四]\n", "utf-8")

    found = {(each.text, each.line) for each in read_questions(tmp_path)}

    assert found == {("一", 3), ("二", 4), ("三", 2), ("四", 2)}


def test_a_question_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyFolderError, match="nowhere"):
        read_questions(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize("folder", ["questions", "dialogs"])
def test_no_example_is_nearly_a_question_of_the_tests(folder: str) -> None:
    questions = read_questions(TESTS / folder)
    found = near_duplicates(load_all(load_library(BUNDLED).main), questions)

    assert len(questions) > 50
    assert [f"{p.example.path.name}:{p.example.line} {p.example.said} | {p.question.text}" for p in found] == []
