"""Topics of a reading: what it is about, and whether the document answers what is asked of that."""

from collections.abc import Iterable

from bot.dialog import thresholds
from bot.dialog.tracker import Tracker
from bot.nlu.labels import NEVER_STATED
from bot.nlu.reading import BENEFIT, Reading

ELLIPSIS = 10  # a message of no more characters leans on what was said before


def topics_of(reading: Reading) -> tuple[str, ...]:
    """Topics of a message: likely by its words, or less likely and named."""
    named = set(reading.names(BENEFIT))
    ranked = sorted(reading.topics.items(), key=lambda pair: -pair[1])
    sure = {topic for topic, p in ranked if p >= thresholds.TOPIC}
    several = len(named - sure) > 0 and len(named) > 1  # of several things named each has its share alone
    alone = thresholds.TOPIC if sure else thresholds.LIKELY_TOPIC
    least = thresholds.NAMED_TOPIC if several else alone
    return tuple(topic for topic, p in ranked if p >= thresholds.TOPIC or (topic in named and p >= least))


def benefits_of(reading: Reading) -> tuple[str, ...]:
    """The benefits among the topics, in the order in which they are named."""
    order = list(reading.names(BENEFIT))
    found = [topic for topic in topics_of(reading) if "/" not in topic]
    return tuple(sorted(found, key=lambda b: order.index(b) if b in order else len(order)))


def spoken_of(reading: Reading, benefits: Iterable[str]) -> tuple[str, ...]:
    """Those of some benefits of a talk that a message means: likely topics, and what is called by any of its names."""
    named = {*topics_of(reading), *reading.names(BENEFIT), *reading.names("weak")}
    likely = {topic for topic, p in reading.topics.items() if p >= thresholds.LIKELY_TOPIC}
    return tuple(b for b in benefits if b in named | likely)


def never_stated(reading: Reading) -> tuple[str, ...]:
    """What is asked that such a document never states."""
    return tuple(ask for ask in reading.asked if ask in NEVER_STATED)


def is_covered(reading: Reading, topics: tuple[str, ...], tracker: Tracker) -> bool:
    """Whether the document answers what is asked of topics: by the reading's estimate, and by what clauses print."""
    asked = {ask for ask in reading.asked if ask in tracker.stated}
    if asked and not any(tracker.states(topic, ask) for topic in topics for ask in asked):
        return False
    named = set(reading.names(BENEFIT)) | tracker.clauses_named(reading)
    opens = not reading.asked and reading.asks["unstated"] < thresholds.SURELY_NOT
    asks = set(reading.asked) <= {*tracker.stated, "content"} and (opens or reading.asked or tracker.is_bare(reading))
    plain = bool(asks) and all(topic in named for topic in topics)
    follows = not reading.about and len(reading.text) <= ELLIPSIS and bool(asked) and asked == set(reading.asked)
    bare = (plain or follows) and reading.intent in ("ask", "compute")
    sure = all(reading.topics.get(topic, 0) > thresholds.SURE_TOPIC for topic in topics)
    unnamed = not (sure or reading.names(BENEFIT)) and any(topic in tracker.dossier.benefits for topic in topics)
    least = thresholds.PLAINLY_COVERED if bare else thresholds.UNNAMED_COVERED if unnamed else thresholds.COVERED
    return reading.covered >= least
