"""Clauses for a question, or the honest news that there are none."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge.policy import Clause
from retrieval.dense import DenseIndex
from retrieval.embedding import clean
from retrieval.fusion import WEIGHT, fuse
from retrieval.lexical import LexicalIndex
from retrieval.tokens import has_han, tokenize

# A question is off the topic if its best cosine + its best overlap / 4 stays below a floor. Measured with the bundled
# model: rejected are 0 of 216 answerable questions, 27 of 70 of small talk and nonsense, 1 of 107 near the policy that
# it does not settle. The lowest answerable are at 0.853 (Han) and 0.793 (no Han, six questions only). Another model
# has other cosines: calibrate it before use.
HAN_FLOOR = 0.85
OTHER_FLOOR = 0.79
OVERLAP_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Hit:
    """A clause that may answer.

    `score` ranks within one search only. `similarity` is the cosine (0 where no vectors were asked) and `overlap` the
    share of the question's tokens that the clause holds, weighted by idf, 0..1: these two compare across questions.
    `margin` is how far both together are above the floor; it has no meaning where no vectors were asked.
    """

    clause_id: str
    score: float
    similarity: float
    overlap: float
    margin: float = 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """At least one hit, best first; `margin` is how far the best cosine and overlap are above the floor."""

    hits: tuple[Hit, ...]
    margin: float


@dataclass(frozen=True, slots=True)
class NoEvidence:
    """The text says nothing near the question; `best` is the nearest clause, None if there is nothing to search."""

    best: Hit | None


class Retriever:
    """Searches clauses by words and by meaning. Safe for threads."""

    def __init__(
        self,
        clauses: Sequence[Clause],
        dense: Callable[[], DenseIndex],
        *,
        weight: float = WEIGHT,
        floors: tuple[float, float] = (HAN_FLOOR, OTHER_FLOOR),
    ) -> None:
        """Count the words now; `dense` is called once, when the first search needs it, for the same clauses in order.

        `floors` are for questions with Han characters and without; another model than the bundled one needs its own.
        """
        self._ids = tuple(clause.id for clause in clauses)
        self._words = LexicalIndex([clause.text for clause in clauses])
        self._weight = weight
        self._han_floor, self._other_floor = floors
        self._open_dense = dense
        self._dense: DenseIndex | None = None
        self._lock = threading.Lock()

    def search(self, query: str, *, limit: int = 5) -> Evidence | NoEvidence:
        """The best `limit` clauses, or no evidence: nothing is near in meaning and few words are shared.

        Raises:
            IndexUnavailable, EmbeddingUnavailable: no vectors can be had; `lexical` still works.
        """
        text = clean(query)
        if not self._ids or limit < 1:
            return NoEvidence(None)
        similarities = self._get_dense().similarities(text)
        fused = fuse(similarities, self._words.scores(text), self._weight)
        overlaps = self._words.overlaps(text)
        order = np.argsort(-fused, kind="stable")[:limit]
        floor = self._han_floor if has_han(text) else self._other_floor
        margins = similarities + OVERLAP_SHARE * overlaps - floor
        measured = (fused, similarities, overlaps, margins)
        hits = tuple(Hit(self._ids[place], *(float(values[place]) for values in measured)) for place in order)
        margin = float(similarities.max() + OVERLAP_SHARE * overlaps.max()) - floor
        if not tokenize(text) or margin < 0:
            return NoEvidence(hits[0])
        return Evidence(hits, margin)

    def lexical(self, query: str, limit: int = 5) -> tuple[Hit, ...]:
        """The best clauses by words alone, BM25 as score; none that shares no word. Costs no model and no index."""
        text = clean(query)
        scores, overlaps = self._words.scores(text), self._words.overlaps(text)
        order = [place for place in np.argsort(-scores, kind="stable")[: max(limit, 0)] if scores[place] > 0]
        return tuple(Hit(self._ids[place], float(scores[place]), 0.0, float(overlaps[place])) for place in order)

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Questions as the search by meaning sees them: (n, dim) float32, unit norm.

        Raises:
            IndexUnavailable, EmbeddingUnavailable: no vectors can be had.
        """
        return self._get_dense().vectors([clean(text) for text in texts])

    def likeness(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """How near questions are in meaning: the cosine of each to each, (n, n) float32, symmetric, one on itself.

        Raises:
            IndexUnavailable, EmbeddingUnavailable: no vectors can be had.
        """
        vectors = self.vectors(texts)
        cosines = np.clip(vectors @ vectors.T, -1.0, 1.0)
        cosines = (cosines + cosines.T) / 2
        np.fill_diagonal(cosines, 1.0)
        return np.asarray(cosines, dtype=np.float32)

    def _get_dense(self) -> DenseIndex:
        with self._lock:
            if self._dense is None:
                self._dense = self._open_dense()
            return self._dense
