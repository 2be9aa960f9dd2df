"""What a call of our own API asks: everything that the library can do with one picture."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mattebox.compose import parse_colour
from mattebox.errors import BadParameter, MatteboxError, unknown_name
from mattebox.hints import Hints
from mattebox.output import Output
from mattebox.serve.contract.order import addresses, from_base64, price, uploaded
from mattebox.serve.cutouts.fields import hint_fields, is_given, known_fields, output_fields, settings_fields
from mattebox.serve.incoming.bodies import Upload
from mattebox.serve.refusals import Refusal, refusal_of
from mattebox.settings import NONE, Settings, settings_with
from mattebox.solvers import is_solver
from mattebox.stages.select import AUTOMATIC
from mattebox.zoo.registry import plain

__all__ = ["BLUR", "FILES", "TEXTS", "URLS", "Offer", "Wish", "read_batch", "read_options", "read_wish"]

FILES = ("image", "image_file", "mask", "trimap", "background_picture")
"""Names of parts that are files; `image_file` is the contract's name for `image`."""
TEXTS = ("image_b64", "image_url", "mask_b64", "trimap_b64", "background_b64", "background_url")
"""Names of fields that stand for files."""
IMAGE = (("image", "image_file"), "image_b64", "image_url")
GROUND = (("background_picture",), "background_b64", "background_url")
"""Parts, and names of fields, by which one picture is given."""
URLS = "image_urls"
BLUR = "blur"

Files = Mapping[str, Sequence[Upload]]


@dataclass(frozen=True, slots=True)
class Offer:
    """What calls may ask for.

    Attributes:
        settings: what holds where a call says nothing.
        served: names of the models and methods.
        max_pixels: of a picture and of a result.
    """

    settings: Settings
    served: Collection[str]
    max_pixels: int


@dataclass(frozen=True, slots=True)
class Wish:
    """Everything that is asked of one picture; a picture is the bytes of a file, or its address until it is fetched.

    Attributes:
        settings: of the pipeline.
        output: of the result; a background picture is beside it.
        max_pixels: larger pictures are refused, and larger results.
        picture: that the background is taken out of; None where it comes later.
        background: picture that is put behind.
        mask: in place of what the model finds.
        trimap: where opacity is sure, and where it is to be found.
        hints: points, box, transparent and region, in pixels of the picture as it was sent.
        max_megapixels: a larger picture is shrunk to this first.
        asked: the fields that say all this beside the pictures, as they were given.
    """

    settings: Settings
    output: Output
    max_pixels: int
    picture: bytes | str | None = field(default=None, repr=False)
    background: bytes | str | None = field(default=None, repr=False)
    mask: bytes | None = field(default=None, repr=False)
    trimap: bytes | None = field(default=None, repr=False)
    hints: Mapping[str, Any] = field(default_factory=dict)
    max_megapixels: float | None = None
    asked: Mapping[str, object] = field(default_factory=dict)

    @property
    def credits(self) -> float:
        """What it costs a key that has a limit, as by the contract."""
        return price(self.max_megapixels)


def read_wish(fields: Mapping[str, object], files: Files, offer: Offer) -> Wish:
    """Read a call for one picture.

    Args:
        fields: by name, as text of a form or values of JSON; empty ones are not given.
        files: of a multipart body, by the name of their part; empty ones are not given.
        offer: what may be asked for.

    Raises:
        Refusal: no picture or several, an unknown field, or a value that cannot be read or makes no sense.

    Example:
        >>> asked = {"image_url": "https://example.org/shoe.jpg", "crop": "5%", "keep_largest": "true"}
        >>> wish = read_wish(asked, {}, Offer(Settings(), {"lite"}, max_pixels=50_000_000))
        >>> wish.picture, wish.output.crop, wish.settings.keep_largest
        ('https://example.org/shoe.jpg', '5%', True)
    """
    wish = read_options(fields, files, offer)
    picture = only("multiple_sources", fields, files, *IMAGE)
    if picture is None:
        raise Refusal("missing_source", "send the picture as the file 'image', or as image_b64 or image_url")
    return replace(wish, picture=picture)


def read_batch(fields: Mapping[str, object], files: Files, offer: Offer) -> tuple[Wish, list[Upload | str]]:
    """Read a call for many pictures that are all treated alike: the wish, and files and addresses.

    Args:
        fields: as of `read_wish`, and `image_urls`: a list of addresses, or JSON text of one.
        files: as of `read_wish`, with any number of pictures.
        offer: what may be asked for.

    Raises:
        Refusal: no picture, an unknown field, or a value that cannot be read or makes no sense.

    Example:
        >>> offer = Offer(Settings(), {"lite"}, max_pixels=50_000_000)
        >>> read_batch({"image_urls": ["https://example.org/shoe.jpg"], "crop": "5%"}, {}, offer)[1]
        ['https://example.org/shoe.jpg']
    """
    rest = {name: value for name, value in fields.items() if name != URLS}
    wish = read_options(rest, files, offer)
    pictures: list[Upload | str] = [each for part in IMAGE[0] for each in files.get(part, ()) if each.data or each.name]
    pictures += [Upload("picture", data) for data in from_base64(fields, IMAGE[1])]
    pictures += [*addresses(fields, IMAGE[2]), *read_urls(fields.get(URLS))]
    if not pictures:
        raise Refusal("missing_source", f"send pictures as files 'image', or their addresses as {URLS}")
    return wish, pictures


