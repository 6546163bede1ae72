"""Whatever bytes a reader is given, it reads them or refuses them in a sentence; it never fails otherwise."""

from __future__ import annotations

import contextlib
import gzip
import json
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from itertools import count, islice
from pathlib import Path

import pytest

from convert import gates
from edge import config
from edge.bundle import MANIFEST, SHIPPED, Bundle, archive, canonical_digest, load, manifest
from edge.bundle.bundle import SIGNATURE
from edge.bundle.signature import Key, make_key, open_private, sign, verify
from edge.camera import open_recording
from edge.collector.database.engine import _url
from edge.collector.export_file import ExportSource
from edge.collector.parse import Parser
from edge.config import CameraConfig
from edge.demo import CLIP
from edge.errors import MaskGateError, SpoolError
from edge.messages.inbound import InboundError, parse_ack, parse_command
from edge.mqtt.paho_client import message_of
from edge.spool.control.requests import parse_reply, parse_request
from edge.spool.records import Replayed
from edge.system import image_header
from edge.system.address import StreamAddress
from edge.system.image_files import read_image
from edge.system.secrets import first_line
from edge.types import Outcome
from tests.fuzz.hostile import attack
from tests.support import bundles
from tests.support.collector_records import event, gap, state
from tests.support.paths import ROOT
from tests.support.pictures import encoded, noise
from training.classifier import recipe
from training.data import voc
from training.data.manifest import SplitManifest

pytestmark = pytest.mark.slow

PORTION = 150
"""Inputs that every reader gets, however slow it is."""
LEAST_S = 10.0
"""For how long each reader is attacked."""
HOUR_S = 3_600.0
"""Of all readers together, where there is time."""
LONGEST = 5_000
"""Characters of a refusal: it names every key that is wrong, and does not repeat all that was sent."""
Read = Callable[[bytes], object]


@dataclass(frozen=True)
class Reader:
    """Something that reads bytes of others, valid samples for it, and whether it can refuse."""

    read: Read
    samples: tuple[bytes, ...]
    refusals: tuple[type[Exception], ...] = field(default=(MaskGateError,))

    def attacked(self, content: bytes) -> None:
        """Reads, and holds a refusal against what one is."""
        said = "read"
        try:
            self.read(content)
        except self.refusals as refusal:
            said = str(refusal)
        assert 0 < len(said.strip()) < LONGEST


def in_a_file(read: Callable[[Path], object], suffix: str = "") -> Read:
    def call(content: bytes) -> object:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"file{suffix}"
            file.write_bytes(content)
            return read(file)

    return call


def resealed(content: bytes) -> bytes:
    """A manifest whose own digest is right, so that the rest of it is looked at."""
    with contextlib.suppress(ValueError, RecursionError):
        raw = json.loads(content)
        if isinstance(raw, dict):
            raw["sha256"] = canonical_digest(raw)
            return json.dumps(raw).encode()
    return content


@cache
def packed() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return bundles.packed(Path(folder)).read_bytes()


@cache
def parser() -> Parser:
    return Parser()


def collected(kind: str) -> Read:
    return lambda content: parser().read(f"maskgate/site/door/{kind}", content, 1.8e9)


def exported(file: Path) -> object:
    return [parser().exported("site", line.payload, 0.0) for line in ExportSource(file).lines()]


def unpack(file: Path) -> object:
    return archive.unpack(file, file.with_name("out"))


