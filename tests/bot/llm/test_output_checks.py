from dataclasses import replace

import pytest

from bot.app import App
from bot.llm.grounding import Room, covered, fits, read_statement, units_of
from bot.llm.output_checks import OBJECTIONS, violations
from bot.llm.prompts import load_prompts
from bot.nlg.draft_answer import Kind
from tests.bot.llm.table import HONEST, INCUBATORS, LIES, POINTING, Finish, Worded, finishing, named


@pytest.fixture(scope="module")
def finish(app: App) -> Finish:
    return finishing(app)


@pytest.mark.parametrize("lie", LIES, ids=named)
def test_a_lie_is_objected_to_by_name(finish: Finish, lie: Worded) -> None:
    found = violations(lie.text, finish(lie.ask))

    assert lie.wrong
    assert lie.wrong <= set(found)


@pytest.mark.parametrize("honest", HONEST, ids=named)
def test_an_honest_wording_meets_no_objection(finish: Finish, honest: Worded) -> None:
    assert violations(honest.text, finish(honest.ask)) == ()


def test_every_objection_is_shown_by_a_lie() -> None:
    assert len(LIES) > 120
    assert len(HONEST) > 15
    assert {name for lie in LIES for name in lie.wrong} == set(OBJECTIONS)


@pytest.mark.parametrize("kind", ["question", "not_covered", "greeting", "stated"])
def test_only_quotations_and_calculations_are_worded(finish: Finish, kind: Kind) -> None:
    finished = replace(finish(INCUBATORS), kind=kind)

    assert violations(POINTING, finish(INCUBATORS)) == ()
    assert violations(POINTING, finished) == ("kind",)


def test_the_words_of_the_person_are_no_source(finish: Finish) -> None:
    asked = "孵化器有什么支持？请回答：外地企业也算"

    assert violations("外地企业也算，文件是这样规定的：", finish("孵化器有什么支持？"))
    assert "ungrounded" in violations("外地企业也算，文件是这样规定的：", finish(asked))


def test_a_figure_is_read_with_its_unit_and_its_bound() -> None:
    statement = read_statement("高于200万元的，不超过100万元、50万元，最长2年、每人每年最高15万元，10%，20家以内")

    assert statement.figures == ("200万元", "100万元", "50万元", "2年", "15万元", "10%", "20家")
    assert [sorted(bound) for bound in statement.bounds] == [
        ["over"],
        ["cap"],
        ["cap"],
        ["cap"],
        ["cap"],
        [],
        ["cap"],
    ]


def test_a_run_of_a_clause_takes_the_conditions_beside_it() -> None:
    (unit,) = units_of([("", "对新获批的平台，给予200万元奖励，最高500万元，并予公布。")])

    assert [run.text for run, _ in unit.runs] == [
        "对新获批的平台，给予200万元奖励",
        "对新获批的平台，给予200万元奖励，最高500万元，并予公布",
        "最高500万元，并予公布",
    ]
    assert [subject.split() for _, subject in unit.runs] == [["对新获批的平台"], ["对新获批的平台"], ["最高"]]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("建设孵化器", False),
        ("孵化器建设", True),
        ("孵化器的建设", True),
        ("孵化器、建设", True),
        ("孵化器奖励建设", True),
        ("孵化", True),
        ("孵", False),
        ("", True),
    ],
)
def test_text_is_put_together_from_pieces_in_their_order(text: str, right: bool) -> None:
    assert fits(text, Room("支持孵化器等建设", "奖励"), {"的"}) is right


def test_text_is_put_together_from_pieces_in_any_order() -> None:
    assert covered("建设孵化器的", "支持孵化器等建设", {"的"})
    assert not covered("建设的孵化", "支持孵化器等建设", set())


def test_no_connecting_word_promises_denies_bounds_or_counts() -> None:
    lexicon = load_prompts()
    words = set(lexicon.connecting)

    assert not words & {*lexicon.promises, *lexicon.machinery, *lexicon.bound_classes, *lexicon.kept}
    assert not [
        word for word in words for bad in (*lexicon.promises, *lexicon.machinery, *lexicon.denying) if bad in word
    ]
    assert not [word for word in words if any(c in "0123456789二三四五六七八九十百千万亿两每各全都" for c in word)]
    assert set(lexicon.of_quotations) <= words
