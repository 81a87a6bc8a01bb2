"""Labelled examples of what people say: YAML that office staff can read and write, checked line by line."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import yaml

from bot.nlu.labels import AFTERS, ASKS, INTENTS, ROLES
from bot.nlu.normalization import normalise
from bot.nlu.quantities import Quantity, QuantityReader
from knowledge.errors import PolicyFolderError
from knowledge.library import Dossier

GENERAL = Path(__file__).with_name("examples")
OF_A_POLICY = "examples"
_MARKED = re.compile(r"\[([^\[\]]*)\]\((\w*)\)")
_KEYS = {"intent", "ask", "about", "covered", "after", "say"}
_TRUTHS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Span:
    """A figure of an example: where it stands in the plain text, and its role."""

    start: int
    end: int
    role: str


@dataclass(frozen=True)
class Example:
    """One message with its labels; `about` holds ids of benefits and full ids of clauses."""

    said: str
    intent: str
    ask: tuple[str, ...]
    about: tuple[str, ...]
    covered: bool | None
    after: str
    path: Path
    line: int

    @cached_property
    def parsed(self) -> tuple[str, tuple[Span, ...]]:
        """The plain words, and the figures in them."""
        text, place, spans = "", 0, []
        for match in _MARKED.finditer(self.said):
            text += self.said[place : match.start()]
            spans.append(Span(len(text), len(text) + len(match[1]), match[2]))
            text += match[1]
            place = match.end()
        return text + self.said[place:], tuple(spans)


@dataclass(frozen=True)
class Sheet:
    """The sound examples of some files, and every line of them that cannot be used."""

    examples: tuple[Example, ...]
    mistakes: tuple[PolicyFolderError, ...]


def load_all(dossier: Dossier) -> tuple[Example, ...]:
    """The general examples and those of a policy.

    Raises:
        PolicyFolderError: a line cannot be used.
    """
    return (*load_examples(GENERAL, dossier), *load_examples(dossier.folder / OF_A_POLICY, dossier))


def load_examples(folder: Path, dossier: Dossier) -> tuple[Example, ...]:
    """All examples of the files of a folder, in the order of their names; none where there is no such folder.

    Raises:
        PolicyFolderError: with the file and line of the first mistake, and how many there are.
    """
    found = read_examples(folder, dossier)
    if found.mistakes:
        first, *more = found.mistakes
        hint = f" (and {len(more)} more; `luce check` lists them)" if more else ""
        raise PolicyFolderError(first.path, first.line, first.problem + hint)
    return found.examples


def read_examples(folder: Path, dossier: Dossier) -> Sheet:
    """The examples of the files of a folder as far as they can be read, with all mistakes."""
    files = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
    places = {place.partition("/")[2] for place in dossier.policy.clauses}
    readers = [_File(path, dossier, frozenset({*dossier.benefits, *places})) for path in files]
    examples = tuple(example for reader in readers for example in reader.read())
    return Sheet(examples, tuple(mistake for reader in readers for mistake in reader.mistakes))


def located(example: Example, reader: QuantityReader) -> tuple[str, tuple[Quantity, ...], dict[int, str]]:
    """The normalised text of an example, its quantities, and the role of each by its place among them."""
    plain, spans = example.parsed
    text = normalise(plain)
    quantities = reader.read(text)
    ends = [(len(normalise(plain[: s.start])), len(normalise(plain[: s.end])), s.role) for s in spans]
    roles = {}
    for index, quantity in enumerate(quantities):
        found = [role for start, end, role in ends if start < quantity.end and quantity.start < end]
        if found:
            roles[index] = found[0]
    return text, quantities, roles


@dataclass
class _File:
    """One file as it is read; `mistakes` are those that were met. A group with a mistake has no examples."""

    path: Path
    dossier: Dossier
    topics: frozenset[str]
    mistakes: list[PolicyFolderError] = field(default_factory=list)

    def read(self) -> Iterator[Example]:
        try:
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            root = yaml.compose(self.path.read_text(encoding="utf-8"), Loader=loader)
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            self._note(None, f"cannot be read as YAML: {error}")
            return
        if root is None:
            return
        if not isinstance(root, yaml.SequenceNode):
            self._note(root, "is no list of groups")
            return
        for group in root.value:
            yield from self._group(group)

    def _group(self, node: yaml.Node) -> Iterator[Example]:
        if not isinstance(node, yaml.MappingNode):
            self._note(node, "is no group: it needs `say` and its labels")
            return
        before = len(self.mistakes)
        fields = {str(key.value): value for key, value in node.value}
        if len(fields) < len(node.value):
            self._note(node, "has a key twice")
        if unknown := sorted(set(fields) - _KEYS):
            self._note(node, f"has unknown keys {unknown}")
        intent = self._one(fields, "intent", INTENTS, "ask")
        after = self._one(fields, "after", AFTERS, "start")
        asks = tuple(self._each(fields, "ask", ASKS))
        about = tuple(self._each(fields, "about", self.topics))
        covered = _TRUTHS[self._one(fields, "covered", _TRUTHS, "true")] if "covered" in fields else None
        lines = self._said(node, fields)
        if len(self.mistakes) > before:
            return
        topics = tuple(name if name in self.dossier.benefits else self.dossier.clause_id(name) for name in about)
        for item in lines:
            line = item.start_mark.line + 1
            example = Example(str(item.value), intent, asks, topics, covered, after, self.path, line)
            if not any(self._complain(item, example)):
                yield example

    def _said(self, node: yaml.Node, fields: Mapping[str, yaml.Node]) -> list[yaml.Node]:
        """The lines of a group; an empty group is a mistake."""
        said = fields.get("say")
        if not isinstance(said, yaml.SequenceNode) or not said.value:
            self._note(said or node, "is an empty group: `say` lists no line" if said else "lacks `say`")
            return []
        return list(said.value)

    def _complain(self, item: yaml.Node, example: Example) -> Iterator[bool]:
        """True for each mistake of a line."""
        if not isinstance(item, yaml.ScalarNode) or not example.said.strip():
            self._note(item, "says nothing" if isinstance(item, yaml.ScalarNode) else "is no text; quote the line")
            yield True
            return
        for words, role in _MARKED.findall(example.said):
            if role not in ROLES:
                self._note(item, f"{words!r} has the unknown role {role!r}")
                yield True

    def _one(self, fields: Mapping[str, yaml.Node], key: str, known: Collection[str], default: str) -> str:
        node = fields.get(key)
        if node is None:
            return default
        if isinstance(node, yaml.ScalarNode) and node.value in known:
            return str(node.value)
        shown = repr(node.value) if isinstance(node, yaml.ScalarNode) else "as a list"
        self._note(node, f"{key} {shown} is none of {', '.join(known)}")
        return default

    def _each(self, fields: Mapping[str, yaml.Node], key: str, known: Collection[str]) -> Iterator[str]:
        node = fields.get(key)
        if node is not None and not isinstance(node, yaml.SequenceNode):
            self._note(node, f"{key} is no list: write [{getattr(node, 'value', '')}]")
        elif node is not None:
            for item in node.value:
                if isinstance(item, yaml.ScalarNode) and item.value in known:
                    yield str(item.value)
                else:
                    self._note(item, f"{key} {item.value!r} is unknown")

    def _note(self, node: yaml.Node | None, problem: str) -> None:
        self.mistakes.append(PolicyFolderError(self.path, node.start_mark.line + 1 if node else None, problem))
