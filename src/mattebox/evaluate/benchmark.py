"""Several models on the same pictures: each alone in a process of its own, so that its memory is its own.

A model that finds a subject runs as it does for a user. A model or solver that mattes is given the trimap that comes
with each picture, or the one that published evaluations make of the truth. What they find is kept as 8-bit pictures and
measured once all have run.
"""

from __future__ import annotations

import itertools
import math
import multiprocessing
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from mattebox.batch import ignore_interrupt, share_cores
from mattebox.compose import levels
from mattebox.encode import encode, write_file
from mattebox.engines.base import Engine, Tensor
from mattebox.errors import BadParameter, EngineFailed, MatteboxError, reason_of
from mattebox.evaluate.dataset import read_alpha
from mattebox.evaluate.figures import Protocol, chosen
from mattebox.evaluate.pairs import Pair
from mattebox.evaluate.report import Evaluation, Failure
from mattebox.evaluate.run import check_alpha, evaluate, trimap_of
from mattebox.picture import Picture, open_picture
from mattebox.remover import Remover
from mattebox.settings import Settings
from mattebox.solvers import SOLVERS
from mattebox.stages.trimaps import EVALUATION_KERNEL
from mattebox.types import Alpha, Trimap
from mattebox.zoo.build import new_network
from mattebox.zoo.card import Card
from mattebox.zoo.convert import is_ready
from mattebox.zoo.registry import find_card
from mattebox.zoo.weights import ensure

__all__ = ["Contender", "Costs", "Run", "Step", "contender", "run_models"]

STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Contender:
    """What is compared.

    Attributes:
        name: of a model or a solver.
        settings: that it runs with.
        trimap: whether it is given a trimap.
        card: of the model; None for a solver.
    """

    name: str
    settings: Settings
    trimap: bool
    card: Card | None


