"""Vocabulary: the matcher of names, and the word lists themselves."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from bot.dialog.vocabulary import Matcher, Vocabulary, beginning_with, ending_in, load_vocabulary, matcher
from knowledge.library import Dossier


def lists_of(data: object, name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every list of words below a piece of the vocabulary, by its dotted name."""
    if isinstance(data, BaseModel):
        for field in type(data).model_fields:
            yield from lists_of(getattr(data, field), f"{name}.{field}".strip("."))
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield from lists_of(value, f"{name}.{key}")
    elif isinstance(data, tuple):
        yield name, data


LISTS = dict(lists_of(load_vocabulary(), ""))
MAY_BE_EMPTY = re.compile(r"attributes\.\w+\.states")


def test_the_longest_name_wins() -> None:
    found = Matcher({"short": ["实验室"], "long": ["联合实验室"]}).find("共建联合实验室")

    assert [(m.id, m.start, m.end, m.text) for m in found] == [("long", 2, 7, "联合实验室")]


def test_of_one_name_under_two_ids_the_first_counts() -> None:
    assert Matcher({"a": ["平台"], "b": ["平台"]}).ids("平台") == ("a",)


def test_names_are_found_in_reading_order_and_ids_once() -> None:
    words = Matcher({"lab": ["实验室"], "base": ["基地"]})

    assert words.ids("基地、实验室、基地") == ("base", "lab")


def test_case_does_not_matter() -> None:
    assert "AIC基金" in matcher(["aic"])


def test_a_gap_stands_for_up_to_eight_characters() -> None:
    words = matcher(["什么时候…申报"])

    assert [(m.text, m.gapped) for m in words.find("什么时候可以申报")] == [("什么时候可以申报", True)]
    assert "什么时候申报" in words
    assert "什么时候一二三四五六七八申报" in words
    assert "什么时候一二三四五六七八九申报" not in words


@pytest.mark.parametrize("text", ["this", "chip", "ohio", "hiring"])
def test_latin_words_are_not_cut(text: str) -> None:
    assert text not in matcher(["hi"])


def test_latin_names_beside_chinese_are_found() -> None:
    assert "有hi吗" in matcher(["hi"])


def test_endings_and_beginnings_prefer_the_longest() -> None:
    ending = ending_in(["增长", "增长了"]).search("今年增长了")
    beginning = beginning_with(["个点", "个"]).match("个点左右")

    assert ending is not None
    assert ending[0] == "增长了"
    assert beginning is not None
    assert beginning[0] == "个点"


@given(st.text("今年去年研发补助hi abc🙂", max_size=40))
@settings(deadline=None, max_examples=100)
def test_mentions_lie_inside_the_text_and_never_overlap(text: str) -> None:
    found = Matcher({"a": ["今年", "研发", "研发补助"], "b": ["补助", "hi"]}).find(text)

    assert all(text[m.start : m.end].lower() == m.text for m in found)
    assert all(a.end <= b.start for a, b in pairwise(found))


def test_the_vocabulary_has_its_lists() -> None:
    assert len(LISTS) > 60


@pytest.mark.parametrize("name", [name for name in LISTS if not MAY_BE_EMPTY.fullmatch(name)])
def test_a_word_list_holds_words(name: str) -> None:
    assert LISTS[name]
    assert [word for word in LISTS[name] if not word or word != word.strip()] == []


@pytest.mark.parametrize("name", LISTS)
def test_a_word_list_names_no_word_twice(name: str) -> None:
    words = [word.lower() for word in LISTS[name]]

    assert sorted({word for word in words if words.count(word) > 1}) == []


def test_words_are_written_as_messages_are_read() -> None:
    from bot.dialog.text import normalise

    written = {name: [w for w in words if "…" not in w and normalise(w) != w] for name, words in LISTS.items()}

    unreachable = {name: words for name, words in written.items() if words}
    assert unreachable.keys() <= {"quantities.foreign", "quantities.yuan_before"}, unreachable


def test_no_two_matters_share_a_name(vocabulary: Vocabulary) -> None:
    names = [name for words in vocabulary.policy_matters.values() for name in words]

    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_no_two_attributes_share_a_question(vocabulary: Vocabulary) -> None:
    asks = [(ask, name) for name, attribute in vocabulary.attributes.items() for ask in attribute.asks]
    words = [ask for ask, _ in asks]

    assert {ask: [n for a, n in asks if a == ask] for ask in words if words.count(ask) > 1} == {}


def test_words_that_exclude_are_no_names_of_topics(vocabulary: Vocabulary, dossier: Dossier) -> None:
    topics = {name for benefit in dossier.lexicon.benefits.values() for name in (*benefit.strong, *benefit.weak)}

    assert topics
    assert not topics & set(vocabulary.excluded)


def test_doublings_are_fractions_of_one(vocabulary: Vocabulary) -> None:
    doubling = vocabulary.quantities.doubling

    assert doubling["翻一番"] == 1
    assert doubling["翻两番"] == 3
    assert all(Decimal(-1) < growth <= 3 for growth in doubling.values())


def test_every_counted_unit_has_its_classifiers(vocabulary: Vocabulary, dossier: Dossier) -> None:
    units = {slot.unit for slot in dossier.slots.values() if slot.kind == "count"}

    assert units
    assert units <= vocabulary.quantities.classifiers.keys()
    assert units <= vocabulary.counted.keys()


def test_a_name_that_begins_inside_a_number_is_none() -> None:
    names = Matcher({"sum": ["1000亿", "446"]})
    assert [names.ids(text) for text in ("0.1000亿", "21000亿", "4468", "1000亿", "是446吗")] == [
        (),
        (),
        (),
        ("sum",),
        ("sum",),
    ]
