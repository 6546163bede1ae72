"""What kind of machine this is."""

from __future__ import annotations

import platform
from pathlib import Path

MODELS = ("firmware/devicetree/base/model", "class/dmi/id/product_name")
"""Where boards and PCs say it, below /sys."""


def model(sys: Path = Path("/sys")) -> str:
    """The name that the maker gave it; its processor's kind where nothing tells."""
    for name in MODELS:
        try:
            text = (sys / name).read_text(encoding="utf-8", errors="replace").strip("\0 \n")
        except OSError:
            continue
        if text:
            return text
    return platform.machine()
