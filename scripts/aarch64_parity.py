"""Shows that a bundle gives the same labels on x86-64 and on emulated aarch64, crop by crop.

    .venv/bin/python scripts/aarch64_parity.py [BUNDLE] [--faces split.json] [--crops 200]

It fetches qemu-user and an arm64 Python from Debian, and the arm64 packages of requirements/edge.txt
from the package index, into a folder of its own (about 450 MB, --home). It needs no root: nothing is
mounted, registered or installed. Both sides run the same code of this checkout on the same pictures:
cut, resize, classify. Where emulation cannot be had it prints "skipped: " and why, and ends with 0;
--require makes that 3. Labels that differ end it with 1.

qemu 7.2, which Debian 12 has, crashes in LiteRT; version 10 of Debian 13 does not.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "maskgate" / "aarch64"
SUITE, PYTHON = "trixie", "3.13"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
NEEDED = ("apt-get", "dpkg-deb")
PACKAGES = (f"python{PYTHON}", "libstdc++6", "libgcc-s1")
GLIBC = (17, 24, 26, 27, 28, 31, 34, 35, 39)
"""glibc 2.x of the wheels that Debian 13 can load."""


class CannotEmulateError(Exception):
    """Why there is no emulation here."""


@dataclass(frozen=True)
class Emulator:
    """A folder with qemu, an arm64 system and arm64 packages."""

    home: Path

    @property
    def qemu(self) -> Path:
        """The emulator."""
        return self.home / "qemu" / "usr" / "bin" / "qemu-aarch64"

    @property
    def system(self) -> Path:
        """Root of the arm64 system."""
        return self.home / "system"

    @property
    def packages(self) -> Path:
        """Python packages for it."""
        return self.home / "packages"

    def command(self) -> list[str]:
        """Python of the arm64 system."""
        return [str(self.qemu), "-L", str(self.system), str(self.system / "usr" / "bin" / f"python{PYTHON}")]

    def environment(self) -> dict[str, str]:
        """So that it finds its own library and packages, and leaves nothing in the checkout."""
        return {
            "PATH": os.environ["PATH"],
            "PYTHONHOME": str(self.system / "usr"),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(self.packages)]),
            "PYTHONPYCACHEPREFIX": str(self.home / "compiled"),
            # Threads are what emulation is worst at.
            "OPENBLAS_NUM_THREADS": "1",
        }


def prepare(home: Path) -> Emulator:
    """Fetches what is not there yet; each step leaves its folder only when it is done."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise CannotEmulateError(f"this is {platform.system()} on {platform.machine()}, not Linux on x86-64")
    made = Emulator(home)
    home.mkdir(parents=True, exist_ok=True)
    if not made.qemu.exists() or not made.system.exists():
        _fetch_system(made)
    if not made.packages.exists():
        _fetch_packages(made)
    run([*made.command(), "-c", "import numpy, cv2, ai_edge_litert"], env=made.environment())
    return made


def _fetch_system(made: Emulator) -> None:
    missing = [name for name in NEEDED if shutil.which(name) is None]
    missing += [] if KEYRING.exists() else [str(KEYRING)]
    if missing:
        raise CannotEmulateError(
            f"{', '.join(missing)} is not here; Debian's tools fetch what emulation needs"
        )
    apt = _apt(made.home / "apt")
    environment = {**os.environ, "APT_CONFIG": str(apt / "apt.conf")}
    run(["apt-get", "update"], env=environment)
    options = ("install", "-y", "--download-only", "--no-install-recommends")
    run(["apt-get", *options, *PACKAGES], env=environment)
    native = run(["dpkg", "--print-architecture"]).strip()
    run(["apt-get", "download", f"qemu-user:{native}"], env=environment, cwd=apt)
    _unpack(sorted((apt / "cache" / "archives").glob("*.deb")), made.system)
    # What the packages expect of a merged /usr, and the system's own base files would bring.
    for name in ("bin", "lib", "sbin"):
        if not (made.system / name).exists():
            (made.system / name).symlink_to(f"usr/{name}")
    _unpack(sorted(apt.glob("qemu-user_*.deb")), made.home / "qemu")


def _unpack(packages: Sequence[Path], target: Path) -> None:
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    for package in packages:
        run(["dpkg-deb", "-x", str(package), str(partial)])
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)


