"""Clustering by likeness and by what is understood, on vectors that are made up."""

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.faq.clusters import AGREED, SETTLED, UNCERTAIN, UNNAMED, Sign, gathered, most_central, needed

LAB, SUBSIDY, PATENT, BONUS = "joint_lab", "rd_subsidy", "patent", "bonus"


def sign(subjects: str = "", aspects: str = "", *, outside: str = "", settled: str = "") -> Sign:
    return Sign(*(frozenset(words.split()) for words in (subjects, outside, aspects, settled)))


def at(cosine: float, *, of: int = 0) -> NDArray[np.float32]:
    """A unit vector of that cosine to the first axis."""
    vector = np.zeros(4, dtype=np.float32)
    vector[0], vector[1 + of] = cosine, np.sqrt(1 - cosine**2)
    return vector


@pytest.mark.parametrize(
    ("one", "other", "cosine"),
    [
        (sign(LAB, "material"), sign(LAB, "material"), AGREED),
        (sign(LAB, "material"), sign(SUBSIDY, "material"), None),
        (sign(LAB, "material"), sign(LAB, "deadline"), None),
        (sign(LAB, "scoring"), sign("", "scoring"), UNNAMED),
        (sign(LAB), sign(), None),
        (sign(LAB, "scoring amount"), sign(LAB, "condition amount"), AGREED),
        (sign(LAB, "amount"), sign(LAB), UNCERTAIN),
        (sign(LAB), sign(LAB), AGREED),
        (sign("", "person"), sign("", "person"), AGREED),
        (sign("", "person"), sign("", "website"), None),
        (sign(), sign(), AGREED),
        (sign("", "deadline", settled="deadline"), sign("", "deadline material", settled="deadline"), SETTLED),
        (sign(LAB, "deadline", settled="deadline"), sign("", "deadline", settled="deadline"), None),
        (sign(LAB, "deadline", settled="deadline"), sign(LAB, "deadline", settled="deadline"), SETTLED),
        (sign("", "amount", outside=PATENT), sign("", "amount", outside=PATENT), AGREED),
        (sign("", "amount", outside=PATENT), sign("", "amount", outside=BONUS), UNCERTAIN),
        (sign("", "amount", outside="专利转让"), sign("", "amount", outside="专利"), AGREED),
        (sign("", "amount", outside=PATENT), sign("", "ratio", outside=PATENT), UNCERTAIN),
        (sign("", "amount", outside=PATENT), sign("", "amount"), UNCERTAIN),
        (sign(SUBSIDY, "ratio", outside=PATENT), sign(SUBSIDY, "delimitation"), None),
    ],
)
def test_what_two_questions_share_says_how_like_they_must_be(one: Sign, other: Sign, cosine: float | None) -> None:
    assert needed(one, other) == needed(other, one) == cosine


def test_questions_gather_around_those_that_came_first() -> None:
    same = sign(LAB, "material")
    questions = [(at(1), same), (at(0.5), same), (at(AGREED + 0.01), same), (at(AGREED - 0.01, of=1), same)]

    assert gathered(questions) == [[0, 2], [1], [3]]
    assert gathered([]) == []


def test_a_question_stands_with_the_nearest_that_it_fits() -> None:
    lab, subsidy = sign(LAB, "material"), sign(SUBSIDY, "material")
    one, other = at(0.9), at(0.9, of=1)
    between = 0.49 * one + 0.51 * other
    questions = [(at(1), subsidy), (one, lab), (other, lab), (at(0.99, of=1), lab)]
    questions.append((between / np.linalg.norm(between), lab))

    assert gathered(questions) == [[0], [1], [2, 3, 4]]


def test_many_questions_gather_as_few_do() -> None:
    rng = np.random.default_rng(7)
    centres = rng.standard_normal((300, 64)).astype(np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    order = rng.integers(0, 300, size=5000)

    clusters = gathered((centres[place], sign()) for place in order)

    assert len(clusters) == len(set(order.tolist()))
    assert all(len({int(order[place]) for place in places}) == 1 for places in clusters)
    assert [places[0] for places in clusters] == sorted(places[0] for places in clusters)


def test_the_most_central_is_nearest_to_all_and_the_first_of_equals() -> None:
    assert most_central([at(0.8), at(1), at(0.8, of=1)]) == 1
    assert most_central([at(0.9), at(0.9)]) == 0
