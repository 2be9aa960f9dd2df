"""What the command does: find the pictures, cut them out a few at a time, write each to a place of its own."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from PIL import Image

from carvekit.utils.fs_utils import save_png, target_of
from carvekit.utils.image_utils import ALLOWED_SUFFIXES, is_image_valid, load_image
from carvekit.utils.pool_utils import batch_generator, thread_pool_processing
from carvekit.web.schemas.config import MLConfig
from carvekit.web.utils.init_utils import init_interface
from mattebox.cli.progress import Tally, progress
from mattebox.cli.sources import same_file_key
from mattebox.cli.text import counted, say
from mattebox.errors import BadParameter, reason_of

if TYPE_CHECKING:
    from mattebox.batch import Outcome

__all__ = ["find_pictures", "own_targets", "remove_backgrounds", "run"]

Given = TypeVar("Given")
Made = TypeVar("Made")
Cutter: TypeAlias = Callable[[list[Image.Image]], list[Image.Image]]

OWN_RESULT = "_bg_removed"
"""What names of results hold; such files are no input."""
REPLACED = "an earlier file was replaced"
"""What is told of a picture whose result took the place of a file."""


def remove_backgrounds(
    source: Path, output: Path | None, config: MLConfig, *, recursive: bool, batch_size: int
) -> Tally:
    """Do what the command was asked to, and show on standard error how far it is.

    The networks are loaded, and their weights fetched, only when there is a picture.

    Args:
        source: a picture, or a folder of pictures.
        output: a folder, a file or None for beside the pictures.
        config: the networks.
        recursive: look into folders of the folder.
        batch_size: pictures that are held at once.

    Returns:
        What became of the pictures.

    Raises:
        BadParameter: source and output make no sense.
        WeightsUnavailable, EngineFailed, MissingExtra: a network cannot be had.
    """
    sources = find_pictures(source, recursive=recursive)
    targets = own_targets(output, sources)
    tally = Tally()
    if not sources:
        say(f"{source}: no pictures in this folder (looked for {' '.join(ALLOWED_SUFFIXES)})")
        return tally
    started = time.perf_counter()
    replaced = 0
    interface = init_interface(config)
    with progress(len(sources), quiet=False) as show:
        for outcome in run(interface, sources, targets, batch_size):
            tally.add(outcome)
            show(outcome)
            replaced += outcome.reason == REPLACED
    tally.seconds = time.perf_counter() - started
    if len(sources) > 1:
        for line in tally.lines():
            say(line)
    if replaced:  # the bar of a terminal tells of failures alone
        say(f"{counted(replaced, 'earlier file')} replaced")
    return tally


def find_pictures(source: Path, *, recursive: bool) -> list[Path]:
    """The pictures that an input stands for, in the order of their names.

    Args:
        source: a picture, or a folder, of which results of earlier runs are left out.
        recursive: look into folders of the folder.

    Raises:
        BadParameter: it is not there, or a file where a folder is needed.
    """
    if not source.is_dir():
        if not source.exists():
            raise BadParameter(f"-i {source}: no such file or folder")
        if recursive:
            raise BadParameter(f"-i {source}: must be a folder where --recursive is given")
        return [source]
    found = source.rglob("*.*") if recursive else source.glob("*.*")
    return sorted(
        path
        for path in found
        if path.suffix.lower() in ALLOWED_SUFFIXES and OWN_RESULT not in path.name and path.is_file()
    )


def own_targets(output: Path | None, sources: Sequence[Path]) -> list[Path]:
    """A target for every picture: that of `target_of` unless another picture of the run has it.

    Then it holds the whole name, and a number if need be: beside the results of `cat.jpg` and `cat.png` in a folder,
    `cat.png` and `cat.png.png`. A picture of the run is never a target, unless it is named as the output itself.

    Args:
        output: a folder, a file or None; see `target_of`.
        sources: the pictures.

    Raises:
        BadParameter: the output makes no sense, or is one file for several pictures, or becomes a picture of the run.
    """
    taken = {same_file_key(source) for source in sources}
    if output is not None and not output.is_dir():
        if len(sources) > 1:
            raise BadParameter(f"-o {output}: is one file, for {len(sources)} pictures; give a folder that is there")
        targets = [target_of(output, source) for source in sources]
        if any(target != output and same_file_key(target) in taken for target in targets):
            raise BadParameter(f"-o {output}: would be written to the picture itself, {targets[0]}; give another name")
        return targets
    targets = []
    for source in sources:
        target = next(each for each in names(output, source) if same_file_key(each) not in taken)
        taken.add(same_file_key(target))
        targets.append(target)
    return targets


def names(output: Path | None, source: Path) -> Iterator[Path]:
    """Targets that a picture may have in a folder, or beside itself, the usual one first."""
    usual = target_of(output, source)
    ending = ".png" if output else f"{OWN_RESULT}.png"
    yield usual
    yield usual.with_name(f"{source.name}{ending}")
    yield from (usual.with_name(f"{source.name}-{number}{ending}") for number in itertools.count(2))


def run(interface: Cutter, sources: Sequence[Path], targets: Sequence[Path], batch_size: int) -> Iterator[Outcome]:
    """Cut pictures out and write them; a picture that cannot be is an outcome and stops no other.

    Args:
        interface: called with pictures, returns their cut-outs.
        sources: paths of the pictures.
        targets: where each is written; what is there is replaced.
        batch_size: pictures that are held at once.

    Yields:
        What became of each, in the order of the pictures.
    """
    for batch in batch_generator(list(zip(sources, targets, strict=True)), batch_size):
        started = time.perf_counter()
        cutouts = cut_out(interface, [source for source, _ in batch])
        seconds = (time.perf_counter() - started) / len(batch)
        work = [(*paths, cutout, seconds) for paths, cutout in zip(batch, cutouts, strict=True)]
        yield from thread_pool_processing(lambda each: written(*each), work)


def cut_out(interface: Cutter, sources: Sequence[Path]) -> list[Image.Image | Exception]:
    """The cut-out of each picture, or what stands against it."""
    opened = thread_pool_processing(partial(attempt, usable), sources)
    pictures = [each for each in opened if isinstance(each, Image.Image)]
    made = iter(cut_out_opened(interface, pictures))
    return [next(made) if isinstance(each, Image.Image) else each for each in opened]


def usable(source: Path) -> Image.Image:
    """The picture at a path, which it still knows.

    Raises:
        UnusablePicture: it is none that can be used.
    """
    image = load_image(source)
    is_image_valid(image)
    return image


def cut_out_opened(interface: Cutter, pictures: list[Image.Image]) -> Sequence[Image.Image | Exception]:
    """The same of pictures that are open: together, and where that fails, each alone, which shows which it was."""
    cutouts = attempt(interface, pictures) if pictures else []
    if not isinstance(cutouts, Exception):
        return cutouts
    if len(pictures) == 1:
        return [cutouts]
    return [cutout for picture in pictures for cutout in cut_out_opened(interface, [picture])]


def written(source: Path, target: Path, cutout: Image.Image | Exception, seconds: float) -> Outcome:
    """Write a cut-out, if it is one, and tell what became of its picture."""
    from mattebox.batch import Outcome

    note = REPLACED if target.exists() else ""
    failure = cutout if isinstance(cutout, Exception) else attempt(partial(save_png, cutout), target)
    if failure is not None:
        return Outcome(str(source), str(target), "failed", reason_of(failure, source), seconds)
    return Outcome(str(source), str(target), "done", note, seconds)


def attempt(work: Callable[[Given], Made], given: Given) -> Made | Exception:
    """What a function makes of what it is given, or what it raises."""
    try:
        return work(given)
    except Exception as error:  # noqa: BLE001 (whatever it is, the other pictures go on)
        return error
