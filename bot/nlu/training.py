"""Training: linear models from labelled instances, by gradient steps in numpy. Equal examples give equal weights."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.nlu.features import Features
from bot.nlu.linear_model import Head, LinearModel, Vector, quantised

Tell = Callable[[int, int], None]
_SEED, _BATCH, _RATE, _FEWEST, _VECTOR_SCALE = 20261126, 128, 0.5, 2, 3.0


@dataclass(frozen=True)
class Instance:
    """Features, and for each head the labels that hold; None where the instance says nothing of a head."""

    features: Features
    labels: tuple[tuple[str, ...] | None, ...]
    weight: float = 1.0
    vector: Vector | None = None


@dataclass(frozen=True)
class _Rows:
    """Instances as one sparse matrix by rows."""

    starts: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: NDArray[np.float32]


def train(
    heads: Sequence[Head],
    instances: Sequence[Instance],
    *,
    passes: int = 10,
    decay: float = 1e-6,
    tell: Tell | None = None,
) -> LinearModel:
    """A model of these heads."""
    counts = Counter(name for instance in instances for name in instance.features)
    places = {name: place for place, name in enumerate(sorted(n for n, times in counts.items() if times >= _FEWEST))}
    rows = _rows(instances, places)
    targets, known = _targets(heads, instances)
    known *= np.array([[i.weight] for i in instances], dtype=np.float32)
    weights = np.zeros((len(places), targets.shape[1]), dtype=np.float32)
    squares = np.full_like(weights, 1e-3)
    bias, bias_squares = np.zeros(targets.shape[1], dtype=np.float32), np.full(targets.shape[1], 1e-3, dtype=np.float32)
    vectors, centre = _vectors(instances)
    dense = np.zeros((vectors.shape[1], targets.shape[1]), dtype=np.float32)
    dense_squares = np.full_like(dense, 1e-3)
    order = np.random.default_rng(_SEED)
    sums = [np.zeros_like(weights), np.zeros_like(bias), np.zeros_like(dense)]  # the mean of later passes is steadier
    for done in range(passes):
        rate = _RATE * (1 - 0.85 * done / passes)
        shuffled = order.permutation(len(instances))
        for begin in range(0, len(shuffled), _BATCH):
            batch = shuffled[begin : begin + _BATCH]
            unique, table = _table(rows, batch)
            own = weights[unique]
            scores = table @ own + bias + vectors[batch] @ dense
            error = (_probabilities(heads, scores) - targets[batch]) * known[batch]
            gradient = table.T @ error
            gradient += decay * len(batch) * own
            squares[unique] += gradient**2
            weights[unique] -= rate * gradient / np.sqrt(squares[unique])
            slope = vectors[batch].T @ error + decay * len(batch) * dense
            dense_squares += slope**2
            dense -= rate * slope / np.sqrt(dense_squares)
            whole = error.sum(axis=0)
            bias_squares += whole**2
            bias -= rate * whole / np.sqrt(bias_squares)
        if done >= passes // 2:
            for total, part in zip(sums, (weights, bias, dense), strict=True):
                total += part
        if tell:
            tell(done + 1, passes)
    share = np.float32(1 / (passes - passes // 2))
    weights, bias, dense = sums[0] * share, sums[1] * share, sums[2] * share
    dense *= _VECTOR_SCALE
    return quantised(heads, places, weights, bias - centre @ dense, dense)


def _vectors(instances: Sequence[Instance]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The sentence vectors of all instances about their centre, (n, 0) where there are none; and that centre."""
    found = [instance.vector for instance in instances if instance.vector is not None]
    width = len(found[0]) if found else 0
    centre = np.mean(found, axis=0) if found else np.zeros(0, dtype=np.float32)
    rows = [centre if i.vector is None else i.vector for i in instances]
    vectors = np.array(rows, dtype=np.float32).reshape(len(instances), width) - centre.astype(np.float32)
    return np.asarray(vectors * np.float32(_VECTOR_SCALE), dtype=np.float32), np.asarray(centre, dtype=np.float32)


def _probabilities(heads: Sequence[Head], scores: NDArray[np.float32]) -> NDArray[np.float32]:
    found, start = np.empty_like(scores), 0
    for head in heads:
        part = slice(start, start + len(head.labels))
        start += len(head.labels)
        if head.exclusive:
            raised = np.exp(scores[:, part] - scores[:, part].max(axis=1, keepdims=True))
            found[:, part] = raised / raised.sum(axis=1, keepdims=True)
        else:
            found[:, part] = 1 / (1 + np.exp(-np.clip(scores[:, part], -30, 30)))
    return found


def _rows(instances: Sequence[Instance], places: dict[str, int]) -> _Rows:
    starts, columns, values = [0], [], []
    for instance in instances:
        for name, value in instance.features.items():
            if name in places:
                columns.append(places[name])
                values.append(value)
        starts.append(len(columns))
    return _Rows(np.array(starts), np.array(columns, dtype=np.int64), np.array(values, dtype=np.float32))


def _table(rows: _Rows, batch: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The columns that a batch has anything in, and its values in these: (rows of the batch, columns)."""
    spans = [slice(rows.starts[i], rows.starts[i + 1]) for i in batch]
    unique, places = np.unique(np.concatenate([rows.columns[span] for span in spans]), return_inverse=True)
    table = np.zeros((len(batch), len(unique)), dtype=np.float32)
    owners = np.repeat(np.arange(len(batch)), [span.stop - span.start for span in spans])
    table[owners, places] = np.concatenate([rows.values[span] for span in spans])
    return unique, table


def _targets(heads: Sequence[Head], instances: Sequence[Instance]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What holds (1 or 0) for every label of every head, and where that is known."""
    width = sum(len(head.labels) for head in heads)
    targets = np.zeros((len(instances), width), dtype=np.float32)
    known = np.zeros_like(targets)
    start = 0
    for number, head in enumerate(heads):
        columns = {label: start + place for place, label in enumerate(head.labels)}
        part = slice(start, start + len(head.labels))
        for row, instance in enumerate(instances):
            labels = instance.labels[number]
            if labels is not None:
                known[row, part] = 1
                targets[row, [columns[label] for label in labels]] = 1
        start += len(head.labels)
    return targets, known
