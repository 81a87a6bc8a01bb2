from hypothesis import given
from hypothesis import strategies as st

from retrieval.tokens import has_han, tokenize


def test_han_characters_and_their_bigrams() -> None:
    assert tokenize("研发补助") == ["研", "发", "补", "助", "研发", "发补", "补助"]


def test_digits_and_letters_stay_whole_and_full_width_meets_plain() -> None:
    assert tokenize("１２００万AIC基金") == tokenize("1200万aic基金")
    assert tokenize("1200万") == ["1200", "万"]


def test_bigrams_do_not_cross_punctuation() -> None:
    assert "发补" not in tokenize("研发，补助")


def test_nothing_to_tokenize() -> None:
    assert tokenize("？？？ …… 😀") == []


def test_han_is_told_from_other_letters() -> None:
    assert has_han("R&D 补助")
    assert not has_han("R&D")


@given(st.text())
def test_any_text_has_tokens_without_blanks(text: str) -> None:
    assert all(token and not any(c.isspace() for c in token) for token in tokenize(text))
