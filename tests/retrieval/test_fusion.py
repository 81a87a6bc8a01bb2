from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from retrieval.fusion import DEPTH, fuse

FINITE = st.floats(-(2.0**120), 2.0**120, width=32)


@st.composite
def score_pairs(draw: st.DrawFn) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    size = draw(st.integers(0, 3 * DEPTH))
    arrays = hnp.arrays(np.float32, size, elements=FINITE)
    return draw(arrays), draw(arrays)


@given(score_pairs(), st.floats(0, 1), st.randoms(use_true_random=False))
def test_order_of_the_clauses_does_not_matter(
    pair: tuple[NDArray[np.float32], NDArray[np.float32]], weight: float, random: Random
) -> None:
    dense, lexical = pair
    order = list(range(dense.size))
    random.shuffle(order)
    np.testing.assert_array_equal(fuse(dense, lexical, weight)[order], fuse(dense[order], lexical[order], weight))


@given(score_pairs(), st.floats(0, 1))
def test_scores_stay_between_zero_and_one(pair: tuple[NDArray[np.float32], NDArray[np.float32]], weight: float) -> None:
    fused = fuse(*pair, weight)
    assert fused.shape == pair[0].shape
    assert np.isfinite(fused).all()
    assert ((fused >= 0) & (fused <= 1 + 1e-6)).all()


@given(score_pairs())
def test_inputs_are_left_as_they_were(pair: tuple[NDArray[np.float32], NDArray[np.float32]]) -> None:
    dense, lexical = pair[0].copy(), pair[1].copy()
    fuse(*pair)
    np.testing.assert_array_equal(pair[0], dense)
    np.testing.assert_array_equal(pair[1], lexical)


def test_better_on_both_sides_is_better() -> None:
    fused = fuse(np.array([0.9, 0.8, 0.7], np.float32), np.array([3, 2, 0], np.float32))
    assert fused.tolist() == pytest.approx([1.0, 0.65 * 0.5 + 0.35 * 2 / 3, 0.0], abs=1e-5)


def test_a_shift_or_stretch_of_one_side_changes_nothing() -> None:
    dense, lexical = np.array([0.9, 0.8, 0.7], np.float32), np.array([3, 2, 0], np.float32)
    np.testing.assert_allclose(fuse(dense, lexical), fuse(dense, lexical * 4 + 8), atol=1e-6)


def test_what_neither_side_ranks_high_gets_nothing() -> None:
    dense = np.linspace(1, 0, 4 * DEPTH, dtype=np.float32)
    lexical = np.zeros(4 * DEPTH, np.float32)
    lexical[-1] = 5
    fused = fuse(dense, lexical)
    assert not fused[DEPTH:-1].any()
    assert fused[-1] == pytest.approx(0.35)


def test_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        fuse(np.zeros(2, np.float32), np.zeros(3, np.float32))