def read_urls(value: object) -> list[str]:
    """A list of addresses, or JSON text of one.

    Raises:
        Refusal: it is neither.
    """
    if not is_given(value):
        return []
    try:
        urls = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        urls = None
    if not isinstance(urls, list):
        raise Refusal("invalid_image_url", f'{URLS}: give a list, as in ["https://example.org/shoe.jpg"]')
    return [url for each in urls for url in addresses({URLS: each}, URLS)]


def read_options(fields: Mapping[str, object], files: Files, offer: Offer) -> Wish:
    """Read everything of a call but its picture; see `read_wish`.

    Raises:
        Refusal: an unknown field, or a value that cannot be read or makes no sense.
    """
    asked = {name: value for name, value in fields.items() if is_given(value) and name not in TEXTS}
    try:
        check_names(asked, [name for name, uploads in files.items() if any(each.data for each in uploads)])
        values = {name: known_fields()[name].read(value) for name, value in asked.items()}
        check_models(values, offer.served)
        check_background(values.get("background"))
        hints = {name: value for name, value in values.items() if name in hint_fields()}
        wish = Wish(
            settings_with(offer.settings, {name: value for name, value in values.items() if name in settings_fields()}),
            Output(**{name: value for name, value in values.items() if name in output_fields()}),
            offer.max_pixels,
            background=only("multiple_bg_sources", fields, files, *GROUND),
            mask=only_file(fields, files, "mask"),
            trimap=only_file(fields, files, "trimap"),
            max_megapixels=hints.pop("max_megapixels", None),
            hints=hints,
            asked=asked,
        )
        check_wish(wish)
    except MatteboxError as error:
        raise refusal_of(error) from error
    return wish


def only(
    code: str, fields: Mapping[str, object], files: Files, parts: Sequence[str], in_base64: str, address: str
) -> bytes | str | None:
    """The one picture that is given as a file, in base64 or by its address.

    Raises:
        Refusal: with this code, when there are several.
    """
    given: list[bytes | str] = [each for part in parts for each in uploaded(files, part)]
    given += [*from_base64(fields, in_base64), *addresses(fields, address)]
    if len(given) > 1:
        raise Refusal(code, f"give one of {parts[0]}, {in_base64} and {address}")
    return given[0] if given else None


def only_file(fields: Mapping[str, object], files: Files, name: str) -> bytes | None:
    """The one picture that is given as a file or in base64.

    Raises:
        Refusal: there are several.
    """
    given = [*uploaded(files, name), *from_base64(fields, f"{name}_b64")]
    if len(given) > 1:
        raise Refusal("invalid_parameter", f"give one of {name} and {name}_b64")
    return given[0] if given else None


def check_names(asked: Collection[str], files: Collection[str]) -> None:
    """Refuse what nobody would read, because it was misspelt.

    Raises:
        BadParameter: it names the nearest field.
    """
    for name in asked:
        if name not in known_fields():
            raise BadParameter(unknown_name("field", name[:40], [*known_fields(), *TEXTS]))
    for name in files:
        if name not in FILES:
            raise BadParameter(unknown_name("file", name[:40], FILES))


def check_models(values: Mapping[str, Any], served: Collection[str]) -> None:
    """Refuse models that are not served; the library would look for a card under such a name in our files.

    Raises:
        Refusal: a name is none of a model or a method.
    """
    known = {plain(name) for name in (*served, *AUTOMATIC, NONE)}
    for name in ("model", "refine", "matte"):
        value = values.get(name)
        if value is not None and plain(value) not in known and not is_solver(value):
            raise Refusal("unknown_model", f"{name}: {unknown_name('model', value[:40], served)}")


def check_background(background: str | None) -> None:
    """Refuse what the library would take for the name of one of our files.

    Raises:
        BadParameter: it is neither a colour nor `blur`.
    """
    if background in {None, BLUR}:
        return
    try:
        parse_colour(str(background))
    except BadParameter:
        raise BadParameter(
            f"background: '{str(background)[:40]}' is neither a colour nor blur; send a picture as background_picture, "
            "background_b64 or background_url"
        ) from None


def check_wish(wish: Wish) -> None:
    """Refuse what contradicts itself, before the picture waits for its turn.

    Raises:
        BadParameter, Refusal: it does.
    """
    output, hints = wish.output, wish.hints
    Hints(wish.mask, wish.trimap, hints.get("points", ()), hints.get("box"), hints.get("transparent", ()))
    if wish.settings.matte == NONE and (wish.trimap is not None or "transparent" in hints):
        raise BadParameter("a trimap or transparent boxes say where opacity is to be found; give a method as matte too")
    if output.canvas is not None and output.canvas[0] * output.canvas[1] > wish.max_pixels:
        raise BadParameter(f"canvas: more than {wish.max_pixels / 1e6:g} megapixels")
    if wish.background is None:
        return
    if output.background is not None:
        raise Refusal("multiple_bg_sources", "give a colour or blur as background, or a picture")
    replace(output, background="white")  # whatever forbids a background forbids a picture too
