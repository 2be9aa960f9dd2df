"""The page of the models, made of their cards: `python -m mattebox.zoo.document > docs/models.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from mattebox.zoo.card import Card
from mattebox.zoo.places import published
from mattebox.zoo.registry import built_in_cards

__all__ = ["page"]

INTRODUCTION = """\
# The models

This page is made of the cards in `src/mattebox/zoo/cards` by `make docs`; change those, not this.

The embedded models come with Mattebox. The weights of the others are fetched when they are first used, or by
`mattebox models pull NAME`, and are checked before anything reads them; [weights.md](weights.md) tells how. A
checkpoint needs the extra `torch`; it is exported to ONNX the first time and then runs without. Names may be written
with hyphens or underscores.

Networks whose input is told by one side see pictures in their own proportions. Very long ones are bent to shorter ones,
and where too little memory is free for a large one, it sees fewer pixels, which is told. Networks that find opacity see
tiles of the picture at its own resolution.

Three licences count: that of the code, that of the weights, and the terms of the pictures that they were trained on.
They are told as their publishers state them. "None stated" means that nobody has given you any rights. A model whose
terms forbid common uses is never a default, and tells them when it is first used.

Each file is known by the digests that its publisher gives, SHA-512 or SHA-256. rembg gives MD5 only, which tells a
damaged file but not a forged one; the SHA-256 beside it here is what several independent projects have recorded of the
same files. ViTMatte's are given as several projects have recorded them, that of `vitmatte_base_distinctions` as one
has. Of some files, PaddleSeg's above all, nobody has published any: the SHA-256 of what first comes over HTTPS is
noted, and every later file must be the same."""

TASKS = {
    "segment": ("Finding the subject", "`--model NAME`, `Remover(model=NAME)`"),
    "refine": ("Correcting the outline", "`--refine NAME`, `Remover(refine=NAME)`"),
    "matte": ("Opacity of hair, fur and glass", "`--matte NAME`, `Remover(matte=NAME)`"),
    "classify": ("Telling scenes apart", "`--model autoscene` and `--model auto` ask it"),
    "detect": ("Telling what is in a picture", "`--model auto` asks it"),
}
"""Headings of the tasks, and how a model of each is asked for."""

FITS = {
    "limit-short": ("shorter side at most", "<= "),
    "short": ("shorter side", ""),
    "limit-long": ("longer side at most", "<= "),
}
"""Rules that keep a picture's proportions, in words and as a sign."""


def page(cards: Iterable[Card]) -> str:
    """The page, as Markdown.

    Args:
        cards: of the models.
    """
    known = list(cards)
    parts = [INTRODUCTION]
    for task, (heading, how) in TASKS.items():
        chosen = [card for card in known if card.task == task]
        parts += [f"## {heading}", f"{how}.", "\n".join(table(chosen)), *map(section, chosen)]
    return "\n\n".join(parts) + "\n"


def table(cards: Iterable[Card]) -> Iterator[str]:
    """The lines of a table of models."""
    yield "| name | model | input | size | weights | training data |"
    yield "|---|---|---|---|---|---|"
    for card in cards:
        size = "" if card.weights.size is None else f"{card.weights.size / 1e6:.1f} MB"
        cells = (f"[{card.name}](#{card.name})", card.title, sides(card), size, card.licence.weights, card.licence.data)
        yield f"| {' | '.join(cells)} |"


def section(card: Card) -> str:
    """What there is to say of one model."""
    facts = {
        "Source": card.source,
        "Network": " ".join((card.architecture, *(f"({name} {value})" for name, value in card.options.items()))),
        "Input": f"{seen(card)}, mean {values(card.mean)}, deviation {values(card.deviation)}, "
        + ("divided by 255" if card.scale == "255" else "divided by the picture's largest value"),
        "Kinds": ", ".join(card.kinds),
        "Licence of the code": card.licence.code,
        "Licence of the weights": card.licence.weights,
        "Training data": card.licence.data,
        "Figures": "; ".join(f"{name.replace('_', ' ')} {value}" for name, value in card.figures.items()),
        "File": " from ".join((f"`{card.weights.name}`", *(f"<{url}>" for url in published(card.weights)[:1]))),
        **{name.upper().replace("SHA", "SHA-"): f"`{value}`" for name, value in card.weights.digests.items()},
        "Digest": "" if card.weights.digests else "none published; taken at first sight",
    }
    lines = [f"### {card.name}", "", f"{card.title}. {card.description}", ""]
    return "\n".join([*lines, *(f"- {name}: {value}" for name, value in facts.items() if value)])


def sides(card: Card) -> str:
    """The size of what a network sees, in short."""
    if card.task == "matte":
        return "tiles"
    if card.fit == "stretch":
        return " x ".join(map(str, card.input_size))
    return f"{FITS[card.fit][1]}{min(card.input_size)}"


def seen(card: Card) -> str:
    """The size of what a network sees, in words."""
    if card.task == "matte":
        rule = "tiles of the picture at its own resolution"
        return rule if card.multiple == 1 else f"{rule}, both sides filled up to multiples of {card.multiple}"
    if card.fit == "stretch":
        return sides(card)
    rule = f"{FITS[card.fit][0]} {min(card.input_size)} pixels"
    return rule if card.multiple == 1 else f"{rule}, both sides rounded down to multiples of {card.multiple}"


def values(numbers: Iterable[float]) -> str:
    """One number a channel, or the one that all have."""
    given = [f"{number:g}" for number in numbers]
    return given[0] if len(set(given)) == 1 else ", ".join(given)


if __name__ == "__main__":
    sys.stdout.write(page(built_in_cards().values()))
