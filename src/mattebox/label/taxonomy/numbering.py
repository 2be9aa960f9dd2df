"""Numbers of classes: roman for groups, arabic with dots for what is inside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = [
    "Numbered",
    "Standing",
    "canonical",
    "is_well_formed",
    "numbered_tree",
    "parts_of",
    "roman",
    "roman_value",
    "split_number",
    "standings",
]

ROMAN = {"M": 1000, "CM": 900, "D": 500, "CD": 400, "C": 100, "XC": 90, "L": 50, "XL": 40, "X": 10, "IX": 9, "V": 5}
ROMAN |= {"IV": 4, "I": 1}

CYRILLIC_DIGITS = str.maketrans("\u0406\u0425\u0421\u041c", "IXCM")
"""Cyrillic capitals that are typed for roman digits."""

NUMBER = re.compile(
    r"(?P<number>[IVXLCDM\u0406\u0425\u0421\u041c]+|[0-9]{1,6}(?:\.[0-9]{1,6})*)(?P<dot>\.?)(?P<space>\s*)(?P<name>.*)",
    re.DOTALL,
)
BROKEN = re.compile(
    r"(?=\S*[0-9]|[ivxlcdm]+[.)])(?P<number>[0-9IVXLCDMivxlcdm.,)]{1,12})(?<=[.)])\s+(?P<name>.*)", re.DOTALL
)


@dataclass(frozen=True)
class Numbered:
    """A cell such as `1.2. Truck`.

    Attributes:
        number: `1.2`; empty if there is none.
        name: `Truck`.
        faults: what is wrong with the number: `missing-dot`, `missing-space`, `bad-number`, `mixed-alphabets`,
            `no-number`.
    """

    number: str
    name: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standing:
    """Where a class stands in the hierarchy.

    Attributes:
        depth: how many classes it lies below.
        parent: name of the class above it; empty for the topmost.
        orphaned: the row that its number says is its parent does not come before it.
    """

    depth: int
    parent: str
    orphaned: bool = False


def roman_value(text: str) -> int | None:
    """The value of a roman number; None if it is not written as one is.

    Example:
        >>> roman_value("XIV"), roman_value("IIX")
        (14, None)
    """
    value, rest = 0, text
    for digits, worth in ROMAN.items():
        while rest.startswith(digits):
            value, rest = value + worth, rest[len(digits) :]
    return value if value and not rest and roman(value) == text else None


def roman(value: int) -> str:
    """A positive number in roman digits.

    Example:
        >>> roman(14), roman(1999)
        ('XIV', 'MCMXCIX')
    """
    text = ""
    for digits, worth in ROMAN.items():
        count, value = divmod(value, worth)
        text += digits * count
    return text


def parts_of(number: str) -> tuple[int, ...]:
    """The parts of an arabic number; none of a roman one, of a broken one or of none.

    Example:
        >>> parts_of("1.12"), parts_of("IV"), parts_of("")
        ((1, 12), (), ())
    """
    return tuple(map(int, number.split("."))) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})*", number) else ()


def split_number(cell: str, *, numbered: bool = True) -> Numbered:
    """Take a cell apart into the number and the name of a class.

    Args:
        cell: such as `I. Vehicles` or `1.2. Truck`.
        numbered: whether the classes of the table have numbers; a name such as `3 wheels` is otherwise left alone.

    Example:
        >>> split_number("1.2. Truck")
        Numbered(number='1.2', name='Truck', faults=())
        >>> split_number("1.2 Truck").faults, split_number("IIX. Truck").faults, split_number("1.Truck").faults
        (('missing-dot',), ('bad-number',), ('missing-space',))
        >>> split_number("3D model").faults, split_number("3 wheels", numbered=False)
        (('no-number',), Numbered(number='', name='3 wheels', faults=()))
    """
    whole = NUMBER.fullmatch(cell)
    if whole and _is_number(whole, numbered=numbered):
        number = whole["number"].translate(CYRILLIC_DIGITS)
        faults = {
            "missing-dot": not whole["dot"],
            "missing-space": not whole["space"] and bool(whole["name"]),
            "bad-number": not is_well_formed(number),
            "mixed-alphabets": number != whole["number"],
        }
        return Numbered(number, whole["name"], tuple(fault for fault, there in faults.items() if there))
    if numbered and (broken := BROKEN.fullmatch(cell)):
        return Numbered(broken["number"].rstrip(".)"), broken["name"], ("bad-number",))
    return Numbered("", cell, ("no-number",) if numbered else ())


def _is_number(found: re.Match[str], *, numbered: bool) -> bool:
    """Whether what looks like a number is one, and not the beginning of a name such as `3D model` or `CD player`."""
    number = found["number"].translate(CYRILLIC_DIGITS)
    if found["dot"]:
        return numbered or is_well_formed(number)
    return bool(found["space"]) and ("." in number or (numbered and (number[0].isdigit() or set(number) <= set("IVX"))))


def is_well_formed(number: str) -> bool:
    """Whether a number is written as roman or arabic numbers of classes are.

    Example:
        >>> is_well_formed("XIV"), is_well_formed("1.2"), is_well_formed("1.02"), is_well_formed("IIX")
        (True, True, False, False)
    """
    return bool(roman_value(number) or re.fullmatch(r"[1-9][0-9]{0,5}(\.[1-9][0-9]{0,5})*", number))


def standings(rows: Iterable[tuple[str, str]]) -> Iterator[Standing]:
    """Where classes stand in the hierarchy, by their numbers.

    A roman number begins a group. Arabic numbers count anew in each group, and stand at the top where there is none.

    Args:
        rows: number and name of every class, in the order of the table.

    Example:
        >>> for standing in standings([("I", "Animals"), ("1", "Cats"), ("1.1", "Lynx"), ("2.1", "Wolf")]):
        ...     print(standing.depth, standing.parent, standing.orphaned)
        0  False
        1 Animals False
        2 Cats False
        1 Animals True
    """
    group = Standing(-1, "")
    seen: dict[tuple[int, ...], Standing] = {}
    for number, name in rows:
        parts = parts_of(number)
        if not parts:
            yield Standing(0, "")
            if number:
                group, seen = Standing(0, name), {}
            continue
        known = (parts[:length] for length in range(len(parts) - 1, 0, -1) if parts[:length] in seen)
        above = seen.get(next(known, ()), group)
        yield Standing(above.depth + 1, above.parent, orphaned=len(parts) > 1 and parts[:-1] not in seen)
        seen.setdefault(parts, Standing(above.depth + 1, name))


def numbered_tree(parents: list[int]) -> list[tuple[int, str]]:
    """Number classes of which only the parents are known.

    Args:
        parents: position of the parent of every class, -1 for the topmost; without cycles.

    Returns:
        Positions in the order in which a table lists them, each with its number; numbers are empty where nothing has
        children.

    Example:
        >>> numbered_tree([-1, 0, -1, 0, 1])
        [(0, 'I'), (1, '1'), (4, '1.1'), (3, '2'), (2, 'II')]
    """
    children: dict[int, list[int]] = {}
    for position, parent in enumerate(parents):
        children.setdefault(parent, []).append(position)
    if set(children) <= {-1}:
        return [(position, "") for position in range(len(parents))]
    ordered: list[tuple[int, str]] = []

    def visit(position: int, prefix: str, count: int) -> None:
        number = roman(count) if parents[position] < 0 else f"{prefix}{count}"
        ordered.append((position, number))
        for place, child in enumerate(children.get(position, ()), start=1):
            visit(child, "" if parents[position] < 0 else f"{number}.", place)

    for count, position in enumerate(children.get(-1, ()), start=1):
        visit(position, "", count)
    return ordered


def canonical(number: str) -> str:
    """A number in Latin letters and without a dot at its end.

    Example:
        >>> canonical("IV. "), canonical("1.2.")
        ('IV', '1.2')
    """
    return number.translate(CYRILLIC_DIGITS).strip(" .")