@cache
def signed() -> tuple[bytes, bytes, Key]:
    """A manifest, its signature, and whose that is."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(shutil.copytree(SHIPPED, Path(name, "bundle")))
        key = make_key(Path(name, "key"))
        sign(load(folder), open_private(Path(name, "key")))
        return (folder / MANIFEST).read_bytes(), (folder / SIGNATURE).read_bytes(), key


def verified(content: bytes) -> object:
    shown, _, key = signed()
    with tempfile.TemporaryDirectory() as name:
        Path(name, SIGNATURE).write_bytes(content)
        return verify(Bundle(Path(name), manifest.parse(shown, Path(name, MANIFEST))), [key])


def played(file: Path) -> object:
    """The first frames of a recording."""
    camera = CameraConfig(pace="fast").model_copy(update={"source": str(file)})
    with contextlib.closing(open_recording(camera, 0.0)) as source:
        return list(islice(source, 3))


SPLIT = json.dumps(
    {
        "seed": 1,
        "fingerprint": "f",
        "faces": [
            {
                "key": "a#0", "image": "/a.png", "box": [1.0, 2.0, 3.0, 4.0], "label": "with_mask",
                "source": "frame", "landmarks": [], "group": 0, "part": "test",
            }
        ],
    }
).encode()  # fmt: skip


def picture(kind: bytes, *rest: bytes) -> bytes:
    return kind + b"".join(rest) + bytes(32)


ANNOTATION = (
    b"<annotation><filename>a.png</filename><object><name>with_mask</name><bndbox><xmin>1</xmin><ymin>2</ymin>"
    b"<xmax>3</xmax><ymax>4</ymax></bndbox></object></annotation>"
)
PICTURES = (
    picture(b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x10\x00\x10\x03"),
    picture(b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR", b"\x00\x00\x00\x10" * 2),
    picture(b"GIF89a\x10\x00\x10\x00"),
    picture(b"BM", bytes(16), b"\x10\x00\x00\x00" * 2),
    picture(b"RIFF\x00\x00\x00\x00WEBPVP8X", bytes(16)),
    picture(b"II*\x00\x08\x00\x00\x00\x02\x00\x00\x01\x04\x00\x01\x00\x00\x00\x10\x00\x00\x00"),
)
ACK = b'{"consumer": "shop", "epoch": "e1", "contiguous": 3, "missing": [[5, 7]]}'

PACKET = b"\x00\x03a/b\x00\x07\x0d\x01\x01\x08\x00\x02to\x09\x00\x03abcpayload"

READERS = {
    "ack": Reader(parse_ack, (ACK,), (InboundError,)),
    "command": Reader(
        parse_command,
        (b'{"command": "mute", "seconds": 60}', b'{"command": "replay", "from": 1, "to": 9}'),
        (InboundError,),
    ),
    "event": Reader(collected("event"), (event(1), event(2, outcome=Outcome.NO_MASK)), ()),
    "gap": Reader(collected("gap"), (gap(1, first=1, last=3),), ()),
    "state": Reader(collected("state"), (state(),), ()),
    "stats": Reader(collected("stats"), (b"{}",), ()),
    "packet": Reader(lambda content: message_of(0x33, content), (PACKET,), (Exception,)),
    "availability": Reader(collected("availability"), (b"online", b"offline"), ()),
    "export": Reader(
        in_a_file(exported),
        (event(1) + b"\n" + event(2) + b"\n",),
    ),
    "request": Reader(parse_request, (b'{"ask": "stats"}', b'{"ask": "replay", "first": 1, "last": 2}')),
    "manifest": Reader(
        lambda content: manifest.parse(resealed(content), Path("manifest.json")),
        ((ROOT / "edge/models/manifest.json").read_bytes(),),
    ),
    "archive": Reader(in_a_file(unpack), (packed(),)),
    "archived": Reader(
        lambda content: in_a_file(unpack)(gzip.compress(content, 1)), (gzip.decompress(packed()),)
    ),
    "config": Reader(in_a_file(config.load), ((ROOT / "config.toml").read_bytes(), b"[mqtt]\nport = 1\n")),
    "annotation": Reader(in_a_file(voc.read), (ANNOTATION,), ()),
    "picture": Reader(image_header.size_of, PICTURES, ()),
    "decoded picture": Reader(
        in_a_file(read_image),
        tuple(encoded(kind, noise(24, 16)) for kind in (".jpg", ".png", ".webp", ".tiff", ".bmp")),
    ),
    "recording": Reader(
        in_a_file(played, ".mkv"), (CLIP.read_bytes()[:60_000], encoded(".png", noise(24, 16)))
    ),
    "signature": Reader(verified, (signed()[1],)),
    "password": Reader(in_a_file(first_line), (b"secret\n", b"\xef\xbb\xbfsecret\r\nmore")),
    "reply": Reader(
        lambda content: parse_reply(content, Replayed),
        (b'{"answer": {"again": 1, "waiting": 0, "gone": 0}}',),
        (SpoolError,),
    ),
    "recipe": Reader(in_a_file(recipe.load), ((ROOT / "training/recipes/default.toml").read_bytes(),)),
    "gates": Reader(in_a_file(gates.load), ((ROOT / "convert/gates.toml").read_bytes(),)),
    "split": Reader(in_a_file(SplitManifest.load), (SPLIT,)),
    "camera address": Reader(
        lambda content: StreamAddress.parse(content.decode(errors="surrogateescape")),
        (b"rtsp://user:secret@camera:554/stream?x=1", b"rtsps://[::1]/"),
    ),
    "database address": Reader(
        lambda content: _url(content.decode(errors="surrogateescape")),
        (b"postgresql://user:secret@host:5432/name?sslmode=require", b"sqlite:///events.db"),
    ),
}


@pytest.mark.parametrize("name", READERS)
def test_hostile_bytes_are_read_or_refused(name: str) -> None:
    """The same ones in the same order every time, as many as ten seconds allow."""
    deadline = time.monotonic() + LEAST_S
    for number in count():
        attack(READERS[name].attacked, READERS[name].samples, PORTION, number)
        if time.monotonic() >= deadline:
            break


@pytest.mark.faults
@pytest.mark.parametrize("name", READERS)
def test_many_hostile_bytes_are_read_or_refused(name: str) -> None:
    """Others every time, for an hour."""
    deadline = time.monotonic() + HOUR_S / len(READERS)
    while time.monotonic() < deadline:
        attack(READERS[name].attacked, READERS[name].samples, PORTION, secrets.randbits(64))


@pytest.mark.parametrize("name", READERS)
def test_the_samples_are_valid(name: str) -> None:
    """Damaged valid input comes further than noise."""
    for sample in READERS[name].samples:
        READERS[name].read(sample)
