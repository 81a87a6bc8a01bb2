"""What people really asked: only questions of several, without anybody's own figures."""

from dataclasses import replace

from bot.app import App
from bot.faq.asked_questions import Asked, asked_by_many
from bot.records.journal import Opinion, Record
from bot.records.masking import COVER
from tests.bot.records.entries import entry


def record(message: str, person: str, *, opinion: Opinion | None = None, computed: bool = False) -> Record:
    kept = entry(message, session=f"test:{person}")
    reply = kept.reply if computed else kept.reply.model_copy(update={"calculations": (), "total": None})
    return Record(1, replace(kept, reply=reply), opinion)


def asked(app: App, *records: Record) -> tuple[Asked, ...]:
    return asked_by_many(records, app.desk.reader)


def test_a_question_of_three_people_is_taken_with_their_number(app: App) -> None:
    records = [record("科学城是干什么的", person) for person in ("a", "b", "c", "a")]
    assert asked(app, *records) == (Asked("科学城是干什么的", 3),)


def test_a_question_that_two_people_asked_often_is_theirs(app: App) -> None:
    assert asked(app, *[record("科学城是干什么的", person) for person in "abababab"]) == ()


def test_figures_and_covered_numbers_of_a_case_are_left_out(app: App) -> None:
    messages = ("我们研发费1200万能补吗", f"我的手机是{COVER}", "两家孵化器怎么支持", "去年九百万")
    records = [record(message, person) for message in messages for person in "abc"]
    assert asked(app, *records) == ()


def test_what_was_computed_refused_or_found_bad_is_left_out(app: App) -> None:
    computed = [record("研发补助怎么算", person, computed=True) for person in "abc"]
    found_bad = [record("科学城是干什么的", person, opinion="bad" if person == "c" else None) for person in "abcd"]
    refused = [record("什么时候申报", person) for person in "abc"]
    refused = [
        replace(r, entry=replace(r.entry, reply=r.entry.reply.model_copy(update={"outcome": "not_covered"})))
        for r in refused
    ]
    assert asked(app, *computed, *found_bad, *refused) == ()


def test_what_most_people_asked_comes_first(app: App) -> None:
    few = [record("科学城是干什么的", person) for person in "abc"]
    many = [record("厦研保是什么", person) for person in "abcd"]
    assert [each.people for each in asked(app, *few, *many)] == [4, 3]
