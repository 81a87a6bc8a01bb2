"""Deciding: the one place that says what is done with a reading in a state. Thresholds stand in `thresholds.py`."""

from dataclasses import replace

from bot.dialog import thresholds
from bot.dialog.actions import (
    Action,
    Calculate,
    Courtesy,
    Decline,
    Explain,
    Invert,
    ListPlaces,
    Matter,
    Measures,
    Menu,
    OfferTopics,
    Quote,
    Refuse,
    RejectOffer,
    Remove,
    Search,
    Silent,
    TakeOffer,
    Unknown,
)
from bot.dialog.extraction import INPUTS, SHORT
from bot.dialog.state import State
from bot.dialog.tracker import Tracker
from bot.nlu.labels import MATTERS, NEVER_STATED
from bot.nlu.reading import BENEFIT, Reading
from bot.nlu.roles import Figure
from calculators.calculation import NeedsSlots

_COURTESIES = {
    **{"greet": "hello", "thanks": "thanks", "help": "help", "faq": "faq", "reset": "reset", "cancel": "cancelled"},
    **{"human": "human", "confirm": "agreed"},
}
_DECLINED = {
    **{"improper": "improper", "orders": "improper", "chatter": "no_evidence"},
    **{"other_place": "other_place", "other_edition": "other_edition"},
}
_OF_THE_LAST_SUM = frozenset({"why", "doubt", "again", "growth", "difference", "total", "claim", "confirm"})
_QUESTIONS = frozenset({"ask", "claim", "list", "compare", "text"})
_CLEARING = frozenset({"reset", "cancel"})
_ELLIPSIS = 10
_SUMS = frozenset({"compute", "tell", "suppose", "correct", "add", "remove", "inverse"})


def decide(reading: Reading, state: State, tracker: Tracker) -> Action:
    """What to do. Every message gets exactly one action."""
    if not any(char.isalnum() for char in reading.text):
        return Courtesy("empty")
    if reading.intent in _CLEARING and reading.intents[reading.intent] < thresholds.CLEARS:
        likely = {name: p for name, p in reading.intents.items() if name not in _CLEARING}
        return decide(replace(reading, intents=likely), state, tracker)
    steps = (_offered, _steers, _of_the_last_sum, _sums, _asks)
    actions = (step(reading, state, tracker) for step in steps)
    return next((action for action in actions if action), None) or _about(reading, state, tracker)


# -- what the desk has offered


def _offered(reading: Reading, state: State, tracker: Tracker) -> Action | None:
    offer = state.offer
    if offer is None:
        return None
    text, intent = reading.text, reading.intent
    for index, option in enumerate(offer.options):
        if text and (text == option or (len(text) > 1 and text in option and intent in ("choose", "tell", "compute"))):
            return TakeOffer(index)
    if intent == "confirm" and len(offer.values) <= 1 and not reading.with_role(*INPUTS):
        return TakeOffer(0)
    if intent == "unit" and offer.unit:
        return TakeOffer(0 if tracker.is_wan(text) else 1)
    if intent == "deny" and not reading.with_role(*INPUTS):
        return RejectOffer()
    if intent == "choose":
        numbers = [int(q.value) for q in reading.quantities if q.kind in ("measure", "bare", "count")]
        chosen = numbers[0] if numbers else tracker.ordinal(text, len(offer.options))
        if chosen and 0 < chosen <= len(offer.options):
            return TakeOffer(chosen - 1)
    if set(reading.asked) - {"amount", "content"}:
        return None
    named = topics_of(reading)
    fitting = [index for index, topic in enumerate(offer.topics) if topic in named]
    return TakeOffer(fitting[0]) if len(fitting) == 1 and not reading.with_role(*INPUTS) else None


# -- the conversation itself


