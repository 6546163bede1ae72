"""Writes docs/licences.md: the licence of every package that a lock pulls, from the installed metadata.

Usage: python scripts/licences.py, in the environment of requirements/dev.txt. A test says when a package of a
lock is missing there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "licences.md"
LOCKS = (
    "edge",
    "pi",
    "tflite",
    "web",
    "collector",
    "training",
    "workbench",
    "docs",
    "dev",
    "tracking",
    "pip-old",
    "pip-new",
    "load",
)

ELSEWHERE = {
    # Not in the environment of requirements/dev.txt on Linux, or without a licence in its metadata.
    "axe-playwright-python": "MIT",
    "colorama": "BSD-3-Clause",
    "lgpio": "Unlicense",
    "namex": "Apache-2.0",
    "tflite-runtime": "Apache-2.0",
    "tensorflow": "Apache-2.0",
    "pip": "MIT",
    "defusedxml": "PSF-2.0",
    "filterpy": "MIT",
    "motmetrics": "MIT",
    "norfair": "BSD-3-Clause",
    "pandas": "BSD-3-Clause",
    "supervision": "MIT",
    "xmltodict": "MIT",
    # For who measures load only, in an environment of its own.
    "blinker": "MIT",
    "brotli": "MIT",
    "configargparse": "MIT",
    "flask": "BSD-3-Clause",
    "flask-cors": "MIT",
    "flask-login": "MIT",
    "gevent": "MIT",
    "geventhttpclient": "MIT",
    "locust": "MIT",
    "pywin32": "PSF-2.0",
    "pyzmq": "BSD-3-Clause",
    "websocket-client": "Apache-2.0",
    "zope-event": "ZPL-2.1",
    "zope-interface": "ZPL-2.1",
}
NOTES = {
    "axe-playwright-python": "it holds axe-core (MPL-2.0), for tests only",
    "docutils": "the GPL is that of a file for Emacs, which its wheel does not hold",
    "opencv-python-headless": "its wheels hold FFmpeg (LGPL-2.1-or-later), loaded as libraries of their own",
    "pi-heif": "its wheels hold libheif and libde265 (LGPL-3.0)",
    "pillow-heif": "its wheels hold libheif and libde265 (LGPL-3.0) and x265 (GPL-2.0), for tests only",
    "psycopg-binary": "its wheels hold libpq (PostgreSQL) and OpenSSL (Apache-2.0)",
}
SHORT = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "MIT License": "MIT",
    "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "The Unlicense (Unlicense)": "Unlicense",
}
HEAD = """# Licences

MaskGate is under the [Apache License 2.0](../LICENSE). Its locks pull the packages below, each under its own
licence. A device needs only those of `edge` (with a Raspberry Pi's camera and pins: `pi`; with
tflite-runtime: `tflite`). `python scripts/licences.py` writes this page.

Three things ask for care when you pass on an image or a bundle of all packages:

- **FFmpeg** in the wheels of OpenCV is under the LGPL. Pass its licence on, and let people exchange the
  library.
- **libheif** in the wheels of pi-heif is under the LGPL. Only `training`, `workbench` and the extra
  `heif` bring it. The plugin with an encoder, pillow-heif, holds x265 under the GPL and is in `dev` only.
- **psycopg** is under the LGPL. Only `collector` and the extra `postgresql` bring it; the device does not
  need it.

| package | licence | locks | note |
|---|---|---|---|
"""


def locked() -> dict[str, list[str]]:
    """Each package and the locks that pull it."""
    found: dict[str, list[str]] = defaultdict(list)
    for lock in LOCKS:
        text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
        for name in sorted(set(re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE))):
            found[name.lower()].append(lock)
    return dict(sorted(found.items()))


def licence(name: str) -> str:
    """The licence of a package, as its metadata says."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return ELSEWHERE[name]
    if expression := told.get("License-Expression"):
        return str(expression)
    classes = [
        value.rpartition(" :: ")[2]
        for value in told.get_all("Classifier", [])
        if value.startswith("License ::") and not value.endswith("OSI Approved")
    ]
    if classes:
        return ", ".join(SHORT.get(one, one) for one in classes)
    return str(told.get("License", "")).splitlines()[0] if told.get("License") else ELSEWHERE[name]


def page() -> str:
    """The whole page."""
    rows = (
        f"| {name} | {licence(name)} | {', '.join(locks)} | {NOTES.get(name, '')} |\n"
        for name, locks in locked().items()
    )
    return HEAD + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE} is written")
