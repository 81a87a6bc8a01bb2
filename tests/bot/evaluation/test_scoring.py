"""Evaluation: every field of a question can fail, and a malformed row is named."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.app import App
from bot.evaluation.scoring import (
    MalformedQuestions,
    Question,
    judge,
    last_line,
    percent,
    question_files,
    read_rows,
    score_file,
)
from bot.nlg.turn import Conversation
from bot.service.contract import AskReply, reply_of

DAY = date(2026, 11, 23)
SUM = "今年研发费用1200万元，去年900万元，能补多少？"
RIGHT: dict[str, Any] = {
    "q": SUM,
    "outcome": "answered",
    "measures": [7],
    "max_measures": 1,
    "sections": ["增强科技型中小企业"],
    "has": ["60万元"],
    "not": ["61万元"],
    "calc": {"rd_subsidy": [600000, "exact"], "rd_growth_bonus": [500000, "at_most"]},
    "total": [1100000, "at_most"],
}
WRONG_FIELDS: dict[str, tuple[dict[str, Any], str]] = {
    "outcome": ({"outcome": "not_covered"}, "outcome answered, not not_covered"),
    "one_of_two_outcomes": ({"outcome": ["greeting", "needs_input"]}, "outcome answered, not greeting or needs_input"),
    "measures": ({"measures": [7, 8]}, "measure 8 is not cited"),
    "max_measures": ({"max_measures": 0}, "cites 1 measures, more than 0"),
    "sections": ({"sections": ["范围期限"]}, "section 范围期限 is not cited"),
    "has": ({"has": ["60万元", "99万元"]}, "lacks /99万元/"),
    "not": ({"not": ["6\\d万元"]}, "has /6\\d万元/"),
    "amount": ({"calc": {"rd_subsidy": [600001, "exact"]}}, "rd_subsidy: 600000 exact, not 600001 exact"),
    "bound": ({"calc": {"rd_subsidy": [600000, "at_most"]}}, "rd_subsidy: 600000 exact, not 600000 at_most"),
    "not_due": ({"calc": {"rd_subsidy": False}}, "rd_subsidy: 600000 where nothing is due"),
    "not_computed": ({"calc": {"joint_lab": [1, "exact"]}}, "joint_lab is not computed"),
    "total": ({"total": [1100000, "exact"]}, "total 1100000 at_most, not 1100000 exact"),
    "missing": ({"missing": True}, "must ask for what is missing, but is answered"),
}
MALFORMED = {
    "unknown_field": ([{"q": "x", "measure": [7]}], "row 1: field turns.0.measure: Extra inputs are not permitted"),
    "second_row": ([{"q": "x"}, {"q": ["x"]}], "row 2: field turns.0.q"),
    "not_a_row": (["x"], "row 1: is not a mapping but str"),
    "not_a_list": ({"q": "x"}, "must be a list"),
    "empty": ([], "must be a list"),
    "no_turns": ([{"id": "a", "turns": []}], "row 1: field turns"),
    "turns_of_text": ([{"id": "a", "turns": "x"}], "row 1: field turns"),
    "field_beside_turns": ([{"id": "a", "turns": [{"q": "x"}], "outcome": "answered"}], "row 1: field outcome"),
    "unknown_outcome": ([{"q": "x", "outcome": "answer"}], "row 1: field turns.0.outcome"),
    "no_pattern": ([{"q": "x", "has": ["("]}], "is no regular expression"),
    "no_bound": ([{"q": "x", "total": [1, "about"]}], "row 1: field turns.0.total"),
    "infinite_yuan": ([{"q": "x", "total": ["Infinity", "exact"]}], "row 1: field turns.0.total"),
    "calc_yes": ([{"q": "x", "calc": {"rd_subsidy": True}}], "row 1: field turns.0.calc.rd_subsidy"),
}


def ask(app: App, text: str) -> AskReply:
    turn = app.desk.respond(Conversation(), text, as_of=DAY)
    return reply_of(turn, "s", dict(app.library.main.benefits))


def reasons(app: App, fields: dict[str, Any], reply: AskReply) -> list[str]:
    question = Question.model_validate(fields)
    return list(judge(question, reply, question.q, app.library.main))


def write(folder: Path, name: str, rows: object) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(rows, allow_unicode=True), encoding="utf-8")
    return path


def test_a_right_reply_has_nothing_wrong(app: App) -> None:
    assert reasons(app, RIGHT, ask(app, SUM)) == []


@pytest.mark.parametrize(("fields", "reason"), WRONG_FIELDS.values(), ids=WRONG_FIELDS)
def test_each_field_can_fail(app: App, fields: dict[str, Any], reason: str) -> None:
    found = reasons(app, RIGHT | fields, ask(app, SUM))

    assert len(found) == 1
    assert found[0].startswith(reason)


def test_every_field_of_a_question_has_a_row_that_fails() -> None:
    tried = {field for fields, _ in WRONG_FIELDS.values() for field in fields} | {"q"}

    assert tried == {field.alias or name for name, field in Question.model_fields.items()}


def test_what_holds_for_every_reply_can_fail(app: App) -> None:
    reply = ask(app, SUM)
    misquoted = reply.citations[0].model_copy(update={"quote": "每满200万元给予11万元补助"})

    assert reasons(app, {"q": SUM}, reply.model_copy(update={"text": "OK"})) == ["the reply is not Chinese"]
    assert reasons(app, {"q": SUM}, reply.model_copy(update={"text": "可得77万元"})) == ["figure 77万 from nowhere"]
    assert (
        reasons(app, {"q": SUM, "outcome": "answered"}, reply.model_copy(update={"citations": ()}))[0] == "no citation"
    )
    changed = reply.model_copy(update={"citations": (misquoted,)})
    assert any("does not say '每满200万元给予11万元补助'" in reason for reason in reasons(app, {"q": SUM}, changed))


def test_the_main_benefit_must_be_computed_even_where_nothing_is_due(app: App) -> None:
    reply = ask(app, SUM).model_copy(update={"calculations": (), "total": None, "text": "没有"})

    assert reasons(app, {"q": SUM, "calc": {"rd_subsidy": False}}, reply) == ["rd_subsidy is not computed"]
    assert reasons(app, {"q": SUM, "calc": {"joint_lab": False}}, reply) == []
    assert reasons(app, {"q": SUM, "total": [1, "exact"]}, reply) == ["total missing, not 1 exact"]


@pytest.mark.parametrize(("rows", "problem"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_row_is_named(tmp_path: Path, rows: object, problem: str) -> None:
    with pytest.raises(MalformedQuestions) as raised:
        read_rows(write(tmp_path, "broken", rows))

    assert str(raised.value).startswith("broken.yaml: ")
    assert problem in str(raised.value)


def test_a_file_that_is_no_yaml_and_a_folder_without_files(tmp_path: Path) -> None:
    with pytest.raises(MalformedQuestions, match="holds no"):
        question_files(tmp_path)
    (tmp_path / "bad.yaml").write_text("- {q: x", encoding="utf-8")
    with pytest.raises(MalformedQuestions, match="not valid YAML"):
        read_rows(question_files(tmp_path)[0])


def test_refusals_expect_not_covered_unless_they_say_otherwise(tmp_path: Path) -> None:
    rows: list[Any] = [{"q": "x"}, {"q": "y", "outcome": ["greeting", "not_covered"]}]

    refusals = read_rows(write(tmp_path, "refusals", rows))
    facts = read_rows(write(tmp_path, "facts", rows))
    assert [row.turns[0].outcome for row in refusals] == [("not_covered",), ("greeting", "not_covered")]
    assert facts[0].turns[0].outcome == ()


def test_rows_of_one_session_continue_one_another(app: App, tmp_path: Path) -> None:
    rows = [
        {"id": "ask", "session": "s", "turns": [{"q": "帮我算一下研发费用补助", "missing": True}]},
        {"id": "else", "turns": [{"q": "去年900万，今年1200万", "not": ["不会匹配"]}]},
        {
            "id": "go-on",
            "session": "s",
            "turns": [{"q": "今年1200万", "missing": True}, {"q": "去年900万", "total": [1100000, "at_most"]}],
        },
    ]
    score = score_file(write(tmp_path, "dialogs", rows), app.desk, app.library.main, DAY)

    assert [failure.reasons for failure in score.failures] == []
    assert (score.name, score.right, score.asked) == ("dialogs", 4, 4)


def test_the_last_line_sums_the_files(app: App, tmp_path: Path) -> None:
    facts = write(tmp_path, "facts", [{"q": SUM, "measures": [7]}, {"q": SUM, "measures": [8]}])
    more = write(tmp_path, "more", [{"q": SUM}])
    scores = [score_file(path, app.desk, app.library.main, DAY) for path in (facts, more)]

    assert last_line(scores) == "facts 1/2 more 1/1 | all 2/3 = 66.7%"
    assert percent([]) == 0
    assert scores[0].failures[0].row == "facts-2"
