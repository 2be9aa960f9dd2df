"""CarveKit's default pipeline on pictures, one after the other, as a user's program: `original|ours OUT PICTURE...`.

It runs on the original and on our package of the same name: whichever `carvekit` can be imported. Nothing else of this
package is imported, because the original runs in an environment of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path


def make_original_run() -> None:
    """What the original needs here: weights that are not its own, and torchvision beside a CPU build of torch.

    The torchvision that it pins shrinks tensors without antialiasing; newer ones have to be told.
    """
    import functools

    import torch.library

    real = torch.library.register_fake

    def without_torchvision(name, *rest, **settings):
        return (lambda f: f) if str(name).startswith("torchvision::") else real(name, *rest, **settings)

    torch.library.register_fake = without_torchvision
    import torchvision.transforms

    torchvision.transforms.Resize = functools.partial(torchvision.transforms.Resize, antialias=False)
    from carvekit.ml.files import checkpoints_dir
    from carvekit.utils import download_models

    for path in Path(checkpoints_dir).rglob("*.pth"):
        download_models.MODELS_CHECKSUMS[path.name] = download_models.sha512_checksum_calc(path)


def main() -> None:
    which, out, *pictures = sys.argv[1:]
    if which == "original":
        make_original_run()
    from carvekit.api.high import HiInterface

    interface = HiInterface(object_type="object", device="cpu")
    for picture in pictures:
        (cutout,) = interface([picture])
        cutout.save(Path(out) / f"{Path(picture).stem}.png")


if __name__ == "__main__":
    main()
