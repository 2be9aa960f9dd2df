"""Tracks that cannot be interpolated, and why."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from mattebox.label.interpolation.positions import CURVES, LINEAR
from mattebox.label.interpolation.spread import interpolated, key_rows
from mattebox.label.report import Report
from mattebox.label.row import SHAPES
from mattebox.label.table import Table

__all__ = ["Trouble", "sound_tracks", "unsound_tracks"]


class Trouble(NamedTuple):
    """What is wrong with a track.

    Attributes:
        object: number of the track.
        code: what kind of thing it is.
        message: the same in a sentence.
        frame: of the key where it shows.
        row: position of that key in the table.
    """

    object: int
    code: str
    message: str
    frame: int
    row: int


def unsound_tracks(table: Table) -> Iterator[Trouble]:
    """The tracks that CVAT could not interpolate, each with the first key where this shows.

    Args:
        table: as `interpolate` takes it.
    """
    order = key_rows(table)
    shape, lengths, number = table.shape[order], table.points.lengths[order], table.object[order]
    follows = np.append(False, number[1:] == number[:-1])[: len(order)]
    differs = follows & (shape != np.roll(shape, 1))
    uneven = follows & np.isin(shape, LINEAR) & (lengths != np.roll(lengths, 1))
    broken = np.isin(shape, CURVES) & ((lengths < 2) | (lengths % 2 != 0))
    told = set()
    for index in np.flatnonzero(differs | uneven | broken).tolist():
        if number[index] in told:
            continue
        told.add(number[index])
        row, frame = int(order[index]), int(table.frame[order[index]])
        name, kind = f"track {number[index]} ({table.label[row]})", SHAPES[shape[index]]
        if differs[index]:
            code, what = "mixed-track", f"is a {SHAPES[shape[index - 1]]} and, from frame {frame} on, a {kind}"
        elif uneven[index]:
            code, what = (
                "uneven-track",
                f"has a {kind} of {lengths[index]} numbers on frame {frame}, before of {lengths[index - 1]}",
            )
        else:
            code, what = "broken-track", f"has a {kind} of {lengths[index]} numbers on frame {frame}"
        yield Trouble(int(number[index]), code, f"{name} {what}", frame, row)


def sound_tracks(table: Table, report: Report, dataset: str = "", task: str = "", subtask: str = "") -> Table:
    """The table without tracks that cannot be interpolated, and without keys on the frame of another of their track.

    Args:
        table: as `interpolate` takes it.
        report: told of each.
        dataset: name of the data set.
        task: name of the task.
        subtask: name of the subtask.
    """
    drop = partial(report.drop, dataset=dataset, task=task, subtask=subtask)
    out = np.zeros(len(table), np.bool_)
    for trouble in unsound_tracks(table):
        mine = table.tracked & (table.object == trouble.object)
        out |= mine
        message, count = f"{trouble.message}; the track is left out", int(np.count_nonzero(mine))
        drop(trouble.code, message, frame=trouble.frame, row=trouble.row, count=count)
    again = np.setdiff1d(np.flatnonzero(table.tracked & ~interpolated(table)), key_rows(table))
    for row in again[~out[again]].tolist():
        out[row], frame = True, int(table.frame[row])
        message = f"track {table.object[row]} ({table.label[row]}) has two keys on frame {frame}; the first one counts"
        drop("two-keys", message, frame=frame, row=row)
    return table.take(~out)