def _steers(reading: Reading, state: State, tracker: Tracker) -> Action | None:
    intent, gives = reading.intent, bool(_inputs(reading))
    if intent == "confirm" and (state.outcomes or state.pending):
        return None
    if intent == "human" and "contact" in reading.asked:
        return Matter(("contact",))
    if intent in _COURTESIES and not (gives and intent not in ("reset", "cancel")):
        return Courtesy(_COURTESIES[intent])
    if reading.intents["other_place"] > thresholds.ELSEWHERE and intent == "compute" and not state.benefits:
        return Decline("other_place")
    if intent in _DECLINED and not (gives and state.pending and intent not in ("improper", "orders")):
        return Decline(_DECLINED[intent])
    if intent in ("next", "previous"):
        return Measures(1 if intent == "next" else -1)
    if intent == "unit" and state.benefits and not gives:
        return Calculate(state.benefits)
    if intent == "unknown" and (state.pending or state.offer):
        return Unknown()
    return None


def _of_the_last_sum(reading: Reading, state: State, tracker: Tracker) -> Action | None:
    """Why, are you sure, how much in all: of what was computed last."""
    settled = tuple(o.benefit_id for o in state.outcomes if not isinstance(o, NeedsSlots))
    intent = reading.intent
    gathers = reading.intents["total"] > thresholds.ADDS and len(state.settled) > 1
    counts_only = all(f.quantity.kind == "count" for f in _inputs(reading))
    if gathers and counts_only and not benefits_of(reading):
        years = bool(_inputs(reading)) and all(f.role == "years" for f in _inputs(reading))
        return Calculate(state.settled) if years else Explain("total")
    spoken = tuple(topic for topic in state.topics if topic in tracker.dossier.benefits)
    if intent == "total" and len(spoken) == 1 and not (state.settled or _inputs(reading) or topics_of(reading)):
        return Explain("total", spoken)
    refers = intent == "why" and bool(settled)
    if intent in ("doubt", "why") and state.pending and not (settled or topics_of(reading) or _inputs(reading)):
        return Calculate(state.benefits)  # nothing was computed yet: what is noted, and what is still asked
    if not (settled or state.settled) or intent not in _OF_THE_LAST_SUM or (_inputs(reading) and not refers):
        return None
    named = benefits_of(reading)
    other = set(reading.about) - set(settled) - {tracker.dossier.policy.id}
    if intent == "total" and not set(named) - set(state.settled):
        return Explain("total", named)
    if not settled or set(named) - set(settled):
        return None
    if intent in ("claim", "confirm") and (
        other or reading.asks.get("unstated", 0) > thresholds.ASKED or _never(reading)
    ):
        return None
    if intent == "claim" and not reading.with_role("ref") and reading.covered < thresholds.COVERED:
        return None
    return Explain(intent, tuple(b for b in named if b in settled))


# -- sums


