"""The clip that ships with the package; `PROVENANCE.md` says what it is made of."""

from pathlib import Path

CLIP = Path(__file__).parent / "entrance.webm"
