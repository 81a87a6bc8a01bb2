"""The written files of the first policy's FAQ, read as anybody would read them: quotations, figures, bytes.

Nothing of the desk's own code judges here: a figure must stand in the official text or in the question, or be what a
printed line of a calculation comes to when it is computed again.
"""

import ast
import json
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.bot.conftest import ROOT, Luce

pytestmark = pytest.mark.slow

OFFICIAL = (ROOT / "knowledge/policies/xiamen-sti-measures/text.txt").read_text(encoding="utf-8")
SQUEEZED = re.sub(r"\s", "", OFFICIAL)
FORMS = ("md", "html", "json", "docx", "xlsx", "jsonld")
SINGLE = Fraction(1)  # one thing, where nobody spoke of several
UNITS = {"亿元": Fraction(10**8), "万元": Fraction(10**4), "元": Fraction(1), "%": Fraction(1, 100)}
FIGURE = re.compile(r"(\d[\d,]*(?:\.\d+)?)\s*(亿元|万元|元|%)?")
PLACES = re.compile(r"第\d+条|^\W*\d{1,2}\. |^\W*\d{1,2}\.(?=\D)|共\s*\d+\s*条", re.MULTILINE)


@pytest.fixture(scope="module")
def written(luce: Luce, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("faq")
    done = luce("faq", "build", "--out", str(out))
    assert done.returncode == 0, done.stderr.decode()
    return out


@pytest.fixture(scope="module")
def entries(written: Path) -> list[dict[str, object]]:
    found = json.loads((written / "faq.json").read_text(encoding="utf-8"))["entries"]
    assert len(found) >= 60
    return list(found)


def text_in(path: Path) -> str:
    """All text of a file, however it is packed."""
    if path.suffix in (".docx", ".xlsx"):
        with zipfile.ZipFile(path) as archive:
            names = [
                name for name in archive.namelist() if re.match(r"word/document|xl/(sharedStrings|worksheets)", name)
            ]
            roots = [ElementTree.fromstring(archive.read(name)) for name in names]
        return "\n".join("".join(node.itertext()) for root in roots for node in paragraphs(root))
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        text = re.sub(r"<(script|style)\b.*?</\1>", "", text, flags=re.DOTALL)
        text = re.sub(r"<[^>]+>", "\n", text)
        for code, char in (("&lt;", "<"), ("&gt;", ">"), ("&#34;", '"'), ("&#39;", "'"), ("&amp;", "&")):
            text = text.replace(code, char)
    if path.suffix in (".json", ".jsonld"):
        text = "\n".join(strings(json.loads(text)))
    if path.suffix == ".md":
        text = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", re.sub(r"\]\(#[^)]*\)|<a id=[^>]*></a>", " ", text))
    return text


def paragraphs(root: ElementTree.Element) -> list[ElementTree.Element]:
    return [node for node in root.iter() if node.tag.rpartition("}")[2] in ("p", "si", "is")]


def squeezed(text: str) -> str:
    """Without blanks and what is only set."""
    return re.sub(r"[\s>*\\]", "", text)


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)


def figures(text: str) -> set[Fraction]:
    """The values of all figures of a text that are no place of the document."""
    return {
        Fraction(Decimal(number.replace(",", ""))) * UNITS.get(unit, SINGLE)
        for number, unit in FIGURE.findall(PLACES.sub(" ", text))
    }