@dataclass(frozen=True, slots=True)
class Costs:
    """What one picture took, in seconds.

    Attributes:
        decode: until its file was pixels.
        network: in networks.
        rest: in everything else between pixels and opacity; of a solver, all that it does.
    """

    decode: float
    network: float
    rest: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.decode + self.network + self.rest


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one picture with one model.

    Attributes:
        model: name of the model.
        image: path of the picture.
        costs: what it took; None when it failed.
        reason: why it failed.
    """

    model: str
    image: str
    costs: Costs | None = None
    reason: str = ""


@dataclass(slots=True)
class Run:
    """What one model did.

    Attributes:
        contender: it.
        found: by the path of a picture, that of the alpha that was found in it.
        costs: of each of these pictures.
        evaluation: how good they are; pictures that failed are among its failures.
        load_seconds: until it was ready, warm-up left out.
        peak: most memory that its process held, in bytes; None where the system does not say.
        parameters: of its network; None for solvers, and where torch or onnx is needed to count and not installed.
        trouble: why it did not run at all.
    """

    contender: Contender
    found: dict[str, Path] = field(default_factory=dict)
    costs: dict[str, Costs] = field(default_factory=dict)
    evaluation: Evaluation = field(default_factory=Evaluation)
    load_seconds: float | None = None
    peak: int | None = None
    parameters: int | None = None
    trouble: str = ""


def contender(name: str, settings: Settings | None = None) -> Contender:
    """Make ready to compare a model or a solver.

    Args:
        name: of a model that segments or mattes, of a solver, or path of the card of one's own.
        settings: what else is asked of the pipeline; colours are never estimated.

    Raises:
        ModelNotFound: there is none of that name.
        BadParameter: the model is for something else.
    """
    base = replace(settings or Settings(), foreground="none")
    if name in SOLVERS:
        return Contender(name, replace(base, matte=name), trimap=True, card=None)
    card = find_card(name)
    if card.task not in {"segment", "matte"}:
        raise BadParameter(f"model '{name}' is for task '{card.task}': models for 'segment' and 'matte' are compared")
    trimap = card.task == "matte"
    asked = replace(base, matte=name) if trimap else replace(base, model=name)
    return Contender(name, asked, trimap, card)


def run_models(
    contenders: Sequence[Contender],
    pairs: Sequence[Pair],
    folder: Path,
    *,
    figures: Iterable[str] | None = None,
    protocol: Protocol = "whole",
    see: Callable[[Step], None] | None = None,
    go_on: Callable[[], bool] = lambda: True,
) -> list[Run]:
    """Run models one after the other on the same pictures, and measure what they find.

    Nothing is fetched: a model whose weights are not here is noted, as is one that cannot be run and a picture that one
    fails on; the rest goes on.

    Args:
        contenders: the models.
        pairs: the pictures and their truths.
        folder: where the alphas that are found are kept, in a folder for each model, under the names of the pictures.
        figures: see `evaluate`.
        protocol: see `evaluate`.
        see: called after every picture of every model.
        go_on: asked before every picture; what was found so far is measured when it says no.

    Raises:
        BadParameter: a figure or the protocol is unknown.
    """
    names = chosen(figures, protocol)
    runs = []
    for each, home in zip(contenders, distinct(Path(each.name).stem for each in contenders), strict=True):
        run = Run(each)
        runs.append(run)
        if not go_on():
            run.trouble = "stopped before its turn"
            continue
        failed = _run(run, pairs, folder / home, see, go_on)
        done = [pair for pair in pairs if str(pair.image) in run.found]
        workers, _ = share_cores(len(done), None)
        run.evaluation = evaluate(done, _kept(run.found), workers=workers, figures=names, protocol=protocol)
        run.evaluation.rows = [replace(row, seconds=run.costs[row.image].total) for row in run.evaluation.rows]
        run.evaluation.failed += failed
    return runs


def _run(
    run: Run, pairs: Sequence[Pair], folder: Path, see: Callable[[Step], None] | None, go_on: Callable[[], bool]
) -> list[Failure]:
    """Run one model on all pictures; give the failures."""
    failed: list[Failure] = []
    if missing := [name for name in run.contender.settings.asked if not is_ready(name)]:
        run.trouble = f"weights are not here: mattebox models pull {' '.join(missing)}"
        return failed
    process = _Process(run.contender, pairs[0])
    try:
        run.load_seconds = process.prepare()
        for pair, name in zip(pairs, distinct(pair.image.stem for pair in pairs), strict=True):
            if not go_on():
                break
            target = folder / f"{name}.png"
            step = process.work(pair, target)
            if step.costs is None:
                failed.append(Failure(step.image, step.reason))
            else:
                run.found[step.image], run.costs[step.image] = target, step.costs
            if see is not None:
                see(step)
        run.peak, run.parameters = process.peak_and_size()
    except EngineFailed as error:
        run.trouble = str(error)
    finally:
        process.close()
    return failed


def distinct(names: Iterable[str]) -> list[str]:
    """Names with a number after each that was there before, also on disks that do not tell capitals apart.

    Example:
        >>> distinct(["a", "b", "A"])
        ['a', 'b', 'A-2']
    """
    taken: set[str] = set()
    found = []
    for name in names:
        labels = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
        label = next(label for label in labels if label.casefold() not in taken)
        taken.add(label.casefold())
        found.append(label)
    return found


class _Process:
    """A model in a process of its own; when that dies, which is noted for the picture, the next one gets another."""

    def __init__(self, model: Contender, first: Pair) -> None:
        self._model = model
        self._first = first
        self._pool = self._opened()

    def _opened(self) -> ProcessPoolExecutor:
        # A forked copy would hold the parent's memory, and could hang on a lock that one of its threads held.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(1, mp_context=context, initializer=ignore_interrupt)

    def prepare(self) -> float:
        """Load the model and warm it up; seconds that loading took.

        Raises:
            EngineFailed: it cannot be used.
        """
        try:
            answer = self._pool.submit(_prepare, self._model, self._first).result()
        except BrokenExecutor:
            answer = "its process died as it was made ready, most likely for want of memory"
        if isinstance(answer, str):
            raise EngineFailed(answer)
        return answer

    def work(self, pair: Pair, target: Path) -> Step:
        """Do one picture.

        Raises:
            EngineFailed: the process died, and another one cannot be made ready.
        """
        try:
            answer = self._pool.submit(_work, self._model, pair, target).result()
        except BrokenExecutor:
            answer = f"{pair.image}: the process died on it, most likely for want of memory"
            self.close()
            self._pool = self._opened()
            self.prepare()
        name, image = self._model.name, str(pair.image)
        return Step(name, image, reason=answer) if isinstance(answer, str) else Step(name, image, answer)

    def peak_and_size(self) -> tuple[int | None, int | None]:
        """Most memory that was held, and how many parameters there are; None for what cannot be told."""
        peak = parameters = None
        with suppress(BrokenExecutor):  # to count, the network is built once more, which may be too much
            peak = self._pool.submit(_peak).result()
            parameters = self._pool.submit(_parameters, self._model.card).result()
        return peak, parameters

    def close(self) -> None:
        """End the process."""
        self._pool.shutdown()


class _Timed(Remover):
    """A remover that knows how long it was in its networks."""

    def __init__(self, settings: Settings) -> None:
        self.seconds = 0.0
        super().__init__(settings)

    def _load(self, card: Card, *, graph: str = "") -> Engine:
        return _Watched(super()._load(card, graph=graph), self)


class _Watched:
    """An engine whose work is timed."""

    def __init__(self, engine: Engine, timed: _Timed) -> None:
        self._engine = engine
        self._timed = timed

    @property
    def device(self) -> str:
        return self._engine.device

    def run(self, *batches: Tensor) -> tuple[Tensor, ...]:
        started = time.perf_counter()
        answer = self._engine.run(*batches)
        self._timed.seconds += time.perf_counter() - started
        return answer


@lru_cache(maxsize=1)
def _remover(settings: Settings) -> _Timed:
    """The model of this process."""
    return _Timed(settings)


def _prepare(model: Contender, first: Pair) -> float | str:
    """Load the model and run it once, untimed; seconds that loading took, or why it cannot be used."""
    started = time.perf_counter()
    try:
        _remover(model.settings)
    except Exception as error:  # noqa: BLE001 (errors of other packages need not survive the way to the parent)
        return reason_of(error, model.name)
    seconds = time.perf_counter() - started
    with suppress(Exception):  # what is wrong with a picture is told when its turn comes
        _alpha(model, first, open_picture(first.image))
    return seconds


def _work(model: Contender, pair: Pair, target: Path) -> Costs | str:
    """Find the alpha of a picture and keep it; what that took, or why it failed."""
    try:
        started = time.perf_counter()
        picture = open_picture(pair.image)
        decode = time.perf_counter() - started
        alpha, costs = _alpha(model, pair, picture)
        write_file(target, encode(levels(alpha), "png"), overwrite=True)
    except Exception as error:  # noqa: BLE001 (whatever it is, the other pictures go on)
        return reason_of(error, pair.image)
    return replace(costs, decode=decode)


def _alpha(model: Contender, pair: Pair, picture: Picture) -> tuple[Alpha, Costs]:
    remover = _remover(model.settings)
    hints: dict[str, Any] = {}
    if model.trimap:
        truth = np.zeros(picture.size, np.float32) if pair.mask is None else read_alpha(pair.mask)
        hints["trimap"] = trimap_of(pair, truth)
        if model.card is None and pair.trimap is None:
            _check_known(hints["trimap"], pair)
    remover.seconds = 0.0
    started = time.perf_counter()
    cutout = remover(picture, **hints)
    taken = time.perf_counter() - started
    check_alpha(cutout.alpha, picture)
    return cutout.alpha, Costs(0.0, remover.seconds, taken - remover.seconds)


def _check_known(trimap: Trimap, pair: Pair) -> None:
    """Refuse a trimap made of a truth that a solver cannot learn from; networks can do without.

    Raises:
        BadParameter: nothing in it is sure to be subject, or to be background.
    """
    for known, name in ((255, "subject"), (0, "background")):
        if not (trimap == known).any():
            raise BadParameter(
                f"{pair.mask}: this truth gives no sure {name} at the kernel of {EVALUATION_KERNEL} pixels that its "
                "trimap is made with, and a solver needs some; give the data set trimaps"
            )


def _peak() -> int | None:
    """Most memory that this process ever held, in bytes."""
    try:
        lines = STATUS.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM")), None)


def _parameters(card: Card | None) -> int | None:
    """How many parameters the network of a card has; None where that cannot be told."""
    if card is None:
        return None
    try:
        if card.weights.form == "onnx":
            return _numbers_in(ensure(card))
        return sum(parameter.numel() for parameter in new_network(card).parameters())
    except (MatteboxError, ImportError):
        return None


def _numbers_in(path: Path) -> int:
    """How many weights an ONNX file holds; whole numbers are shapes and indices."""
    import onnx

    floats = {onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16, onnx.TensorProto.DOUBLE}
    tensors = onnx.load(path, load_external_data=False).graph.initializer
    return sum(math.prod(tensor.dims) for tensor in tensors if tensor.data_type in floats)


def _kept(found: dict[str, Path]) -> Callable[[Picture], Alpha]:
    """What reads the alphas that were kept."""
    return lambda picture: read_alpha(found[picture.name])
