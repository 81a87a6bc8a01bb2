"""The command line as people and programs meet it."""

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from bot.cli.commands import luce as commands
from bot.cli.wording import WORDING
from knowledge.library import BUNDLED

ROOT = Path(__file__).parents[3]
SUM = "我们公司今年研发费用1200万，去年900万，能补多少？"
NEEDLESS = {"pydantic", "yaml", "chromadb", "rich", "prompt_toolkit", "numpy", "knowledge.library", "bot.app"}
BY_NAME = ("amount_", "doctor_get_", "doctor_way_", "doctor_title_")  # beginnings of keys that code completes
Luce = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def run(luce_environ: dict[str, str]) -> Callable[..., Result]:
    def invoke(*args: str, stdin: str | bytes | None = None) -> Result:
        return CliRunner(env=luce_environ).invoke(commands, args, input=stdin)

    return invoke


def lines(text: bytes | str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (text.decode() if isinstance(text, bytes) else text).splitlines()]


def test_ask_prints_the_reply_for_a_person(luce: Luce) -> None:
    done = luce("ask", SUM)

    assert (done.returncode, done.stderr) == (0, b"")
    for words in ("60万元", "最高50万元", "每满200万元给予10万元补助", "第7条", "÷ 200万元 = 6"):
        assert words in done.stdout.decode()


