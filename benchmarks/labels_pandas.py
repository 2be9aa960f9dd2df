"""The other side of `labels`: a CVAT backup to YOLO labels the way it is often done, with a loop over rows of pandas.

Run by itself, in an environment with pandas: `python labels_pandas.py BACKUP.zip OUT`.
"""

import json
import sys
import time
import zipfile
from pathlib import Path

import pandas as pd


def main(backup, out):
    start = time.perf_counter()
    with zipfile.ZipFile(backup) as archive:
        task = json.loads(archive.read("task.json"))
        jobs = json.loads(archive.read("annotations.json"))
        lines = archive.read("data/manifest.jsonl").decode().splitlines()
    width, height = json.loads(lines[2])["properties"]["resolution"]
    index = {label["name"]: number for number, label in enumerate(task["labels"])}
    table = interpolated(shapes(jobs), task["data"]["stop_frame"])
    rows = write(table, Path(out), index, width, height, task["data"]["stop_frame"] + 1)
    print(json.dumps({"seconds": time.perf_counter() - start, "rows": rows}))


def shapes(jobs):
    """One row for each shape and for each key of a track."""
    rows = []
    for job in jobs:
        rows.extend({**shape, "track_id": None} for shape in job["shapes"])
        for number, track in enumerate(job["tracks"]):
            rows.extend({**key, "label": track["label"], "track_id": number} for key in track["shapes"])
    return pd.DataFrame(rows)


def interpolated(table, last):
    """The table with rows between the keys of every track, and from its last key on while it is visible."""
    rows = [row for _, row in table[table.track_id.isna()].iterrows()]
    for _, track in table[table.track_id.notna()].groupby("track_id"):
        keys = track.sort_values("frame")
        previous = None
        for _, key in keys.iterrows():
            if previous is not None:
                rows.extend(between(previous, key, key.frame))
            previous = key
        rows.extend(between(previous, previous, last + 1))
    return pd.DataFrame(rows)


def between(one, other, end):
    """The rows from one key up to the frame of the next, the key's own included."""
    if one.outside:
        return []
    found = []
    span = max(end - one.frame, 1)
    for frame in range(one.frame, end):
        share = (frame - one.frame) / span if one is not other else 0
        row = one.copy()
        row["frame"] = frame
        row["points"] = [a + share * (b - a) for a, b in zip(one.points, other.points, strict=True)]
        found.append(row)
    return found


def write(table, out, index, width, height, frames):
    """One file of labels for each frame, the box of each shape in shares of the picture."""
    out.mkdir(parents=True)
    lines = {frame: [] for frame in range(frames)}
    for _, row in table.iterrows():
        xs, ys = row.points[::2], row.points[1::2]
        left, top, right, bottom = max(min(xs), 0), max(min(ys), 0), min(max(xs), width), min(max(ys), height)
        box = ((left + right) / 2 / width, (top + bottom) / 2 / height, (right - left) / width, (bottom - top) / height)
        lines[row.frame].append(f"{index[row.label]} " + " ".join(f"{number:.6f}" for number in box))
    for frame, texts in lines.items():
        (out / f"{frame:06d}.txt").write_text("".join(f"{text}\n" for text in texts))
    return len(table)


if __name__ == "__main__":
    main(*sys.argv[1:])
