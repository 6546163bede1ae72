"""What programs are told of the data."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.support.web import Served

pytestmark = pytest.mark.slow


def test_the_data_sets_are_listed(site: Served) -> None:
    """With their faces by label and part."""
    (found,) = site.client.get("/api/datasets").json()
    assert (found["name"], found["faces"], found["left_out"]) == ("hall", 300, 0)
    assert set(found["labels"].values()) == {100}
    assert sum(found["parts"].values()) == 300


def test_a_face_is_given(site: Served) -> None:
    """As a tile or larger; with the eyes as they are only where that is asked for."""
    pictures = {}
    for query in ("", "?large=true", "?eyes=true"):
        answer = site.client.get(f"/api/faces/0{query}")
        assert answer.headers["content-type"] == "image/jpeg"
        pictures[query] = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert pictures[""].shape == (112, 112, 3)
    assert pictures["?large=true"].shape == (480, 480, 3)
    assert (pictures[""] != pictures["?eyes=true"]).any()


def test_a_face_that_is_not_there(site: Served) -> None:
    """Is a problem as RFC 9457 has it."""
    answer = site.client.get("/api/faces/300")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "there is no face 300; the data has 300"
    assert site.client.get("/api/faces/-1").status_code == 422


def test_without_data(bench: Served) -> None:
    """What is to be done is said."""
    for path in ("/api/datasets", "/api/faces/0"):
        answer = bench.client.get(path)
        assert answer.status_code == 409
        assert "there is no split" in answer.json()["detail"]
