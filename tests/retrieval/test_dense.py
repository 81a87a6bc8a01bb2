import dataclasses
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knowledge.policy import Clause
from retrieval.dense import DenseIndex
from retrieval.errors import IndexUnavailable

Clauses = tuple[Clause, ...]


def indexes(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def test_similarities_are_the_cosines_in_the_order_of_the_clauses(
    tmp_path: Path, clauses: Clauses, embedder: Any
) -> None:
    index = DenseIndex.open(tmp_path / "index", clauses, embedder)
    exact = embedder.embed_passages([clause.text for clause in clauses]) @ embedder.embed_query("孵化器奖励")
    found = index.similarities("孵化器奖励")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, exact, atol=1e-5)


def test_what_the_graph_search_misses_is_compared_exactly(tmp_path: Path, clauses: Clauses, embedder: Any) -> None:
    index = DenseIndex.open(tmp_path, clauses, embedder)
    whole, collection = index.similarities("研发"), index._collection

    class Forgetful:
        def query(self, **options: Any) -> Any:
            return collection.query(**{**options, "n_results": 5})

        def get(self, **options: Any) -> Any:
            return collection.get(**options)

    index._collection = Forgetful()
    np.testing.assert_allclose(index.similarities("研发"), whole, atol=1e-5)


def test_a_second_opening_builds_nothing(tmp_path: Path, clauses: Clauses, embedder: Any) -> None:
    DenseIndex.open(tmp_path, clauses, embedder).close()
    built = embedder.passages
    DenseIndex.open(tmp_path, clauses, embedder)
    assert embedder.passages == built == len(clauses)


def test_progress_counts_up_to_all_clauses(tmp_path: Path, clauses: Clauses, embedder: Any) -> None:
    heard: list[tuple[int, int]] = []
    DenseIndex.open(tmp_path, clauses * 1, embedder, progress=lambda done, total: heard.append((done, total)))
    assert heard
    assert heard[-1] == (len(clauses), len(clauses))


def test_changed_text_is_another_index_and_the_old_one_goes(tmp_path: Path, clauses: Clauses, embedder: Any) -> None:
    DenseIndex.open(tmp_path, clauses, embedder).close()
    before = indexes(tmp_path)
    changed = (dataclasses.replace(clauses[0], text="完全不同的一句话。"), *clauses[1:])
    index = DenseIndex.open(tmp_path, changed, embedder)
    assert index.similarities("完全不同的一句话。")[0] == pytest.approx(1.0, abs=1e-5)
    assert len(indexes(tmp_path)) == 1
    assert indexes(tmp_path) != before


def test_another_model_is_another_index(tmp_path: Path, clauses: Clauses, embedder: Any) -> None:
    DenseIndex.open(tmp_path, clauses, embedder).close()
    other = type(embedder)("tokens/2")
    DenseIndex.open(tmp_path, clauses, other)
    assert other.passages == len(clauses)


def test_an_old_index_stays_as_long_as_somebody_reads_it(tmp_path: Path, clauses: Clauses, embedder: Any) -> None:
    old = DenseIndex.open(tmp_path, clauses, embedder)
    before = old.similarities("孵化器奖励")
    new = DenseIndex.open(tmp_path, clauses, type(embedder)("tokens/2"))
    for _ in range(20):
        np.testing.assert_array_equal(old.similarities("孵化器奖励"), before)
    assert len(indexes(tmp_path)) == 2
    old.close()
    DenseIndex.open(tmp_path, clauses, type(embedder)("tokens/3"))
    assert len(indexes(tmp_path)) == 2  # the first one is gone, the second is still read
    assert new.similarities("孵化器奖励").shape == before.shape


@pytest.mark.parametrize("damage", ["garbage", "empty", "truncated", "missing"])
@pytest.mark.parametrize("victim", ["chroma.sqlite3", "manifest.json"])
def test_a_damaged_file_is_rebuilt(tmp_path: Path, clauses: Clauses, embedder: Any, victim: str, damage: str) -> None:
    DenseIndex.open(tmp_path, clauses, embedder).close()
    file = indexes(tmp_path)[0] / victim
    content = file.read_bytes()
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes({"garbage": b"\xff" * len(content), "empty": b"", "truncated": content[:100]}[damage])
    index = DenseIndex.open(tmp_path, clauses, embedder)
    assert embedder.passages == 2 * len(clauses)
    assert index.similarities(clauses[9].text).argmax() == 9


