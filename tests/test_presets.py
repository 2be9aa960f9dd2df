from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from mattebox._toml import read_toml
from mattebox.compose import parse_colour
from mattebox.errors import BadParameter
from mattebox.presets import Preset, find_preset, load_presets

PRESETS = load_presets().values()


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_every_preset_is_valid(preset):
    assert preset.title
    assert min(preset.width, preset.height) >= 500
    assert 0.5 <= preset.fill <= 1
    if preset.background == "transparent":
        assert preset.format in {"png", "webp"}
    else:
        assert len(parse_colour(preset.background)) == 3
    assert preset.format in {"jpeg", "png", "webp"}
    assert (preset.quality is None) == (preset.format == "png")
    assert preset.quality is None or 80 <= preset.quality <= 100
    assert preset.minimum is None or preset.minimum <= max(preset.width, preset.height)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_rule_names_its_page_and_how_it_was_read(preset):
    assert bool(preset.rule) == bool(preset.source)
    if preset.rule:
        assert urlsplit(preset.source).scheme == "https"
        assert preset.verified or preset.checked
    else:
        assert preset.minimum is None
        assert not preset.verified


@pytest.mark.parametrize(
    ("name", "fill", "minimum", "background"),
    [
        ("amazon", 0.85, 1000, "#ffffff"),
        ("walmart", None, 1500, "#ffffff"),
        ("ebay", None, 500, None),
        ("google-shopping", 0.85, 500, None),
        ("transparent-square", None, None, "transparent"),
    ],
)
def test_presets_hold_what_their_rules_say(name, fill, minimum, background):
    preset = find_preset(name)
    assert preset.minimum == minimum
    assert fill in {None, preset.fill}
    assert background in {None, preset.background}


def test_unknown_preset_names_the_nearest():
    with pytest.raises(BadParameter, match=r"did you mean 'amazon'\? Valid: amazon, ebay"):
        find_preset("amazn")


def test_presets_are_read_once_and_cannot_be_changed():
    assert load_presets() is load_presets()
    with pytest.raises(AttributeError):
        find_preset("ebay").width = 1


def test_a_preset_needs_only_what_has_no_default():
    assert Preset("mine", "Mine", 10, 10, 0.5).background == "#ffffff"


@pytest.mark.parametrize("content", [b"a = ", b"\xff\xfe", None], ids=["not toml", "not text", "missing"])
def test_a_file_that_is_not_toml_is_named(tmp_path, content):
    path = tmp_path / "x.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadParameter, match=r"x\.toml"):
        read_toml(path)


def test_toml_values_keep_their_types(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text('[a]\nb = [1, 2.5]\nc = "ü"\n', encoding="utf-8")
    assert read_toml(path) == {"a": {"b": [1, 2.5], "c": "ü"}}


@pytest.mark.parametrize(("said", "meant"), [(True, "drop"), (False, None), ("cast", "cast"), (None, None)])
def test_older_programs_say_true_for_a_shadow(said, meant):
    assert replace(find_preset("amazon"), shadow=said).shadow == meant
