"""Writes the JSON Schema of config.toml from its model and the sample: `python scripts/config_schema.py`.

Editors complete and check a file by it, and show the sample's comments. A test says when the file is behind.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from edge.config import SCHEMA_FILE, Config

SAMPLE = Path(__file__).parent.parent / "config.toml"


def comments(sample: str) -> dict[tuple[str, str], str]:
    """What the sample says on the line of each key and on those that go on with it, by section and key."""
    found: dict[tuple[str, str], str] = {}
    section = key = ""
    for line in sample.splitlines():
        if header := re.fullmatch(r"\[([\w.]+)\]", line):
            section, key = header[1], ""
        elif assigned := re.match(r"(?:# )?(\w+) = [^#]*(?:# *(.*))?$", line):
            key = assigned[1]
            found[section, key] = assigned[2] or ""
        elif key and (more := re.match(r" +# *(.*)$", line)):
            found[section, key] += f" {more[1]}"
        else:
            key = ""
    return found


def schema() -> dict[str, Any]:
    """The schema, with the sample's comments as descriptions."""
    made = Config.model_json_schema()
    for (section, key), text in comments(SAMPLE.read_text(encoding="utf-8")).items():
        part = made
        for name in (*section.split("."), key):
            reference = part["properties"][name].get("$ref", "")
            part = made["$defs"][reference.rpartition("/")[2]] if reference else part["properties"][name]
        if text:
            part["description"] = text
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:maskgate:config", **made}


def text() -> str:
    """The file's content."""
    return json.dumps(schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(text(), encoding="utf-8")
    print(f"{SCHEMA_FILE} is written")
