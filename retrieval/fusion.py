"""One score from two: vectors and words."""

import numpy as np
from numpy.typing import NDArray

DEPTH = 100
WEIGHT = 0.65


def fuse(dense: NDArray[np.float32], lexical: NDArray[np.float32], weight: float = WEIGHT) -> NDArray[np.float32]:
    """Weighted sum of both scores, each stretched to 0..1 over the union of the best 100 of either side.

    `dense` and `lexical` are (n,) in the same order, `weight` is the share of `dense`; the result is (n,) float32 in
    0..1, 0 outside the union. It ranks within one query and says nothing across queries: nonsense has its best too.

    Raises:
        ValueError: the two differ in shape.
    """
    if dense.shape != lexical.shape or dense.ndim != 1:
        raise ValueError(f"two arrays of one length are needed, not {dense.shape} and {lexical.shape}")
    union = _best(dense) | _best(lexical)
    fused = np.zeros(dense.shape, dtype=np.float32)
    fused[union] = weight * _stretch(dense[union]) + (1 - weight) * _stretch(lexical[union])
    return fused


def _best(scores: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which are among the best; all that tie with the last one are, so that the order of texts decides nothing."""
    if scores.size <= DEPTH:
        return np.ones(scores.shape, dtype=np.bool_)
    last = np.partition(scores, -DEPTH)[-DEPTH]
    # Most texts share no word with a query: a tie at the very bottom is no merit.
    best: NDArray[np.bool_] = (scores >= last) & (scores > scores.min())
    return best


def _stretch(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    if scores.size == 0:
        return scores
    low, high = scores.min(), scores.max()
    # Halved first, or the span of two huge scores would overflow.
    span = high / 2 - low / 2
    if span == 0:
        return np.zeros(scores.shape, dtype=np.float32)
    return np.asarray((scores / 2 - low / 2) / span, dtype=np.float32)
