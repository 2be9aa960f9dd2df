"""One conversion in a process of its own: `python -m benchmarks.labels_program FROM IN TO OUT`; prints what it took."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from mattebox.label import Report, interpolate_dataset, read, write


def main(source_format: str, source: str, target_format: str, target: str) -> None:
    """Read, interpolate, and write labels without pictures."""
    start = time.perf_counter()
    report = Report()
    dataset = interpolate_dataset(read(Path(source), format=source_format, report=report), report)
    write(dataset, Path(target), format=target_format, report=report, images="none")
    rows = sum(len(subtask.table) for _, subtask in dataset.walk())
    print(json.dumps({"seconds": time.perf_counter() - start, "rows": rows}))


if __name__ == "__main__":
    main(*sys.argv[1:])
