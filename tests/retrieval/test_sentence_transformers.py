"""The way to any other model, for real: a tiny model with random weights, made here and loaded from its folder."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrieval.dense import DenseIndex
from retrieval.embedding import make_embedder
from retrieval.errors import EmbeddingUnavailable
from retrieval.retriever import Retriever

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),  # torch and transformers warn of themselves
]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory, clauses: Any) -> Path:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(7)
    folder = tmp_path_factory.mktemp("models")
    characters = sorted({character for clause in clauses for character in clause.text})
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]), "utf-8")
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder / "bert")
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    BertModel(BertConfig(vocab_size=len(characters) + 5, **sizes)).save_pretrained(folder / "bert")
    modules = [Transformer(str(folder / "bert"), max_seq_length=64), Pooling(32)]
    SentenceTransformer(modules=modules).save(str(folder / "plain"))
    prompts = {"query": "问", "passage": "文"}
    SentenceTransformer(modules=modules, prompts=prompts).save(str(folder / "prompted"))
    return folder


def test_a_folder_serves_as_a_model(model_folder: Path, tmp_path: Path, clauses: Any) -> None:
    embedder = make_embedder(str(model_folder / "plain"))
    assert embedder.dim == 32
    vectors = embedder.embed_passages([clause.text for clause in clauses])
    assert vectors.shape == (len(clauses), 32)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert embedder.embed_passages([]).shape == (0, 32)
    index = DenseIndex.open(tmp_path, clauses, embedder)
    np.testing.assert_allclose(index.similarities(clauses[4].text), vectors @ vectors[4], atol=1e-4)
    assert Retriever(clauses, lambda: index, floors=(0.0, 0.0)).search("孵化器一年奖多少")


def test_the_prompts_of_the_model_are_used(model_folder: Path) -> None:
    prompted, plain = make_embedder(str(model_folder / "prompted")), make_embedder(str(model_folder / "plain"))
    np.testing.assert_allclose(prompted.embed_query("研发"), plain.embed_query("问研发"), atol=1e-5)
    np.testing.assert_allclose(prompted.embed_passages(["研发"]), plain.embed_passages(["文研发"]), atol=1e-5)


def test_hostile_text_passes_through_the_same_door(model_folder: Path) -> None:
    embedder = make_embedder(str(model_folder / "plain"))
    assert np.isfinite(embedder.embed_passages(["\ufdfa" * 10_000, "研\ud800\0发", "", "研" * 100_000])).all()


def test_other_weights_in_a_folder_of_the_same_name_are_another_model(model_folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "plain"
    shutil.copytree(model_folder / "plain", copy)
    name = make_embedder(str(copy)).name
    assert name == make_embedder(str(model_folder / "plain")).name
    weights = next(copy.rglob("*.safetensors"))
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert make_embedder(str(copy)).name != name


def test_an_empty_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingUnavailable, match="no usable model"):
        make_embedder(str(tmp_path)).embed_query("研发")


def test_neither_a_folder_nor_an_offline_hub_name_asks_the_network(model_folder: Path, tmp_path: Path) -> None:
    folder = str(model_folder / "plain")
    program = f"""
import socket
calls = []
def refuse(*arguments, **options):
    calls.append(arguments)
    raise OSError("no network in this test")
socket.socket.connect = socket.getaddrinfo = refuse
from retrieval.embedding import make_embedder
from retrieval.errors import EmbeddingUnavailable
make_embedder({folder!r}).embed_query("a")
try:
    make_embedder("nobody/no-such-model", offline=True).embed_query("a")
except EmbeddingUnavailable as error:
    assert "on this machine" in str(error), error
    print(len(calls))
"""
    environment = {"PYTHONPATH": str(ROOT), "HF_HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.stdout.strip() == "0", done.stderr
