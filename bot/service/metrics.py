"""Prometheus metrics. No label holds anything that a caller can choose."""

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

REGISTRY = CollectorRegistry()
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS = Counter(
    "luce_http_requests", "Requests by template of the route.", ("method", "route", "status"), registry=REGISTRY
)
SECONDS = Histogram(
    "luce_http_request_seconds",
    "Seconds from request to response.",
    ("method", "route"),
    buckets=_SECONDS,
    registry=REGISTRY,
)
ANSWERS = Counter("luce_answers", "Answers that were given.", ("channel", "outcome"), registry=REGISTRY)


class _Worded(Collector):
    """What became of the answers that a language model was asked to word, as whoever asks it counts them."""

    def __init__(self) -> None:
        self.events: Mapping[str, int] = {}

    def collect(self) -> Iterator[CounterMetricFamily]:
        """The counts of now."""
        family = CounterMetricFamily("luce_wordings", "Answers given to a language model to word.", labels=["event"])
        for event, count in sorted(dict(self.events).items()):
            family.add_metric([event], count)
        yield family


_worded = _Worded()
REGISTRY.register(_worded)


def watch(events: Mapping[str, int]) -> None:
    """Tell these counts from now on."""
    _worded.events = events


def exposition() -> bytes:
    """All figures as Prometheus reads them."""
    return generate_latest(REGISTRY)
