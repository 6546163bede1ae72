"""A picture in, labels out."""

from __future__ import annotations

import threading

import cv2
import numpy as np
import pytest

from edge.config import Config
from edge.daemon.factory import open_bundle, open_vision
from edge.errors import SourceError
from edge.web.prediction import Predictor
from tests.support.pictures import photo


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    bundle = open_bundle(Config())
    return Predictor(lambda: open_vision(Config(), bundle), threads=2)


def test_threads_do_not_disturb_each_other(predictor: Predictor) -> None:
    """More callers than models get the answer that one alone gets."""
    alone = predictor.predict(photo(), "photo").faces
    found: list[object] = []
    callers = [
        threading.Thread(target=lambda: found.append(predictor.predict(photo(), "photo").faces))
        for _ in range(6)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert found == [alone] * 6


def test_what_does_not_count_is_told_by_its_place(predictor: Predictor) -> None:
    """Whoever shows the picture has to pixelate it as well."""
    distant = cv2.resize(
        cv2.imdecode(np.frombuffer(photo(), np.uint8), cv2.IMREAD_COLOR), None, fx=0.16, fy=0.16
    )
    canvas = np.full((480, 640, 3), 200, np.uint8)
    canvas[200 : 200 + distant.shape[0], 300 : 300 + distant.shape[1]] = distant
    found = predictor.predict(cv2.imencode(".png", canvas)[1].tobytes(), "distant")
    assert (found.faces, found.prediction) == ([], None)
    (place,) = found.uncounted
    assert 300 < place.x + place.w / 2 < 300 + distant.shape[1]


def test_models_come_back_after_an_error(predictor: Predictor) -> None:
    """Bad pictures, however many, use up no model."""
    for _ in range(3):
        with pytest.raises(SourceError, match="upload"):
            predictor.predict(b"\xff\xd8 no picture", "upload")
    assert predictor.predict(photo(), "photo").faces
