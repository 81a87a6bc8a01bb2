"""A library holds what its folders say, and refuses a folder with a mistake, naming file and line."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from knowledge.errors import BrokenReference, ParseError, PolicyFolderError
from knowledge.library import BUNDLED, Dossier, Fact, load_dossier, load_library
from knowledge.numerals import FIGURE

POLICY = "xiamen-sti-measures"


class Mistake(NamedTuple):
    """One change to a file of a good folder; `words` must be in the error, which stands at the line that holds `at`."""

    file: str
    old: str
    new: str
    words: str
    at: str | None
    error: type[PolicyFolderError] = BrokenReference


MISTAKES = {
    "fact_of_a_missing_clause": Mistake(
        "policy.yaml", "clause: s3.2}", "clause: s3.9}", f"there is no clause {POLICY}/s3.9", "s3.9"
    ),
    "benefit_of_a_missing_clause": Mistake(
        "benefits.yaml", 'clauses: ["7.2"]', 'clauses: ["7.29"]', f"there is no clause {POLICY}/7.29", "7.29"
    ),
    "quote_that_the_clause_does_not_say": Mistake(
        "policy.yaml", "quote: 有效期3年", "quote: 有效期5年", f"{POLICY}/s3.1 does not say '有效期5年'", "有效期5年"
    ),
    "payer_that_the_clause_does_not_name": Mistake(
        "benefits.yaml", "quote: 由各区（开发区）", "quote: 由市财政", "/11.6 does not say '由市财政'", "由市财政"
    ),
    "benefit_defined_twice": Mistake(
        "benefits.yaml", "id: rd_growth_bonus", "id: rd_subsidy", "benefit rd_subsidy is defined twice", "rd_subsidy"
    ),
    "slot_defined_twice": Mistake(
        "benefits.yaml", "{id: lab_total,", "{id: headcount,", "slot headcount is defined twice", "id: headcount"
    ),
    "unknown_companion": Mistake(
        "benefits.yaml", "[rd_growth_bonus]", "[rd_bonus]", "rd_subsidy: no benefit rd_bonus", "rd_bonus"
    ),
    "key_that_stands_twice": Mistake(
        "policy.yaml", "place: 厦门", "title: 厦门", "key 'title' stands twice", "title: 厦门", PolicyFolderError
    ),
    "unknown_field_of_the_policy": Mistake(
        "policy.yaml", "place: 厦门", "place: 厦门\nmayor: 某人", "field mayor", None, PolicyFolderError
    ),
    "unknown_field_of_a_benefit": Mistake(
        "benefits.yaml", "title: 研发费用补助", "titel: 研发费用补助", "field benefits.8.title", None, PolicyFolderError
    ),
    "missing_field": Mistake("policy.yaml", "place: 厦门", "", "field place", None, PolicyFolderError),
    "benefit_without_example": Mistake(
        "benefits.yaml", "    examples: [{inputs: {assessment_grade", "    examples: []\n    x: [{i: {g",
        "benefits.2.examples", None, PolicyFolderError,
    ),
    "period_of_no_years": Mistake("policy.yaml", "years: 3", "years: 0", "period.years", None, PolicyFolderError),
    "broken_yaml": Mistake(
        "policy.yaml", "place: 厦门", "place: [厦门", "is not valid YAML", None, PolicyFolderError
    ),
    "text_without_a_heading_number": Mistake(
        "text.txt", "8.促进产业链", "促进产业链", "text stands between measures", "促进产业链", ParseError
    ),
}  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the policy folders that a test may damage."""
    shutil.copytree(BUNDLED, tmp_path / "policies")
    return tmp_path / "policies"


@pytest.fixture(scope="module", params=sorted(path.name for path in BUNDLED.iterdir() if path.is_dir()))
def dossier(request: pytest.FixtureRequest) -> Dossier:
    return load_library().dossiers[request.param]


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_file_and_line(root: Path, name: str) -> None:
    mistake = MISTAKES[name]
    path = root / POLICY / mistake.file
    content = path.read_text(encoding="utf-8")
    assert mistake.old in content
    path.write_text(content.replace(mistake.old, mistake.new, 1), encoding="utf-8")

    with pytest.raises(mistake.error) as caught:
        load_library(root)

    assert caught.value.path == path
    assert mistake.words in str(caught.value)
    if mistake.at:
        lines = path.read_text(encoding="utf-8").split("\n")
        assert caught.value.line is not None
        assert mistake.at in lines[caught.value.line - 1]


@pytest.mark.parametrize("file", ["policy.yaml", "benefits.yaml", "text.txt"])
@pytest.mark.parametrize(
    ("damage", "words"),
    [
        pytest.param(Path.unlink, "cannot be read", id="missing"),
        pytest.param(lambda path: path.write_bytes("一、厦门".encode("gb18030")), "is not UTF-8", id="not_utf8"),
    ],
)
def test_an_unreadable_file_is_named(root: Path, file: str, damage: Callable[[Path], object], words: str) -> None:
    path = root / POLICY / file
    damage(path)

    with pytest.raises(PolicyFolderError, match=words) as caught:
        load_library(root)

    assert caught.value.path == path


