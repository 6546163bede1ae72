"""Asks a real Prometheus each query of Grafana's dashboard while the built-in clip plays.

    sudo apt-get install --no-install-recommends prometheus
    .venv/bin/python scripts/dashboard_check.py

`maskgate web --demo` is scraped every second. Ends with 1 where within `PATIENCE_S` a query gives no figure
above zero, or none at all where zero is what the clip gives.
"""

from __future__ import annotations

import json
import math
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import urlopen

ROOT = Path(__file__).parent.parent
DASHBOARD = ROOT / "packaging" / "container" / "grafana" / "maskgate.json"
PATIENCE_S = 300.0
"""The clip has to be played, and a rate wants two scrapes with something between them."""
STAYS_ZERO = ("blind", "unsent")
"""What the clip has nothing of."""
SCRAPE = """\
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: maskgate
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


def queries() -> Iterator[tuple[str, str]]:
    """The title of each panel with each of its queries."""
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def free_port() -> int:
    """One that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@contextmanager
def running(*command: str) -> Iterator[None]:
    """A program that is ended at the end; what it says goes nowhere."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            yield
        finally:
            process.terminate()


@contextmanager
def prometheus(folder: Path) -> Iterator[str]:
    """The address of a Prometheus that scrapes the built-in clip."""
    pages, own = free_port(), free_port()
    (folder / "prometheus.yml").write_text(SCRAPE.format(port=pages))
    with (
        running(str(Path(sys.executable).with_name("maskgate")), "web", "--demo", "--port", str(pages)),
        running(
            "prometheus",
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{own}",
        ),
    ):
        yield f"http://127.0.0.1:{own}"


def ask(address: str, query: str) -> list[float]:
    """The figures that a query gives now; none where Prometheus is not there yet.

    Raises:
        HTTPError: Prometheus does not understand the query.
    """
    try:
        with urlopen(f"{address}/api/v1/query?{urlencode({'query': query})}") as answer:  # noqa: S310
            series = json.load(answer)["data"]["result"]
    except HTTPError as error:
        if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
            raise
        return []
    except (URLError, ConnectionError):
        return []
    figures = (float(one["value"][1]) for one in series)
    return [figure for figure in figures if not math.isnan(figure)]


def answered(query: str, figures: list[float]) -> bool:
    """Whether these are what the clip has to give."""
    return any(figure > 0 for figure in figures) or (
        bool(figures) and any(word in query for word in STAYS_ZERO)
    )


def main() -> int:
    """Waits for all of them."""
    if shutil.which("prometheus") is None:
        print("There is no prometheus; install it from Debian's packages.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder, prometheus(Path(folder)) as address:
        waiting, end = list(queries()), time.monotonic() + PATIENCE_S
        while waiting and time.monotonic() < end:
            time.sleep(1)
            for title, query in list(waiting):
                if answered(query, figures := ask(address, query)):
                    waiting.remove((title, query))
                    print(f"{title}: {', '.join(f'{figure:.4g}' for figure in figures)}")
    for title, query in waiting:
        print(f"{title}: no figure from {query}")
    return bool(waiting)


if __name__ == "__main__":
    sys.exit(main())
