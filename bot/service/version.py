"""The version of answers: policy data and code that they depend on. Equal versions answer equally."""

import hashlib
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bot.nlu.examples import OF_A_POLICY
from knowledge.curated import is_there
from knowledge.library import Dossier

_ROOT = Path(__file__).parents[2]
# What a worker imports: a change in any of it may change an answer (a test compares).
ANSWERING_CODE = (
    *("bot/app.py", "bot/settings.py", "bot/dialog", "bot/nlu", "bot/nlg", "bot/service"),
    *("calculators", "knowledge", "retrieval"),
)
_POLICIES = _ROOT / "knowledge" / "policies"  # data: each counts into the hash of its own policy
_HEX = 12
_PHRASED, _READ = "+phrased", "+read"


@dataclass(frozen=True, slots=True)
class AnswerVersion:
    """What answers depend on beside the questions.

    `policy_hash` changes with any file of the policy's folder, its examples among them, and with the answers of staff,
    `engine` with any code, wording or general example that answers.
    """

    policy: str = ""
    policy_hash: str = ""
    engine: str = ""

    @property
    def phrased(self) -> "AnswerVersion":
        """The same, of an answer whose words are not the desk's alone."""
        return self if self.is_phrased else replace(self, engine=self.engine + _PHRASED)

    @property
    def read(self) -> "AnswerVersion":
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


def answer_version_of(dossier: Dossier, curated: Path | None = None) -> AnswerVersion:
    """The edition of the desk that speaks for this policy, with the answers of staff in that file if it is there."""
    files = sorted(path for path in dossier.folder.iterdir() if path.is_file())
    files += sorted((dossier.folder / OF_A_POLICY).glob("*.yaml"))
    if curated is not None and is_there(curated):
        files.append(curated)
    return AnswerVersion(dossier.policy.id, _digest(files), _engine())


@cache
def _engine() -> str:
    try:
        number = version("luce")
    except PackageNotFoundError:
        number = "source"
    places = [_ROOT / code for code in ANSWERING_CODE]
    files = (path for place in places for path in (place, *place.rglob("*")) if path.suffix in (".py", ".yaml"))
    return f"{number}+{_digest(sorted(path for path in files if _POLICIES not in path.parents))}"


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:_HEX]
