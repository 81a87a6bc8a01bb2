"""`luce faq gaps` and `luce faq diff` as staff meet them."""

import asyncio
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from bot.app import App, build_app
from bot.cli.commands import luce as commands
from bot.faq.asked_questions import Asked as Question
from bot.faq.building import build
from bot.faq.entry import Faq
from bot.settings import Settings
from knowledge.curated import load_curated
from knowledge.errors import PolicyFolderError
from knowledge.library import BUNDLED
from tests.bot.faq.asking import DAY, Asked
from tests.bot.records.entries import NOON, Clock, journal_in

POLICY = "xiamen-sti-measures"
TOMORROW = "2026-09-22"
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, app: App) -> Path:
    """Records of what some people asked in vain, with the key of their names."""
    folder = tmp_path_factory.mktemp("kept")
    asked = Asked(app)
    for person in ("li", "wang", "zhao"):
        asked.say("申报截止到几号", person)
    asked.say("我是13800138000，申报什么时候截止啊？", "zhao", days=1)
    asked.say("联合实验室申报要什么材料", "li")
    asked.say("研发费用补助怎么算", "li", opinion="bad", reason="看不懂")
    asked.say("讲个笑话来听听", "li")
    asked.refused("研发费用补助怎么算", "wang")
    asyncio.run(_keep(folder, asked))
    return folder


async def _keep(folder: Path, asked: Asked) -> None:
    with journal_in(folder, Clock()) as journal:
        for record in asked.records:
            session = journal.name("web", record.entry.session)
            number = await journal.keep(replace(record.entry, session=session))
            if record.opinion:
                await journal.judge(number, record.opinion, record.reason)


@pytest.fixture
def run(luce_environ: dict[str, str], kept: Path) -> Run:
    def invoke(*args: str | Path, **environ: str) -> Result:
        environ = luce_environ | {"LUCE_DATA": str(kept)} | environ
        return CliRunner(env=environ).invoke(commands, ["faq", *map(str, args)])

    return invoke


# -- gaps


def test_gaps_are_listed_with_counts_reasons_and_what_was_left_out(run: Run) -> None:
    done = run("gaps")

    assert (done.exit_code, done.stderr) == (0, "")
    for words in (
        "共看了 8 条没答上来或评价为差的记录，归成 3 个问题",
        "1. 申报截止到几号",
        f"4 次，3 人，最近一次 {TOMORROW}",
        "当时答：申报时间，文件里没有写。（4 次）",
        "也这样问：我是●●●●●●●●●●●，申报什么时候截止啊？",
        f"最接近的条文 {POLICY}/7.4",
        "评价为差 1 次：看不懂（1）",
        "未列入：闲聊 1 条；当时没答上、现在单独问已能答的 1 条。",
        "luce faq gaps --draft",
    ):
        assert words in done.stdout


def test_gaps_as_json_name_the_records_and_nobody(run: Run, kept: Path) -> None:
    done = run("gaps", "--json")
    found = json.loads(done.stdout)

    assert found["left_out"] == {"courtesy": 0, "improper": 0, "chatter": 1, "answered": 1, "few": 0}
    assert [gap["records"] for gap in found["gaps"]] == [[1, 2, 3, 4], [5], [6]]
    first = found["gaps"][0]
    assert (first["times"], first["people"], first["last"]) == (4, 3, TOMORROW)
    assert first["wordings"][0] == {"text": "申报截止到几号", "times": 3}
    assert "web:" not in done.stdout
    assert "13800138000" not in done.stdout
    assert kept.is_dir()


def test_gaps_of_few_people_can_be_left_out(run: Run) -> None:
    done = run("gaps", "--least", "3")

    assert "1. 申报截止到几号" in done.stdout
    assert "2. " not in done.stdout
    assert "不足 3 人问的 2 个问题" in done.stdout


def test_gaps_of_some_days_alone(run: Run) -> None:
    later = json.loads(run("gaps", "--json", "--since", TOMORROW).stdout)
    earlier = json.loads(run("gaps", "--json", "--until", f"{NOON:%Y-%m-%d}").stdout)

    assert [gap["records"] for gap in later["gaps"]] == [[4]]
    assert [gap["records"] for gap in earlier["gaps"]] == [[1, 2, 3], [5], [6]]
    assert "没有需要补答的问题" in run("gaps", "--until", "2020-01-01").stdout


