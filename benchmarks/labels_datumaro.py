"""The other side of `labels`: datumaro on CVAT's XML, in an environment of its own.

Run by itself: `python labels_datumaro.py IN.xml FORMAT OUT`.
"""

import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")

from datumaro.components.dataset import Dataset  # noqa: E402


def main(source, form, target):
    start = time.perf_counter()
    dataset = Dataset.import_from(source, "cvat")
    dataset.export(target, form, save_media=False)
    rows = sum(len(item.annotations) for item in dataset)
    print(json.dumps({"seconds": time.perf_counter() - start, "rows": rows}))


if __name__ == "__main__":
    main(*sys.argv[1:])
