"""The models of a policy: shipped, cached, or trained anew when the examples have changed."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from bot.nlu.examples import GENERAL, OF_A_POLICY, Example, load_all, located
from bot.nlu.features import of_message
from bot.nlu.labels import ASKS, INTENTS, NEVER_STATED, ROLES
from bot.nlu.linear_model import Head
from bot.nlu.names import Mention, PhraseMatcher, load_names
from bot.nlu.normalization import normalise
from bot.nlu.quantities import QuantityReader
from bot.nlu.reading import BENEFIT, SUBJECT, Models, name_matcher, plain_names
from bot.nlu.roles import HEAD, gold
from bot.nlu.store import load_models, save_models, taking_turns
from bot.nlu.training import Instance, train
from bot.nlu.variants import Misheard, variants
from bot.nlu.vectors import vectors_of
from knowledge.library import Dossier
from retrieval.embedding import Embedder

SHIPPED = Path(__file__).with_name("weights")
Tell = Callable[[str, int, int], None]
_NAMES = ("message", "topic", "role")
_COVERED_INTENTS = frozenset({"ask", "claim", "compare", "list"})
_NEVER = frozenset({*NEVER_STATED, "unstated"})
# Raise it with every change of grammar, features, roles or training that changes what is learnt.
_VERSION = 5
_HEX, _THREADS, _MISHEARD = 16, 2, 0.3
_log = logging.getLogger(__name__)


def open_models(dossier: Dossier, embedder: Embedder, cache: Path, *, tell: Tell | None = None) -> Models:
    """The models for a policy: those that are there for just these examples, else new ones (some minutes).

    `tell` hears the stage (`waiting` for another process, `vectors`, `message`, `topic`, `role`), done, and in all.

    Raises:
        PolicyFolderError: an example is wrong.
    """
    name = model_name(dossier, embedder)
    shelf = cache / "nlu"
    found = load_models(SHIPPED / name) or load_models(shelf / name)
    if found:
        return found
    with taking_turns(shelf, lambda: tell("waiting", 0, 1) if tell else None):
        return load_models(shelf / name) or train_models(dossier, embedder, shelf / name, vectors=shelf, tell=tell)


def model_name(dossier: Dossier, embedder: Embedder) -> str:
    """The name of the folder that holds the models of a policy."""
    return f"{dossier.policy.id}-{digest(dossier, embedder.name)}"


def digest(dossier: Dossier, embedding: str) -> str:
    """Changes with every example and name, and with the version of what learns from them."""
    files = [Path(__file__).with_name("names.yaml"), *sorted(GENERAL.glob("*.yaml"))]
    files += [*sorted((dossier.folder / OF_A_POLICY).glob("*.yaml")), dossier.folder / "lexicon.yaml"]
    content = hashlib.sha256(f"{_VERSION}\0{embedding}".encode())
    for path in files:
        content.update(path.read_bytes() if path.exists() else b"")
    return content.hexdigest()[:_HEX]


def train_models(
    dossier: Dossier, embedder: Embedder, folder: Path, *, vectors: Path | None = None, tell: Tell | None = None
) -> Models:
    """New models, kept in a folder; in memory alone where that cannot be written. `vectors` keeps sentence vectors.

    Raises:
        PolicyFolderError: an example is wrong.
    """
    models = train_on(load_all(dossier), dossier, embedder, vectors=vectors, tell=tell)
    try:
        save_models(models, folder)
    except OSError as error:
        _log.warning("the models cannot be kept in %s: %s", folder, error)
    return models


def train_on(
    examples: Sequence[Example],
    dossier: Dossier,
    embedder: Embedder,
    *,
    vectors: Path | None = None,
    tell: Tell | None = None,
) -> Models:
    """Models of these examples: equal examples give equal weights. `vectors` is a folder that keeps their vectors."""
    reader, matcher = QuantityReader(load_names().quantities), name_matcher(dossier)
    topics = tuple(sorted({*dossier.benefits, *(topic for example in examples for topic in example.about)}))
    heads = {
        "message": (Head("intent", INTENTS, exclusive=True), Head("ask", ASKS, exclusive=False)),
        "topic": (Head("about", topics, exclusive=False), Head("covered", ("yes",), exclusive=False)),
        "role": (Head(HEAD, ROLES, exclusive=True),),
    }
    lexicon = dossier.lexicon
    synonyms = (*(base.names for base in lexicon.bases.values()), *(each.strong for each in lexicon.benefits.values()))
    misheard = Misheard(example.said for example in examples)
    rows: dict[str, list[Instance]] = {name: [] for name in _NAMES}
    texts = (normalise(example.parsed[0]) for example in examples)
    known = vectors_of(texts, embedder, vectors, told=partial(tell, "vectors") if tell else None)
    for example in examples:
        text, quantities, _ = located(example, reader)
        features = of_message(text, quantities, plain_names(matcher, text), example.after)
        vector = known[text]
        asks = example.ask if example.intent in ("ask", "claim", "list", "compare", "compute", "text") else ()
        covered = _covered(example)
        rows["message"].append(Instance(features, ((example.intent,), asks), vector=vector))
        rows["topic"].append(Instance(features, (example.about, covered), vector=vector))
        rows["role"] += _role_rows(example, reader, matcher, synonyms)
        for wrong in _misspelt(text, plain_names(matcher, text), misheard):
            heard = of_message(wrong, reader.read(wrong), plain_names(matcher, wrong), example.after)
            rows["message"].append(Instance(heard, ((example.intent,), asks), _MISHEARD, vector))
            rows["topic"].append(Instance(heard, (example.about, covered), _MISHEARD, vector))
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="train") as threads:  # numpy leaves the GIL most of the time
        told = {name: partial(tell, name) if tell else None for name in _NAMES}
        trained = threads.map(lambda name: train(heads[name], rows[name], tell=told[name]), _NAMES)
        return Models(*trained)


def _misspelt(text: str, mentions: Sequence[Mention], misheard: Misheard) -> Iterable[str]:
    """The text with its first name of a thing misspelt by ear, if it has one."""
    named = [m for m in mentions if m.id.startswith((BENEFIT, SUBJECT)) and len(m.text) > 1]
    wrong = misheard.write(text, named[0].text) if named else None
    return (wrong,) if wrong else ()


def _covered(example: Example) -> tuple[str, ...] | None:
    """What an example says of coverage: a question is covered unless it says not, or asks what is never stated."""
    if example.covered is False or (set(example.ask) & _NEVER and example.covered is None):
        return ()
    if example.intent in _COVERED_INTENTS:
        return ("yes",)
    return ("yes",) if example.intent == "compute" and example.about else None


def _role_rows(
    example: Example, reader: QuantityReader, matcher: PhraseMatcher, synonyms: Sequence[tuple[str, ...]] = ()
) -> Iterable[Instance]:
    if "](" not in example.said:
        return
    for number, said in enumerate(variants(example.said, synonyms)):
        text, quantities, roles = located(_replaced(example, said), reader)
        for features, role in gold(text, quantities, roles, plain_names(matcher, text), example.after):
            yield Instance(features, ((role,),), weight=1.0 if number == 0 else 0.4)


def _replaced(example: Example, said: str) -> Example:
    return Example(
        said, example.intent, example.ask, example.about, example.covered, example.after, example.path, example.line
    )
