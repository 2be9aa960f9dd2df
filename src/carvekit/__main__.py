"""The command `carvekit`, which is also `python -m carvekit`."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Annotated, Literal

from typer import Exit, Option, Typer

from carvekit.command import remove_backgrounds
from carvekit.web.schemas.config import MLConfig
from mattebox.cli.text import complain, say, shown
from mattebox.errors import BadParameter, MatteboxError, ModelNotFound

__all__ = ["main", "removebg"]

app = Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # whose tables cut names of options off
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command("removebg")
def removebg(
    i: Annotated[str, Option("-i", help="A picture, or a folder of pictures.")],
    o: Annotated[
        str,
        Option(
            "-o", help="A folder that is there, or a .png file; <name>_bg_removed.png beside the picture unless given."
        ),
    ] = "none",
    pre: Annotated[
        Literal["none", "autoscene", "auto"],
        Option(
            "--pre",
            help="autoscene: the network that suits the scene; auto: what suits scene and objects.",
        ),
    ] = "autoscene",
    post: Annotated[
        Literal["none", "fba", "cascade_fba"], Option("--post", help="What follows the segmentation.")
    ] = "cascade_fba",
    net: Annotated[
        Literal["u2net", "deeplabv3", "basnet", "tracer_b7", "isnet"], Option("--net", help="Segmentation network.")
    ] = "tracer_b7",
    recursive: Annotated[bool, Option("--recursive", help="Look into folders of the folder.")] = False,
    batch_size: Annotated[int, Option("--batch_size", min=1, help="Pictures that are held at once.")] = 10,
    batch_size_pre: Annotated[
        int, Option("--batch_size_pre", min=1, help="Pictures that classifiers see at once.")
    ] = 5,
    batch_size_seg: Annotated[
        int, Option("--batch_size_seg", min=1, help="Pictures that the segmentation network sees at once.")
    ] = 5,
    batch_size_mat: Annotated[
        int, Option("--batch_size_mat", min=1, help="Pictures that FBA sees at once; above 1 it stretches them.")
    ] = 1,
    batch_size_refine: Annotated[
        int,
        Option("--batch_size_refine", min=1, help="Pictures that CascadePSP sees at once; above 1 it stretches them."),
    ] = 1,
    seg_mask_size: Annotated[
        int, Option("--seg_mask_size", min=1, help="Side in pixels of what the segmentation network sees.")
    ] = 960,
    matting_mask_size: Annotated[
        int, Option("--matting_mask_size", min=1, help="Longest side of what FBA sees.")
    ] = 2048,
    refine_mask_size: Annotated[
        int, Option("--refine_mask_size", min=1, help="Longest side of what CascadePSP sees at once.")
    ] = 900,
    trimap_filter_threshold: Annotated[
        int, Option("--trimap_filter_threshold", help="Mask values up to it are background; -1 for none.")
    ] = -1,
    trimap_dilation: Annotated[
        int, Option("--trimap_dilation", min=0, help="Reach of the unknown area outwards, in pixels.")
    ] = 30,
    trimap_erosion: Annotated[
        int, Option("--trimap_erosion", min=0, help="Reach of the unknown area inwards, in pixels.")
    ] = 5,
    trimap_prob_threshold: Annotated[
        int, Option("--trimap_prob_threshold", help="Mask values above it are subject.")
    ] = 231,
    device: Annotated[str, Option("--device", help="cpu, cuda or cuda:1.")] = "cpu",
    fp16: Annotated[bool, Option("--fp16", help="Compute in half precision, on a GPU.")] = False,
) -> None:
    """Take the background out of pictures.

    The exit code is 0 when all is done, 1 when some failed and 2 for wrong use.
    """
    try:
        config = MLConfig(
            segmentation_network=net,
            preprocessing_method=pre,
            postprocessing_method=post,
            device=device,
            batch_size_pre=batch_size_pre,
            batch_size_seg=batch_size_seg,
            batch_size_matting=batch_size_mat,
            batch_size_refine=batch_size_refine,
            seg_mask_size=seg_mask_size,
            matting_mask_size=matting_mask_size,
            refine_mask_size=refine_mask_size,
            fp16=fp16,
            trimap_filter_threshold=trimap_filter_threshold,
            trimap_dilation=trimap_dilation,
            trimap_erosion=trimap_erosion,
            trimap_prob_threshold=trimap_prob_threshold,
        )
        output = None if o == "none" else Path(o)
        tally = remove_backgrounds(Path(i), output, config, recursive=recursive, batch_size=batch_size)
    except MatteboxError as error:
        complain(str(error))
        raise Exit(2 if isinstance(error, (BadParameter, ModelNotFound)) else 1) from error
    raise Exit(1 if tally.failed else 0)


class Said(logging.Handler):
    """Says on standard error what is logged, one line each."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say it."""
        say(shown(record.getMessage()))


def main() -> None:
    """Run the command; ends the process with its exit code."""
    logging.captureWarnings(capture=True)
    warnings.formatwarning = lambda message, *_, **__: f"warning: {message}"
    for name in ("carvekit", "mattebox", "py.warnings"):
        logger = logging.getLogger(name)
        logger.addHandler(Said())
        logger.setLevel(logging.INFO)
    app(prog_name="carvekit")


if __name__ == "__main__":
    main()
