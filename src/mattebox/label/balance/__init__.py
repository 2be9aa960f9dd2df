"""Making labels count alike: what is uneven, how often to show each frame, and which tasks to move or to copy."""

from __future__ import annotations

from mattebox.label.balance.applying import apply_plan
from mattebox.label.balance.evenness import MEASURES, Evenness, label_evenness
from mattebox.label.balance.oversampling import oversample, remove_copies
from mattebox.label.balance.planning import plan
from mattebox.label.balance.plans import Plan, Step, Targets
from mattebox.label.balance.sampling import write_weights
from mattebox.label.balance.weights import Weights, repeat_factors

__all__ = [
    "MEASURES",
    "Evenness",
    "Plan",
    "Step",
    "Targets",
    "Weights",
    "apply_plan",
    "label_evenness",
    "oversample",
    "plan",
    "remove_copies",
    "repeat_factors",
    "write_weights",
]
