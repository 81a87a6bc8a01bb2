import math
from collections.abc import Sequence

import bm25s
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.lexical import K1, B, LexicalIndex
from retrieval.tokens import tokenize

TEXTS = ("对孵化器给予每年最高500万元奖励。", "企业研发费用每满200万元给予10万元补助。", "研发，研发，还是研发。", "")
QUERIES = ("孵化器奖励", "研发补助500万", "没有的词", "研发研发", "")


def naive_scores(texts: Sequence[str], query: str) -> list[float]:
    documents = [tokenize(text) for text in texts]
    mean = sum(map(len, documents)) / len(documents)
    scores = []
    for document in documents:
        score = 0.0
        for token in tokenize(query):
            containing = sum(token in other for other in documents)
            times = document.count(token)
            idf = math.log(1 + (len(documents) - containing + 0.5) / (containing + 0.5))
            score += idf * times / (times + K1 * (1 - B + B * len(document) / mean)) if times else 0.0
        scores.append(score)
    return scores


@pytest.mark.parametrize("query", QUERIES)
def test_scores_equal_the_formula(query: str) -> None:
    assert LexicalIndex(TEXTS).scores(query) == pytest.approx(naive_scores(TEXTS, query), abs=1e-5)


@given(st.lists(st.text("研发补助a1 ，", max_size=20), min_size=1, max_size=8), st.text("研发补助a1 ，", max_size=12))
def test_scores_equal_the_formula_on_any_text(texts: list[str], query: str) -> None:
    if any(tokenize(text) for text in texts):
        assert LexicalIndex(texts).scores(query) == pytest.approx(naive_scores(texts, query), abs=1e-5)


@pytest.mark.parametrize("query", ["孵化器奖励", "研发补助500万", "研发研发"])
def test_scores_equal_bm25s(query: str) -> None:
    texts = [text for text in TEXTS if text]
    reference = bm25s.BM25(k1=K1, b=B, method="lucene")
    reference.index([tokenize(text) for text in texts], show_progress=False)
    assert LexicalIndex(texts).scores(query) == pytest.approx(reference.get_scores(tokenize(query)), abs=1e-4)


def test_overlap_is_one_where_every_token_is_found_and_zero_where_none_is() -> None:
    overlaps = LexicalIndex(TEXTS).overlaps("研发费用")
    assert overlaps[1] == pytest.approx(1.0)
    assert overlaps[0] == 0
    assert 0 < overlaps[2] < 1


def test_unknown_tokens_lower_the_overlap() -> None:
    index = LexicalIndex(TEXTS)
    assert index.overlaps("研发费用鲸鱼")[1] < index.overlaps("研发费用")[1]


def test_an_empty_index_and_an_empty_query_score_nothing() -> None:
    assert LexicalIndex([]).scores("研发").shape == (0,)
    assert LexicalIndex(["", ""]).scores("研发").tolist() == [0, 0]
    assert not LexicalIndex(TEXTS).overlaps("").any()
    assert LexicalIndex(TEXTS).scores("研发").dtype == np.float32
