"""The pages for people: status, trying a picture, login. What moves on them comes from the API."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from edge.web.api import Services
from edge.web.auth import COOKIE, SESSION_S, check_site
from edge.web.middleware import client_of
from edge.web.problems import ProblemError

HERE = Path(__file__).parent
LANGUAGE_COOKIE = "maskgate-language"
MOST_LOGIN_BYTES = 4096
_templates = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True)

routes = APIRouter(include_in_schema=False)


@cache
def languages() -> dict[str, dict[str, str]]:
    """The texts of each language by their keys; the first language is the one for everybody else."""
    files = sorted((HERE / "translations").glob("*.toml"), key=lambda file: (file.stem != "en", file.stem))
    return {file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in files}


def language_of(request: Request) -> str:
    """The language of a page: the one chosen, else the first that the browser asks for and that there is."""
    known = languages()
    for asked in (request.query_params.get("lang", ""), request.cookies.get(LANGUAGE_COOKIE, "")):
        if asked in known:
            return asked
    for part in request.headers.get("accept-language", "").split(","):
        asked = part.split(";")[0].strip().lower().split("-")[0]
        if asked in known:
            return asked
    return next(iter(known))


@routes.get("/")
async def status_page(request: Request, web: Services) -> Response:
    """The lamp, who passed, and the counts."""
    return _guarded_page(request, web, "status.html")


@routes.get("/try")
async def try_page(request: Request, web: Services) -> Response:
    """A picture is chosen, and its faces are judged."""
    return _guarded_page(request, web, "try.html")


@routes.get("/login")
async def login_page(request: Request) -> Response:
    """Asks for the token."""
    return _page(request, "login.html", {"problem": ""})


@routes.post("/login")
async def login(request: Request, web: Services) -> Response:
    """Takes the token; a session begins, whose cookie no script can read."""
    check_site(request.headers)
    try:
        async with request.form(max_files=0, max_fields=1, max_part_size=MOST_LOGIN_BYTES) as form:
            web.guard.check_token(client_of(request.scope), str(form.get("token", "")).strip())
    except ProblemError as error:
        return _page(request, "login.html", {"problem": str(error)}, error.status, error.headers)
    answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        COOKIE,
        web.guard.begin_session(),
        max_age=SESSION_S,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


@routes.post("/logout")
async def logout(request: Request, web: Services) -> Response:
    """Ends the session."""
    check_site(request.headers)
    web.guard.end_session(request.cookies.get(COOKIE, ""))
    answer = RedirectResponse("/login", HTTPStatus.SEE_OTHER)
    answer.delete_cookie(COOKIE)
    return answer


def mount_files(app: FastAPI) -> None:
    """Serves style, scripts and icon."""
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")


def _guarded_page(request: Request, web: Services, template: str) -> Response:
    try:
        web.guard.check_request(client_of(request.scope), request.headers, request.cookies)
    except ProblemError:
        return RedirectResponse("/login", HTTPStatus.SEE_OTHER)
    return _page(request, template, {"closable": not web.guard.open, "live_view": web.live_view})


def _page(
    request: Request,
    template: str,
    values: dict[str, Any],
    status: int = HTTPStatus.OK,
    headers: dict[str, str] | None = None,
) -> Response:
    language = language_of(request)
    texts = languages()[language]
    text = _templates.get_template(template).render(
        {
            "request": request,
            "t": texts,
            # A data block, which no browser runs: `<` would end it.
            "texts_json": Markup(json.dumps(texts, ensure_ascii=False).replace("<", "\\u003c")),  # noqa: S704
            "language": language,
            "language_names": {code: other["language_name"] for code, other in languages().items()},
            **values,
        }
    )
    page = HTMLResponse(text, status, headers)
    if request.query_params.get("lang", "") in languages():
        page.set_cookie(LANGUAGE_COOKIE, language, max_age=365 * 86_400, samesite="strict")
    return page