def _sums(reading: Reading, state: State, tracker: Tracker) -> Action | None:
    gives, intent = _inputs(reading), reading.intent
    never = _never(reading)
    if intent == "remove" and not gives:
        gone = tuple(b for b in benefits_of(reading) if b in (*state.benefits, *state.settled))
        return Remove(tracker.with_companions(gone)) if gone else None
    wanted = [f for f in reading.with_role("wanted") if f.probability > thresholds.SURE_TOPIC]
    wishes_for = bool(wanted) and not gives and intent in ("ask", "compute") and bool(benefits_of(reading))
    told = wishes_for or (gives and _tells(reading, state)) or _counts(reading, state, tracker)
    if intent in _QUESTIONS and not told:
        return None
    play, follows = in_play(reading, state, tracker)
    graded = tracker.graded(reading, state)
    if graded and not gives and (not never or intent in _SUMS):
        return Calculate(tracker.with_companions(graded))
    again = state.wish == "inverse" and len(gives) == 1 and intent in ("suppose", "compute", "tell", "ask")
    if again and tracker.is_award(reading, state.benefits) and len(reading.text) <= _ELLIPSIS:
        return Invert(state.benefits, again=True)
    settled = bool(reading.with_role("now")) and bool(reading.with_role("before")) and not reading.with_role("wanted")
    inverse = intent == "inverse" or wishes_for or (reading.intents["inverse"] > thresholds.INVERSE and not settled)
    if inverse and (play or reading.with_role("wanted")):
        return Invert(play or tracker.growing)
    if never and not gives:
        return None
    lone = bool(gives) and all(f.quantity.kind == "count" for f in gives) and len(play) > 1
    if lone and intent == "compute" and not follows and not tracker.companions(play):
        accepting = [b for b in play if tracker.accepts(b, reading) or tracker.is_ready(b, reading.text)]
        if len(accepting) < len(play):
            return Quote(play, surely=True, asides=never)
    sums = bool(benefits_of(reading)) and any(_is_unsure_sum(f) for f in reading.figures)
    unsure = intent == "tell" and (sums or (follows and tracker.is_counted(reading, play)))
    if gives or unsure or (state.pending and follows and intent in _SUMS and tracker.answers(reading, state)):
        hopeless = reading.covered < thresholds.SURELY_NOT and len(reading.text) > _ELLIPSIS and not unsure
        if not play and set(reading.asked) & set(MATTERS):
            return None
        if not play:
            return Refuse(()) if hopeless else Calculate(()) if intent in _SUMS else None
        near_miss = hopeless and not state.benefits and (intent == "compute" or not topics_of(reading))
        return Refuse(topics_of(reading)) if near_miss else Calculate(play, _adds(reading, state), never)
    if intent not in ("compute", "add", "suppose"):
        return None
    wishes = not topics_of(reading) and set(reading.asked) <= {"amount"} and reading.covered > thresholds.SURELY_NOT
    never_stated = max(reading.asks[name] for name in NEVER_STATED) > thresholds.SURELY_NOT
    if wishes and not never_stated and intent == "compute" and not play and len(reading.text) <= _ELLIPSIS:
        return Menu()
    if not (follows and state.outcomes) and not is_covered(reading, topics_of(reading) or play, tracker):
        return None
    if len(play) > 1 and not tracker.companions(play) and not all(tracker.is_ready(b, reading.text) for b in play):
        return Quote(play, surely=True, asides=never)  # several at once, without figures: what each gives
    if not play:
        return None if topics_of(reading) or (reading.asked and set(reading.asked) & {*MATTERS}) else Menu()
    return Calculate(play, _adds(reading, state), never)


def in_play(reading: Reading, state: State, tracker: Tracker) -> tuple[tuple[str, ...], bool]:
    """The benefits that a sum is about, and whether it goes on with the sum in hand."""
    named = list(benefits_of(reading))
    by_role = tracker.benefits_by_role(reading, named, state)
    named += [benefit for benefit in by_role if benefit not in named]
    if not named:
        graded = tracker.graded(reading, state)
        spoken = tuple(topic for topic in state.topics if topic in tracker.dossier.benefits)
        fitting = next(
            (each for each in (spoken, state.benefits) if any(tracker.accepts(b, reading) for b in each)), ()
        )
        return tracker.with_companions(graded or fitting or state.benefits or spoken), True
    play = tracker.with_companions(tuple(named))
    follows = bool(set(play) & set(state.benefits))
    corrects = reading.intent in ("correct", "suppose")
    if follows and set(play) <= set(state.benefits) and (corrects or not benefits_of(reading)):
        return state.benefits, True
    if _adds(reading, state):
        return tuple(dict.fromkeys((*state.benefits, *play))), True
    return play, follows


def _adds(reading: Reading, state: State) -> bool:
    """Whether a sum is wanted together with the one before."""
    return bool(state.settled) and reading.intents["add"] + reading.intents["total"] > thresholds.ADDS


def _counts(reading: Reading, state: State, tracker: Tracker) -> bool:
    """Whether a question for an amount gives a count that the benefit multiplies with."""
    if set(reading.asked) != {"amount"} or reading.covered < thresholds.COVERED:
        return False
    benefits = benefits_of(reading) or state.benefits
    counts = any(figure.role in ("heads", "years", "things") for figure in reading.figures)
    return counts and len(benefits) == 1 and tracker.accepts(benefits[0], reading)


def _tells(reading: Reading, state: State) -> bool:
    """Whether a question carries figures of the person's own."""
    roles = {figure.role for figure in _inputs(reading)}
    certain = any(figure.probability > thresholds.SURELY_COVERED for figure in _inputs(reading))
    certain = certain and ("amount" in reading.asked or reading.intents[reading.intent] > thresholds.TELLS)
    return (
        bool(roles - {"years", "things", "heads"}) and certain and reading.intent in ("claim", "ask", "compare", "list")
    )


