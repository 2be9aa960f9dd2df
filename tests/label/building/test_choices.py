import numpy as np
import pytest

from mattebox.errors import BadParameter
from mattebox.label.building import Choices, Scales, Tiling
from mattebox.label.building.choices import choices_with, parse_size


@pytest.mark.parametrize(
    ("text", "factors", "pick"),
    [
        ("0.5", (0.5,), "all"),
        ("0.5,1, 2", (0.5, 1.0, 2.0), "all"),
        ("0.5|1", (0.5, 1.0), "one"),
        ("0.5..1.25", (0.5, 1.25), "between"),
        (".5", (0.5,), "all"),
    ],
)
def test_scales_are_read_as_they_are_typed(text, factors, pick):
    assert Scales.parse(text) == Scales(factors, pick)


@pytest.mark.parametrize("text", ["", "big", "0", "1..2..3", "0.5,", "-1", "1e3", "nan"])
def test_scales_that_make_no_sense_are_refused_with_the_text(text):
    with pytest.raises(BadParameter, match="scales"):
        Scales.parse(text)


def test_scales_by_chance_stay_within_what_was_asked():
    chance = np.random.default_rng(3)
    drawn = [Scales.parse("0.5..2").of(chance)[0] for _ in range(200)]
    assert min(drawn) >= 0.5
    assert max(drawn) <= 2
    assert len(set(drawn)) == 200
    assert {Scales.parse("0.5|2").of(chance) for _ in range(50)} == {(0.5,), (2.0,)}
    assert Scales.parse("0.5,2").of(chance) == (0.5, 2.0)


def test_only_pictures_larger_than_the_limit_are_cut():
    assert not Tiling((480, 640)).cuts((480, 640))
    assert Tiling((480, 640)).cuts((480, 641))
    assert not Tiling((480, 640), above=(1080, 1920)).cuts((1080, 1900))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Tiling((8, 640)),
        lambda: Tiling((640, 640), overlap=1),
        lambda: Tiling((640, 640), keep=1.5),
        lambda: Tiling((640, 640), above=(100, 100)),
        lambda: parse_size("640 x"),
        lambda: parse_size("640x-1"),
        lambda: Choices(negatives=2),
        lambda: Choices(quality=0),
        lambda: Choices(images="move"),
        lambda: Choices(encoding="gif"),
    ],
)
def test_choices_that_make_no_sense_are_refused(wrong):
    with pytest.raises(BadParameter):
        wrong()


def test_a_choice_that_does_not_exist_is_told_with_the_nearest():
    assert choices_with(Choices(seed=4), {"images": "none"}) == Choices(images="none", seed=4)
    with pytest.raises(BadParameter, match="did you mean 'images'"):
        choices_with(None, {"image": "none"})
