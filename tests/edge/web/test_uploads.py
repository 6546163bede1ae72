"""Pictures out of a request stay in memory."""

from __future__ import annotations

import tempfile

import pytest

from tests.edge.web.test_api import predict
from tests.support.images import picture
from tests.support.pictures import encoded
from tests.support.web import Served


def test_no_upload_becomes_a_file(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture of several megabytes is judged where no temporary file can be made."""
    data = encoded(".png", picture(1600, 1200))
    assert len(data) > 2 << 20
    monkeypatch.setattr(tempfile, "TemporaryFile", None)
    monkeypatch.setattr(tempfile, "_TemporaryFileArgs", None, raising=False)

    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError("a picture was written to a file")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", refuse)
    assert predict(server, data).status_code == 200
