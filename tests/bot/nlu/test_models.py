"""Models: trained, kept and found again; trained anew when an example has changed; one process at a time."""

import hashlib
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.nlu.examples import load_all
from bot.nlu.models import model_name, open_models, train_on
from bot.nlu.reading import Models, Reader
from bot.nlu.store import load_models, remove_others, save_models, taking_turns
from bot.nlu.vectors import file_name, vectors_of
from knowledge.library import Dossier, load_library

Told = list[tuple[str, int, int]]


class Hashing:
    """Vectors that follow from the text; it counts how many it was asked for."""

    name, dim = "hashing/1", 16

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed_query(self, text: str) -> NDArray[np.float32]:
        self.asked.append(text)
        digest = np.frombuffer(hashlib.sha512(text.encode()).digest()[: self.dim], dtype=np.uint8)
        vector = digest.astype(np.float32) - 127
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([self.embed_query(text) for text in texts])


@pytest.fixture
def embedder() -> Hashing:
    return Hashing()


@pytest.fixture
def dossier(tiny_policies: Path, tmp_path: Path) -> Dossier:
    """The tiny policy in a folder of this test's own."""
    shutil.copytree(tiny_policies, tmp_path / "policies")
    return load_library(tmp_path / "policies").main


def same(one: Models, other: Models) -> bool:
    pairs = ((one.message, other.message), (one.topic, other.topic), (one.role, other.role))
    return all(
        a.heads == b.heads
        and list(a.places) == list(b.places)
        and all(np.array_equal(getattr(a, n), getattr(b, n)) for n in ("weights", "scale", "bias", "dense"))
        for a, b in pairs
    )


def test_equal_examples_give_equal_weights(dossier: Dossier, embedder: Hashing, tmp_path: Path) -> None:
    examples = load_all(dossier)

    first = train_on(examples, dossier, embedder)
    again = train_on(examples, dossier, Hashing(), vectors=tmp_path)
    kept = train_on(examples, dossier, Hashing(), vectors=tmp_path)

    assert same(first, again)
    assert same(first, kept)


def test_what_was_learnt_is_known(dossier: Dossier, embedder: Hashing) -> None:
    reader = Reader(dossier, train_on(load_all(dossier), dossier, embedder), embedder)

    reading = reader.read("研发费用今年1250万，去年910万，能补多少")

    assert (reading.intent, reading.asked, reading.about) == ("compute", ("amount",), ("rd_subsidy",))
    assert [figure.role for figure in reading.figures] == ["now", "before"]
    assert reader.read("您好").intent == "greet"


def test_models_come_back_from_their_folder_as_they_were(dossier: Dossier, embedder: Hashing, tmp_path: Path) -> None:
    models = train_on(load_all(dossier), dossier, embedder)
    for _ in range(2):  # a second time over the first
        save_models(models, tmp_path / "kept" / "models")

    found = load_models(tmp_path / "kept" / "models")

    assert found is not None
    assert same(found, models)
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["models"]


def test_models_are_trained_once_and_anew_when_an_example_has_changed(
    dossier: Dossier, embedder: Hashing, tmp_path: Path
) -> None:
    told: Told = []

    def tell(stage: str, done: int, total: int) -> None:
        told.append((stage, done, total))

    first = open_models(dossier, embedder, tmp_path, tell=tell)
    embedded = len(embedder.asked)
    assert {stage for stage, _, _ in told} == {"vectors", "message", "topic", "role"}
    assert ("vectors", embedded, embedded) in told

    told.clear()
    assert same(open_models(dossier, embedder, tmp_path, tell=tell), first)
    assert (told, len(embedder.asked)) == ([], embedded)

    with (dossier.folder / "examples" / "tiny.yaml").open("a", encoding="utf-8") as file:
        file.write("- intent: thanks\n  say: [太感谢了]\n")
    assert not same(open_models(dossier, embedder, tmp_path, tell=tell), first)
    assert embedder.asked[embedded:] == ["太感谢了"]


@pytest.mark.parametrize("broken", ["message", "role"])
def test_models_that_are_cut_short_are_trained_anew(
    dossier: Dossier, embedder: Hashing, tmp_path: Path, broken: str
) -> None:
    first = open_models(dossier, embedder, tmp_path)
    path = tmp_path / "nlu" / model_name(dossier, embedder) / f"{broken}.npz"
    path.write_bytes(path.read_bytes()[:500])

    assert same(open_models(dossier, embedder, tmp_path), first)
    assert load_models(path.parent) is not None


def test_of_two_that_need_training_the_second_waits_and_loads(dossier: Dossier, tmp_path: Path) -> None:
    embedders = [Hashing(), Hashing()]
    told: list[list[str]] = [[], []]
    found: list[Models | None] = [None, None]

    def run(number: int) -> None:
        def tell(stage: str, done: int, total: int) -> None:
            told[number].append(stage)

        found[number] = open_models(dossier, embedders[number], tmp_path, tell=tell)

    with taking_turns(tmp_path / "nlu", lambda: None):  # both find it taken
        threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        while not all(told):
            threads[0].join(0.01)
    for thread in threads:
        thread.join(60)

    assert found[0] is not None
    assert found[1] is not None
    assert same(found[0], found[1])
    assert sorted(bool(embedder.asked) for embedder in embedders) == [False, True]
    assert [stages[0] for stages in told] == ["waiting", "waiting"]


def test_a_cache_that_cannot_be_written_costs_no_answer(dossier: Dossier, embedder: Hashing, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert open_models(dossier, embedder, tmp_path / "file").message.heads


def test_vectors_are_kept_by_text_and_only_new_ones_computed(embedder: Hashing, tmp_path: Path) -> None:
    first = vectors_of(["甲", "乙", "甲"], embedder, tmp_path)
    again = vectors_of(["乙", "丙"], embedder, tmp_path)

    assert embedder.asked == ["甲", "乙", "丙"]
    assert np.array_equal(first["乙"], again["乙"])
    assert list(vectors_of(["甲", "丙"], embedder, tmp_path)) == ["甲", "丙"]
    assert [path.name for path in tmp_path.iterdir()] == [file_name(embedder.name)]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"nothing of the kind"])
def test_kept_vectors_that_cannot_be_read_are_computed_anew(embedder: Hashing, tmp_path: Path, content: bytes) -> None:
    (tmp_path / file_name(embedder.name)).write_bytes(content)

    assert list(vectors_of(["甲"], embedder, tmp_path)) == ["甲"]
    assert list(vectors_of(["甲"], embedder, tmp_path)) == ["甲"]
    assert embedder.asked == ["甲"]


def test_what_was_computed_before_an_interruption_is_kept(embedder: Hashing, tmp_path: Path) -> None:
    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        vectors_of(["甲", "乙"], embedder, tmp_path, told=interrupt)
    vectors_of(["甲", "乙", "丙"], embedder, tmp_path)

    assert sorted(embedder.asked) == sorted(["甲", "乙", "丙"])


def test_only_models_of_the_same_policy_are_removed(tmp_path: Path) -> None:
    names = ["p-0123456789abcdef", "p-fedcba9876543210", "p-x-0123456789abcdef", "p-notes"]
    for name in names:
        (tmp_path / name).mkdir()

    assert [path.name for path in remove_others(tmp_path / names[0], "p")] == [names[1]]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([names[0], *names[2:]])
