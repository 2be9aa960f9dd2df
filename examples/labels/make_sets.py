"""An archive and a label table to a training set and a sheet to look at: `python make_sets.py [OUT]`."""

from __future__ import annotations

import sys
from pathlib import Path

from mattebox.label import Report, build_dataset

HERE = Path(__file__).parent


def main(out: Path) -> None:
    """Check, split, and write outlines for YOLO."""
    report = Report()
    dataset = build_dataset(
        [HERE / "zoo.zip"],
        out,
        report,
        to="yolo-segment",
        taxonomy=[HERE / "classes.xlsx"],
        check="repair",
        shares=(0.6, 0.2, 0.2),
        preview=9,
    )
    print(*report.lines(), sep="\n")
    for task in dataset.tasks:
        rows = sum(len(subtask.table) for subtask in task.subtasks)
        print(f"{task.name}: {rows} annotations in {task.subset}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "sets"))
