"""Data files: YAML read strictly and as text, with the path and line of every mistake."""

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from knowledge.errors import PolicyFolderError

Model = TypeVar("Model", bound=BaseModel)
# Every scalar stays the text that was written: a number is exact, `no` is a word, and loading is twice as fast.
_Loader: type[yaml.BaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class _StrictLoader(_Loader):  # type: ignore[misc, valid-type]
    """Refuses a mapping that names one key twice: the second would silently win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        """Build a mapping after checking that its keys differ."""
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = key_node.value
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", key_node.start_mark)
            seen.add(key)
        mapping: dict[Hashable, object] = super().construct_mapping(node, deep)
        return mapping


def read_yaml(path: Path) -> object:
    """The data of one YAML file: mappings, lists, and text for every scalar.

    Raises:
        PolicyFolderError: the file cannot be read, is not UTF-8 or YAML, or names a key twice.
    """
    with _mistakes_of(path):
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)  # noqa: S506 (a safe loader)


@dataclass(frozen=True)
class Item:
    """One item of a list in a file: its data, the line where it begins, and the lines of its keys (all 1-based)."""

    path: Path
    line: int
    data: object
    lines: Mapping[str, int]

    def read_as(self, model: type[Model]) -> Model:
        """The item as a typed record.

        Raises:
            PolicyFolderError: naming the first field that does not fit, and its line.
        """
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            line = self.lines.get(place.partition(".")[0], self.line)
            problem = first["msg"].removeprefix("Value error, ")
            raise PolicyFolderError(self.path, line, f"field {place}: {problem}" if place else problem) from error


def read_items(path: Path) -> tuple[Item, ...]:
    """The items of a YAML file that is a list; none where the file holds nothing.

    Raises:
        PolicyFolderError: as for `read_yaml`; or the file is not a list.
    """
    with _mistakes_of(path):
        loader = _StrictLoader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        if node is None or (isinstance(node, yaml.ScalarNode) and not node.value):
            return ()
        if not isinstance(node, yaml.SequenceNode):
            line = node.start_mark.line + 1
            raise PolicyFolderError(path, line, "is not a list; begin each of its entries with a dash")
        return tuple(
            Item(path, item.start_mark.line + 1, loader.construct_document(item), _key_lines(item))
            for item in node.value
        )


def _key_lines(item: yaml.Node) -> dict[str, int]:
    pairs = item.value if isinstance(item, yaml.MappingNode) else ()
    return {str(key.value): key.start_mark.line + 1 for key, _ in pairs}


@contextmanager
def _mistakes_of(path: Path) -> Iterator[None]:
    """Whatever keeps a file from being read, told as a mistake of that file."""
    try:
        yield
    except OSError as error:
        raise PolicyFolderError(path, None, f"cannot be read ({error.strerror}); create the file") from error
    except UnicodeDecodeError as error:
        raise PolicyFolderError(path, None, "is not UTF-8; convert the file") from error
    except RecursionError as error:
        raise PolicyFolderError(path, None, "is nested too deep; flatten the data") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise PolicyFolderError(path, line, f"is not valid YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise PolicyFolderError(path, None, f"is not valid YAML: {error}") from error


def line_of(path: Path, word: str) -> int | None:
    """The first line that holds the word, 1-based; None where there is none."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, start=1) if word in line), None)


def validate(model: type[Model], data: object, path: Path, *, near: str = "") -> Model:
    """Data as a typed record; `near` is a word that tells on which line the record stands.

    Raises:
        PolicyFolderError: naming the first field that does not fit.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "(whole file)"
        line = line_of(path, near) if near else None
        raise PolicyFolderError(path, line, f"{near or 'record'}: field {place}: {first['msg']}") from error