def computed(answer: str) -> set[Fraction]:
    """What the lines of a calculation come to, each computed again; a line that is wrong fails the test."""
    found: set[Fraction] = set()
    for line in answer.splitlines():
        expression = re.match(
            r"\d+\. [^：]+：(?P<left>[^=≈＝]+?) (?P<sign>[=≈]) (?P<right>[\d.]+(?:亿元|万元|元|%)?)", line
        )
        if not expression:
            continue
        left = expression["left"].rpartition(">")[2]
        value, printed = evaluate(left), evaluate(expression["right"])
        tolerance = 0 if expression["sign"] == "=" else Fraction(1, 10**4)
        assert abs(value - printed) <= tolerance, line
        found |= {printed, Fraction(int(value))}
    if total := re.search(r"^合计：(?:最高)?([\d.]+(?:亿元|万元|元))", answer, re.MULTILINE):
        parts = re.findall(r"^• [^：]+：(?:最高)?([\d.]+(?:亿元|万元|元))", answer, re.MULTILINE)
        assert sum(map(evaluate, parts)) == evaluate(total[1]), answer
        found.add(evaluate(total[1]))
    return found


def evaluate(expression: str) -> Fraction:
    """A product, quotient, sum or difference of sums of money, rates and counts."""
    plain = expression.translate(str.maketrans("×÷−（）", "*/-()"))
    plain = FIGURE.sub(lambda m: str(Fraction(Decimal(m[1].replace(",", ""))) * UNITS.get(m[2], SINGLE)), plain)
    plain = re.sub(r"[个家年名档]", "", plain)
    return walk(ast.parse(re.sub(r"\d+(?:/\d+)?", r"(\g<0>)", plain).strip(), mode="eval").body)


def walk(node: ast.expr) -> Fraction:
    match node:
        case ast.Constant(value=int(value)):
            return Fraction(value)
        case ast.BinOp(left=left, op=op, right=right):
            a, b = walk(left), walk(right)
            match op:
                case ast.Add():
                    return a + b
                case ast.Sub():
                    return a - b
                case ast.Mult():
                    return a * b
                case ast.Div():
                    return a / b
    raise AssertionError(ast.dump(node))


def answer_of(entry: dict[str, object]) -> str:
    paragraphs_ = entry["answer"]
    assert isinstance(paragraphs_, list)
    return "\n".join(f"{p['text']}\n{p['label']}" for p in paragraphs_)


@pytest.mark.parametrize("form", FORMS)
def test_every_question_and_quotation_stands_in_the_file(
    form: str, written: Path, entries: list[dict[str, object]]
) -> None:
    text = squeezed(text_in(written / f"faq.{form}"))
    for entry in entries:
        assert squeezed(str(entry["question"])) in text
        for paragraph in entry["answer"]:  # type: ignore[attr-defined]
            for line in paragraph["text"].splitlines():
                assert squeezed(re.sub(r"^(• |\d+\. (?!\D*$))", "", line)) in text, (entry["id"], line)


def test_every_quotation_is_verbatim(entries: list[dict[str, object]]) -> None:
    quotes = [quotation["quote"] for entry in entries for quotation in entry["quotations"]]  # type: ignore[attr-defined]
    assert len(quotes) > 100
    assert [quote for quote in quotes if quote not in OFFICIAL] == []


def test_what_is_set_as_a_quotation_is_in_the_official_text(entries: list[dict[str, object]]) -> None:
    set_apart = [p["text"] for entry in entries for p in entry["answer"] if p["role"] in ("quote", "heading")]  # type: ignore[attr-defined]
    assert len(set_apart) > 100
    for text in set_apart:
        parts = re.split(r"……|\n", text)
        assert all(re.sub(r"\s", "", part) in SQUEEZED for part in parts), text


def test_every_figure_of_an_entry_has_a_source(entries: list[dict[str, object]]) -> None:
    official = figures(OFFICIAL)
    steps = 0
    for entry in entries:
        answer = answer_of(entry)
        derived = computed(answer)
        steps += len(derived)
        assert figures(answer) <= official | figures(str(entry["question"])) | derived | {SINGLE}, entry["id"]
    assert steps > 30


