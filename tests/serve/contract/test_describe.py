"""What is told of the contract's parameters is what is read."""

from __future__ import annotations

import pytest

from mattebox.serve.contract.describe import PARAMETERS
from mattebox.serve.contract.grammar import CHOICES
from mattebox.serve.contract.order import READERS, Order, read_order


def test_every_parameter_is_told() -> None:
    assert set(PARAMETERS) == {*READERS, "bg_image_url"}


@pytest.mark.parametrize("name", READERS)
def test_the_default_that_is_told_means_nothing_special(name: str) -> None:
    assert read_order({name: PARAMETERS[name]["default"]}) == Order()


@pytest.mark.parametrize("name", CHOICES)
def test_the_words_that_are_told_are_those_that_are_read(name: str) -> None:
    told = [word for word in PARAMETERS[name]["enum"] if word]
    assert {word.lower() for word in told} == set(CHOICES[name])
    for word in told:
        read = getattr(read_order({name: word}), name)
        assert getattr(read, "name", read) == CHOICES[name][word.lower()]
    assert set(CHOICES[name].values()) <= set(told)


def test_older_words_are_told_too() -> None:
    assert {"graphic", "graphics", "car_interior", "car_part"} <= set(PARAMETERS["type"]["enum"])
    assert {"small", "regular", "4k"} <= set(PARAMETERS["size"]["enum"])
