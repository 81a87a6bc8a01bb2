"""Checks of the data files that the desk speaks from: policy folders, answers of staff and wording."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from bot.dialog.llm_fallback import subject_clauses
from bot.dialog.questions import load_wordings
from bot.nlu.duplicates import near_duplicates, read_questions
from bot.nlu.example_checks import example_mistakes
from bot.nlu.examples import GENERAL, OF_A_POLICY, read_examples
from bot.nlu.reading import Reader
from bot.service.curated_checks import mistakes
from calculators.check import problems as benefit_problems
from knowledge.curated import CuratedAnswer, load_curated
from knowledge.errors import PolicyBotError
from knowledge.library import Dossier, Library, load_dossier, load_library
from knowledge.wording import Wording


def load_each(folders: Iterable[Path], starts: Mapping[str, date] | None = None) -> tuple[list[Dossier], list[str]]:
    """The sound policies of the folders, and one English sentence for each that is not.

    A folder is one policy (it holds `policy.yaml` or `text.txt`) or holds a folder for each policy; `starts` are the
    dates of issue, each of which must name a policy of the latter.
    """
    dossiers: list[Dossier] = []
    problems: list[str] = []
    for folder in folders:
        single = any((folder / name).exists() for name in ("policy.yaml", "text.txt"))
        found, wrong = _load((folder,) if single else _parts(folder))
        if not single and not wrong:
            try:
                load_library(folder, starts=starts)  # what concerns them all: none, one id twice, a date of no policy
            except PolicyBotError as error:
                wrong = [str(error)]
        dossiers += found
        problems += wrong
    return dossiers, problems


def _parts(folder: Path) -> list[Path]:
    return sorted(part for part in folder.iterdir() if part.is_dir()) if folder.is_dir() else []


def _load(folders: Iterable[Path]) -> tuple[list[Dossier], list[str]]:
    dossiers, problems = [], []
    for folder in folders:
        try:
            dossiers.append(load_dossier(folder))
        except PolicyBotError as error:
            problems.append(str(error))
    return dossiers, problems


def folder_problems(dossier: Dossier) -> list[str]:
    """What is wrong with a policy that can be loaded, one English sentence each; empty where all is well."""
    place = dossier.folder.name
    problems = [*benefit_problems(dossier), *_lexicon_problems(dossier), *_featured_problems(dossier)]
    problems += map(str, example_mistakes(dossier))
    return [f"{place}: {problem}" for problem in problems]


def duplicates(dossier: Dossier, questions: Path) -> list[str]:
    """One English sentence for each example that is nearly a question of a file or folder.

    Raises:
        PolicyFolderError: a file of questions cannot be read.
    """
    folders = (GENERAL, dossier.folder / OF_A_POLICY)
    examples = [example for folder in folders for example in read_examples(folder, dossier).examples]
    return [
        f"{pair.example.path.name}:{pair.example.line}: {pair.example.said!r} is nearly {pair.question.text!r} "
        f"({pair.likeness:.2f}, {pair.question.path}:{pair.question.line})"
        for pair in near_duplicates(examples, read_questions(questions))
    ]


def load_answers(path: Path, library: Library, reader: Reader) -> tuple[tuple[CuratedAnswer, ...], list[str]]:
    """The answers of staff, and one English sentence for each mistake; of what cannot be read, for the first."""
    try:
        answers = load_curated(path, library)
    except PolicyBotError as error:
        return (), [str(error)]
    return answers, [str(mistake) for mistake in mistakes(answers, library, reader)]


def wording_problems(paths: Iterable[Path]) -> list[str]:
    """What is wrong with wording files, one English sentence each; empty where all is well."""
    problems = []
    for path in paths:
        try:
            wording = Wording(path)
        except PolicyBotError as error:
            problems.append(str(error))
            continue
        for key in wording.templates:
            try:
                wording.blanks(key)
            except ValueError as error:
                problems.append(f"{path.parent.name}/{path.name}: {key!r} is no template: {error}")
    return problems


def _featured_problems(dossier: Dossier) -> Iterator[str]:
    for name in dossier.facts.featured:
        if name not in dossier.benefits and name not in load_wordings().whole:
            yield f"Policy facts feature {name}, which is neither a benefit nor a matter of the whole policy."


def _lexicon_problems(dossier: Dossier) -> Iterator[str]:
    for name, base in dossier.lexicon.bases.items():
        if base.slot is not None and base.slot not in dossier.slots:
            yield f"Lexicon base {name} names the slot {base.slot}, which does not exist."
        if base.yields_to is not None and base.yields_to not in dossier.lexicon.bases:
            yield f"Lexicon base {name} yields to {base.yields_to}, which does not exist."
    for slot_id, options in dossier.lexicon.grades.items():
        slot = dossier.slots.get(slot_id)
        if slot is None or slot.kind != "grade":
            yield f"Lexicon grades name {slot_id}, which is no grade slot."
            continue
        for option in options.keys() - set(slot.options):
            yield f"Lexicon grades of {slot_id} name {option}, which is not one of its options."
    for subject in dossier.lexicon.subjects:
        if not subject_clauses(subject, dossier):
            yield f"Lexicon subject {subject} is spoken of in no clause; list its clauses or remove it."
