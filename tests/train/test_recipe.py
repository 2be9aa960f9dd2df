from __future__ import annotations

import re
from pathlib import Path

import pytest

from mattebox.errors import BadParameter
from mattebox.train.recipe import SHIPPED, Recipe
from mattebox.train.tasks import find_task


def test_the_rate_rises_holds_and_falls() -> None:
    recipe = Recipe.find("lite")
    factors = [recipe.factor(step) for step in range(recipe.steps)]
    held = sum(phase.steps for phase in recipe.phases if not phase.decay)
    assert factors[0] < 0.01
    assert factors[held - 1] == 1
    assert factors[-1] < 0.01
    assert all(a >= b for a, b in zip(factors[held:], factors[held + 1 :], strict=False))


def test_every_step_belongs_to_its_phase() -> None:
    recipe = Recipe.find("lite")
    first = recipe.phases[0].steps
    assert [recipe.phase(step) for step in (0, first - 1, first)] == [
        recipe.phases[0],
        recipe.phases[0],
        recipe.phases[1],
    ]
    assert recipe.phase(recipe.steps + 5) == recipe.phases[-1]


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("*.toml")))
def test_every_recipe_that_ships_can_be_read_and_has_a_task(name: str) -> None:
    recipe = Recipe.find(name)
    assert find_task(recipe.network)
    assert recipe.steps > 0


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("batch =", "bach =", "missing or unknown settings: bach, batch"),
        ("size = 160", "sise = 160", "missing or unknown settings: sise, size"),
        ("pasted =", "glued =", "missing or unknown settings: glued"),
        ("[sources.natural]", "[sources.photos]", "missing or unknown settings: photos"),
        ("warmup_steps = 200", "warmup_steps = 0", "warmup_steps = 0: must be at least 1"),
        ("batch = 32", "batch = 0", "batch = 0: must be at least 1"),
        ("steps = 5000", "steps = 0", "phases: at least one is needed"),
        ("size = 320\ndecay = true", "size = 320", "phases: those that decay must be the last ones"),
    ],
)
def test_a_wrong_recipe_is_told_with_the_file(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text((SHIPPED / "lite.toml").read_text().replace(right, wrong))
    with pytest.raises(BadParameter, match=re.escape(f"{path}: {said}")):
        Recipe.find(str(path))


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(BadParameter, match="Valid: detail, lite"):
        find_task("litle")


def test_a_recipe_that_does_not_ship_is_answered_with_those_that_do() -> None:
    with pytest.raises(BadParameter, match=r"no recipe 'litle'; did you mean 'lite'\? Valid: detail, lite"):
        Recipe.find("litle")