def test_gaps_without_records_are_told(run: Run, tmp_path: Path) -> None:
    done = run("gaps", LUCE_DATA=str(tmp_path / "none"))

    assert (done.exit_code, done.stdout) == (2, "")
    assert "LUCE_DATA" in done.stderr
    assert run("gaps", "--json", "--draft").exit_code == 2


def test_a_draft_is_refused_until_staff_fill_it_in(run: Run, app: App, tmp_path: Path) -> None:
    done = run("gaps", "--draft")
    file = tmp_path / "curated.yaml"
    file.write_text(done.stdout, "utf-8")

    entries = yaml.safe_load(done.stdout)
    assert entries[0]["question"] == "申报截止到几号"
    assert all((entry["answer"], entry["role"], entry["valid_until"]) == ("", "", "") for entry in entries)
    assert "未列入" in done.stderr
    with pytest.raises(PolicyFolderError):
        load_curated(file, app.library)

    filled = [entry | {"answer": "以通知为准。", "role": "规划处", "valid_until": "2027-01-01"} for entry in entries]
    file.write_text(yaml.safe_dump(filled, allow_unicode=True), "utf-8")
    assert [answer.question for answer in load_curated(file, app.library)] == [e["question"] for e in entries]


def test_one_answer_filled_in_does_not_carry_the_others(run: Run, app: App, tmp_path: Path) -> None:
    entries = yaml.safe_load(run("gaps", "--draft").stdout)
    entries[0] |= {"answer": "以通知为准。", "role": "规划处", "valid_until": "2027-01-01"}
    file = tmp_path / "curated.yaml"
    file.write_text(yaml.safe_dump(entries, allow_unicode=True), "utf-8")

    with pytest.raises(PolicyFolderError):
        load_curated(file, app.library)


def test_an_answer_of_staff_closes_its_gap(run: Run, tmp_path: Path) -> None:
    entry = {"question": "申报截止到几号", "answer": "以通知为准。", "statement": "office", "role": "规划处"}
    file = tmp_path / "curated.yaml"
    file.write_text(yaml.safe_dump([entry | {"valid_until": "9999-12-31"}], allow_unicode=True), "utf-8")
    found = json.loads(run("gaps", "--json", LUCE_CURATED=str(file)).stdout)

    assert found["left_out"]["answered"] >= 4
    assert not {1, 2, 3} & {record for gap in found["gaps"] for record in gap["records"]}


# -- diff


@pytest.fixture(scope="module")
def faq(app: App) -> Faq:
    """The FAQ of the bundled policy, with a question of people."""
    built = build(app.desk, app.version, DAY, asked=[Question("研发机构到底能拿到什么支持呀", 4)])
    assert [entry.asked for entry in built.entries if entry.origin == "asked"] == [4]
    return built


