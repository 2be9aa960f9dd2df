from __future__ import annotations

from pathlib import Path

import pytest

from mattebox.errors import BadParameter
from mattebox.zoo.card import Card, Weights
from mattebox.zoo.registry import CARDS, built_in_cards


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("mean =", "meen =", "unknown entries meen"),
        ('task = "segment"', "", "not a complete card: .*'task'"),
        ('task = "segment"', 'task = "segmant"', "no task 'segmant'; did you mean 'segment'?"),
        ('scale = "max"', 'scale = "min"', "no scale 'min'"),
        ('scale = "max"', 'fit = "shorter"', "no fit 'shorter'; did you mean 'short'?"),
        ('form = "torch"', 'form = "keras"', "no form of weights 'keras'"),
        ('form = "torch"', "former = 1", "not a complete card: .*'former'"),
        ("sha512 = ", "# ", "give at least one of sha512, sha256, md5, or first_sight = true"),
        ('form = "torch"', "first_sight = true", "first_sight is for form 'torch' only, not for 'onnx'"),
        ('sha512 = "1', 'sha512 = "', "sha512 must be 128 lower-case hexadecimal digits"),
        ('sha512 = "1', 'sha512 = "G', "sha512 must be 128 lower-case hexadecimal digits"),
        ("[weights]", "[[weights]]", "not a complete card"),
    ],
)
def test_a_card_with_a_wrong_entry_names_the_file_and_the_cause(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    text = (CARDS / "u2net.toml").read_text()
    assert before in text
    path = tmp_path / "broken.toml"
    path.write_text(text.replace(before, after))
    with pytest.raises(BadParameter, match=message) as error:
        Card.read(path)
    assert str(error.value).startswith(f"{path}: ")


def test_the_strongest_digest_names_the_weights() -> None:
    weights = Weights("a", md5="0" * 32, sha256="1" * 64)
    assert weights.digest == "1" * 64
    assert list(weights.digests) == ["sha256", "md5"]


def test_a_file_without_a_published_digest_has_no_name_of_its_own() -> None:
    weights = Weights("a", first_sight=True, form="torch")
    assert (weights.digest, weights.digests) == ("", {})


def test_files_that_take_one_size_only_are_known() -> None:
    fixed = {card.name for card in built_in_cards().values() if card.fixed}
    assert fixed == {"lite"} | {name for name in built_in_cards() if name.startswith("rembg_")}


def test_a_card_is_never_changed_and_can_be_a_key() -> None:
    card = Card.read(CARDS / "rembg_u2netp.toml")
    assert card.weights.urls == ("https://github.com/danielgatis/rembg/releases/download/v0.0.0/u2netp.onnx",)
    assert {card: 1}[Card.read(CARDS / "rembg_u2netp.toml")] == 1
