"""Sentences by key: what the desk says, kept in data files and filled in here."""

from functools import cache
from pathlib import Path
from string import Formatter

from knowledge.datafile import read_yaml
from knowledge.errors import WordingError


class Wording:
    """The sentences of one YAML file, a flat mapping from key to a template with `{blanks}`."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            WordingError: it is not a mapping of texts.
        """
        data = read_yaml(path)
        if not isinstance(data, dict) or not all(isinstance(text, str) for text in data.values()):
            raise WordingError(f"{path.name} must map each key to one text")
        self.path = path
        self.templates: dict[str, str] = {str(key): text.rstrip("\n") for key, text in data.items()}

    def say(self, key: str, **values: object) -> str:
        """The sentence of that key with its blanks filled.

        Raises:
            WordingError: the key is unknown, or the blanks and the values differ.
        """
        template = self.templates.get(key)
        if template is None:
            raise WordingError(f"{self.path.name} has no sentence {key!r}; add it")
        if self.blanks(key) != set(values):
            raise WordingError(f"{self.path.name}: {key!r} has blanks {self.blanks(key)}, given {set(values)}")
        return template.format(**values)

    def blanks(self, key: str) -> set[str]:
        """Names of the blanks of a sentence."""
        return {name for _, name, _, _ in Formatter().parse(self.templates[key]) if name}


@cache
def load_wording(path: Path) -> Wording:
    """The sentences of a file, read once."""
    return Wording(path)
