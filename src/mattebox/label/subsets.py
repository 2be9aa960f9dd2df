"""The parts of a split, and the names that people give them."""

from __future__ import annotations

__all__ = ["PARTS", "part_of", "place_of"]

PARTS = ("train", "val", "test")
"""The parts of a split, in the order of their shares."""

NAMES = {
    "train": ("train", "training", "трейн", "обучение", "обучающая", "тренировка", "тренировочная"),
    "val": ("val", "valid", "validation", "dev", "вал", "валидация", "валидационная", "проверка", "проверочная"),
    "test": ("test", "testing", "тест", "тестовая", "тестирование", "контроль", "контрольная"),
}
"""What each part is called, in English and in Russian."""

BY_NAME = {name: part for part, names in NAMES.items() for name in names}


def part_of(name: str) -> str:
    """The part of a split that a name means: `train`, `val` or `test`; `other` for a name that means none of them.

    Example:
        >>> part_of("Train"), part_of("Validation"), part_of("Тестовая выборка"), part_of("spare"), part_of("")
        ('train', 'val', 'test', 'other', '')
    """
    words = name.strip().lower().removesuffix("set").removesuffix("выборка").removesuffix("subset").strip(" _-")
    return BY_NAME.get(words, "other") if words else ""


def place_of(subset: str) -> str:
    """The part of a split that a subset is, or the subset itself where it is none of them.

    Example:
        >>> place_of("Training"), place_of("spare")
        ('train', 'spare')
    """
    part = part_of(subset)
    return subset if part == "other" else part
