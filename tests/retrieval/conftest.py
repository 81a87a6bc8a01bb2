import hashlib
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from knowledge.library import BUNDLED
from knowledge.parser import parse_policy
from knowledge.policy import Clause
from retrieval.tokens import tokenize


class TokenEmbedder:
    """An embedder without a model: the sum of one random direction for each token. Counts the passages it is given."""

    dim = 16

    def __init__(self, name: str = "tokens/1") -> None:
        self.name = name
        self.passages = 0

    def embed_query(self, text: str) -> NDArray[np.float32]:
        directions = [_direction(token) for token in tokenize(text) or [""]]
        vector = np.sum(directions, axis=0)
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.passages += len(texts)
        return np.stack([self.embed_query(text) for text in texts])


def _direction(token: str) -> NDArray[np.float64]:
    seed = int.from_bytes(hashlib.sha256(token.encode("utf-8", "replace")).digest()[:8], "big")
    return np.random.default_rng(seed).standard_normal(TokenEmbedder.dim)


@pytest.fixture
def embedder() -> TokenEmbedder:
    return TokenEmbedder()


@pytest.fixture(scope="session")
def clauses() -> tuple[Clause, ...]:
    name = "xiamen-sti-measures"
    sentences = parse_policy(name, BUNDLED / name / "text.txt").sentences
    assert len(sentences) > 50
    return sentences
