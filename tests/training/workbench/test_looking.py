"""A picture as the page shows it."""

from __future__ import annotations

import base64

import pytest

from edge.config import Config
from edge.errors import SourceError
from edge.system.image_files import decode_image
from edge.web.uploads import Upload
from tests.support.pictures import photo
from training.workbench.looking import LookOptions, look
from training.workbench.models import SHIPPED, ModelShelf, TriedModel


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> TriedModel:
    """The shipped bundle."""
    return ModelShelf(Config(), (), tmp_path_factory.mktemp("runs")).open(SHIPPED)


def test_a_picture_is_shown_with_pixelated_eyes(shipped: TriedModel) -> None:
    """In the picture, in the crop and below the heat map, unless that is switched off."""
    upload = Upload("photo", photo())
    hidden, open_ = (
        look(upload, [shipped], LookOptions(pixelated=pixelated)).models[0] for pixelated in (True, False)
    )
    assert hidden.faces[0].still == open_.faces[0].still
    for one, other in (
        (hidden.picture, open_.picture),
        (hidden.faces[0].crop, open_.faces[0].crop),
        (hidden.faces[0].heat, open_.faces[0].heat),
    ):
        assert one != other
        kind, _, data = one.partition(",")
        assert kind == "data:image/jpeg;base64"
        assert decode_image(base64.b64decode(data), "shown").ndim == 3


def test_heat_maps_only_where_they_are_asked_for(shipped: TriedModel) -> None:
    """They take longer than all else."""
    view = look(Upload("photo", photo()), [shipped], LookOptions(heat=False))
    assert [(face.heat, face.no_heat) for face in view.models[0].faces] == [("", "")]


def test_what_is_no_picture_is_named(shipped: TriedModel) -> None:
    """By the name that its sender gave it."""
    with pytest.raises(SourceError, match="letter is damaged, or not a picture"):
        look(Upload("letter", b"text"), [shipped], LookOptions())
