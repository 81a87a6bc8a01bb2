"""Sentences by key, strictly: no unknown key, no blank left open, no value left over."""

from pathlib import Path

import pytest

from knowledge.errors import PolicyFolderError, WordingError
from knowledge.wording import Wording, load_wording

SENTENCES = """\
greeting: 您好！
amount: 可得{amount}，依据{place}。
letter: |
  第一行
  第二行
"""


@pytest.fixture
def wording(tmp_path: Path) -> Wording:
    path = tmp_path / "zh.yaml"
    path.write_text(SENTENCES, encoding="utf-8")
    return Wording(path)


def test_a_sentence_is_said_with_its_blanks_filled(wording: Wording) -> None:
    assert wording.say("greeting") == "您好！"
    assert wording.say("amount", amount="60万元", place="第7条") == "可得60万元，依据第7条。"


def test_the_last_line_break_of_a_block_is_not_said(wording: Wording) -> None:
    assert wording.say("letter") == "第一行\n第二行"


def test_a_value_is_never_read_as_a_blank(wording: Wording) -> None:
    assert wording.say("amount", amount="{place}", place="{0}") == "可得{place}，依据{0}。"


def test_blanks_are_named(wording: Wording) -> None:
    assert wording.blanks("amount") == {"amount", "place"}
    assert wording.blanks("greeting") == set()


def test_an_unknown_key_is_refused(wording: Wording) -> None:
    with pytest.raises(WordingError, match="no sentence 'farewell'"):
        wording.say("farewell")


@pytest.mark.parametrize("values", [{}, {"amount": 1}, {"amount": 1, "place": 2, "more": 3}])
def test_blanks_and_values_must_be_the_same(wording: Wording, values: dict[str, int]) -> None:
    with pytest.raises(WordingError, match="'amount' has blanks"):
        wording.say("amount", **values)


@pytest.mark.parametrize("content", ["", "- a list", "key: {nested: text}", "just text"])
def test_a_file_must_map_keys_to_texts(tmp_path: Path, content: str) -> None:
    path = tmp_path / "zh.yaml"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(WordingError, match="must map each key to one text"):
        Wording(path)


def test_a_key_that_stands_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "zh.yaml"
    path.write_text("one: a\ntwo: b\none: c\n", encoding="utf-8")

    with pytest.raises(PolicyFolderError, match="'one' stands twice") as caught:
        Wording(path)

    assert caught.value.line == 3


def test_a_file_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "zh.yaml"
    path.write_text("key: text\n", encoding="utf-8")

    assert load_wording(path) is load_wording(path)