@pytest.fixture(scope="module")
def raised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled policies with the subsidy of measure 7 going up to 6 million."""
    policies = tmp_path_factory.mktemp("raised") / "policies"
    shutil.copytree(BUNDLED, policies)
    folder = policies / POLICY
    change(folder / "text.txt", "每满200万元给予10万元补助，最高500万元", "每满200万元给予10万元补助，最高600万元")
    change(folder / "benefits.yaml", "cap: 500万元", "cap: 600万元")
    change(folder / "benefits.yaml", "900万元}, amount: 500万元", "900万元}, amount: 600万元")
    return policies


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def written(faq: Faq, folder: Path) -> Path:
    folder.mkdir()
    (folder / "faq.json").write_text(faq.model_dump_json(), "utf-8")
    return folder


def test_a_written_faq_is_the_same_as_the_policy_that_it_was_built_from(run: Run, faq: Faq, tmp_path: Path) -> None:
    folder = written(faq, tmp_path / "faq")
    for old, new in ((folder, folder / "faq.json"), (folder, BUNDLED)):
        done = run("diff", old, new, "--as-of", DAY.isoformat())
        assert (done.exit_code, done.stderr) == (0, ""), done.output
        assert f"问答没有变化，共 {len(faq.entries)} 条" in done.stdout


def test_a_figure_of_measure_7_changes_the_entries_that_quote_it_and_no_other(
    run: Run, faq: Faq, raised: Path, tmp_path: Path
) -> None:
    own = {"LUCE_CACHE": str(tmp_path / "cache"), "LUCE_ISSUED": "other=2020-01-01"}
    done = run("diff", written(faq, tmp_path / "faq"), raised / POLICY, "--json", "--as-of", DAY.isoformat(), **own)
    found = json.loads(done.stdout)

    changed = {each["id"] for each in found["changed"]}
    assert done.exit_code == 1
    assert changed == {e.id for e in faq.entries if any(q.clause == f"{POLICY}/7.2" for q in e.quotations)}
    assert {"measure-7", "rd_subsidy-amount", "rd_subsidy-full"} <= changed
    assert (found["added"], found["removed"], found["about"]) == ([], [], [])
    assert found["unchanged"] == len(faq.entries) - len(changed)
    for each in found["changed"]:
        (quotation,) = each["quotations"]
        assert (quotation["then"].count("最高500万元"), quotation["now"].count("最高600万元")) == (1, 1)
        assert "600万" in each["figures"]["come"]
    assert not (tmp_path / "cache" / "index").exists()


def test_what_changed_is_told_by_measure(run: Run, faq: Faq, raised: Path, tmp_path: Path) -> None:
    app = build_app(Settings(policies=raised, cache=tmp_path))
    now = build(app.desk, app.version, DAY)
    done = run("diff", written(faq, tmp_path / "old"), written(now, tmp_path / "new"))

    assert done.exit_code == 1
    for words in (
        "【7.增强科技型中小企业创新能力】\n*",
        "* 研发费用补助怎么算？（改动，rd_subsidy-amount）",
        f"{POLICY}/7.2 的引文：“...元给予10万元补助，最高500万元。” → “...元给予10万元补助，最高600万元。”",
        "数字：少了 1亿、500万、50；多了 1.2亿、600万、60",
        "- 本年度自主研发费用至少要达到1亿元。",
        "+ 本年度自主研发费用至少要达到1.2亿元。",
    ):
        assert words in done.stdout


def test_entries_that_come_go_and_are_renamed_are_told(run: Run, faq: Faq, tmp_path: Path) -> None:
    first, second, *others = faq.entries
    renamed = second.model_copy(update={"id": "renamed"})
    new = faq.model_copy(update={"entries": (*others, renamed), "contact": "12345"})
    done = run("diff", written(faq, tmp_path / "old"), written(new, tmp_path / "new"))
    back = run("diff", tmp_path / "new", tmp_path / "old")

    assert (done.exit_code, back.exit_code) == (1, 1)
    assert f"- {first.question}（删去，{first.id}）" in done.stdout
    assert f"编号：{second.id} → renamed" in done.stdout
    assert f"联系方式：{faq.contact} → 12345" in done.stdout
    assert f"+ {first.question}（新增，{first.id}）" in back.stdout


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "is no FAQ"),
        ("{}", "is no FAQ"),
        ('{"format": 9, "policy": "p", "title": "", "edition": "", "contact": "", "entries": []}', "format 9"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_faq_is_told(run: Run, tmp_path: Path, content: str | None, problem: str) -> None:
    file = tmp_path / "some.json"
    if content is not None:
        file.write_text(content, "utf-8")
    done = run("diff", file, file)

    assert (done.exit_code, done.stdout) == (2, "")
    assert problem in done.stderr


def test_a_folder_without_faq_or_policy_and_an_id_that_stands_twice_are_told(
    run: Run, faq: Faq, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    twice = faq.model_copy(update={"entries": (*faq.entries, faq.entries[0])})

    assert "neither faq.json nor a policy folder" in run("diff", tmp_path / "empty", tmp_path / "empty").stderr
    done = run("diff", written(twice, tmp_path / "twice"), tmp_path / "twice")
    assert done.exit_code == 2
    assert f"two entries of the id {faq.entries[0].id}" in done.stderr


def test_a_policy_folder_with_a_mistake_is_told(run: Run, raised: Path, tmp_path: Path) -> None:
    policies = tmp_path / "policies"
    shutil.copytree(raised, policies)
    change(policies / POLICY / "benefits.yaml", "cap: 600万元", "cap: many")
    done = run("diff", policies, BUNDLED)

    assert (done.exit_code, done.stdout) == (2, "")
    assert "rd_subsidy: field cap" in done.stderr
