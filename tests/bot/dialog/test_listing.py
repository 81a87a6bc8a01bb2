"""Listing: questions over the whole document, answered from its structure."""

from collections.abc import Callable

import pytest

from bot.dialog.reply import citations_of
from bot.nlg.turn import Turn
from knowledge.library import Dossier

Talk = Callable[..., tuple[Turn, ...]]


def measures(turn: Turn) -> set[int]:
    return {c.clause.measure for c in citations_of(turn.reply) if c.clause.measure is not None}


@pytest.mark.parametrize("number", range(1, 13))
def test_a_measure_is_quoted_whole_by_its_number(talk: Talk, dossier: Dossier, number: int) -> None:
    (turn,) = talk(f"第{number}条写的什么")

    assert measures(turn) == {number}
    assert [c.clause for c in citations_of(turn.reply)] == list(dossier.policy.measures[number].clauses)
    assert turn.state.measure == number


@pytest.mark.parametrize("question", ["第七条", "第7条", "措施7", "說說第7條"])
def test_a_number_is_read_in_every_writing(talk: Talk, question: str) -> None:
    assert measures(talk(question)[0]) == {7}


def test_every_title_finds_its_measure(talk: Talk, dossier: Dossier) -> None:
    titles = {measure.number: measure.title for measure in dossier.policy.measures.values()}

    found = {number: measures(talk(f"“{title}”这条写了什么")[0]) for number, title in titles.items()}

    assert len(titles) == 12
    assert found == {number: {number} for number in titles}


def test_titles_are_listed_all(talk: Talk, dossier: Dossier) -> None:
    (turn,) = talk("列出所有措施的标题")

    assert measures(turn) == set(range(1, 13))
    assert all(measure.title in turn.text for measure in dossier.policy.measures.values())


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("第一部分包括哪些措施", {1, 2, 3}),
        ("第二部分包括哪些措施", {4, 5, 6}),
        ("第三部分包括哪些措施", {7, 8, 9}),
        ("第四部分包括哪些措施", {10, 11, 12}),
        ("最后一部分包括哪些措施", {10, 11, 12}),
    ],
)
def test_a_part_lists_its_measures(talk: Talk, question: str, numbers: set[int]) -> None:
    assert measures(talk(question)[0]) == numbers


def test_a_listing_of_money_holds_every_benefit(talk: Talk, dossier: Dossier) -> None:
    (turn,) = talk("哪些措施给钱")

    paid = {
        dossier.policy.clauses[clause].measure for benefit in dossier.benefits.values() for clause in benefit.clauses
    }
    assert measures(turn) == paid


def test_a_listing_by_a_term_holds_every_place(talk: Talk, dossier: Dossier) -> None:
    (turn,) = talk("哪几条提到省创新实验室")

    holding = {c.measure for c in dossier.policy.sentences if c.measure and "省创新实验室" in c.text}
    assert len(holding) > 2
    assert measures(turn) == holding


def test_a_listing_by_a_sum_holds_every_place(talk: Talk) -> None:
    (turn,) = talk("哪些措施最高500万元")

    assert measures(turn) == {6, 7}


def test_a_listing_of_single_payments(talk: Talk, dossier: Dossier) -> None:
    (turn,) = talk("哪些奖励是一次性的")

    assert measures(turn) == {c.measure for c in dossier.policy.sentences if "一次性" in c.text}


def test_a_comparison_quotes_both(talk: Talk) -> None:
    (turn,) = talk("联合实验室和产学研合作的支持有什么区别")

    assert turn.outcome == "answered"
    assert measures(turn) == {7, 11}


def test_steps_go_to_the_next_and_the_previous_measure(talk: Talk) -> None:
    turns = talk("第7条写的什么", "下一条", "下一条", "上一条")

    assert [measures(turn) for turn in turns] == [{7}, {8}, {9}, {8}]


def test_the_last_measure(talk: Talk) -> None:
    assert measures(talk("最后一条讲什么")[0]) == {12}


@pytest.mark.parametrize(("first", "step"), [("第12条", "下一条"), ("第1条", "上一条")])
def test_beyond_the_ends_there_is_nothing(talk: Talk, first: str, step: str) -> None:
    *_, turn = talk(first, step)

    assert turn.outcome == "not_covered"
    assert measures(turn) == set()


def test_several_numbers_are_set_side_by_side(talk: Talk) -> None:
    assert measures(talk("第2条和第3条分别写了什么")[0]) == {2, 3}


@pytest.mark.parametrize("question", ["最高的奖励是哪一项", "哪一项给的钱最多？", "奖励最高的是哪条", "哪条钱最多"])
def test_the_highest_sum_is_found_in_the_rules(talk: Talk, question: str) -> None:
    (turn,) = talk(question)
    assert measures(turn) == {2, 6}
    assert turn.text.count("3000万元") == 2


def test_the_most_of_a_named_benefit_is_its_own(talk: Talk) -> None:
    assert measures(talk("研发费用补助最高的是哪一项")[0]) == {7}


def test_a_kind_of_applicant_is_found_by_any_of_its_names(talk: Talk, dossier: Dossier) -> None:
    cited = [c.clause for c in citations_of(talk("人才能享受哪些支持")[0].reply)]

    assert "12.3" in [clause.id.partition("/")[2] for clause in cited]
    titles = {number: measure.title for number, measure in dossier.policy.measures.items()}
    assert all("人才" in clause.text + titles.get(clause.measure or 0, "") for clause in cited)


def test_questions_that_most_ask_are_offered(talk: Talk) -> None:
    (turn,) = talk("常见问题")
    assert turn.outcome == "greeting"
    assert "研发费用补助怎么算？" in turn.text
    assert measures(talk("常见问题", "研发费用补助怎么算？")[1]) == {7}
