"""Near-duplicates between examples and questions that are to test what was learnt from them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.nlu.examples import Example
from bot.nlu.normalization import normalise
from knowledge.errors import PolicyFolderError

ALIKE, LEAST = 0.9, 5
_SAYING = frozenset({"q", "say"})
_RUN = 3


@dataclass(frozen=True, slots=True)
class Question:
    """A message of a question set, and where it stands."""

    text: str
    path: Path
    line: int


@dataclass(frozen=True, slots=True)
class Pair:
    """An example that is nearly a question; `likeness` is 1 where they are equal once normalised."""

    example: Example
    question: Question
    likeness: float


def read_questions(path: Path) -> tuple[Question, ...]:
    """All messages (`q` or `say`, at any depth) of a YAML file, or of the files below a folder.

    Raises:
        PolicyFolderError: there is no such file or folder, or one cannot be read.
    """
    files = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
    return tuple(question for file in files for question in _read(file))


def near_duplicates(examples: Iterable[Example], questions: Sequence[Question]) -> tuple[Pair, ...]:
    """Each example with the question that it equals or is most like, if it is like enough (Jaccard of runs of three).

    Messages of fewer than `LEAST` characters are passed over: everybody says hello in the same words.
    """
    runs = [_runs(normalise(question.text)) for question in questions]
    by_text: dict[str, int] = {}
    by_run: defaultdict[str, list[int]] = defaultdict(list)
    for number, question in enumerate(questions):
        by_text.setdefault(normalise(question.text), number)
        for run in runs[number]:
            by_run[run].append(number)
    pairs = []
    for example in examples:
        text = normalise(example.parsed[0])
        if len(text) < LEAST:
            continue
        equal = by_text.get(text)
        found = (1.0, equal) if equal is not None else _nearest(_runs(text), runs, by_run)
        if found[0] >= ALIKE and found[1] is not None:
            pairs.append(Pair(example, questions[found[1]], found[0]))
    return tuple(pairs)


def _nearest(own: frozenset[str], runs: list[frozenset[str]], by_run: dict[str, list[int]]) -> tuple[float, int | None]:
    shared = Counter(number for run in own for number in by_run.get(run, ()))
    alike = [(times / (len(own) + len(runs[number]) - times), -number) for number, times in shared.items()]
    likeness, number = max(alike, default=(0.0, 1))
    return (likeness, -number) if alike else (0.0, None)


def _runs(text: str) -> frozenset[str]:
    return frozenset(text[i : i + _RUN] for i in range(len(text) - _RUN + 1))


def _read(path: Path) -> Iterator[Question]:
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PolicyFolderError(path, None, f"cannot be read as YAML: {error}") from error
    yield from _below(root, path)


def _below(node: yaml.Node | None, path: Path) -> Iterator[Question]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _below(item, path)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            said = value.value if isinstance(value, yaml.SequenceNode) else [value]
            for item in said if key.value in _SAYING else ():
                if isinstance(item, yaml.ScalarNode):
                    yield Question(str(item.value), path, item.start_mark.line + 1)
            yield from _below(value, path)
