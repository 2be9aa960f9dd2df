"""Checks of data sets: what is doubtful in them, told with its place, and mended where that needs no guessing."""

from __future__ import annotations

from mattebox.label.checks.running import CHECKS, check, chosen, repair
from mattebox.label.checks.scope import Check, RowCheck, Scope, TaskCheck, Told
from mattebox.label.soundness import Finding

__all__ = ["CHECKS", "Check", "Finding", "RowCheck", "Scope", "TaskCheck", "Told", "check", "chosen", "repair"]