@pytest.mark.parametrize("locale", [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_output_is_utf8_under_any_locale(luce: Luce, locale: dict[str, str]) -> None:
    done = luce("ask", "第7条".encode(), environ=locale)

    assert done.returncode == 0
    assert "最高1000万元补助" in done.stdout.decode("utf-8")


def test_ask_json_is_the_object_of_the_contract(luce: Luce) -> None:
    reply = json.loads(luce("ask", "--json", SUM).stdout)

    assert reply["total"] == {"amount": 1100000, "bound": "at_most"}
    assert set(reply) == {"session", "turn", "outcome", "text", "citations", "calculations", "total", "missing"}


def test_ask_reads_a_question_from_a_pipe(run: Callable[..., Result]) -> None:
    assert "60万元" in run("ask", stdin=SUM).output
    assert run("ask", "--jsonl", "text").exit_code == 2


def test_jsonl_answers_in_order_and_keeps_sessions_apart(luce: Luce) -> None:
    asked = [
        ("a", "今年研发费用1200万，能补多少"),
        ("b", "博士后生活补助怎么给"),
        ("a", "去年900万"),
        ("b", "去年900万"),
    ]
    feed = "".join(json.dumps({"session": s, "text": t}) + "\n" for s, t in asked)
    replies = lines(luce("ask", "--jsonl", stdin=feed.encode()).stdout)

    assert [(reply["session"], reply["turn"]) for reply in replies] == [("a", 1), ("b", 1), ("a", 2), ("b", 2)]
    assert replies[0]["missing"]
    assert replies[2]["total"] == {"amount": 1100000, "bound": "at_most"}
    assert replies[3]["total"] != replies[2]["total"]


def test_jsonl_flushes_each_reply(luce_environ: dict[str, str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "ask", "--jsonl"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=luce_environ,
    )
    with process:
        assert process.stdin
        assert process.stdout
        for number in (1, 2):
            process.stdin.write(b'{"session": "s", "text": "hi"}\n')
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["turn"] == number
        process.stdin.close()
    assert process.returncode == 0


def test_each_request_is_answered_for_its_day(luce: Luce) -> None:
    feed = b'{"text": "\xe7\xac\xac7\xe6\x9d\xa1", "as_of": "2025-06-01"}\n{"text": "\xe7\xac\xac7\xe6\x9d\xa1"}\n'
    issued = {"LUCE_ISSUED": "xiamen-sti-measures=2025-01-01"}
    replies = lines(luce("ask", "--jsonl", "--as-of", "2030-01-01", stdin=feed, environ=issued).stdout)

    assert ["不在政策有效期内" in str(reply["text"]) for reply in replies] == [False, True]


def test_calc_shows_amount_steps_and_clause(run: Callable[..., Result]) -> None:
    result = run("calc", "rd_subsidy", "--input", "rd_expense=1200万", "-i", "上年度自主研发费用=900万")

    assert result.exit_code == 0
    for words in ("研发费用补助：60万元", "6 × 10万元 = 60万元", "7.2", "每满200万元给予10万元补助"):
        assert words in result.output


def test_calc_json_by_title(run: Callable[..., Result]) -> None:
    result = run("calc", "进站博士后生活补助", "-i", "headcount=3", "-i", "station_years=2", "--json")
    calculation = json.loads(result.output)

    assert (calculation["benefit"], calculation["amount"], calculation["bound"]) == (
        "postdoc_allowance",
        900000,
        "at_most",
    )
    assert calculation["citations"][0]["measure"] == 12


def test_calc_names_what_is_missing(run: Callable[..., Result]) -> None:
    assert json.loads(run("calc", "postdoc_allowance", "--json").output)["missing"] == ["headcount", "station_years"]
    assert "还缺进站博士后人数 (headcount)" in run("calc", "postdoc_allowance").output


def test_calc_lists_every_benefit_with_its_slots(run: Callable[..., Result]) -> None:
    listed = json.loads(run("calc", "--json").output)

    assert len(listed) == 15
    assert all(row["slots"] for row in listed)
    assert all(row["benefit"] in run("calc").output for row in listed)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("calc", "rd_subsidi"), "did you mean rd_subsidy?"),
        (("calc", "研发费用补贴"), "did you mean rd_subsidy?"),
        (("calc", "zzz"), "run `luce calc` for the list"),
        (("calc", "rd_subsidy", "-i", "rd_expence=1"), "did you mean rd_expense?"),
        (("calc", "rd_subsidy", "-i", "headcount=1"), "it reads rd_expense, "),
        (("calc", "rd_subsidy", "-i", "rd_expense"), "is not of the form SLOT=VALUE"),
        (("calc", "rd_subsidy", "-i", "rd_expense=1", "-i", "rd_expense=2"), "gives rd_expense twice"),
        (("calc", "-i", "rd_expense=1"), "needs a BENEFIT"),
        (("measures", "13"), "there is no measure 13; the document has 1 to 12"),
        (("measures", "0"), "is not in the range"),
        (("ask", "x", "--as-of", "2026-02-30"), "does not match the format"),
        (("nonsense",), "No such command"),
    ],
)
def test_what_an_operator_mistypes_is_named(run: Callable[..., Result], args: tuple[str, ...], message: str) -> None:
    result = run(*args)

    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_measures_lists_twelve_and_shows_one(run: Callable[..., Result]) -> None:
    listed = run("measures").output

    assert len(re.findall(r"^  \d+\.", listed, re.MULTILINE)) == 12
    assert "7.2  企业年度自主研发费用高于200万元" in run("measures", "7").output