@pytest.mark.parametrize("file", ["policy.yaml", "benefits.yaml"])
@pytest.mark.parametrize("content", ["", "- a list", "text", "[" * 5000])
def test_a_file_of_the_wrong_shape_is_named(root: Path, file: str, content: str) -> None:
    path = root / POLICY / file
    path.write_text(content, encoding="utf-8")

    with pytest.raises(PolicyFolderError) as caught:
        load_library(root)

    assert caught.value.path == path


def test_a_folder_needs_no_lexicon(root: Path) -> None:
    (root / POLICY / "lexicon.yaml").unlink()

    assert load_library(root).main.lexicon.subjects == {}


def test_an_empty_root_is_refused(tmp_path: Path) -> None:
    for root in (tmp_path, tmp_path / "missing"):
        with pytest.raises(PolicyFolderError, match="holds no policy folder"):
            load_library(root)


def test_a_date_of_issue_for_an_unknown_policy_is_refused() -> None:
    with pytest.raises(BrokenReference, match="'xiamen-sti', 'zhangzhou'"):
        load_library(starts={"zhangzhou": date(2026, 1, 1), "xiamen-sti": date(2026, 1, 1)})


def test_a_date_of_issue_starts_the_period_of_its_policy_alone() -> None:
    assert load_library().main.period.start is None
    assert load_library(starts={POLICY: date(2025, 7, 1)}).main.period.end == date(2028, 7, 1)


def test_two_policies_stand_side_by_side(root: Path) -> None:
    second = root / "another"
    shutil.copytree(root / POLICY, second)
    facts = (second / "policy.yaml").read_text(encoding="utf-8")
    (second / "policy.yaml").write_text(facts.replace(f"id: {POLICY}", "id: another"), encoding="utf-8")

    library = load_library(root, starts={"another": date(2026, 1, 1)})

    assert list(library.dossiers) == ["another", POLICY]
    assert library.dossiers["another"].period.start == date(2026, 1, 1)
    assert library.dossiers[POLICY].period.start is None
    assert library.dossiers["another"].get_clause("7.2").id == "another/7.2"


def test_one_policy_id_in_two_folders_is_refused(root: Path) -> None:
    shutil.copytree(root / POLICY, root / "another")

    with pytest.raises(PolicyFolderError, match=POLICY):
        load_library(root)


def test_every_quoted_fact_can_be_cited(dossier: Dossier) -> None:
    facts = [fact for _, fact in dossier.facts if isinstance(fact, Fact)]

    assert len(facts) > 3
    assert all(fact.quote in dossier.cite_fact(fact).quote for fact in facts)


def test_every_clause_has_a_label_in_the_words_of_print(dossier: Dossier) -> None:
    labels = {clause.id: dossier.label(clause) for clause in dossier.policy.clauses.values()}

    assert labels
    assert all(label.startswith(f"{dossier.facts.cite_as} ") for label in labels.values())


@pytest.mark.parametrize(
    ("place", "label"),
    [("7.2", "四（三）第7条"), ("12.0", "四（四）第12条"), ("s4g2.0", "四（二）"), ("s3.1", "三、范围期限")],
)
def test_a_label_reads_as_in_print(place: str, label: str) -> None:
    dossier = load_dossier(BUNDLED / POLICY)

    assert dossier.cite(place).label == f"《…若干措施》政策解读 {label}"


def test_a_clause_is_found_by_its_place_or_its_full_id(dossier: Dossier) -> None:
    for clause_id, clause in dossier.policy.clauses.items():
        assert dossier.get_clause(clause_id) is dossier.get_clause(clause_id.split("/")[1]) is clause


@pytest.mark.parametrize("place", ["7.99", "99.1", "", "another-policy/7.2"])
def test_a_clause_that_does_not_exist_is_refused(dossier: Dossier, place: str) -> None:
    with pytest.raises(BrokenReference, match="there is no clause"):
        dossier.get_clause(place)


def test_every_figure_of_a_rule_stands_in_a_clause_of_its_benefit(dossier: Dossier) -> None:
    assert dossier.benefits
    for benefit in dossier.benefits.values():
        cited = {figure for place in benefit.clauses for figure in FIGURE.findall(dossier.get_clause(place).text)}
        figures = {figure for text in _texts(benefit.rule) for figure in FIGURE.findall(text)}
        assert figures <= cited, benefit.id


def _texts(data: object) -> list[str]:
    """Every text in a rule, at any depth."""
    match data:
        case str():
            return [data]
        case dict():
            return [text for value in data.values() for text in _texts(value)]
        case list() | tuple():
            return [text for value in data for text in _texts(value)]
        case _:
            return []
