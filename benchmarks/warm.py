"""Work inside one warm process, where start-up is paid; the work itself is in `inside`."""

from __future__ import annotations

import os

from benchmarks.bench import Bench
from benchmarks.measure import Measure, Target, measure
from benchmarks.processes import apart

STAGES = {
    "decode": ("decode the JPEG", "OpenCV's decoder alone"),
    "shrink": ("shrink it for the network", "reading it once"),
    "segment: network": ("coarse network", "its multiplications"),
    "detail: network": ("detail network", "its multiplications"),
    "detail": ("detail, around its network", "reading and writing once"),
    "foreground": ("colours without the background", "reading and writing once"),
    "join": ("join colours and opacity", "reading and writing once"),
    "encode": ("encode the PNG", "OpenCV's encoder alone"),
    "write": ("write the file", "a plain write"),
    "other": ("everything else", ""),
    "total": ("the whole", ""),
}
"""Stages by their label in `inside`: what a table calls them, and what their limit is."""


def codecs(bench: Bench) -> list[Measure]:
    """The whole work, beside decoding and encoding alone."""
    rows = []
    for size, photos in bench.photos.sizes.items():
        taken = apart("inside", "codec_floor", photos, bench.folder, bench.times(5))
        whole, result, opaque = (milliseconds(taken[name]) for name in ("whole", "result", "opaque"))
        target = Target("ratio", "<=", 2) if size == bench.photos.large_size else None
        what = f"{size:g} MP, JPEG to PNG"
        rows.append(measure(what, "ms", whole, "decode, and encode the result", result, target))
        rows.append(measure(what, "ms", whole, "decode, and encode the photo with opacity 1", opaque))
    return rows


def stages(bench: Bench) -> list[Measure]:
    """Where the time goes, and what the machine could do at best."""
    copy, product = apart("inside", "rates")
    rows = [
        measure("copying a large array, one core", "GB/s", [copy]),
        measure("product of large matrices, all cores", "Gflop/s", [product]),
    ]
    for size, photos in bench.photos.sizes.items():
        taken = apart("inside", "stages", photos, bench.folder, bench.times(5))
        limits = apart("inside", "limits", photos, bench.folder)
        for label, (name, limit) in STAGES.items():
            spent = milliseconds(taken[label])
            least = [1000 * limits[label]] * len(spent) if label in limits else []
            rows.append(measure(f"{size:g} MP: {name}", "ms", spent, limit, least))
    return rows


def inference(bench: Bench) -> list[Measure]:
    """The coarse network alone."""
    rows = []
    for threads in range(1, (os.cpu_count() or 1) + 1):
        taken = apart("inside", "inference", threads, bench.times(20))
        what = f"coarse network, {threads} thread{'s' if threads > 1 else ''}"
        against = "ONNX Runtime's own options"
        rows.append(measure(what, "ms", milliseconds(taken["ours"]), against, milliseconds(taken["default"])))
    return rows


def milliseconds(values: list[float]) -> list[float]:
    """Seconds in milliseconds."""
    return [1000 * value for value in values]
