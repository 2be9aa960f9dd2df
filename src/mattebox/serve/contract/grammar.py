"""The small grammars of remove.bg's parameters: booleans, choices, lengths, regions, margins, places, colours.

Every reader takes the text of a parameter and its name, and gives a value or raises a `Refusal`; endless or hostile
text costs it no more than one look.
"""

from __future__ import annotations

import re

from PIL import ImageColor

from mattebox.serve.contract.measures import SIZES, Length, Margins, Roi, Size
from mattebox.serve.refusals import REFUSALS, Refusal
from mattebox.serve.values import TRUTH

__all__ = [
    "CENTRE",
    "CHOICES",
    "SIZES",
    "Rgba",
    "read_choice",
    "read_colour",
    "read_flag",
    "read_margins",
    "read_opacity",
    "read_position",
    "read_roi",
    "read_scale",
    "read_size",
    "refused",
    "text_of",
]

Rgba = tuple[int, int, int, int]
"""Red, green, blue and opacity, 0 to 255."""

LONGEST = 200
"""Characters of a parameter that are read; nothing that has a meaning comes near."""
LARGEST = 1e9
"""A number in JSON that is this large or larger has no meaning for any parameter."""


def words(*names: str, **older: str) -> dict[str, str]:
    """Names in small letters, and older ones for them."""
    return {name.lower(): name for name in names} | older


TYPES = ("person", "product", "animal", "car", "car_interior", "car_part", "transportation", "graphics", "other")
CHOICES = {
    "size": words(*SIZES, small="preview", regular="preview") | {"4k": "full"},
    "type": words("auto", *TYPES, graphic="graphics"),
    "type_level": words("none", "1", "2", "latest"),
    "format": words("auto", "png", "jpg", "webp", "zip", jpeg="jpg"),
    "channels": words("rgba", "alpha"),
    "shadow_type": words("none", "auto", "car", "3D", "drop"),
}
"""What some parameters take, in small letters, and what each stands for."""

# As many decimals as programs write that divide.
NUMBER = r"[0-9]{1,6}(?:\.[0-9]{1,20})?|\.[0-9]{1,20}"
MOST_WORDS = 4

MOST_MARGIN = {"%": 50.0, "px": 500.0}
CENTRE = (0.5, 0.5)


def refused(name: str, wrong: str) -> Refusal:
    """Refuse the value of a parameter with the parameter's own code, where it has one.

    Example:
        >>> refused("scale", "scale='5%': give 10% to 100%").code, refused("add_shadow", "...").code
        ('invalid_scale', 'invalid_parameter')
    """
    code = f"invalid_{name}"
    return Refusal(code if code in REFUSALS else "invalid_parameter", wrong)


def misread(name: str, text: str, valid: str) -> Refusal:
    """Refuse a text, and say what is valid."""
    shown = text if len(text) <= 40 else f"{text[:40]}…"
    return refused(name, f"{name}={shown!r}: give {valid}")


