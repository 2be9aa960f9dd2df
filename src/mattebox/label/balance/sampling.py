"""Weights as files: a list of pictures for those who read lists, numbers for samplers."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import numpy as np

from mattebox.encode import write_file
from mattebox.errors import BadAnnotations, BadParameter
from mattebox.label.balance.weights import Weights
from mattebox.label.dataset import Dataset, Task
from mattebox.label.media import Images
from mattebox.label.report import Report

__all__ = ["picture_files", "write_weights"]


def picture_files(dataset: Dataset, weights: Weights) -> list[Path | None]:
    """The file of every frame that weights are of; None for frames of videos and pictures in archives."""
    found: list[Path | None] = []
    for number, frame in zip(weights.task.tolist(), weights.frame.tolist(), strict=True):
        task = dataset.tasks[number]
        files = task.media.files if isinstance(task.media, Images) else ()
        true = int(task.frames.true(frame))
        found.append(files[true].path if true < len(files) and not files[true].member else None)
    return found


def write_weights(
    weights: Weights, dataset: Dataset, path: Path, *, seed: int = 0, overwrite: bool = False, report: Report
) -> None:
    """Write how often to show each frame, in the format of a file's suffix.

    - .txt: a picture a line, relative to the list's folder, as often as it is to be shown (Ultralytics reads it).
    - .csv: task, frame, true_frame, name and factor of every frame.
    - .npy: the factors, float64, in the order of tasks and frames, as a weighted sampler takes them.

    Args:
        weights: to write.
        dataset: that they are of.
        path: of the file.
        seed: decides which pictures of a list are shown once more, where factors are not whole.
        overwrite: replace what is there.
        report: told of frames that have no file of their own, which a list cannot hold.

    Raises:
        BadParameter: the suffix is none of these.
        OutputFailed: the file is there already, or cannot be written.
    """
    match path.suffix.lower():
        case ".txt":
            data = _listed(weights, dataset, path, seed, report)
        case ".csv":
            data = _table(weights, dataset)
        case ".npy":
            buffer = io.BytesIO()
            np.save(buffer, weights.factors)
            data = buffer.getvalue()
        case _:
            raise BadParameter(f"{path}: weights are written as .txt, .csv or .npy")
    write_file(path, data, overwrite=overwrite)


def _listed(weights: Weights, dataset: Dataset, path: Path, seed: int, report: Report) -> bytes:
    lines = []
    lost = 0
    for file, times in zip(picture_files(dataset, weights), weights.repeats(seed).tolist(), strict=True):
        if file is None:
            lost += 1
        else:
            lines += [Path(os.path.relpath(file, path.parent)).as_posix()] * times
    if lost:
        message = (
            "frames of videos and pictures in archives are no files that a list could name: build a data set first"
        )
        report.drop("no-file", message, dataset=dataset.name, count=lost)
    report.made("lines", len(lines))
    return "".join(f"./{line}\n" for line in lines).encode()


def _table(weights: Weights, dataset: Dataset) -> bytes:
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(("task", "frame", "true_frame", "name", "factor"))
    for number, frame, factor in zip(
        weights.task.tolist(), weights.frame.tolist(), weights.factors.tolist(), strict=True
    ):
        task = dataset.tasks[number]
        true = int(task.frames.true(frame))
        table.writerow((task.name, frame, true, _name(task, true), factor))
    return text.getvalue().encode("utf-8-sig")  # without the mark Excel reads names in other scripts wrongly


def _name(task: Task, true: int) -> str:
    """What a frame is called; nothing for one that is missing."""
    try:
        return task.media.name_of(true) if task.media is not None else ""
    except BadAnnotations:
        return ""
