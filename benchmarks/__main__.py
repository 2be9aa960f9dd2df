"""`python -m benchmarks [NAME...] [--quick] [--render]`: measure, print, keep the results, write them into the docs."""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks import carvekit_peer, commands, labels, networks, report, serving, vitmatte, warm
from benchmarks.bench import Bench
from benchmarks.machine import describe_machine, describe_moment

BENCHMARKS = {
    "startup": commands.startup,
    "one-photo": commands.one_photo,
    "folder": commands.folder,
    "executors": commands.executors,
    "flat-memory": commands.flat_memory,
    "serving": serving.serving,
    "codecs": warm.codecs,
    "stages": warm.stages,
    "inference": warm.inference,
    "networks": networks.networks,
    "matting": networks.matting,
    "vitmatte": vitmatte.vitmatte,
    "carvekit": carvekit_peer.carvekit,
    "labels": labels.labels,
}


def main() -> None:
    names = "\n".join(
        f"  {name:12} {(function.__doc__ or '').splitlines()[0]}" for name, function in BENCHMARKS.items()
    )
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=f"Benchmarks; all of them unless some are named:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="benchmarks to run")
    parser.add_argument("--quick", action="store_true", help="see that everything runs; nothing is kept")
    parser.add_argument("--render", action="store_true", help="measure nothing; write the kept results into the docs")
    options = parser.parse_args()
    if unknown := set(options.names) - BENCHMARKS.keys():
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    results = report.read_results()
    if not options.render:
        measure_all(options.names or list(BENCHMARKS), results, quick=options.quick)
    if not options.quick:
        report.render(results)


def measure_all(names: list[str], results: report.Record, *, quick: bool) -> None:
    """Run benchmarks one after the other; unless they are quick, each is kept as soon as it is done."""
    moment = describe_moment()
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        bench = Bench(Path(folder), quick)
        results["machine"] = describe_machine() | {"compared with": bench.peer.missing or bench.peer.versions}
        print(report.machine_list(results["machine"]))
        for name in names:
            start = time.perf_counter()
            measures = [asdict(measure) for measure in BENCHMARKS[name](bench)]
            print(f"\n{name} ({time.perf_counter() - start:.0f} s)\n\n{report.table(measures)}", flush=True)
            results["benchmarks"][name] = {**moment, "measures": measures}
            if not quick:
                report.write_results(results)


if __name__ == "__main__":
    main()
