"""A linear model over named features and a sentence vector, with several heads. It predicts with numpy alone."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.nlu.features import Features

Vector = NDArray[np.float32]
_STEPS, _NEGLIGIBLE = 127, 3


@dataclass(frozen=True)
class Head:
    """One decision: `exclusive` (exactly one label, probabilities add up to one) or one yes or no for each label."""

    name: str
    labels: tuple[str, ...]
    exclusive: bool


@dataclass(frozen=True)
class LinearModel:
    """Weights by feature, quantised to one byte: `weights` is (features, labels of all heads), `scale` per label.

    `dense` is (dimensions of a sentence vector, labels); it has no rows where the model looks at no vector.
    """

    heads: tuple[Head, ...]
    places: Mapping[str, int]
    weights: NDArray[np.int8]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]
    dense: NDArray[np.float16]

    def predict(self, features: Features, vector: Vector | None = None) -> dict[str, dict[str, float]]:
        """The probability of every label, by head."""
        scores = self.scores(features)
        if vector is not None and len(self.dense):
            scores = scores + vector @ self.dense.astype(np.float32)
        found, start = {}, 0
        for head in self.heads:
            part = scores[start : start + len(head.labels)]
            start += len(head.labels)
            values = _softmax(part) if head.exclusive else 1 / (1 + np.exp(-part))
            found[head.name] = dict(zip(head.labels, map(float, values), strict=True))
        return found

    def scores(self, features: Features) -> NDArray[np.float64]:
        """The sum of weights for every label of every head."""
        known = [(self.places[name], value) for name, value in features.items() if name in self.places]
        if not known:
            return self.bias.astype(np.float64)
        rows = self.weights[[place for place, _ in known]].astype(np.float64)
        values = np.array([value for _, value in known])
        return values @ rows * self.scale + self.bias

    def reasons(self, features: Features, head: str, label: str, limit: int = 8) -> tuple[tuple[str, float], ...]:
        """The features that weighed most for a label, with what each added."""
        column = 0
        for each in self.heads:
            if each.name == head:
                column += each.labels.index(label)
                break
            column += len(each.labels)
        weighed = [
            (name, float(value * self.weights[self.places[name], column] * self.scale[column]))
            for name, value in features.items()
            if name in self.places
        ]
        return tuple(sorted(weighed, key=lambda pair: -pair[1])[:limit])

    def save(self, path: Path) -> None:
        """Write the model as one compressed file, whole or not at all."""
        buffer = io.BytesIO()
        names = "\n".join(self.places)
        heads = "\n".join("\t".join((h.name, str(int(h.exclusive)), *h.labels)) for h in self.heads)
        np.savez_compressed(
            buffer,
            weights=self.weights,
            scale=self.scale,
            bias=self.bias,
            dense=self.dense,
            names=np.frombuffer(names.encode(), dtype=np.uint8),
            heads=np.frombuffer(heads.encode(), dtype=np.uint8),
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".new")
        beside.write_bytes(buffer.getvalue())
        beside.replace(path)


def load_model(path: Path) -> LinearModel:
    """The model of a file.

    Raises:
        OSError, ValueError, KeyError: the file is not there, or is no model.
    """
    with np.load(path) as stored:
        texts = {key: stored[key].tobytes().decode() for key in ("names", "heads")}
        weights, scale, bias = stored["weights"], stored["scale"], stored["bias"]
        dense = stored["dense"]
    rows = [row.split("\t") for row in texts["heads"].split("\n")]
    heads = tuple(Head(name, tuple(labels), flag == "1") for name, flag, *labels in rows)
    places = {name: place for place, name in enumerate(texts["names"].split("\n"))}
    return LinearModel(heads, places, weights, scale, bias, dense)


def quantised(
    heads: Sequence[Head],
    places: Mapping[str, int],
    weights: NDArray[np.float32],
    bias: Vector,
    dense: NDArray[np.float32],
) -> LinearModel:
    """A model from trained weights."""
    scale = np.maximum(np.abs(weights).max(axis=0), 1e-6) / _STEPS
    small = np.rint(weights / scale).astype(np.int8)
    small[np.abs(small) <= _NEGLIGIBLE] = 0  # what hardly weighs is left out, so that the file is small
    kept = np.flatnonzero(small.any(axis=1))
    names = list(places)
    places, small = {names[place]: row for row, place in enumerate(kept)}, small[kept]
    return LinearModel(
        tuple(heads), places, small, scale.astype(np.float32), bias.astype(np.float32), dense.astype(np.float16)
    )


def _softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    raised = np.exp(scores - scores.max())
    return np.asarray(raised / raised.sum())
