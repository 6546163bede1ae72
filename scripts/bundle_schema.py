"""Writes the JSON Schema of a bundle's manifest from its model: `python scripts/bundle_schema.py`.

A test says when the file is behind the model.
"""

from __future__ import annotations

import json

from edge.bundle import manifest

text = json.dumps(manifest.schema(), indent=2, sort_keys=True)
manifest.SCHEMA_FILE.write_text(text + "\n", encoding="utf-8")
print(f"{manifest.SCHEMA_FILE} is written")