def _apt(folder: Path) -> Path:
    """An apt of its own beside the system's, with the system's mirror and another release and processor."""
    for part in ("state/lists/partial", "cache/archives/partial", "empty"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / "status").touch()
    native = run(["dpkg", "--print-architecture"]).strip()
    (folder / "sources.list").write_text(f"deb [signed-by={KEYRING}] {_mirror()} {SUITE} main\n")
    settings = {
        "Dir::State": folder / "state",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": folder / "empty",
        "Dir::Etc::parts": folder / "empty",
        "Debug::NoLocking": "true",
        "APT::Architecture": "arm64",
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
    }
    lines = [f'{key} "{value}";' for key, value in settings.items()]
    lines.append(f'APT::Architectures {{ "arm64"; "{native}"; }};')
    (folder / "apt.conf").write_text("\n".join(lines) + "\n")
    return folder


def _mirror() -> str:
    """The archive that this system takes its packages from, where that is Debian's."""
    told = run(["apt-get", "indextargets", "--format", "$(ORIGIN) $(REPO_URI)", "Created-By: Packages"])
    archives = [line.split()[1] for line in told.splitlines() if line.startswith("Debian ")]
    plain = [address for address in archives if "security" not in address]
    if not plain:
        raise CannotEmulateError("apt knows no Debian archive here")
    return plain[0]


def _fetch_packages(made: Emulator) -> None:
    partial = made.packages.with_name("packages.partial")
    shutil.rmtree(partial, ignore_errors=True)
    platforms = [f"manylinux_2_{minor}_aarch64" for minor in GLIBC] + ["manylinux2014_aarch64"]
    options = [word for name in platforms for word in ("--platform", name)]
    options += ["--python-version", PYTHON, "--implementation", "cp", "--only-binary=:all:"]
    locked = ["--no-deps", "--require-hashes", "-r", str(ROOT / "requirements" / "edge.txt")]
    run([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(partial), *options, *locked])
    partial.rename(made.packages)


def run(command: Sequence[str], env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
    """What a command prints; whatever stops it is a reason why there is no emulation."""
    try:
        done = subprocess.run(  # noqa: S603
            command, env=env, cwd=cwd, capture_output=True, text=True, check=True
        )
    except OSError as error:
        raise CannotEmulateError(f"{command[0]} cannot be started: {error.strerror}") from None
    except subprocess.CalledProcessError as error:
        said = (error.stderr.strip().splitlines() or [f"exit code {error.returncode}"])[-1]
        raise CannotEmulateError(f"{Path(command[0]).name} failed: {said}") from None
    return done.stdout


def compare(emulator: Emulator, worker: Sequence[str]) -> int:
    """Runs both sides and prints what differs."""
    here = json.loads(run([sys.executable, *worker], env={**os.environ, "PYTHONPATH": str(ROOT)}))
    there = json.loads(run([*emulator.command(), *worker], env=emulator.environment()))
    pairs = list(zip(here["answers"], there["answers"], strict=True))
    labels = [[max(range(len(one)), key=one.__getitem__) for one in pair] for pair in pairs]
    apart = sum(first != second for first, second in labels)
    largest = max(abs(a - b) for first, second in pairs for a, b in zip(first, second, strict=True))
    counts = [sum(first == label for first, _ in labels) for label in range(len(pairs[0][0]))]
    same = "the same bytes" if here["crops"] == there["crops"] else "OTHER BYTES"
    print(f"{here['machine']} and {there['machine']}, {there['interpreter']}, OpenCV {there['opencv']}")
    print(f"{len(pairs)} crops, {same}; by label {counts}")
    print(f"labels that differ: {apart}; largest difference of a probability: {largest:.6f}")
    return int(apart > 0 or here["crops"] != there["crops"])


def main() -> int:
    """Compares, or says why it cannot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "bundle", nargs="?", type=Path, default=ROOT / "edge" / "models", help="bundle directory"
    )
    parser.add_argument("--faces", type=Path, help="split.json whose faces are cut, instead of made-up ones")
    parser.add_argument("--crops", type=int, default=200, help="how many")
    parser.add_argument("--home", type=Path, default=HOME, help="folder for what is fetched")
    parser.add_argument("--require", action="store_true", help="end with 3 where there is no emulation")
    options = parser.parse_args()
    worker = [str(ROOT / "scripts" / "aarch64_worker.py"), str(options.bundle.resolve()), str(options.crops)]
    worker += [str(options.faces.resolve())] if options.faces else []
    try:
        return compare(prepare(options.home.resolve()), worker)
    except CannotEmulateError as reason:
        print(f"skipped: {reason}")
        return 3 if options.require else 0


if __name__ == "__main__":
    sys.exit(main())
