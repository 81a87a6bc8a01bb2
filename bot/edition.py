"""The edition of a desk: which policy, as of which data, and which code. Equal editions answer equally."""

import hashlib
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from knowledge.curated import is_there
from knowledge.library import Dossier

_ROOT = Path(__file__).parent.parent
_CODE = ("bot/dialog", "bot/wording", "calculators", "knowledge", "retrieval")
_HEX = 12
_PHRASED, _READ = "+phrased", "+read"


@dataclass(frozen=True, slots=True)
class Edition:
    """What answers depend on beside the questions.

    `policy_hash` changes with any file of the policy's folder and with the answers of staff, `engine` with any code or
    wording that answers.
    """

    policy: str = ""
    policy_hash: str = ""
    engine: str = ""

    @property
    def phrased(self) -> "Edition":
        """The same, of an answer whose words are not the desk's alone."""
        return self if self.is_phrased else replace(self, engine=self.engine + _PHRASED)

    @property
    def read(self) -> "Edition":
        """The same, of an answer to a message that a model helped to understand."""
        return replace(self, engine=self.engine + _READ)

    @property
    def is_read(self) -> bool:
        """Whether a model helped to understand the message."""
        return _READ in self.engine

    @property
    def is_phrased(self) -> bool:
        """Whether a model has worded the answer."""
        return self.engine.endswith(_PHRASED)


def edition_of(dossier: Dossier, curated: Path | None = None) -> Edition:
    """The edition of the desk that speaks for this policy, with the answers of staff in that file if it is there."""
    files = sorted(path for path in dossier.folder.iterdir() if path.is_file())
    if curated is not None and is_there(curated):
        files.append(curated)
    return Edition(dossier.policy.id, _digest(files), _engine())


@cache
def _engine() -> str:
    try:
        number = version("luce")
    except PackageNotFoundError:
        number = "source"
    files = sorted(p for code in _CODE for p in (_ROOT / code).glob("*") if p.suffix in (".py", ".yaml"))
    return f"{number}+{_digest(files)}"


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:_HEX]
