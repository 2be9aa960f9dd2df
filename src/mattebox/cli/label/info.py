"""`mattebox label info`: what lies in archives and data sets."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from mattebox.cli.label.options import Quiet, ReportFile
from mattebox.cli.label.running import job
from mattebox.errors import MatteboxError

__all__ = ["info"]


def info(
    *,
    paths: Annotated[
        list[Path], Argument(metavar="PATHS...", help="Archives, files of annotations, or folders of data sets.")
    ],
    source_format: Annotated[
        str, Option("--from", metavar="FORMAT", help="Form of PATHS; found out unless given.")
    ] = "auto",
    as_json: Annotated[bool, Option("--json", help="Print JSON in place of tables.")] = False,
    report: ReportFile = None,
    quiet: Quiet = False,
) -> int:
    """Show what lies in archives and data sets: tasks, jobs, media, and rows by label and shape.

    Nothing is unpacked or changed. Media that an archive lacks are told, as is everything in it that cannot be read.
    Exit codes: 0 all was read, 1 something could not be read, 2 wrong use.
    """
    from mattebox.cli.text import print_json
    from mattebox.label.formats import read
    from mattebox.label.inventory import inventory

    found = []
    with job("Reading", report=report, quiet=quiet) as run:
        for done, path in enumerate(paths):
            first = len(run.report.entries)
            try:
                dataset = read(path, format=source_format, report=run.report)
                found.append({"path": str(path), **inventory(dataset)})
            except MatteboxError as error:
                run.fail(error)
            if len(paths) > 1:
                run.name_entries(first, path)
            run.progress(done + 1, len(paths))
        if as_json:
            print_json(found)
        else:
            for record in found:
                print_inventory(record)
    return run.code


def print_inventory(record: dict[str, Any]) -> None:
    """Print a heading, a table of the tasks, and a table of the rows."""
    from mattebox.cli.models import print_table
    from mattebox.cli.text import counted, shown

    tasks, rows = record["tasks"], record["rows"]
    name = f" {record['name']!r}" if record["name"] else ""
    jobs = sum(len(task["jobs"]) for task in tasks)
    total = sum(sum(shapes.values()) for shapes in rows.values())
    summary = ", ".join(
        (counted(len(tasks), "task"), counted(jobs, "job"), counted(sum(task["frames"] for task in tasks), "frame"))
    )
    sys.stdout.write(f"{shown(record['path'])}{shown(name)}: {summary}, {counted(total, 'row')}\n")
    headings = ("task", "subset", "media", "frames", "deleted", "jobs", "rows", "tracks")
    print_table(headings, [task_cells(task) for task in tasks])
    if rows:
        shapes = list(dict.fromkeys(shape for counts in rows.values() for shape in counts))
        cells = [
            (shown(label), str(sum(counts.values())), *(str(counts.get(shape, "")) for shape in shapes))
            for label, counts in rows.items()
        ]
        print_table(("label", "rows", *shapes), cells)


def task_cells(task: dict[str, Any]) -> tuple[str, ...]:
    """One line of the table of tasks."""
    from mattebox.cli.text import shown

    kinds = Counter(job["kind"] for job in task["jobs"])
    jobs = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(kinds.items()))
    return (
        shown(task["name"]),
        shown(task["subset"]),
        shown(media_words(task["media"])),
        str(task["frames"]) + (f" (every {task['step']})" if task["step"] > 1 else ""),
        str(task["deleted"] or ""),
        jobs,
        str(sum(job["rows"] for job in task["jobs"])),
        str(sum(job["tracks"] for job in task["jobs"]) or ""),
    )


def media_words(media: dict[str, Any] | None) -> str:
    """What there is of media, in words.

    Example:
        >>> media_words({"kind": "images", "name": "park", "files": 5, "missing": 2}), media_words(None)
        ('5 pictures, 2 missing', 'none')
    """
    if media is None:
        return "none"
    words = f"video {media['name']}" if media["kind"] == "video" else f"{media['files']} pictures"
    return f"{words}, {media['missing']} missing" if media["missing"] else words
