"""What the server tells Prometheus about itself."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from mattebox.serve.workers.pool import Pool

__all__ = ["Metrics"]

SECONDS = (0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 30)
"""Bounds of the classes in which answers are counted by their time."""
NOW = {
    "workers": "Pictures that can be worked on at once.",
    "busy": "Pictures that are being worked on.",
    "waiting": "Pictures that wait for a worker.",
    "megapixels": "Megapixels that are being worked on or wait.",
}
SINCE_START = {
    "done": "Pictures that were done.",
    "failed": "Pictures on which the work failed.",
    "refused": "Pictures that were refused because there was no room or no time.",
    "expired": "Pictures that were not done in time.",
    "cancelled": "Pictures whose caller hung up.",
    "seconds": "Seconds that workers have worked.",
}


class Metrics:
    """Figures of one server.

    Args:
        pool: whose state is told.

    Attributes:
        answers: counter of answers by route and status.
        seconds: histogram of the time of answers by route.
        megapixels: counter of megapixels that were cut out.
    """

    media_type = CONTENT_TYPE_LATEST

    def __init__(self, pool: Pool) -> None:
        self._registry = CollectorRegistry()
        for kind in (ProcessCollector, PlatformCollector, GCCollector):
            kind(registry=self._registry)
        self._registry.register(PoolCollector(pool))
        self.answers = Counter(
            "mattebox_answers", "Answers that were given.", ("route", "status"), registry=self._registry
        )
        self.seconds = Histogram(
            "mattebox_answer_seconds", "Time to an answer.", ("route",), buckets=SECONDS, registry=self._registry
        )
        self.megapixels = Counter("mattebox_megapixels", "Megapixels that were cut out.", registry=self._registry)

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self._registry)


class PoolCollector(Collector):
    """Reads the figures of a pool when they are asked for."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def collect(self) -> Iterator[Metric]:
        """The figures."""
        stats = self._pool.stats()._asdict()
        for name, words in NOW.items():
            yield GaugeMetricFamily(f"mattebox_pool_{name}", words, value=stats[name])
        for name, words in SINCE_START.items():
            yield CounterMetricFamily(f"mattebox_pool_{name}", words, value=stats[name])