def test_a_lost_vector_folder_does_no_harm(tmp_path: Path, clauses: Clauses, embedder: Any) -> None:
    DenseIndex.open(tmp_path, clauses, embedder).close()
    folders = [path for path in indexes(tmp_path)[0].iterdir() if path.is_dir()]
    assert folders
    for folder in folders:
        shutil.rmtree(folder)
    assert DenseIndex.open(tmp_path, clauses, embedder).similarities(clauses[9].text).argmax() == 9


def test_leftovers_go_after_an_hour_and_foreign_files_stay(tmp_path: Path, clauses: Clauses, embedder: Any) -> None:
    old, fresh, foreign = tmp_path / ".building-old", tmp_path / ".building-fresh", tmp_path / "notes"
    for path in (old, fresh, foreign):
        path.mkdir()
    two_hours_ago = time.time() - 7200
    os.utime(old, (two_hours_ago, two_hours_ago))
    DenseIndex.open(tmp_path, clauses, embedder)
    assert not old.exists()
    assert fresh.exists()
    assert foreign.exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, clauses: Clauses, embedder: Any) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(IndexUnavailable, match=r"file/index.*writable folder"):
        DenseIndex.open(tmp_path / "file" / "index", clauses, embedder)


def test_an_index_of_nothing_finds_nothing(tmp_path: Path, embedder: Any) -> None:
    DenseIndex.open(tmp_path, (), embedder).close()
    assert DenseIndex.open(tmp_path, (), embedder).similarities("研发").shape == (0,)


def test_threads_share_one_index(tmp_path: Path, clauses: Clauses, embedder: Any) -> None:
    index = DenseIndex.open(tmp_path, clauses, embedder)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda clause: int(index.similarities(clause.text).argmax()), clauses * 3))
    assert found == list(range(len(clauses))) * 3


def test_thousands_of_clauses_are_all_compared(tmp_path: Path, embedder: Any) -> None:
    many = tuple(Clause(f"p/1.{n + 1}", f"第{n}句 {n * 7919 % 1009}", n, "标题", 1) for n in range(1500))
    index = DenseIndex.open(tmp_path, many, embedder)
    exact = embedder.embed_passages([clause.text for clause in many]) @ embedder.embed_query("第7句")
    np.testing.assert_allclose(index.similarities("第7句"), exact, atol=1e-4)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("server")
    program = Path(sys.executable).parent / "chroma"
    command = [str(program), "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
        process.terminate()


def test_a_server_serves_as_a_folder_does(server: str, tmp_path: Path, clauses: Clauses, embedder: Any) -> None:
    local = DenseIndex.open(tmp_path, clauses, embedder)
    with closing(DenseIndex.connect(server, clauses, embedder)) as remote:
        np.testing.assert_allclose(remote.similarities("孵化器"), local.similarities("孵化器"), atol=1e-5)
    built = embedder.passages
    DenseIndex.connect(server, clauses, embedder).close()
    assert embedder.passages == built


def test_a_collection_that_was_filled_half_way_is_completed(server: str, clauses: Clauses, embedder: Any) -> None:
    other = type(embedder)("tokens/half")
    with closing(DenseIndex.connect(server, clauses, other)) as index:
        index._collection.delete(ids=[clause.id for clause in clauses[:30]])
    with closing(DenseIndex.connect(server, clauses, other)) as again:
        assert again.similarities(clauses[3].text).argmax() == 3


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "localhost:8000", "ftp://x", ""])
def test_a_server_that_does_not_answer_is_named(url: str, clauses: Clauses, embedder: Any) -> None:
    with pytest.raises(IndexUnavailable, match="Chroma server"):
        DenseIndex.connect(url, clauses, embedder)
