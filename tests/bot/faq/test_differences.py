"""Differences between two FAQs, on entries that are made up."""

from collections.abc import Iterable

from bot.faq.differences import differing, faq_differences
from bot.faq.entry import Entry, Faq, Paragraph, Quotation
from bot.records.replay import Change


def entry(name: str, *, said: str = "最高500万元。", quote: str = "给予最高500万元补助", **values: object) -> Entry:
    fields: dict[str, object] = {
        "id": name,
        "group": "（一）企业",
        "measure": "7.企业创新",
        "question": f"{name}有多少？",
        "outcome": "answered",
        "answer": (Paragraph(role="said", text=said), Paragraph(role="quote", text=quote, label="第7条")),
        "quotations": (Quotation(clause="p/7.2", label="第7条", quote=quote),),
    }
    return Entry.model_validate(fields | values)


def faq(entries: Iterable[Entry], **values: object) -> Faq:
    fields: dict[str, object] = {"policy": "p", "title": "措施", "edition": "0a", "contact": "0592"}
    return Faq.model_validate(fields | {"entries": tuple(entries)} | values)


def test_equal_faqs_differ_in_nothing() -> None:
    entries = [entry("a"), entry("b")]
    found = faq_differences(faq(entries), faq(entries, edition="0b"))

    assert found.same
    assert found.unchanged == 2


def test_how_many_asked_and_the_order_are_no_difference() -> None:
    found = faq_differences(faq([entry("a"), entry("b")]), faq([entry("b", asked=9), entry("a")]))

    assert found.same


def test_entries_come_and_go() -> None:
    found = faq_differences(faq([entry("a"), entry("b")]), faq([entry("c"), entry("b")]))

    assert [each.id for each in found.added] == ["c"]
    assert [each.id for each in found.removed] == ["a"]
    assert (found.changed, found.unchanged, found.same) == ((), 1, False)


def test_another_id_of_the_same_question_is_a_new_name() -> None:
    found = faq_differences(faq([entry("a", question="多少？")]), faq([entry("c", question="多少？")]))

    (changed,) = found.changed
    assert (changed.renamed, changed.old.id, changed.new.id) == (True, "a", "c")
    assert (changed.about, changed.quotations, changed.text) == ((), (), ())
    assert found.added == found.removed == ()


def test_an_id_that_stays_is_not_taken_for_another_of_the_same_question() -> None:
    old = faq([entry("a", question="多少？")])
    new = faq([entry("a", question="多少钱？"), entry("c", question="多少？")])
    found = faq_differences(old, new)

    (changed,) = found.changed
    assert not changed.renamed
    assert changed.about == (Change("question", "多少？", "多少钱？"),)
    assert [each.id for each in found.added] == ["c"]


def test_a_figure_that_changes_is_told_with_its_clause_and_its_lines() -> None:
    now = entry("a", said="按条文计算：\n最高600万元。", quote="给予最高600万元补助")
    found = faq_differences(faq([entry("a", said="按条文计算：\n最高500万元。"), entry("b")]), faq([now, entry("b")]))

    (changed,) = found.changed
    assert changed.quotations == (Change("p/7.2", "给予最高500万元补助", "给予最高600万元补助"),)
    assert (changed.gone, changed.come) == (("500万",), ("600万",))
    assert changed.text == ("-最高500万元。", "+最高600万元。")
    assert found.unchanged == 1


def test_a_figure_that_is_written_otherwise_is_no_other_figure() -> None:
    found = faq_differences(faq([entry("a", said="最高1亿元。")]), faq([entry("a", said="最高10000万元。")]))

    (changed,) = found.changed
    assert (changed.gone, changed.come) == ((), ())
    assert changed.text == ("-最高1亿元。", "+最高10000万元。")


def test_a_figure_that_is_still_given_elsewhere_counts_as_often_as_it_is_given() -> None:
    then = entry("a", said="奖励500万元，补助500万元。")
    found = faq_differences(faq([then]), faq([entry("a", said="奖励500万元，补助600万元。")]))

    assert (found.changed[0].gone, found.changed[0].come) == (("500万",), ("600万",))


def test_clauses_that_are_no_longer_or_newly_quoted_are_told() -> None:
    moved = entry("a", quotations=(Quotation(clause="p/8.1", label="第8条", quote="给予最高500万元补助"),))
    found = faq_differences(faq([entry("a")]), faq([moved]))

    assert found.changed[0].quotations == (
        Change("p/7.2", "给予最高500万元补助", None),
        Change("p/8.1", None, "给予最高500万元补助"),
    )
    assert found.changed[0].text == ()


def test_two_quotations_of_one_clause_are_both_compared() -> None:
    quoted = [Quotation(clause="p/7.2", label="第7条", quote=words) for words in ("甲", "乙")]
    found = faq_differences(
        faq([entry("a", quotations=tuple(quoted))]), faq([entry("a", quotations=tuple(quoted[:1]))])
    )

    assert found.changed[0].quotations == (Change("p/7.2", "甲\n乙", "甲"),)


def test_what_an_entry_is_about_and_where_it_stands_is_compared() -> None:
    now = entry("a", measure="8.人才", outcome="not_covered", audiences=("企业",), origin="curated")
    found = faq_differences(faq([entry("a")]), faq([now], contact="12345"))

    assert {change.what for change in found.changed[0].about} == {"measure", "outcome", "audiences", "origin"}
    assert found.about == (Change("contact", "0592", "12345"),)


def test_the_words_that_differ_are_shown_with_whole_figures_and_what_is_around() -> None:
    then, now = (
        "企业年度费用每满200万元给予10万元补助，最高500万元",
        "企业年度费用每满200万元给予10万元补助，最高560万元",
    )

    assert differing(then, now, around=3) == ("...，最高500万元", "...，最高560万元")
    assert differing("甲", "甲乙") == ("甲", "甲乙")
    assert differing("", "甲") == ("", "甲")
    assert differing("1500万元", "500万元") == ("1500万元", "500万元")
    assert differing("甲" * 40, "甲" * 41, around=1) == ("...甲", "...甲甲")