def test_check_finds_nothing_wrong_with_the_bundled_policy(run: Callable[..., Result]) -> None:
    result = run("check")

    assert (result.exit_code, result.stderr) == (0, "")
    assert re.match(r"ok: 1 policy, 12 measures, \d\d clauses, 15 benefits, \d+ worked examples$", result.output)


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("benefits.yaml", 'clauses: ["7.2"]', 'clauses: ["7.29"]', "there is no clause xiamen-sti-measures/7.29"),
        ("benefits.yaml", "amount: 3000万元", "amount: 3001万元", "does not occur in the clauses that it cites"),
        ("policy.yaml", "featured: [rd_subsidy,", "featured: [rd_subsidies,", "Policy facts feature rd_subsidies"),
        ("lexicon.yaml", "slot: rd_expense", "slot: rd_spending", "names the slot rd_spending, which does not exist"),
        ("text.txt", "2.加强高能级", "3.加强高能级", "text.txt:"),
        ("policy.yaml", "place: 厦门", "place: [", "is not valid YAML"),
    ],
)
def test_check_reports_a_mistake(
    run: Callable[..., Result], tmp_path: Path, file: str, old: str, new: str, problem: str
) -> None:
    folder = tmp_path / "policies" / "copy"
    shutil.copytree(BUNDLED / "xiamen-sti-measures", folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    for place in (folder, folder.parent):
        result = run("check", str(place))
        assert result.exit_code == 1
        assert problem in result.output
        assert all(line.strip() for line in result.output.splitlines())


def test_check_of_a_folder_that_is_not_there(run: Callable[..., Result], tmp_path: Path) -> None:
    result = run("check", str(tmp_path / "nowhere"))

    assert result.exit_code == 1
    assert "holds no policy folder" in result.output


def test_eval_scores_and_holds_the_floor(run: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "facts.yaml").write_text(f"- {{q: {SUM}, measures: [7]}}\n- {{q: {SUM}, measures: [8]}}\n", "utf-8")

    result = run("eval", str(tmp_path), "--show", "--floor", "50")
    assert result.exit_code == 0
    assert result.output.splitlines()[-1] == "facts 1/2 | all 1/2 = 50.0%"
    assert "!! measure 8 is not cited" in result.output
    assert run("eval", str(tmp_path), "--floor", "51").exit_code == 1


def test_eval_names_a_malformed_row(run: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "facts.yaml").write_text("- {q: x}\n- {q: x, outcom: answered}\n", "utf-8")
    result = run("eval", str(tmp_path))

    assert result.exit_code == 2
    assert result.stderr.startswith("luce: facts.yaml: row 2: field turns.0.outcom")


def test_demo_asks_five_questions(luce: Luce) -> None:
    shown = luce("demo").stdout.decode()

    assert re.findall(r"^【(\d)】", shown, re.MULTILINE) == list("12345")
    for words in (SUM, "合计：最高110万元", "合计：最高120万元", "1亿元", "0592-2021807"):
        assert words in shown


def test_index_says_where_it_is(luce: Luce, cache: Path) -> None:
    done = luce("index")

    assert done.stdout.decode().startswith(
        f"ok: 62 clauses of xiamen-sti-measures in {cache}/index/xiamen-sti-measures"
    )


def test_help_imports_nothing_heavy(luce_environ: dict[str, str]) -> None:
    code = (
        "import sys; sys.argv = ['luce', '--help']\n"
        "from bot.cli import main\n"
        "try: main()\n"
        "finally: sys.stderr.write(' '.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=luce_environ, check=True
    )

    assert "Commands:" in done.stdout
    assert "bot.cli.commands" in done.stderr.split()
    assert NEEDLESS & set(done.stderr.split()) == set()


def test_ask_in_a_pipe_draws_nothing(luce_environ: dict[str, str]) -> None:
    code = (
        "import sys; sys.argv = ['luce', 'ask', 'hi']\n"
        "from bot.cli import main\n"
        "try: main()\n"
        "finally: sys.stderr.write(' '.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=luce_environ, check=True
    )

    assert {"rich.console", "prompt_toolkit", "chromadb"} & set(done.stderr.split()) == set()


def test_version(run: Callable[..., Result]) -> None:
    assert run("--version").output.startswith("luce")


def test_every_phrase_of_the_command_line_is_written_and_every_written_one_is_said() -> None:
    paths = sorted((ROOT / "bot" / "cli").glob("*.py"))
    texts = [path.read_text(encoding="utf-8") for path in paths]
    spelled = {
        node.value
        for text in texts
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    said = {
        call.args[0].value
        for text in texts
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "phrase"
        and isinstance(call.args[0], ast.Constant)
    }
    written = set(yaml.safe_load(WORDING.read_text(encoding="utf-8")))

    assert len(said) > 20
    assert said - written == set()
    assert {key for key in written - spelled if not key.startswith(BY_NAME)} == set()