# -- questions of the document


def _asks(reading: Reading, state: State, tracker: Tracker) -> Action | None:
    topics, never = topics_of(reading), _never(reading)
    matters = _matters(reading, topics)
    if (reading.parts or tracker.names_group(reading.text)) and not never:
        return Measures()
    answerable = [ask for ask in reading.asked if ask not in NEVER_STATED and ask != "unstated"]
    if never and not (answerable and len(reading.asked) > 1 and reading.covered > thresholds.SURELY_NOT):
        return Silent(never[0], topics or state.topics)
    if tracker.asks_titles(reading.text) and set(matters) <= {"extent"} and reading.intent in ("list", "ask"):
        return ListPlaces(topics)
    if matters:
        return Matter(matters, topics, never)
    if reading.measures or reading.parts or tracker.names_group(reading.text):
        return Measures()
    lists = reading.intents["list"] > thresholds.SURELY_NOT and "where" in reading.asked and not topics
    if reading.intent == "list" or lists:
        return ListPlaces(topics)
    if reading.intent == "compare" and len(topics) > 1:
        return ListPlaces(topics, compare=True)
    ready = [b for b in tracker.with_companions(benefits_of(reading)) if tracker.is_ready(b, reading.text)]
    amount = set(answerable) == {"amount"}
    goes_on = state.after in ("sum", "none_due") and set(answerable) <= {"amount", "content"}
    if not ready or not (amount or goes_on) or reading.intent != "ask" or never:
        return None
    if is_covered(reading, topics, tracker) and (set(ready) == set(topics) or len(topics) == 1):
        return Calculate(tuple(ready))
    return None


def _about(reading: Reading, state: State, tracker: Tracker) -> Action:
    topics, never = topics_of(reading), _never(reading)
    covered = 1.0 if reading.intent == "text" else reading.covered
    if topics and reading.intent == "text":
        return Quote(topics, surely=True)
    if topics:
        if not is_covered(reading, topics, tracker):
            return Refuse(topics)
        return Quote(topics, covered > thresholds.SURELY_COVERED, never)
    least = thresholds.TEXT_TOPIC if reading.intent == "text" else thresholds.LIKELY_TOPIC
    likely = tuple(topic for topic in _ranked(reading) if reading.topics[topic] > least)
    if likely and covered >= thresholds.COVERED:
        rivals = _rivals(reading, likely, thresholds.RIVAL)
        return OfferTopics(rivals) if len(rivals) > 1 else Quote(likely[:1], surely=False, asides=never)
    perhaps = tuple(topic for topic in _ranked(reading) if reading.topics[topic] > thresholds.OFFERED_TOPIC)
    rivals = _rivals(reading, perhaps, thresholds.NEAR_RIVAL)
    money = reading.intent == "ask" and reading.asked and set(reading.asked) <= {"amount", "content"}
    paid = all(topic in tracker.dossier.benefits for topic in rivals)
    if len(rivals) > 1 and money and paid and not state.topics and covered >= thresholds.COVERED:
        return OfferTopics(rivals)
    follows = len(reading.text) <= thresholds.FOLLOW_UP and reading.intent in _QUESTIONS | {"again", "doubt", "why"}
    if state.after != "start" and state.topics and follows:
        if not is_covered(reading, state.topics, tracker):
            return Refuse(state.topics)
        return Quote(state.topics, surely=False, asides=never)
    if reading.with_role("ref") and covered >= thresholds.COVERED:
        return ListPlaces()
    if tracker.asks_highest(reading.text) and "amount" in reading.asked and len(reading.text) <= SHORT:
        return ListPlaces()
    wishes = reading.intents["list"] + reading.intents["compute"] + reading.intents["help"]
    if wishes > thresholds.LIKELY_TOPIC and covered >= thresholds.COVERED:
        return Menu()
    return Search() if covered >= thresholds.COVERED else Refuse((), likely=bool(likely))


def _ranked(reading: Reading) -> list[str]:
    return sorted(reading.topics, key=lambda topic: -reading.topics[topic])


