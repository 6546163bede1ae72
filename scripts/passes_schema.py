"""Writes the JSON Schema of a file of truths from its model: `python scripts/passes_schema.py`.

A test says when the file is behind the model.
"""

from __future__ import annotations

import json

from training.evaluation import passes

text = json.dumps(passes.schema(), indent=2, sort_keys=True)
passes.SCHEMA_FILE.write_text(text + "\n", encoding="utf-8")
print(f"{passes.SCHEMA_FILE} is written")
