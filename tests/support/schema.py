"""Payloads held against the JSON Schema that ships."""

from __future__ import annotations

import json

import jsonschema

from edge.messages import payloads

SCHEMA = json.loads(payloads.SCHEMA_FILE.read_text())


def validate(kind: str, payload: object) -> None:
    """Holds a payload against one definition of the schema that ships."""
    jsonschema.Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": SCHEMA["$defs"]}).validate(payload)
