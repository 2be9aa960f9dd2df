"""The interface of CarveKit on the engines of Mattebox: programs written for CarveKit run unchanged.

The pixels are CarveKit's, its oddities included; what they are, and which of its faults are gone, is told in
docs/carvekit.md. New programs are better served by `mattebox`.
"""

from __future__ import annotations

version = "4.5.2"
"""The version of CarveKit whose interface this is."""