@pytest.mark.parametrize("form", FORMS)
def test_no_file_holds_a_figure_that_no_entry_has(form: str, written: Path, entries: list[dict[str, object]]) -> None:
    known = figures(OFFICIAL)
    for entry in entries:
        known |= figures(answer_of(entry)) | figures(str(entry["question"]))
    faq = json.loads((written / "faq.json").read_text(encoding="utf-8"))
    ids = {re.sub(r"\s", "", str(entry["id"])) for entry in entries}
    text = text_in(written / f"faq.{form}").replace(faq["edition"], " ")
    for name in sorted(ids, key=len, reverse=True):
        text = text.replace(name, " ")
    text = re.sub(r"xiamen-sti-measures/[s\dg.]+", " ", text)
    counts = (
        {Fraction(len(entries)), *(Fraction(n) for n in range(1, len(entries)))} if form in ("xlsx", "html") else set()
    )
    assert figures(text) <= known | counts | {Fraction(1)}


def test_the_same_input_gives_the_same_bytes_anywhere(luce: Luce, written: Path, tmp_path: Path) -> None:
    elsewhere = {"TZ": "America/New_York", "PYTHONHASHSEED": "7", "LANG": "C.UTF-8"}
    done = luce("faq", "build", "--out", str(tmp_path / "again"), environ=elsewhere)
    assert done.returncode == 0, done.stderr.decode()
    assert sorted(path.name for path in written.iterdir()) == sorted(f"faq.{form}" for form in FORMS)
    for form in FORMS:
        assert (tmp_path / "again" / f"faq.{form}").read_bytes() == (written / f"faq.{form}").read_bytes(), form


def test_asked_back_over_the_contract_the_same_clauses_are_cited(luce: Luce, entries: list[dict[str, object]]) -> None:
    lines = [json.dumps({"session": str(n), "text": entry["question"]}) for n, entry in enumerate(entries)]
    replies = [json.loads(line) for line in luce("ask", "--jsonl", stdin="\n".join(lines).encode()).stdout.splitlines()]
    assert len(replies) == len(entries)
    same = [
        {c["clause"] for c in reply["citations"]} == {q["clause"] for q in entry["quotations"]}  # type: ignore[attr-defined]
        for reply, entry in zip(replies, entries, strict=True)
    ]
    assert sum(same) >= 0.98 * len(entries)


def test_written_files_are_not_replaced_unless_told_to(luce: Luce, tmp_path: Path) -> None:
    edited = tmp_path / "faq.md"
    edited.write_text("ours", encoding="utf-8")
    refused = luce("faq", "build", "--out", str(tmp_path), "--format", "md,json")
    assert refused.returncode == 2
    assert b"faq.md exists" in refused.stderr
    assert edited.read_text(encoding="utf-8") == "ours"
    assert not (tmp_path / "faq.json").exists()
    assert luce("faq", "build", "--out", str(tmp_path), "--format", "md", "--force").returncode == 0
    assert edited.read_text(encoding="utf-8").startswith("#")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--format", "pdf"), b"pdf is none of md"),
        (("--audience", "火星人"), "国有企业".encode()),
        (("--max", "0"), b"--max"),
    ],
)
def test_a_wrong_option_is_told_with_what_would_be_right(
    luce: Luce, tmp_path: Path, arguments: tuple[str, ...], told: bytes
) -> None:
    done = luce("faq", "build", "--out", str(tmp_path), *arguments, environ={"LANG": "C.UTF-8"})
    assert done.returncode == 2
    assert told in done.stderr
    assert b"Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_an_audience_of_the_office_s_own_words(luce: Luce, tmp_path: Path) -> None:
    done = luce(
        "faq",
        "build",
        "--out",
        str(tmp_path),
        "--format",
        "json",
        "--audience",
        "国企，人才",
        "--max",
        "30",
        environ={"LANG": "C.UTF-8"},
    )
    found = json.loads((tmp_path / "faq.json").read_text(encoding="utf-8"))["entries"]
    assert done.returncode == 0
    assert len(found) == 30
    assert {entry["id"] for entry in found} >= {
        "postdoc_allowance-amount",
        "measure-9",
        "for-人才",
        "for-国有企业",
        "contact",
    }
