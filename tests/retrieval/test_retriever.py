from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from knowledge.policy import Clause
from retrieval.dense import DenseIndex
from retrieval.embedding import BundledEmbedder
from retrieval.retriever import Evidence, NoEvidence, Retriever

QUESTIONS = yaml.safe_load((Path(__file__).parents[1] / "questions" / "retrieval.yaml").read_text("utf-8"))
OFF_TOPIC = ("怎么做红烧肉", "写一首情诗", "asdfgh", "tell me a joke", "？？？", "😀😀😀", "周杰伦最新专辑", "", "\0")


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory, clauses: tuple[Clause, ...]) -> Retriever:
    folder = tmp_path_factory.mktemp("index")
    return Retriever(clauses, lambda: DenseIndex.open(folder, clauses, BundledEmbedder()))


def rank(retriever: Retriever, row: dict[str, Any]) -> int:
    found = retriever.search(row["q"], limit=10)
    assert isinstance(found, Evidence), row["q"]
    places = [hit.clause_id.split("/")[1] for hit in found.hits]
    return next((n for n, place in enumerate(places) if place in row["clauses"]), 99)


def test_colloquial_questions_find_their_clause(retriever: Retriever, clauses: tuple[Clause, ...]) -> None:
    known = {clause.id.split("/")[1] for clause in clauses}
    assert len(QUESTIONS) >= 25
    assert known >= {place for row in QUESTIONS for place in row["clauses"]}
    ranks = [rank(retriever, row) for row in QUESTIONS]
    assert sum(n < 5 for n in ranks) >= len(ranks) - 1
    assert sum(n == 0 for n in ranks) >= 0.85 * len(ranks)


@pytest.mark.parametrize("question", OFF_TOPIC)
def test_what_is_off_the_topic_has_no_evidence(retriever: Retriever, question: str) -> None:
    found = retriever.search(question)
    assert isinstance(found, NoEvidence)
    assert found.best is not None


def test_hits_come_best_first_and_carry_their_measures(retriever: Retriever) -> None:
    found = retriever.search("孵化器每年奖励多少", limit=3)
    assert isinstance(found, Evidence)
    assert len(found.hits) == 3
    assert [hit.score for hit in found.hits] == sorted((hit.score for hit in found.hits), reverse=True)
    assert found.hits[0].clause_id.endswith("/6.3")
    assert found.hits[0].similarity > 0.85
    assert 0 < found.hits[0].overlap <= 1


def test_hostile_questions_are_answered_like_any_other(retriever: Retriever) -> None:
    for question in ("\ufdfa" * 10_000, "研\ud800发", "研" * 100_000, "\0" * 100):
        assert retriever.search(question)
        assert isinstance(retriever.lexical(question), tuple)


def test_lexical_search_opens_no_index(clauses: tuple[Clause, ...]) -> None:
    def refuse() -> DenseIndex:
        raise AssertionError("the index was opened")

    retriever = Retriever(clauses, refuse)
    hits = retriever.lexical("孵化器奖励", 3)
    assert hits[0].clause_id.endswith("/6.3")
    assert len(hits) == 3
    assert all(hit.similarity == 0 and hit.score > 0 for hit in hits)
    assert retriever.lexical("asdfgh") == retriever.lexical("") == retriever.lexical("孵化器", 0) == ()


def test_the_index_is_opened_once(tmp_path: Path, clauses: tuple[Clause, ...], embedder: Any) -> None:
    opened: list[int] = []

    def open_index() -> DenseIndex:
        opened.append(1)
        return DenseIndex.open(tmp_path, clauses, embedder)

    retriever = Retriever(clauses, open_index, floors=(0.0, 0.0))
    assert not opened
    assert retriever.search("孵化器") == retriever.search("孵化器")
    assert opened == [1]


def test_nothing_to_search_is_no_evidence() -> None:
    def refuse() -> DenseIndex:
        raise AssertionError("the index was opened")

    assert Retriever((), refuse).search("孵化器") == NoEvidence(None)
    assert Retriever((), refuse).lexical("孵化器") == ()


def test_likeness_is_the_cosine_of_each_question_to_each(retriever: Retriever) -> None:
    asked = ["研发费用补助怎么算", "研发费用补助如何计算", "研发费用补助最高多少", "孵化器每年奖励多少"]
    cosines = retriever.likeness(asked)

    assert cosines.shape == (4, 4)
    assert cosines.dtype == np.float32
    assert (cosines == cosines.T).all()
    assert (np.diag(cosines) == 1).all()
    assert cosines.min() >= -1
    assert cosines[0, 1] > 0.985 > cosines[0, 2] > cosines[0, 3]


def test_the_likeness_of_nothing_is_empty(retriever: Retriever) -> None:
    assert retriever.likeness([]).shape == (0, 0)
    assert retriever.likeness(["孵化器", " 孵化器\0"]).min() > 0.999
