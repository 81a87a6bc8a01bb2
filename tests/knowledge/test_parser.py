"""The parser loses nothing of a text, and names the line of whatever it cannot read."""

from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from knowledge.errors import ParseError
from knowledge.library import BUNDLED
from knowledge.parser import parse_policy
from knowledge.policy import Policy

BROKEN = Path(__file__).parent / "broken"
MISTAKES: dict[str, dict[str, object]] = yaml.safe_load((BROKEN / "mistakes.yaml").read_text(encoding="utf-8"))
NUMERALS = "一二三四五六七八九十"

words = st.text("科技创新平台项目支持100万元%“”（）《》·ab ", min_size=1, max_size=12).map(lambda text: f"甲{text}乙")
sentences = st.builds("{}{}".format, words, st.sampled_from(["。", "！", "？", "。”", "。）"]))
paragraphs = st.lists(sentences, min_size=1, max_size=4).map("".join)
titles = words.filter(lambda title: "。" not in title)
blanks = st.sampled_from(["", " ", "\u3000\u3000", "\t"])
line_ends = st.sampled_from(["\n", "\r\n", "\n\n", "\n \n"])


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A well-formed text with any blanks around its lines, and any line ends."""
    lines = draw(st.lists(words, max_size=2))
    measure = 0
    for section in range(draw(st.integers(1, 4))):
        lines.append(f"{NUMERALS[section]}、{draw(titles)}")
        lines += draw(st.lists(paragraphs, min_size=1, max_size=2))
        for group in range(draw(st.integers(0 if section else 1, 3))):
            lines.append(f"（{NUMERALS[group]}）{draw(titles)}")
            for _ in range(draw(st.integers(1, 3))):
                measure += 1
                lines.append(f"{measure}.{draw(titles)}。{draw(words)}。")
    last = draw(st.sampled_from(["", "\n", "\n\n\n"]))
    return "".join(draw(blanks) + line + draw(blanks) + draw(line_ends) for line in lines[:-1]) + lines[-1] + last


def parse(text: str, folder: Path) -> Policy:
    path = folder / "text.txt"
    path.write_bytes(text.encode("utf-8"))
    return parse_policy("some-policy", path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("policy")


@pytest.fixture(scope="module", params=sorted(BUNDLED.glob("*/text.txt")), ids=lambda path: path.parent.name)
def source(request: pytest.FixtureRequest) -> Path:
    path = request.param
    assert isinstance(path, Path)
    return path


def test_every_policy_text_is_given_back_byte_for_byte(source: Path) -> None:
    assert parse_policy("some-policy", source).source.encode("utf-8") == source.read_bytes()


def test_every_clause_stands_on_its_line(source: Path) -> None:
    policy = parse_policy("some-policy", source)
    lines = source.read_text(encoding="utf-8").split("\n")

    assert policy.clauses
    assert all(clause.text in lines[clause.line - 1] for clause in policy.clauses.values())


def test_the_first_policy_has_the_measures_that_it_counts_itself() -> None:
    policy = parse_policy("xiamen-sti-measures", BUNDLED / "xiamen-sti-measures" / "text.txt")

    assert (len(policy.sections), len(policy.groups), list(policy.measures)) == (5, 4, list(range(1, 13)))
    assert "四个方面12条措施" in policy.clauses["xiamen-sti-measures/s4.1"].text
    assert policy.clauses["xiamen-sti-measures/7.2"].text.startswith("企业年度自主研发费用高于200万元")


@given(documents())
def test_every_well_formed_text_is_given_back(folder: Path, text: str) -> None:
    assert parse(text, folder).source == text


@given(documents(), st.data())
def test_a_text_with_a_line_missing_is_given_back_or_refused(folder: Path, text: str, data: st.DataObject) -> None:
    lines = text.splitlines(keepends=True)
    del lines[data.draw(st.integers(0, len(lines) - 1))]

    with suppress(ParseError):
        assert parse("".join(lines), folder).source == "".join(lines)


@given(documents())
def test_sentences_of_a_place_are_numbered_without_gaps(folder: Path, text: str) -> None:
    places: dict[str, list[int]] = {}
    for clause_id in parse(text, folder).clauses:
        place, _, number = clause_id.rpartition(".")
        places.setdefault(place, []).append(int(number))

    assert all(numbers == list(range(len(numbers))) for numbers in places.values())


def test_every_broken_text_is_in_the_table_of_mistakes() -> None:
    assert len(MISTAKES) > 10
    assert {path.stem for path in BROKEN.glob("*.txt")} == set(MISTAKES)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_line(mistake: str) -> None:
    path = BROKEN / f"{mistake}.txt"

    with pytest.raises(ParseError) as caught:
        parse_policy("some-policy", path)

    place = f"{mistake}.txt:{line}" if (line := MISTAKES[mistake]["line"]) else f"{mistake}.txt"
    assert caught.value.path == path
    assert caught.value.line == line
    assert f"{place}: " in str(caught.value)
    assert str(MISTAKES[mistake]["says"]) in str(caught.value)


def test_a_missing_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match=r"text\.txt: cannot be read"):
        parse_policy("some-policy", tmp_path / "text.txt")
