"""ViTMatte-S on one picture: `ours|transformers HOME HEIGHT WIDTH BAND RUNS OUT`; prints the seconds of each run.

HOME holds the weights, BAND is the share of the picture that its trimap does not know, OUT takes the opacity. The
original runs in an environment of its own, so what only one side needs is imported there.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

THREADS = 2
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def scene(height: int, width: int, band: float) -> tuple[np.ndarray, np.ndarray]:
    """Any colours, and the trimap of an ellipse whose edge is unknown for a share of the picture; of 1, all is."""
    rgb = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    if band == 1:
        return rgb, np.full((height, width), 128, np.uint8)
    y, x = np.ogrid[:height, :width]
    inside = (2 * y / height - 1) ** 2 + (2 * x / width - 1) ** 2
    # An ellipse whose halves are r of the picture's covers pi / 4 r^2 of it.
    outer = 0.7
    inner = outer - 4 * band / np.pi
    return rgb, np.select([inside < inner, inside < outer], [255, 128], 0).astype(np.uint8)


def ours(home: Path, rgb: np.ndarray, trimap: np.ndarray):
    from functools import partial

    from mattebox.loading import load_engine
    from mattebox.matting import load_matter

    card = home / "cards/vitmatte_small.toml"
    matter = load_matter(str(card), partial(load_engine, device="cpu", threads=THREADS))
    return lambda: matter(rgb, trimap)[0]


def transformers(home: Path, rgb: np.ndarray, trimap: np.ndarray):
    import torch
    from transformers import VitDetConfig, VitMatteConfig, VitMatteForImageMatting

    torch.set_num_threads(THREADS)
    backbone = VitDetConfig(
        num_channels=4,
        image_size=512,
        hidden_size=384,
        num_attention_heads=6,
        window_size=14,
        window_block_indices=[0, 1, 3, 4, 6, 7, 9, 10],
        residual_block_indices=[2, 5, 8, 11],
        use_relative_position_embeddings=True,
        out_features=["stage12"],
    )
    network = VitMatteForImageMatting(VitMatteConfig(backbone_config=backbone, fusion_hidden_sizes=[256, 128, 64, 32]))
    network.eval().load_state_dict(torch.load(home / "vitmatte.pth", mmap=True))
    colours = (rgb / np.float32(255) - np.float32(MEAN)) / np.float32(DEVIATION)
    known = np.select([trimap == 0, trimap == 255], [0, 1], np.float32(0.5))
    pixels = torch.from_numpy(np.dstack([colours, known]).transpose(2, 0, 1)[None].astype(np.float32))

    def look() -> np.ndarray:
        with torch.inference_mode():
            return network(pixel_values=pixels).alphas[0, 0].numpy()

    return look


def main() -> None:
    which, home, height, width, band, runs, out = sys.argv[1:]
    rgb, trimap = scene(int(height), int(width), float(band))
    look = {"ours": ours, "transformers": transformers}[which](Path(home), rgb, trimap)
    taken = []
    for _ in range(int(runs)):
        cpu, wall = time.process_time(), time.perf_counter()
        alpha = look()
        taken.append({"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall})
    np.save(out, alpha)
    print(json.dumps(taken))


if __name__ == "__main__":
    main()
