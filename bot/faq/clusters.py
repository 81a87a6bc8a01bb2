"""Clustering: questions that ask the same thing in other words stand together, those that ask different things do not.

A cosine alone does not tell. With the bundled model 161 refused questions in 71 groups were measured: wordings of one
question begin at 0.90, and different questions about one benefit (when is it granted, when is it paid) end at 0.96.
What is understood of a question parts them: no two wordings of one question named different subjects of the document,
and only of things outside it were they understood to ask different things. Joining a question to any member of a
cluster instead of the first gathers 3 % more and mixes three times as many.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

# Where subject and aspect agree, different questions end at 0.929 (but for two pairs). Where the aspect of one is open,
# they end at 0.959; where only one names its subject, only nearly the same words are one question. What is settled by
# its aspect alone (until when one may apply) was worded as differently as 0.891. So 121 of 142 pairs of one question
# stand together, and none of two.
AGREED, UNCERTAIN, UNNAMED, SETTLED = 0.93, 0.96, 0.97, 0.87
_ROOM = 64


@dataclass(frozen=True, slots=True)
class Sign:
    """What is understood of a question.

    `subjects` are named in the document, `outside` things that are not in it. `aspects` are what is asked of them;
    `settled` those of which there is but one question.
    """

    subjects: frozenset[str] = field(default=frozenset())
    outside: frozenset[str] = field(default=frozenset())
    aspects: frozenset[str] = field(default=frozenset())
    settled: frozenset[str] = field(default=frozenset())


def needed(one: Sign, other: Sign) -> float | None:
    """The cosine from which on two questions are one; None where they are two at any."""
    subject = _agree(one.subjects, other.subjects)
    # What is asked of a thing outside the document is read by words for things that are in it, so it proves little.
    asked = _agree(one.aspects, other.aspects)
    if subject is False or (asked is False and not (one.outside and other.outside)):
        return None
    settled = one.settled & other.settled
    if subject is None:
        return UNNAMED if asked and one.aspects and not settled else None
    if settled and not (one.outside or other.outside):
        return SETTLED
    named = bool(one.subjects) or _one_thing(one.outside, other.outside)
    return AGREED if asked and named else UNCERTAIN


def _one_thing(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether both name nothing, or one names a thing by a part of the other's name for it."""
    return (not one and not other) or any(a in b or b in a for a in one for b in other)


def _agree(one: frozenset[str], other: frozenset[str]) -> bool | None:
    """Whether two sets share something, or are both empty; None where only one is."""
    if not one or not other:
        return True if one == other else None
    return not one.isdisjoint(other)


class Clusters:
    """Questions gathered one by one around those that came first: a question stands with the nearest that it fits."""

    def __init__(self) -> None:
        """Hold none yet."""
        self._signs: list[Sign] = []
        self._vectors: NDArray[np.float32] = np.empty((0, 0), dtype=np.float32)

    def add(self, vector: NDArray[np.float32], sign: Sign) -> int:
        """The number of the cluster in which a question of that vector (unit norm) and sign now stands."""
        count = len(self._signs)
        cosines = self._vectors[:count] @ vector if count else np.empty(0, dtype=np.float32)
        near = np.flatnonzero(cosines >= min(AGREED, UNCERTAIN, SETTLED))
        for place in sorted(near.tolist(), key=lambda place: (-float(cosines[place]), place)):
            least = needed(sign, self._signs[place])
            if least is not None and cosines[place] >= least:
                return int(place)
        if count == len(self._vectors):
            room = np.empty((max(_ROOM, 2 * count), len(vector)), dtype=np.float32)
            room[:count] = self._vectors[:count] if count else room[:0]
            self._vectors = room
        self._vectors[count] = vector
        self._signs.append(sign)
        return count


def gathered(questions: Iterable[tuple[NDArray[np.float32], Sign]]) -> list[list[int]]:
    """The places of questions, cluster by cluster; both in the order in which they came."""
    clusters = Clusters()
    found: list[list[int]] = []
    for place, (vector, sign) in enumerate(questions):
        number = clusters.add(vector, sign)
        if number == len(found):
            found.append([])
        found[number].append(place)
    return found


def most_central(vectors: Sequence[NDArray[np.float32]]) -> int:
    """The place of the vector that is nearest to all; the first of several."""
    stacked = np.stack(vectors).astype(np.float64)
    return int(np.argmax(np.round(stacked @ stacked.sum(axis=0), 6)))
