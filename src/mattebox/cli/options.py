"""The options that commands share: what the pipeline is asked, and how a result is dressed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Option

from mattebox.cli.sharing import Command, gathers
from mattebox.cli.values import (
    matters,
    parse_canvas,
    parse_points,
    parse_position,
    parse_region,
    preset_names,
    refiners,
    segmenters,
)
from mattebox.errors import BadParameter

if TYPE_CHECKING:
    from mattebox.batch import Job
    from mattebox.output import Output
    from mattebox.settings import Settings

__all__ = ["Dressing", "asks_for", "shares_dressing"]

NETWORKS = "Networks"
HINTS = "What you know of the subject"
EDGE = "Subject and edge"
RESULT = "Result"
BACKGROUND = "Background"


@dataclass(frozen=True)
class Dressing:
    """What a user may ask for on the command line, with the defaults of `Settings` and `Output`."""

    model: Annotated[
        str,
        Option(
            "--model",
            "-m",
            metavar="NAME",
            help="Model that finds the subject: a name ('mattebox models list'), the card of your own, or auto or "
            "autoscene to have it chosen for every picture.",
            rich_help_panel=NETWORKS,
            autocompletion=segmenters,
        ),
    ] = "lite"
    refine: Annotated[
        str,
        Option(
            "--refine",
            metavar="NAME",
            help="Model that brings the mask to the picture's own resolution: detail, cascadepsp, the card of your "
            "own, or none.",
            rich_help_panel=NETWORKS,
            autocompletion=refiners,
        ),
    ] = "detail"
    matte: Annotated[
        str,
        Option(
            "--matte",
            metavar="NAME",
            help="What finds the opacity around the edge: a model (fba, vitmatte-small, ..., the card of your own), a "
            "solver (closed-form, ...), or none.",
            rich_help_panel=NETWORKS,
            autocompletion=matters,
        ),
    ] = "none"
    device: Annotated[
        str,
        Option(
            metavar="NAME",
            help="Where networks run, as far as the engines that are installed offer it: auto, cpu, cuda, cuda:1, mps, "
            "directml, coreml or openvino.",
            rich_help_panel=NETWORKS,
        ),
    ] = "auto"
    half: Annotated[
        bool,
        Option(
            "--half",
            help="Compute in half precision: on GPUs, and ViTMatte on newer CPUs too.",
            rich_help_panel=NETWORKS,
        ),
    ] = False
    segment_size: Annotated[
        int | None,
        Option(
            metavar="PIXELS",
            help="Side of what the model sees; what its card says unless given.",
            rich_help_panel=NETWORKS,
        ),
    ] = None
    refine_size: Annotated[
        int,
        Option(metavar="PIXELS", help="Longest side that CascadePSP sees at once.", rich_help_panel=NETWORKS),
    ] = 900
    matte_size: Annotated[
        int | None,
        Option(
            metavar="PIXELS",
            help="Longest side that the matting model sees at once, as suits it unless given; what is "
            "larger is worked on in tiles.",
            rich_help_panel=NETWORKS,
        ),
    ] = None
    band: Annotated[
        float,
        Option(
            metavar="SHARE",
            help="How far outwards from the edge the matting model looks, as a share of the picture's longer side.",
            rich_help_panel=NETWORKS,
        ),
    ] = 30 / 2048
    subject_score: Annotated[
        float,
        Option(
            metavar="SHARE",
            help="A picture whose subject score (0 to 1) is lower gives an empty cut-out.",
            rich_help_panel=NETWORKS,
        ),
    ] = 0.5
    foreground: Annotated[
        Literal["predicted", "multilevel", "blur-fusion", "closed-form", "none"],
        Option(
            help="How the old background is taken out of the edge's colours: as the matting model says, where there is "
            "one, or estimated.",
            rich_help_panel=EDGE,
        ),
    ] = "predicted"
    threshold: Annotated[
        float,
        Option(metavar="SHARE", help="Opacity that becomes one half; more keeps less.", rich_help_panel=EDGE),
    ] = 0.5
    softness: Annotated[
        float,
        Option(metavar="SHARE", help="0 for a hard edge, 1 for the edge as it was found.", rich_help_panel=EDGE),
    ] = 1.0
    feather: Annotated[
        float,
        Option(metavar="PIXELS", help="Soften the edge inwards over this many pixels.", rich_help_panel=EDGE),
    ] = 0.0
    keep_largest: Annotated[
        bool, Option("--keep-largest", help="Keep only the largest connected piece.", rich_help_panel=EDGE)
    ] = False
    drop_specks: Annotated[
        float,
        Option(metavar="SHARE", help="Drop pieces smaller than this share of the largest one.", rich_help_panel=EDGE),
    ] = 0.0
    invert: Annotated[
        bool, Option("--invert", help="Keep the background and take the subject away.", rich_help_panel=EDGE)
    ] = False
    mask: Annotated[
        Path | None,
        Option(
            metavar="PATH",
            help="Your own mask instead of the model's: a picture, light where the subject is; or a folder of them, "
            "named as the pictures.",
            rich_help_panel=HINTS,
        ),
    ] = None
    trimap: Annotated[
        Path | None,
        Option(
            metavar="PATH",
            help="Your own trimap: black where background is sure, white where the subject is, grey where opacity is "
            "to be found; or a folder of them. Needs a matting method.",
            rich_help_panel=HINTS,
        ),
    ] = None
    resize_trimap: Annotated[
        bool,
        Option("--resize-trimap", help="Take trimaps of another size than their picture's.", rich_help_panel=HINTS),
    ] = False
    points: Annotated[
        str | None,
        Option(
            metavar="Y,X ...",
            help="Pixels on the subject, counted from the top and from the left, as '120,300 200,310'; with a - before "
            "it one beside the subject, as '120,300 -40,20'.",
            rich_help_panel=HINTS,
        ),
    ] = None
    box: Annotated[
        str | None,
        Option(
            metavar="T,L,B,R",
            help="The subject is in this box: top, left, bottom, right in pixels.",
            rich_help_panel=HINTS,
        ),
    ] = None
    transparent: Annotated[
        list[str] | None,
        Option(
            metavar="T,L,B,R",
            help="In this box the subject can be seen through, as glass; may be given several times. For matting "
            "methods.",
            rich_help_panel=HINTS,
        ),
    ] = None
    region: Annotated[
        str | None,
        Option(
            metavar="T,L,B,R",
            help="Look only in this box: top, left, bottom, right in pixels.",
            rich_help_panel=HINTS,
        ),
    ] = None
    format: Annotated[
        Literal["png", "webp", "jpeg", "tiff", "zip"] | None,
        Option(
            "--format",
            "-f",
            help="File format; unless given, that of the output's suffix, else of the preset, else png.",
            rich_help_panel=RESULT,
        ),
    ] = None
    kind: Annotated[
        Literal["cutout", "mask", "foreground", "background"],
        Option(
            help="What is written: cutout, mask (opacity), foreground (colours), or background (as --invert).",
            rich_help_panel=RESULT,
        ),
    ] = "cutout"
    mask_only: Annotated[bool, Option("--mask-only", help="Short for --kind mask.", rich_help_panel=RESULT)] = False
    quality: Annotated[
        int | None,
        Option(
            metavar="1-100",
            help="Quality of JPEG (92 unless given) and WebP (lossless unless given).",
            rich_help_panel=RESULT,
        ),
    ] = None
    crop: Annotated[
        bool | None, Option("--crop/--no-crop", help="Crop to the subject; off unless given.", rich_help_panel=RESULT)
    ] = None
    margin: Annotated[
        str | None,
        Option(
            metavar="SPACE",
            help="Space around the cropped subject, as '10px' or '5%', one to four values; implies --crop.",
            rich_help_panel=RESULT,
        ),
    ] = None
    preset: Annotated[
        str | None,
        Option(
            "--preset",
            "-p",
            metavar="NAME",
            help="Dress it for a shop; see 'mattebox presets'.",
            rich_help_panel=RESULT,
            autocompletion=preset_names,
        ),
    ] = None
    canvas: Annotated[
        str | None,
        Option(
            metavar="WIDTHxHEIGHT",
            help="Place the subject on a canvas of this size in pixels, as 1000x800.",
            rich_help_panel=RESULT,
        ),
    ] = None
    scale: Annotated[
        float | None,
        Option(
            metavar="SHARE",
            help="Share of the canvas that the subject fills; its own size, or what fits, unless given.",
            rich_help_panel=RESULT,
        ),
    ] = None
    position: Annotated[
        str | None,
        Option(
            metavar="X,Y",
            help="Where on the canvas: 0 is left and top, 1 right and bottom; 0.5,0.5 unless given.",
            rich_help_panel=RESULT,
        ),
    ] = None
    sheet: Annotated[
        bool, Option("--sheet", help="Also write <stem>_sheet.jpg: before and after.", rich_help_panel=RESULT)
    ] = False
    background: Annotated[
        str | None,
        Option(
            "--background",
            "-b",
            metavar="WHAT",
            help="A colour, the path of a picture, or blur; transparent unless given.",
            rich_help_panel=BACKGROUND,
        ),
    ] = None
    gradient: Annotated[
        str | None,
        Option(
            metavar="COLOUR",
            help="Second colour of the background, which makes a gradient downwards.",
            rich_help_panel=BACKGROUND,
        ),
    ] = None
    fit: Annotated[
        Literal["cover", "contain", "tile"],
        Option(help="How a background picture fills the frame.", rich_help_panel=BACKGROUND),
    ] = "cover"
    shadow: Annotated[bool, Option("--shadow", help="Add a soft drop shadow.", rich_help_panel=BACKGROUND)] = False
    shadow_kind: Annotated[
        Literal["drop", "contact", "cast", "auto"] | None,
        Option(
            help="Shadow on a wall behind the subject, where it touches the ground, or laid on the ground; auto takes "
            "what suits it. Implies --shadow.",
            rich_help_panel=BACKGROUND,
        ),
    ] = None

    def settings(self) -> Settings:
        """What the pipeline is asked.

        Raises:
            BadParameter, ModelNotFound: a value makes no sense.
        """
        from mattebox.settings import Settings

        chosen = {field.name: getattr(self, field.name) for field in fields(Settings)}
        return Settings(**chosen | {"invert": self.invert or self.kind == "background"})

    def result(self, *, format: str | None = None) -> Output:  # noqa: A002
        """How the result is dressed.

        Args:
            format: of the file, when --format does not say.

        Raises:
            BadParameter: a value makes no sense, or two contradict each other.
        """
        from mattebox.output import Output

        if self.crop is False and self.margin is not None:
            raise BadParameter("--no-crop and --margin contradict each other")
        if self.mask_only and self.kind not in {"cutout", "mask"}:
            raise BadParameter(f"--mask-only and --kind {self.kind} contradict each other")
        return Output(
            format=self.format or format,
            kind="mask" if self.mask_only else "cutout" if self.kind == "background" else self.kind,
            quality=self.quality,
            crop=self.margin or ("0" if self.crop else None),
            preset=self.preset,
            shadow=self.shadow_kind or ("drop" if self.shadow else None),
            background=self.background,
            gradient_end=self.gradient,
            fit=self.fit,
            sheet=self.sheet,
            canvas=parse_canvas(self.canvas),
            scale=self.scale,
            position=parse_position(self.position),
        )

    def job(self, *, format: str | None = None, overwrite: bool = False, threads: int | None = None) -> Job:  # noqa: A002
        """A job that lacks only its picture and its target.

        Raises:
            BadParameter, ModelNotFound: a value makes no sense.
        """
        from mattebox.batch import Job
        from mattebox.hints import check_one

        job = Job(
            source="",
            target=Path(),
            settings=self.settings(),
            output=self.result(format=format),
            mask=None if self.mask is None else str(self.mask),
            trimap=None if self.trimap is None else str(self.trimap),
            points=parse_points(self.points),
            box=parse_region(self.box, "box"),
            transparent=tuple(box for text in self.transparent or () if (box := parse_region(text, "transparent"))),
            region=parse_region(self.region),
            overwrite=overwrite,
            threads=threads,
        )
        check_one({name: bool(getattr(job, name)) for name in ("mask", "trimap", "points", "box")}, "--")
        for name, given in (("trimap", job.trimap), ("transparent", job.transparent)):
            if given and self.matte == "none":
                raise BadParameter(f"--{name} is for matting methods: give one by --matte, or use 'mattebox matte'")
        for name, path in (("mask", job.mask), ("trimap", job.trimap)):
            if path is not None and not Path(path).exists():
                raise BadParameter(f"{name} {path}: there is no such file or folder")
        return job


def shares_dressing(command: Command) -> Command:
    """Give a command one option for every field of `Dressing`, which it takes together as `dressing`."""
    return asks_for([field.name for field in fields(Dressing)], Dressing())(command)


def asks_for(names: Sequence[str], unless_given: Dressing) -> Callable[[Command], Command]:
    """Give a command options for some fields of `Dressing`, which it takes together as `dressing`.

    Args:
        names: of the fields.
        unless_given: what the command takes for the options that are not given, and for all other fields.
    """
    return gathers("dressing", names, unless_given)
