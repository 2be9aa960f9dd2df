from __future__ import annotations

import re
from pathlib import Path

from mattebox.zoo.document import page
from mattebox.zoo.registry import built_in_cards

DOCS = Path(__file__).parent.parent.parent / "docs"


def test_the_page_of_the_models_is_that_of_the_cards() -> None:
    written = (DOCS / "models.md").read_text(encoding="utf-8")
    assert written == page(built_in_cards().values()), "the cards have changed; run make docs"


def test_every_model_is_told_with_its_licences_and_digests() -> None:
    text = page(built_in_cards().values())
    sections = {part.split("\n", 1)[0]: part for part in re.split(r"^### ", text, flags=re.MULTILINE)[1:]}
    assert set(sections) == set(built_in_cards())
    for name, card in built_in_cards().items():
        assert (card.weights.digest or "none published; taken at first sight") in sections[name]
        assert card.licence.data in sections[name]


def test_networks_that_find_opacity_are_told_to_see_tiles_and_no_size() -> None:
    cards = [card for card in built_in_cards().values() if card.task == "matte"]
    told = [line for line in page(cards).splitlines() if line.startswith(("| [", "- Input: "))]
    assert len(told) == 2 * len(cards)
    assert all("tiles" in line for line in told)
    assert not [line for line in told if re.search(r"\d x \d|<= ?\d|\d pixels", line)]


def test_the_card_in_the_guide_is_one(tmp_path: Path) -> None:
    from mattebox.zoo.card import Card

    (example,) = re.findall(r"```toml\n(.*?)```", (DOCS / "weights.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    (tmp_path / "own.toml").write_text(example)
    assert Card.read(tmp_path / "own.toml").family == "own"
