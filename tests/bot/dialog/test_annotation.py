"""Annotation: what each clause states."""

import pytest

from bot.dialog.annotation import Annotations, annotate, figures_of
from bot.dialog.vocabulary import Vocabulary
from knowledge.library import Dossier


@pytest.fixture(scope="module")
def annotations(dossier: Dossier, vocabulary: Vocabulary) -> Annotations:
    return annotate(dossier, vocabulary)


@pytest.mark.parametrize(
    ("place", "attribute", "stated"),
    [
        ("7.2", "money", True),
        ("7.3", "money", True),
        ("7.3", "ratio", True),
        ("7.5", "money", False),
        ("7.1", "ratio", False),
        ("11.5", "ratio", True),
        ("12.3", "duration", True),
        ("12.3", "money", True),
        ("2.3", "duration", True),
        ("5.1", "money", False),
        ("11.6", "payer", True),
        ("7.4", "payer", False),
        ("s1.3", "figure", True),
        ("s1.3", "money", False),
    ],
)
def test_clauses_state_what_they_print(
    annotations: Annotations, dossier: Dossier, place: str, attribute: str, stated: bool
) -> None:
    assert annotations.states(dossier.clause_id(place), attribute) is stated


def test_matters_of_procedure_are_stated_nowhere(
    annotations: Annotations, dossier: Dossier, vocabulary: Vocabulary
) -> None:
    never = [name for name, attribute in vocabulary.attributes.items() if attribute.never]

    assert len(never) > 8
    assert not [c.id for c in dossier.policy.sentences for name in never if annotations.states(c.id, name)]


def test_an_attribute_that_cannot_be_tested_counts_as_stated(annotations: Annotations, dossier: Dossier) -> None:
    assert all(annotations.states(clause.id, "definition") for clause in dossier.policy.sentences)


def test_every_subject_has_clauses_that_exist(annotations: Annotations, dossier: Dossier) -> None:
    assert annotations.subjects.keys() == dossier.lexicon.subjects.keys()
    assert len(annotations.subjects) > 20
    assert [name for name, places in annotations.subjects.items() if not places] == []
    assert {p for places in annotations.subjects.values() for p in places} <= dossier.policy.clauses.keys()


def test_every_benefit_with_a_sum_cites_a_clause_that_states_money(annotations: Annotations, dossier: Dossier) -> None:
    assert dossier.benefits
    assert [
        b.id for b in dossier.benefits.values() if not any(annotations.states(clause, "money") for clause in b.clauses)
    ] == []


def test_figures_are_read_off_with_their_unit() -> None:
    assert figures_of("高于200万元且增长率超过20%，打造超100亿元") == ("200万元", "20%", "100亿元")
    assert figures_of("没有数字") == ()
