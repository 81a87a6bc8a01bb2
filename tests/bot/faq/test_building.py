"""The FAQ that the first policy suggests: what it holds, and that it is the desk itself that answers."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from bot.app import App, build_app
from bot.dialog.questions import Suggester, load_wordings
from bot.dialog.reply import citations_of
from bot.faq.asked_questions import Asked
from bot.faq.building import SAME, Choice, audience_named, build
from bot.faq.entry import Faq
from bot.nlg.guard import unsourced
from bot.nlg.turn import Conversation
from bot.settings import Settings
from calculators.registry import kinds_of, rule_models

DAY = date(2026, 11, 25)
CURATED = """
- question: 什么时候申报？
  answer: 每年由主管处室另行通知。
  statement: office
  role: 科技战略规划处 工作人员
  valid_until: 2027-06-30
- question: 联合实验室要不要单独建账？
  answer: 建议对投入的资金单独记账，以便核对。
  clause: "7.4"
  role: 科技战略规划处 工作人员
  valid_until: 2027-06-30
- question: 这一条过期了吗？
  answer: 过期了。
  statement: office
  role: 科技战略规划处 工作人员
  valid_until: 2026-01-01
"""


@pytest.fixture(scope="module")
def faq(app: App) -> Faq:
    return build(app.desk, app.version, DAY)


def test_every_measure_benefit_and_section_is_spoken_of(app: App, faq: Faq) -> None:
    dossier = app.library.main
    quoted = {quotation.clause for entry in faq.entries for quotation in entry.quotations}
    assert len(faq.entries) >= 60
    assert all({clause.id for clause in measure.clauses} & quoted for measure in dossier.policy.measures.values())
    assert all(quoted >= set(benefit.clauses) for benefit in dossier.benefits.values())
    assert all({clause.id for clause in section.clauses} & quoted for section in dossier.policy.sections)
    headings = {entry.measure for entry in faq.entries}
    assert headings >= {measure.clauses[0].text for measure in dossier.policy.measures.values()}
    ids = {entry.id for entry in faq.entries}
    assert all(f"{benefit}-amount" in ids for benefit in dossier.benefits)


def test_every_sentence_of_a_measure_is_quoted(app: App, faq: Faq) -> None:
    quoted = {quotation.clause for entry in faq.entries for quotation in entry.quotations}
    assert [c.id for c in app.library.main.policy.sentences if c.measure and c.id not in quoted] == []


def test_asked_back_each_question_is_answered_from_the_same_clauses(app: App, faq: Faq) -> None:
    same = 0
    for entry in faq.entries:
        turn = app.desk.respond(Conversation(), entry.question, as_of=DAY)
        same += [c.clause.id for c in citations_of(turn.reply)] == [q.clause for q in entry.quotations]
    assert same >= 0.98 * len(faq.entries)


def test_quotations_are_verbatim_and_figures_have_a_source(app: App, faq: Faq) -> None:
    source = app.library.main.policy.source
    quotations = [quotation for entry in faq.entries for quotation in entry.quotations]
    assert len(quotations) > 100
    assert all(quotation.quote in source for quotation in quotations)
    plain = [entry for entry in faq.entries if not any(p.role == "steps" for p in entry.answer)]
    assert len(plain) > 60
    for entry in plain:
        labels = [quotation.label for quotation in entry.quotations]
        assert unsourced(entry.text, (source, entry.question, *labels)) == (), entry.id


def test_no_two_entries_ask_the_same_thing(app: App, faq: Faq) -> None:
    likeness = app.desk.retriever.likeness([entry.question for entry in faq.entries])
    assert len(faq.entries) == len(likeness)
    assert [(a, b) for a in range(len(likeness)) for b in range(a) if likeness[a, b] >= SAME] == []


def test_entries_stand_in_the_order_of_the_document(app: App, faq: Faq) -> None:
    headings = [measure.clauses[0].text for measure in app.library.main.policy.measures.values()]
    stood = [heading for _, measures in faq.chapters() for heading, _ in measures if heading]
    assert stood == headings
    assert [group for group, _ in faq.chapters()][0::5] == ["政策总体", "文件没有写明的"]
    assert all(entries for _, measures in faq.chapters() for _, entries in measures)


def test_what_the_document_leaves_open_is_said_with_the_contact(app: App, faq: Faq) -> None:
    silent = [entry for entry in faq.entries if entry.outcome == "not_covered"]
    contact = app.desk.contact().clause.id
    assert len(silent) == len(load_wordings().unwritten)
    assert all(entry.quotations[-1].clause == contact for entry in silent)


def test_ids_are_stable_and_each_stands_once(app: App, faq: Faq) -> None:
    assert max(Counter(entry.id for entry in faq.entries).values()) == 1
    suggested = {suggestion.id for suggestion in Suggester(app.library.main, app.calculator).all()}
    assert {entry.id for entry in faq.entries} <= suggested


def test_the_same_policy_gives_the_same_faq(app: App, faq: Faq) -> None:
    assert build(app.desk, app.version, DAY) == faq


def test_every_kind_of_rule_has_its_question() -> None:
    assert set(load_wordings().amount) == {*kinds_of(rule_models()), "other"}


@pytest.mark.parametrize(
    ("name", "audience"), [("国企", "国有企业"), ("企业", "企业"), ("孵化器", "孵化器"), ("火星人", None)]
)
def test_an_audience_is_known_by_its_names(app: App, name: str, audience: str | None) -> None:
    assert audience_named(app.library.main, name) == audience


def test_an_audience_gets_what_concerns_it_and_what_concerns_all(app: App, faq: Faq) -> None:
    chosen = build(app.desk, app.version, DAY, choice=Choice(("国有企业",)))
    ids = {entry.id for entry in chosen.entries}
    assert {"contact", "validity", "for-国有企业", "clause-9.1", "measure-9"} <= ids
    assert not ids & {"postdoc_allowance-amount", "for-高校", "clause-3.4"}
    assert ids < {entry.id for entry in faq.entries}


def test_of_few_entries_those_that_would_be_missed_most_are_kept_in_reading_order(app: App, faq: Faq) -> None:
    few = build(app.desk, app.version, DAY, choice=Choice(most=15))
    assert [entry.id for entry in few.entries] == [f"{benefit}-amount" for benefit in app.library.main.benefits]
    order = [entry.id for entry in faq.entries]
    more = [entry.id for entry in build(app.desk, app.version, DAY, choice=Choice(most=60)).entries]
    assert len(more) == 60
    assert more == [name for name in order if name in more]


def test_a_question_of_several_people_is_added_where_its_clause_stands(app: App) -> None:
    asked = Asked("老师去国企挂职有说法吗？", 4)
    (entry,) = [entry for entry in build(app.desk, app.version, DAY, asked=[asked]).entries if entry.id == asked.id]
    assert (entry.origin, entry.asked, entry.measure) == ("asked", 4, "9.激发国有企业创新活力")


def test_a_question_that_is_there_already_only_counts(app: App, faq: Faq) -> None:
    built = build(app.desk, app.version, DAY, asked=[Asked("研发费用补助如何计算？", 7)])
    (entry,) = [entry for entry in built.entries if entry.asked]
    assert (entry.id, entry.asked) == ("rd_subsidy-amount", 7)
    assert len(built.entries) == len(faq.entries)


def test_what_the_desk_does_not_answer_is_no_entry(app: App, faq: Faq) -> None:
    assert len(build(app.desk, app.version, DAY, asked=[Asked("今天天气怎么样？", 9)]).entries) == len(faq.entries)


def test_the_menu_asks_what_the_desk_answers(app: App) -> None:
    turn = app.desk.respond(Conversation(), "常见问题", as_of=DAY)
    featured = app.desk.manager.featured
    assert len(featured) == len(app.library.main.facts.featured)
    assert all(question in turn.text for question in featured)
    for question in featured:
        assert app.desk.respond(Conversation(), question, as_of=DAY).outcome == "answered", question


def test_answers_of_staff_stand_where_their_clause_stands_and_for_what_the_document_leaves_open(
    cache: Path, tmp_path: Path
) -> None:
    file = tmp_path / "curated.yaml"
    file.write_text(CURATED, encoding="utf-8")
    staffed = build_app(Settings(cache=cache, curated=file))
    built = build(staffed.desk, staffed.version, DAY)
    by_question = {entry.question: entry for entry in built.entries}
    open_point, on_clause = by_question["什么时候申报？"], by_question["联合实验室要不要单独建账？"]
    assert (open_point.origin, open_point.group) == ("curated", "经办单位的补充答复")
    assert (on_clause.origin, on_clause.measure) == ("curated", "7.增强科技型中小企业创新能力")
    assert "不是文件原文" in open_point.text
    assert "这一条过期了吗？" not in by_question
    assert "unwritten-deadline" not in {entry.id for entry in built.entries}
