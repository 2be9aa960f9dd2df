"""Training sets of any format: samples planned from tasks, scaled and cut, written with their pictures, and resumed.

A format is a `Recipe`: it says which rows it can hold, where pictures go, and which files belong to a sample.
"""

from __future__ import annotations

from mattebox.label.building.choices import Choices, Scales, Tiling
from mattebox.label.building.planning import labels_of, plan
from mattebox.label.building.recipe import Files, Recipe
from mattebox.label.building.reel import Reel, Shot
from mattebox.label.building.run import build_set

__all__ = ["Choices", "Files", "Recipe", "Reel", "Scales", "Shot", "Tiling", "build_set", "labels_of", "plan"]
