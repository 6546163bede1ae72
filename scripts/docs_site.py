"""Builds the site of the documents into build/site: `python scripts/docs_site.py`; `make docs` does it too.

The pages and the files that they link lie in the site as in the repository, so that every link holds in
both. Its menu is docs/index.md. A warning, a broken link, a page that the menu lacks, and anything that a
page would load from elsewhere are errors. Two scripts are fetched once by npm: Mermaid, which draws the
diagrams, and what search needs where the files are opened without a server. Without npm diagrams are shown
as their text.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build"
STYLE = Path("docs") / "site.css"
SITE = "site"
LOADED = {("script", "src"), ("link", "href"), ("img", "src"), ("source", "src"), ("iframe", "src")}
"""Attributes whose file a browser loads by itself."""


def pages() -> list[Path]:
    """The Markdown files of the site."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "systemd" / "README.md"])


def linked(page: Path) -> Iterator[Path]:
    """The files of the project that a page links."""
    for link in re.findall(r"\]\(([^)\s#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not urlsplit(link).scheme:
            yield (page.parent / link).resolve()


def stage(folder: Path) -> None:
    """Copies the pages, and what they link, to where they are in the repository."""
    shutil.rmtree(folder, ignore_errors=True)
    for file in {ROOT / STYLE, *pages(), *(file for page in pages() for file in linked(page))}:
        copy = folder / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)


def menu() -> list[dict[str, Any]]:
    """The menu: README.md, then the sections of docs/index.md with the first link of each line."""
    found: list[dict[str, Any]] = [{"MaskGate": "README.md"}]
    for part in (ROOT / "docs" / "index.md").read_text(encoding="utf-8").split("\n## ")[1:]:
        links = re.findall(r"^- \[([^\]]+)\]\(([^)]+\.md)\)", part, flags=re.MULTILINE)
        entries = [_entry(title, (ROOT / "docs" / link).resolve()) for title, link in links]
        found.append({part.partition("\n")[0]: entries})
    return [*found, {"All documents": "docs/index.md"}]


def _entry(title: str, page: Path) -> dict[str, Any]:
    """A page; with those beside it where it is the README of a folder."""
    name = str(page.relative_to(ROOT))
    beside = [str(one.relative_to(ROOT)) for one in sorted(page.parent.glob("*.md")) if one != page]
    return {title: [name, *beside] if page.name == "README.md" and beside else name}


def faults() -> list[str]:
    """What is wrong before anything is built: a link to a file that is not there, a page in no menu."""
    found = [
        f"{page.relative_to(ROOT)} links {os.path.relpath(file, ROOT)}, which is not there"
        for page in pages()
        for file in linked(page)
        if not file.is_file()
    ]
    named = set(_names(menu()))
    lost = [name for page in pages() if (name := str(page.relative_to(ROOT))) not in named]
    return [*found, *(f"{name} is in no menu; link it in docs/index.md" for name in lost)]


def _names(entry: Any) -> Iterator[str]:
    """The pages of a menu, or of a part of one."""
    if isinstance(entry, str):
        yield entry
        return
    for part in entry.values() if isinstance(entry, dict) else entry:
        yield from _names(part)


