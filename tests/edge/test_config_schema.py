"""The JSON Schema of config.toml."""

from __future__ import annotations

import json
import tomllib

import jsonschema
import pytest

from edge.config import SCHEMA_FILE
from scripts import config_schema
from tests.support.paths import ROOT

SAMPLE = (ROOT / "config.toml").read_text()
SCHEMA = json.loads(SCHEMA_FILE.read_text())


def test_the_schema_is_that_of_the_model() -> None:
    """`python scripts/config_schema.py` writes it again."""
    assert SCHEMA_FILE.read_text() == config_schema.text()


def test_the_sample_names_and_fulfils_it() -> None:
    """An editor that opens the sample finds the schema and nothing to complain of."""
    named = SAMPLE.splitlines()[0].removeprefix("#:schema ")
    assert (ROOT / named).resolve() == SCHEMA_FILE
    jsonschema.validate(tomllib.loads(SAMPLE), SCHEMA)


@pytest.mark.parametrize(
    "text", ["[camera]\nfsp = 5", "[camera]\nfps = 0", '[lamp]\nkind = "disco"', "[lamp.pins]\nred = 28"]
)
def test_slips_are_shown(text: str) -> None:
    """Unknown keys, numbers out of bounds and other choices are marked."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(text), SCHEMA)


def test_comments_are_shown() -> None:
    """The description of a key is the sample's comment, in all its lines."""
    camera = SCHEMA["$defs"]["CameraConfig"]["properties"]
    assert camera["max_age_s"]["description"] == "seconds; a live frame older than this is not used"
    assert "camera-password" in camera["password_file"]["description"]