def text_of(value: object, name: str, longest: int = LONGEST) -> str:
    """A parameter as text, whether it came as text or as a number, boolean or null of JSON.

    Args:
        value: as it was sent.
        name: of the parameter.
        longest: characters allowed.

    Returns:
        The text without blanks around it; empty where nothing was given.

    Raises:
        Refusal: a list, an object, a number or a text beyond all bounds.

    Example:
        >>> text_of(None, "size"), text_of(" full ", "size"), text_of(True, "crop"), text_of(1, "type_level")
        ('', 'full', 'true', '1')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        # NaN fails this comparison too.
        if not -LARGEST < value < LARGEST:
            raise refused(name, f"{name}: the number is out of all bounds")
        return f"{value:.12g}"
    if not isinstance(value, str):
        raise refused(name, f"{name}: give text, a number, true or false, but no list and no object")
    text = value.strip()
    if len(text) > longest:
        raise refused(name, f"{name}: {len(text)} characters are too many, at most {longest} are read")
    return text


def read_flag(text: str, name: str) -> bool:
    """Read `true` or `false`, in any case, or 1 or 0.

    Example:
        >>> read_flag("True", "crop"), read_flag("0", "crop")
        (True, False)
    """
    if text.lower() not in TRUTH:
        raise misread(name, text, "true or false")
    return TRUTH[text.lower()]


def read_choice(text: str, name: str) -> str:
    """Read one of the words that a parameter takes, in any case.

    Example:
        >>> read_choice("JPEG", "format")
        'jpg'
    """
    found = CHOICES[name].get(text.lower())
    if found is None:
        raise misread(name, text, f"one of {', '.join(dict.fromkeys(CHOICES[name].values()))}")
    return found


def read_size(text: str, name: str = "size") -> Size:
    """Read how large the result may be, by today's names or older ones.

    Example:
        >>> read_size("4k").name, read_size("regular").name, read_size("50mp").most
        ('full', 'preview', 50)
    """
    return SIZES[read_choice(text, name)]


def read_roi(text: str, name: str = "roi") -> Roi:
    """Read a region: `x1 y1 x2 y2`, each in pixels or per cent; whether it lies in the picture is seen later.

    Example:
        >>> read_roi("0 0 100% 250px").box((400, 600))
        (0, 0, 250, 600)
    """
    lengths = lengths_of(text)
    if len(lengths) != 4:
        raise misread(name, text, "x1 y1 x2 y2, each in px or %, as in '0px 10% 100% 90%'")
    return Roi(*lengths)


def read_margins(text: str, name: str = "crop_margin") -> Margins:
    """Read one, two or four margins, as in CSS; what is more than can be added on a side is as much as can be.

    Example:
        >>> read_margins("10px 5%").pixels((400, 200)), read_margins("900px 80% 0 1px").pixels((400, 200))
        ((10, 10, 10, 10), (500, 100, 0, 1))
    """
    sides = [Length(min(side.value, MOST_MARGIN[side.unit]), side.unit) for side in lengths_of(text)]
    if len(sides) not in {1, 2, 4} or any(side.value < 0 for side in sides):
        raise misread(name, text, "one, two or four values in px or %, as in '30px', '5% 10%' or '0 10% 20px 10%'")
    return Margins(*(sides * (4 // len(sides))))


def read_scale(text: str, name: str = "scale") -> float | None:
    """Read which share of the canvas the subject fills, 0.1 to 1; None for its original size.

    Example:
        >>> read_scale("80%"), read_scale("original")
        (0.8, None)
    """
    if text.lower() == "original":
        return None
    (share, *rest) = lengths_of(text) or [Length(0)]
    if rest or share.unit != "%" or not 10 <= share.value <= 100:
        raise misread(name, text, "original, or 10% to 100%")
    return share.value / 100


def read_position(text: str, name: str = "position") -> tuple[float, float] | None:
    """Read the subject's place on the canvas, (x, y), each from 0 to 1; None for where it stood.

    Example:
        >>> read_position("center"), read_position("100%"), read_position("0 25%"), read_position("original")
        ((0.5, 0.5), (1.0, 1.0), (0.0, 0.25), None)
    """
    if text.lower() == "original":
        return None
    if text.lower() == "center":
        return CENTRE
    shares = lengths_of(text)
    if len(shares) not in {1, 2} or not all(
        0 <= each.value <= 100 and (each.unit == "%" or not each.value) for each in shares
    ):
        raise misread(name, text, "original, center, or one or two values from 0% to 100%, as in '50%' or '0% 100%'")
    return shares[0].value / 100, shares[-1].value / 100


def read_opacity(text: str, name: str = "shadow_opacity") -> float | None:
    """Read how dark a shadow is, 0 to 1; None for what suits it.

    Example:
        >>> read_opacity("45"), read_opacity("auto")
        (0.45, None)
    """
    if text.lower() == "auto":
        return None
    if not re.fullmatch(NUMBER, text) or float(text) > 100:
        raise misread(name, text, "auto, or a number from 0 to 100")
    return float(text) / 100


def read_colour(text: str, name: str = "bg_color") -> Rgba:
    """Read a colour: 3, 4, 6 or 8 hex digits, with or without `#`, or a name of CSS.

    Example:
        >>> read_colour("81d4fa77"), read_colour("#FFF"), read_colour("tomato")
        ((129, 212, 250, 119), (255, 255, 255, 255), (255, 99, 71, 255))
    """
    plain = text.lower()
    if plain == "transparent":
        return 0, 0, 0, 0
    digits = re.fullmatch(r"#?([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", plain)
    if digits is None and plain not in ImageColor.colormap:
        raise misread(name, text, "3, 4, 6 or 8 hex digits, as in 81d4fa, or the name of a colour, as in green")
    red, green, blue, *opacity = ImageColor.getrgb(f"#{digits[1]}" if digits else plain)
    return red, green, blue, (opacity or [255])[0]


def lengths_of(text: str) -> list[Length]:
    """Lengths with blanks between, each `30px`, `10%` or a nought without a unit; none when one is nothing of that."""
    lengths = []
    for word in text.split(maxsplit=MOST_WORDS):
        found = re.fullmatch(rf"(-?(?:{NUMBER}))(px|%)?", word, re.IGNORECASE)
        if found is None or (float(found[1]) and not found[2]):
            return []
        # Adding nought makes a negative nought a plain one.
        lengths.append(Length(float(found[1]) + 0.0, (found[2] or "px").lower()))
    return lengths
