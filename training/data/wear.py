"""How a wrongly worn mask is worn, for the slices of an evaluation; no network is trained on it.

In class folders the folder below the class says so (`mask_worn_incorrectly/nose_out/1.jpg`). The
annotated frames of the common public set say nothing of it; `wear_kinds.json` says what was seen in one
look at their crops, by image name and number of the object: nose out, mouth and nose out, or unclear.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from edge.contract import Label
from training.data.readers import DataLayout, label_of

SEEN = Path(__file__).parent / "wear_kinds.json"


@cache
def _seen() -> dict[str, str]:
    return {name: kind for kind, names in json.loads(SEEN.read_text()).items() for name in names}


def kind_of(key: str) -> str:
    """How the mask is worn on the face of this key (`FaceRecord.key`); empty where unknown."""
    layout, *folders = key.partition("#")[0].split("/")
    if layout == DataLayout.FRAME:
        return _seen().get(key.rpartition("/")[2], "")
    # Data set, class, kind and file; a data set of a named source has a folder of its own between.
    classes = (at for at, name in enumerate(folders[1:-1], 1) if label_of(name))
    at = next(classes, 0)
    # Without a folder below the class there is no kind.
    incorrect = len(folders) > at + 2 and label_of(folders[at]) is Label.MASK_WORN_INCORRECTLY
    return folders[at + 1] if incorrect else ""
