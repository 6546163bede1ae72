"""Jobs and runs for programs; the pages' tests see them through."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import cv2
import pytest

from tests.support.jobs import wait_until
from tests.support.training import draw_face
from tests.support.web import Served

pytestmark = pytest.mark.slow


def photos(*names: str) -> bytes:
    """A zip of drawn faces."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for seed, name in enumerate(names):
            archive.writestr(name, cv2.imencode(".png", draw_face(seed=40_000 + seed, side=140))[1].tobytes())
    return out.getvalue()


def job(changing_site: Served, name: str) -> dict[str, Any]:
    return dict(changing_site.client.get(f"/api/jobs/{name}").json())


def test_pictures_are_handed_in(changing_site: Served) -> None:
    """What was taken is told at once, and what became of it by the job."""
    before = changing_site.client.get("/api/datasets").json()
    answer = changing_site.client.post(
        "/api/additions?name=day.zip&source=entrance", content=photos("bare/1.png", "bare/text.txt")
    )
    assert answer.status_code == 202
    told = answer.json()
    assert (told["counts"], told["left_out"], told["others"]) == ({"without_mask": 1}, [], 1)
    assert told["job"]["title"] == "Add 1 picture of day.zip to entrance"
    name = told["job"]["id"]
    wait_until(lambda: job(changing_site, name)["state"] not in ("queued", "running"))
    found = job(changing_site, name)
    assert (found["state"], found["exit_code"]) == ("finished", 0)
    (result,) = found["results"]
    assert sum(result["counts"].values()) == 1
    joined = sum(count for what, count in result["counts"].items() if what.startswith("added"))
    after = changing_site.client.get("/api/datasets").json()
    assert sum(one["faces"] for one in after) == sum(one["faces"] for one in before) + joined
    assert [one["faces"] for one in after if one["name"] == "entrance"] == [joined]
    assert "maskgate-train add" in changing_site.client.get(f"/api/jobs/{name}/log").text
    assert changing_site.client.delete(f"/api/jobs/{name}").json()["state"] == "finished"
    again = changing_site.client.post(f"/api/jobs/{name}/resume")
    assert (again.status_code, again.json()["title"]) == (409, "Conflict")


def test_jobs_follow_each_other(changing_site: Served) -> None:
    """Also where nobody looks at the pages; one that waits is cancelled before it begins."""
    names = [
        changing_site.client.post("/api/additions", content=photos(f"bare/{number}.png")).json()["job"]["id"]
        for number in range(3)
    ]
    assert changing_site.client.delete(f"/api/jobs/{names[2]}").json()["state"] in ("cancelled", "finished")
    wait_until(lambda: job(changing_site, names[1])["state"] == "finished")
    assert job(changing_site, names[0])["state"] == "finished"
    assert {*names} <= {one["id"] for one in changing_site.client.get("/api/jobs").json()}


def test_a_training_without_a_word(changing_site: Served) -> None:
    """Is the one that the page suggests: by the recipe of a run here, which needs nothing from elsewhere."""
    told = changing_site.client.post("/api/retrain", json={}).json()
    changing_site.client.delete(f"/api/jobs/{told['id']}")
    assert told["title"].startswith("Train with the recipe of ")


@pytest.mark.parametrize(
    ("path", "content", "status", "words"),
    [
        ("/api/additions?name=a.zip", b"text", 422, "a.zip is no zip that can be read"),
        ("/api/additions?name=a.zip", photos("../bare/1.png"), 422, "which leads out of it"),
        ("/api/additions?name=a.zip", photos("hat/1.png"), 422, "a.zip does not say what hat/1.png show"),
        ("/api/additions?source=a/b", photos("bare/1.png"), 422, "a/b is no name of a source"),
        ("/api/additions?label=hat", photos("1.png"), 422, "query.label"),
        ("/api/retrain", b'{"recipe": "mine"}', 422, "there is no recipe mine"),
        ("/api/retrain", b'{"model": "mine"}', 422, "there is no bundle mine"),
        ("/api/retrain", b'{"rcipe": "mine"}', 422, "body.rcipe"),
        ("/api/jobs/absent/resume", b"", 404, "there is no job absent"),
    ],
)
def test_what_is_refused(changing_site: Served, path: str, content: bytes, status: int, words: str) -> None:
    """A problem as RFC 9457 has it; no job is queued and the data is as it was."""
    before = len(changing_site.client.get("/api/jobs").json())
    kind = {"content-type": "application/json" if path.endswith("retrain") else "application/zip"}
    answer = changing_site.client.post(path, content=content, headers=kind)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]
    assert len(changing_site.client.get("/api/jobs").json()) == before


def test_what_is_not_there(changing_site: Served) -> None:
    """Jobs and runs of other names, and what a run has not."""
    for path in (
        "jobs/absent",
        "jobs/absent/log",
        "runs/absent/report",
        "runs/small/bundle",
        "jobs/..%2fruns",
    ):
        assert changing_site.client.get(f"/api/{path}").status_code == 404, path
    assert changing_site.client.delete("/api/jobs/absent").status_code == 404


def test_without_data(bench: Served) -> None:
    """Nothing can be added or trained, and what to do is said."""
    for path, body in (("additions", photos("bare/1.png")), ("retrain", b"{}")):
        answer = bench.client.post(f"/api/{path}", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 409
        assert "there is no split" in answer.json()["detail"]


def test_a_report_is_given(changing_site: Served) -> None:
    """So that nothing in it runs."""
    answer = changing_site.client.get("/api/runs/small/report")
    assert "Report of a run" in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_it_is_described(changing_site: Served) -> None:
    """By OpenAPI, with the problems of each route."""
    paths = changing_site.client.get("/api/openapi.json").json()["paths"]
    assert {"get", "delete"} <= paths["/api/jobs/{name}"].keys()
    assert "application/zip" in paths["/api/additions"]["post"]["requestBody"]["content"]
    assert "409" in paths["/api/retrain"]["post"]["responses"]