def _rivals(reading: Reading, topics: tuple[str, ...], share: float) -> tuple[str, ...]:
    """The first of some topics and those nearly as likely, three at most."""
    return tuple(t for t in topics if reading.topics[t] > share * reading.topics[topics[0]])[:3]


def is_covered(reading: Reading, topics: tuple[str, ...], tracker: Tracker) -> bool:
    """Whether the document answers what is asked of topics: by the reading's estimate, and by what clauses print."""
    asked = {ask for ask in reading.asked if ask in tracker.stated}
    if asked and not any(tracker.states(topic, ask) for topic in topics for ask in asked):
        return False
    named = set(reading.names(BENEFIT)) | tracker.clauses_named(reading)
    opens = not reading.asked and reading.asks["unstated"] < thresholds.SURELY_NOT
    asks = set(reading.asked) <= {*tracker.stated, "content"} and (opens or reading.asked or tracker.is_bare(reading))
    plain = bool(asks) and all(topic in named for topic in topics)
    follows = not reading.about and len(reading.text) <= _ELLIPSIS and bool(asked) and asked == set(reading.asked)
    bare = (plain or follows) and reading.intent in ("ask", "compute")
    sure = all(reading.topics.get(topic, 0) > thresholds.SURE_TOPIC for topic in topics)
    unnamed = not (sure or reading.names(BENEFIT)) and any(topic in tracker.dossier.benefits for topic in topics)
    least = thresholds.PLAINLY_COVERED if bare else thresholds.UNNAMED_COVERED if unnamed else thresholds.COVERED
    return reading.covered >= least


def _never(reading: Reading) -> tuple[str, ...]:
    return tuple(ask for ask in reading.asked if ask in NEVER_STATED)


def is_question_apart(reading: Reading, action: Action, tracker: Tracker) -> bool:
    """Whether a part of a message asks the document something on its own; a bare name leads on to what follows it."""
    if not reading.asked or _inputs(reading) or reading.intent not in _QUESTIONS or tracker.is_bare(reading):
        return False
    if isinstance(action, (Matter, Silent)):
        return True
    return isinstance(action, Quote) and set(action.topics) <= set(topics_of(reading))


def _matters(reading: Reading, topics: tuple[str, ...]) -> tuple[str, ...]:
    """Matters asked; what is said of a named topic is not said of the policy as a whole."""
    of_topic = any(not _is_section(topic) for topic in topics)
    matters = [ask for ask in reading.asked if ask in MATTERS]
    return tuple(m for m in matters if not (of_topic and m in ("background", "aim", "extent", "start", "validity")))[:2]


def _is_section(topic: str) -> bool:
    return "/s" in topic


def topics_of(reading: Reading) -> tuple[str, ...]:
    """Topics of a message: likely by its words, or less likely and named."""
    named = set(reading.names(BENEFIT))
    ranked = sorted(reading.topics.items(), key=lambda pair: -pair[1])
    sure = {topic for topic, p in ranked if p >= thresholds.TOPIC}
    several = len(named - sure) > 0 and len(named) > 1  # of several things named each has its share alone
    return tuple(
        topic
        for topic, p in ranked
        if p >= thresholds.TOPIC
        or (topic in named and p >= (thresholds.NAMED_TOPIC if several else thresholds.LIKELY_TOPIC))
    )


def benefits_of(reading: Reading) -> tuple[str, ...]:
    """The benefits among the topics, in the order in which they are named."""
    order = list(reading.names(BENEFIT))
    found = [topic for topic in topics_of(reading) if "/" not in topic]
    return tuple(sorted(found, key=lambda b: order.index(b) if b in order else len(order)))


def _is_unsure_sum(figure: Figure) -> bool:
    """Whether a sum of money may be one that counts."""
    return figure.quantity.kind == "money" and figure.role == "other" and figure.probability < thresholds.OTHER_ROLE


def _inputs(reading: Reading) -> tuple[Figure, ...]:
    return tuple(f for f in reading.figures if f.role in INPUTS or (f.role == "wanted" and reading.intent == "inverse"))
