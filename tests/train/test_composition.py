from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mattebox.errors import BadParameter
from mattebox.train.composition import Composer, Mix, Sources
from mattebox.train.data import read_manifest

EVERYTHING = Mix(pasted=0.4, empty=0.1, procedural=0.3)


def test_samples_are_whole_and_repeatable(material: Path) -> None:
    composer, kept = Composer(read_manifest(material)), Composer(read_manifest(material), room=10**8)
    for seed in range(40):
        rgb, alpha, kind = composer.sample(64, EVERYTHING, np.random.default_rng(seed))
        again, again_alpha, again_kind = kept.sample(64, EVERYTHING, np.random.default_rng(seed))
        assert (rgb.shape, rgb.dtype, alpha.shape, alpha.dtype) == ((64, 64, 3), np.uint8, (64, 64), np.float32)
        assert 0 <= alpha.min() <= alpha.max() <= 1
        np.testing.assert_array_equal(rgb, again)
        np.testing.assert_array_equal(alpha, again_alpha)
        assert kind == again_kind


def test_material_of_sources_nobody_knows_is_drawn_evenly(material: Path) -> None:
    records = [replace(record, source=f"own{i}") for i, record in enumerate(read_manifest(material))]
    composer = Composer(records, Sources(natural={"pets": 3.0}))
    seen = {composer.sample(64, Mix(0, 0), np.random.default_rng(seed)).rgb.tobytes() for seed in range(12)}
    drawn = {int(np.searchsorted(composer._pair_odds, share)) for share in np.linspace(0.01, 0.99, 24)}
    assert len(seen) == 12
    assert len(drawn) == 24


def test_odds_decide_what_is_drawn(material: Path) -> None:
    composer = Composer(read_manifest(material), Sources(natural={"pets": 0.0}))
    drawn = {
        composer.pairs[int(np.searchsorted(composer._pair_odds, share))].source for share in np.linspace(0.01, 1, 50)
    }
    assert drawn == {"ecssd"}


@pytest.mark.parametrize(("kind", "said"), [("pair", "must hold pairs"), ("bg", "must hold backgrounds")])
def test_material_that_lacks_a_kind_is_refused(material: Path, kind: str, said: str) -> None:
    with pytest.raises(BadParameter, match=said):
        Composer([record for record in read_manifest(material) if record.type != kind])


@pytest.mark.parametrize(
    ("mix", "visible"),
    [(Mix(0, 1), False), (Mix(0, 1, 1), False), (Mix(1, 0), True), (Mix(1, 0, 1), True), (Mix(0, 0), True)],
)
def test_the_mix_decides_what_is_shown(material: Path, mix: Mix, visible: bool) -> None:
    composer = Composer(read_manifest(material))
    shown = [composer.sample(64, mix, np.random.default_rng(seed)).alpha.max() > 0.3 for seed in range(20)]
    assert np.mean(shown) > 0.8 if visible else not any(shown)


def test_kinds_are_told_where_the_material_knows_them(material: Path) -> None:
    composer = Composer(read_manifest(material))
    natural = {composer.sample(64, Mix(0, 0), np.random.default_rng(seed)).kind for seed in range(30)}
    pasted = {composer.sample(64, Mix(1, 0), np.random.default_rng(seed)).kind for seed in range(30)}
    drawn = {composer.sample(64, Mix(1, 0, 1), np.random.default_rng(seed)).kind for seed in range(40)}
    assert natural == {"animal", None}
    assert pasted >= {"animal", "object"}
    assert drawn == {"graphic", None}
    assert composer.sample(64, Mix(0, 1), np.random.default_rng(0)).kind is None
