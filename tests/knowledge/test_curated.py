"""The file of answers by staff: what it may hold, and that every mistake in it is told with its line."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from knowledge.curated import CuratedAnswer, load_curated
from knowledge.errors import BrokenReference, PolicyFolderError
from knowledge.library import BUNDLED, Library, load_library

POLICY = "xiamen-sti-measures"
GOOD = """\
# reviewed by the office
- question: 什么时候申报？
  also: [申报时间是哪天, 几月申报]
  answer: |
    每年三月。

    以通知为准。
  statement: office
  role: 战略规划处 处长
  valid_until: 2027-06-30
- question: 研发费用补助怎么算？
  answer: 每满200万元给10万元。
  clause: "7.2"
  role: 战略规划处 经办人
  valid_until: 2027-12-31
"""


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "faq" / "curated.yaml"


def load(path: Path, text: str, library: Library) -> tuple[CuratedAnswer, ...]:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return load_curated(path, library)


def test_a_file_holds_statements_of_the_office_and_explanations_of_clauses(path: Path, library: Library) -> None:
    statement, explanation = load(path, GOOD, library)

    assert statement.questions == ("什么时候申报？", "申报时间是哪天", "几月申报")
    assert statement.answer == "每年三月。\n\n以通知为准。"
    assert (statement.clause, statement.role, statement.policy) == (None, "战略规划处 处长", POLICY)
    assert (statement.line, explanation.line) == (2, 11)
    assert explanation.clause == f"{POLICY}/7.2"
    assert explanation.also == ()


def test_an_answer_is_given_on_its_last_day_and_not_on_the_next(path: Path, library: Library) -> None:
    statement, _ = load(path, GOOD, library)

    assert statement.holds_on(date(2027, 6, 30))
    assert not statement.holds_on(date(2027, 7, 1))


def test_an_id_stays_while_the_question_stays(path: Path, library: Library) -> None:
    before = load(path, GOOD, library)
    after = load(path, GOOD.replace("三月", "四月").replace("补助怎么算", "补助怎么给"), library)

    assert before[0].id == after[0].id
    assert before[1].id != after[1].id


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "[]\n", "---\n"])
def test_a_file_that_holds_nothing_has_no_answers(path: Path, library: Library, text: str) -> None:
    assert load(path, text, library) == ()


def test_a_file_that_is_not_there_has_no_answers(path: Path, library: Library) -> None:
    assert load_curated(path, library) == ()


def test_what_cannot_be_read_is_a_mistake_and_not_nothing(tmp_path: Path, library: Library) -> None:
    with pytest.raises(PolicyFolderError, match="cannot be read"):
        load_curated(tmp_path, library)


STATED, ROLE, DAY = "  statement: office\n", "role: 战略规划处 处长", "valid_until: 2027-06-30"
MISTAKES = {
    "no_list": (GOOD, "question: 什么时候申报？\n", "is not a list", 1),
    "no_mapping": ("- question: 什么时候申报？", "- 什么时候申报？\n- question: 什么", "valid dictionary", 2),
    "no_yaml": ("also: [申报时间是哪天, 几月申报]", "also: [申报时间是哪天", "is not valid YAML", 4),
    "a_key_twice": (ROLE, f"{ROLE}\n  role: 局长", "key 'role' stands twice", 10),
    "an_unknown_key": (ROLE, f"{ROLE}\n  name: 张三", "field name", 10),
    "no_role": (f"  {ROLE}\n", "", "field role", 2),
    "an_empty_role": (ROLE, "role: ' '", "field role", 9),
    "no_answer": ("answer: 每满200万元给10万元。", "answer:", "field answer", 12),
    "neither_clause_nor_statement": (STATED, "", "either `clause: <place>` or `statement: office`", 2),
    "clause_and_statement": (STATED, f'{STATED}  clause: "7.2"\n', "and not both", 2),
    "a_statement_of_nobody": ("statement: office", "statement: hearsay", "field statement", 8),
    "a_clause_that_is_not_there": ('clause: "7.2"', 'clause: "7.29"', f"there is no clause {POLICY}/7.29", 13),
    "a_policy_that_is_not_there": (ROLE, f"{ROLE}\n  policy: zhangzhou", "there is no policy zhangzhou", 10),
    "a_day_in_words": (DAY, "valid_until: 明年底", "is not a date written YYYY-MM-DD", 10),
    "a_day_as_a_number": (DAY, "valid_until: 1814313600", "is not a date written YYYY-MM-DD", 10),
    "a_day_that_never_comes": (DAY, "valid_until: 2027-06-31", "day", 10),
    "a_question_without_words": ("question: 什么时候申报？", "question: ？！", "field question: holds no word", 2),
    "a_long_question": ("什么时候申报？", "什么时候申报？" * 30, "at most 200 characters", 2),
    "a_long_phrasing": ("几月申报]", f"{'几月申报' * 60}]", "field also.1", 3),
    "a_long_answer": ("每年三月。", "每年三月。" * 500, "at most 2000 characters", 4),
    "phrasings_that_are_no_list": ("also: [申报时间是哪天, 几月申报]", "also: 几月申报", "field also", 3),
    "a_question_of_two_lines": ("question: 什么时候申报？", 'question: "什么时候\\n申报？"', "several lines", 2),
    "a_control_character": ("每满200万元", '"\\e[31m每满200万元"', "is not valid YAML", 12),
    "an_escape_sequence": ("answer: 每满200万元给10万元。", 'answer: "\\e[31m红"', "U+001B", 12),
    "a_direction_mark": ("answer: 每满200万元给10万元。", 'answer: "\\u202e反"', "U+202E", 12),
    "a_hidden_blank": ("几月申报]", "几月\u200b申报]", "U+200B", 3),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_refused_with_its_file_and_line(path: Path, library: Library, name: str) -> None:
    old, new, words, line = MISTAKES[name]
    assert old in GOOD

    with pytest.raises(PolicyFolderError) as caught:
        load(path, GOOD.replace(old, new, 1), library)

    assert words in str(caught.value)
    assert str(caught.value).startswith(f"faq/curated.yaml:{line}: ")


def test_a_reference_that_leads_nowhere_is_told_apart(path: Path, library: Library) -> None:
    with pytest.raises(BrokenReference):
        load(path, GOOD.replace('"7.2"', '"77.2"'), library)


def test_an_entry_may_be_for_another_policy(tmp_path: Path, path: Path) -> None:
    shutil.copytree(BUNDLED, tmp_path / "policies")
    shutil.copytree(BUNDLED / POLICY, tmp_path / "policies" / "zhangzhou")
    facts = tmp_path / "policies" / "zhangzhou" / "policy.yaml"
    facts.write_text(facts.read_text(encoding="utf-8").replace(f"id: {POLICY}", "id: zhangzhou"), encoding="utf-8")

    _, explanation = load(path, f"{GOOD}  policy: zhangzhou\n", load_library(tmp_path / "policies"))

    assert (explanation.policy, explanation.clause) == ("zhangzhou", "zhangzhou/7.2")
