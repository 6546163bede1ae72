"""The forms in which other tools write annotations, to name one that is not read here.

Sources: COCO, data format; VIA 2, project and CSV; Label Studio, JSON export; CVAT, XML 1.1; LabelMe, JSON;
Ultralytics YOLO, `labels/*.txt` and `data.yaml`.
"""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

_HEAD = 64 * 1024
_LOOKED_AT = 1000
"""So many files of a folder are looked at: they are of one form."""

_JSON = {
    "VIA": r'"_via_|"region_attributes"|"shape_attributes"',
    "LabelMe": r'"imagePath"[\s\S]*"shapes"|"shapes"[\s\S]*"imagePath"',
    "Label Studio": r'"rectanglelabels"|"from_name"|"annotation_id"',
    "COCO": r'"(images|annotations|categories|bbox)"\s*:',
}
_CSV = {"VIA": r"^\W*filename,.*region_shape_attributes", "CSV": r"^\W*\w+,.*xmin"}
_SIGNS = {
    ".json": _JSON,
    ".csv": _CSV,
    ".xml": {"CVAT": r"<annotations\b[\s\S]*<(meta|image|track|version)\b"},
    ".txt": {"YOLO": r"^\d+([ \t]+-?[\d.]+(e-?\d+)?){4,}[ \t]*$"},
}
"""By suffix, what the beginning of a file holds that is of a form."""


def form_of(file: Path) -> str:
    """The form of a file of annotations that is not read here; empty where it is of none that is known."""
    signs = _SIGNS.get(file.suffix.lower(), {})
    if not signs or not file.is_file():
        return ""
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEAD).decode("utf-8-sig", "replace")
    except OSError:
        return ""
    return next((form for form, sign in signs.items() if re.search(sign, head, re.MULTILINE)), "")


def other_form(folder: Path) -> tuple[Path, str] | None:
    """The first file below a folder that is of a form that is not read here, and the form."""
    files = (file for file in sorted(folder.rglob("*")) if file.suffix.lower() in _SIGNS)
    named = ((file, form_of(file)) for file in islice(files, _LOOKED_AT))
    return next(((file, form) for file, form in named if form), None)