@dataclass(frozen=True)
class NpmFile:
    """A file of a package of npm.

    Attributes:
        package: Its name and version.
        member: The file in its archive.
        sha512: Of the archive, in hexadecimal.
    """

    package: str
    member: str
    sha512: str

    def fetch(self, npm: str, target: Path) -> None:
        """Writes the file unless it is there.

        Raises:
            SystemExit: npm gives none, or another package than was looked at.
        """
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        command = [npm, "pack", self.package, "--silent", "--pack-destination", str(target.parent)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise SystemExit(f"npm cannot fetch {self.package}: {' '.join(done.stderr.split())}")
        packed = target.parent / done.stdout.split()[-1]
        if hashlib.sha512(packed.read_bytes()).hexdigest() != self.sha512:
            raise SystemExit(f"npm gives another {self.package} than scripts/docs_site.py names")
        with tarfile.open(packed) as archive:
            content = archive.extractfile(self.member)
            target.write_bytes(content.read() if content else b"")


MERMAID, WORKER = "mermaid.tiny.js", "iframe-worker.js"
SCRIPTS = {
    MERMAID: NpmFile(
        "@mermaid-js/tiny@12.0.0",
        "package/dist/mermaid.tiny.js",
        "656f585f2fb7b522cfb1c053f8d9d03b42b4a981fb046112e6713197a4a7a328"
        "1ecbbc5dd8dd1c3bb36adf437993fbbb808798a02ae5772572f954c2316acd0d",
    ),
    WORKER: NpmFile(
        "iframe-worker@1.0.4",
        "package/shim/index.js",
        "ae879a688f8b8352c935f8290a3a117bff96cc48f2f7e674f0ba04beef393023"
        "db063c26faa5f3f00839534e651dae95d42cac6721b313448e900b52500e6aed",
    ),
}


def fetch_scripts(folder: Path) -> list[Path]:
    """The scripts, fetched where they are missing; none without npm."""
    npm = shutil.which("npm")
    if npm is None:
        return []
    for name, script in SCRIPTS.items():
        script.fetch(npm, folder / name)
    return [folder / name for name in SCRIPTS]


def configuration(source: Path, scripts: Sequence[Path]) -> dict[str, Any]:
    """mkdocs.yml with menu and folders, and the scripts where there are any."""
    made: dict[str, Any] = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    made |= {"nav": menu(), "docs_dir": source.name, "site_dir": SITE}
    # As the plugin for pages without a server has it, so that addresses do not hang on the scripts.
    made["use_directory_urls"] = False
    if scripts:
        return made | {"extra_javascript": [MERMAID], "extra": {"polyfills": [WORKER]}}
    # Else the theme would load both from elsewhere.
    made["plugins"].remove("offline")
    fences = next(one for one in made["markdown_extensions"] if "pymdownx.superfences" in one)
    fences["pymdownx.superfences"] = {}
    return made


def build(folder: Path, scripts: Sequence[Path]) -> Path:
    """Builds the site into a folder.

    Returns:
        The folder of the site within it.

    Raises:
        SystemExit: Something is broken.
    """
    if wrong := faults():
        raise SystemExit("\n".join(wrong))
    source, site = folder / "site-source", folder / SITE
    stage(source)
    for script in scripts:
        shutil.copy(script, source)
    config = folder / "mkdocs.yml"
    config.write_text(yaml.safe_dump(configuration(source, scripts)), encoding="utf-8")
    shutil.rmtree(site, ignore_errors=True)
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean", "-f", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr.partition("Traceback")[0])
    if found := problems(site):
        raise SystemExit("\n".join(found))
    return site


@dataclass
class BuiltPage(HTMLParser):
    """What a page of the site links and loads, and its anchors."""

    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """Notes what it finds."""
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            elif value and ((tag, name) in LOADED or (tag, name) == ("a", "href")):
                (self.links if tag == "a" else self.loaded).append(value)


def problems(site: Path) -> list[str]:
    """What is broken in a built site: a sentence for each link, and for what is loaded from elsewhere."""
    built = {}
    for file in sorted(site.rglob("*.html")):
        built[file] = BuiltPage()
        built[file].feed(file.read_text(encoding="utf-8"))
    found = []
    for file, page in built.items():
        name = file.relative_to(site)
        found += [f"{name} loads {one}" for one in page.loaded if _is_elsewhere(one)]
        local = [one for one in page.links + page.loaded if not _is_elsewhere(one)]
        found += [f"{name} links {one}" for one in local if not _leads(one, file, site, built)]
    return found


def _is_elsewhere(link: str) -> bool:
    parts = urlsplit(link)
    return bool(parts.netloc) or parts.scheme not in ("", "data")


def _leads(link: str, file: Path, site: Path, built: dict[Path, BuiltPage]) -> bool:
    """Whether a link of a page leads to a file, and to an anchor where it names one."""
    parts = urlsplit(link)
    if parts.scheme:
        return True
    # The page of what is not found is shown anywhere, so it names all from the root.
    base = site if parts.path.startswith("/") else file.parent
    target = (base / unquote(parts.path).lstrip("/")).resolve() if parts.path else file
    if target.is_dir():
        target /= "index.html"
    if not target.exists():
        return False
    return not parts.fragment or target not in built or unquote(parts.fragment) in built[target].anchors


def main() -> None:
    """Builds the site, or fetches the scripts alone."""
    if sys.argv[1:] == ["--scripts"]:
        fetch_scripts(BUILD / "npm")
        return
    BUILD.mkdir(exist_ok=True)
    build(BUILD, fetch_scripts(BUILD / "npm"))
    print("build/site/index.html is built")


if __name__ == "__main__":
    main()
