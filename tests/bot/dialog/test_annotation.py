"""Annotation: what each clause states."""

import pytest

from bot.dialog.annotation import Annotations, annotate, figures_of
from bot.dialog.llm_fallback import subject_clauses
from bot.nlu.labels import NEVER_STATED
from knowledge.library import Dossier


@pytest.fixture(scope="module")
def annotations(dossier: Dossier) -> Annotations:
    return annotate(dossier)


@pytest.mark.parametrize(
    ("place", "attribute", "stated"),
    [
        ("7.2", "amount", True),
        ("7.3", "amount", True),
        ("7.3", "ratio", True),
        ("7.5", "amount", False),
        ("7.1", "ratio", False),
        ("11.5", "ratio", True),
        ("12.3", "duration", True),
        ("12.3", "amount", True),
        ("2.3", "duration", True),
        ("5.1", "amount", False),
        ("11.6", "payer", True),
        ("7.4", "payer", False),
        ("s1.3", "amount", False),
    ],
)
def test_clauses_state_what_they_print(
    annotations: Annotations, dossier: Dossier, place: str, attribute: str, stated: bool
) -> None:
    assert annotations.states(dossier.clause_id(place), attribute) is stated


def test_what_such_texts_never_state_is_no_attribute(annotations: Annotations) -> None:
    assert len(NEVER_STATED) > 8
    assert annotations.attributes.keys() == {"amount", "ratio", "duration", "payer"}
    assert not annotations.attributes.keys() & set(NEVER_STATED)


def test_an_attribute_that_cannot_be_tested_counts_as_stated(annotations: Annotations, dossier: Dossier) -> None:
    assert all(annotations.states(clause.id, "condition") for clause in dossier.policy.sentences)


def test_every_attribute_is_stated_somewhere_and_not_everywhere(annotations: Annotations, dossier: Dossier) -> None:
    sentences = {clause.id for clause in dossier.policy.sentences}

    assert {name for name, places in annotations.attributes.items() if not places or places == sentences} == set()


def test_every_subject_has_clauses_that_exist(dossier: Dossier) -> None:
    places = {name: subject_clauses(name, dossier) for name in dossier.lexicon.subjects}

    assert len(places) > 20
    assert [name for name, found in places.items() if not found] == []
    assert {place for found in places.values() for place in found} <= dossier.policy.clauses.keys()


def test_every_benefit_with_a_sum_cites_a_clause_that_states_money(annotations: Annotations, dossier: Dossier) -> None:
    assert dossier.benefits
    assert [
        b.id for b in dossier.benefits.values() if not any(annotations.states(clause, "amount") for clause in b.clauses)
    ] == []


def test_figures_are_read_off_with_their_unit() -> None:
    assert figures_of("高于200万元且增长率超过20%，打造超100亿元") == ("200万元", "20%", "100亿元")
    assert figures_of("没有数字") == ()
