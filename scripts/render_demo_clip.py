"""Renders the clip that `maskgate demo` plays.

Two portraits in the public domain that come inside installed packages are cut out, walked past an
entrance, and given drawn masks: on, under the nose, not at all, and put on on the way. Needs the
extra `dev` and, for the encoder, `pip install av`. Without an argument the clip in the package is
written anew.

    python scripts/render_demo_clip.py [FILE.webm]
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

CLIP = Path(__file__).parent.parent / "edge" / "demo" / "entrance.webm"
WIDTH, HEIGHT, FPS, SECONDS = 640, 480, 15, 19
BARRIER_Y = 352
PUTTING_ON_S = 0.9
ENCODER = {"crf": "24", "b": "0", "threads": "1", "cpu-used": "1", "g": "150"}

Pixels = NDArray[np.float32]
Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a mask sits on a face, in pixels of the portrait.

    Its middle, half its width, the heights of its edges at nose, cheeks, jaw and chin, and where its
    loops end: upper and lower at the left, upper and lower at the right.
    """

    x: float
    half: float
    nose: float
    cheek: float
    jaw: float
    chin: float
    ears: Points

    def lowered(self, by: float) -> Fit:
        """The same mask further down."""
        ears = tuple((x, y + by) for x, y in self.ears)
        edges = (edge + by for edge in (self.nose, self.cheek, self.jaw, self.chin))
        return Fit(self.x, self.half, *edges, ears)


@dataclass(frozen=True, slots=True)
class Portrait:
    """A person cut out of a picture: BGR times alpha, alpha (0 to 1), middle and width of the face."""

    pixels: Pixels
    alpha: Pixels
    face: tuple[float, float]
    face_px: float


@dataclass(frozen=True, slots=True)
class Walk:
    """One person's way through the picture, left to right, with a halt half way.

    `fit` is how the mask is worn, None for a bare face; `put_on` is when it comes up from below,
    None where it is worn from the start. All times are seconds of the clip.
    """

    portrait: Portrait
    start: float
    end: float
    fit: Fit | None
    put_on: float | None = None
    halt: float = 0.0
    colour: tuple[float, float, float] = (226, 202, 168)

    def place(self, t: float) -> tuple[float, float, float]:
        """Middle of the face and its width, in pixels of the frame."""
        walked = self.end - self.start - self.halt
        before = min(t - self.start, walked / 2)
        after = max(0.0, t - self.start - walked / 2 - self.halt)
        share = (before + after) / walked
        bob = math.sin(2 * math.pi * 1.7 * (before + after))
        return -70 + 790 * share, 172 + 14 * share + 2.5 * bob, 56 + 38 * share

    def mask(self, t: float) -> Fit | None:
        """Where the mask is at a time."""
        if self.fit is None or self.put_on is None:
            return self.fit
        missing = 1 - (t - self.put_on) / PUTTING_ON_S
        if missing > 1:
            return None
        return self.fit.lowered(max(0.0, missing) ** 1.5 * 2.4 * self.portrait.face_px)


HOPPER_OUTLINE = (
    (327, 52), (298, 42), (280, 28), (264, 25), (243, 34), (229, 46), (215, 42), (198, 50), (178, 71),
    (176, 85), (157, 103), (146, 103), (147, 159), (152, 180), (158, 190), (154, 198), (162, 227), (170, 255),
    (168, 279), (175, 287), (195, 297), (197, 321), (184, 334), (166, 345), (130, 356), (97, 364), (62, 381),
    (47, 390), (36, 424), (28, 460), (18, 527), (12, 599), (12, 900), (511, 900), (506, 437), (491, 394),
    (463, 378), (421, 367), (380, 348), (364, 343), (332, 318), (340, 295), (349, 282), (355, 265),
    (360, 261), (366, 226), (369, 222), (374, 193), (367, 183), (370, 145), (367, 96), (350, 78), (343, 66),
)  # fmt: skip
COLLINS_OUTLINE = (
    (202, 24), (164, 52), (157, 59), (158, 103), (171, 115), (175, 127), (183, 131), (183, 148), (154, 152),
    (141, 159), (124, 179), (91, 228), (66, 247), (45, 283), (40, 307), (28, 340), (27, 367), (20, 399),
    (25, 431), (25, 469), (25, 511), (511, 511), (506, 492), (500, 483), (501, 456), (490, 408), (477, 385),
    (457, 364), (435, 352), (417, 346), (363, 349), (355, 303), (346, 283), (339, 263), (318, 244),
    (304, 233), (300, 216), (289, 197), (273, 183), (257, 173), (260, 158), (265, 136), (274, 133),
    (289, 116), (299, 91), (295, 59), (287, 44), (247, 19), (228, 17),
)  # fmt: skip

HOPPER_EARS = ((167.0, 218.0), (171.0, 252.0), (368.0, 218.0), (360.0, 252.0))
COLLINS_EARS = ((177.0, 112.0), (178.0, 126.0), (270.0, 112.0), (269.0, 126.0))
HOPPER_FIT = Fit(268, 86, 222, 243, 294, 340, HOPPER_EARS)
COLLINS_FIT = Fit(223, 42.5, 113, 122, 154, 186, COLLINS_EARS)
COLLINS_LOW = Fit(223, 42, 135, 134, 160, 190, COLLINS_EARS)


def walks() -> tuple[Walk, ...]:
    """Who passes, and how."""
    from matplotlib import cbook  # noqa: PLC0415 - only for rendering
    from skimage import data  # noqa: PLC0415

    picture = cv2.imread(str(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)))
    # The uniform goes on below the edge of the picture, and below its last button.
    picture = cv2.copyMakeBorder(picture[:570], 0, 331, 0, 0, cv2.BORDER_REPLICATE)
    hopper = cut_out(picture, HOPPER_OUTLINE, (268, 222), 165)
    collins = cut_out(data.astronaut()[..., ::-1], COLLINS_OUTLINE, (224, 118), 86)
    return (
        Walk(collins, 0.3, 5.8, COLLINS_FIT),
        Walk(hopper, 3.0, 8.5, None),
        Walk(collins, 8.3, 13.5, COLLINS_LOW),
        Walk(hopper, 11.2, 18.7, HOPPER_FIT, put_on=14.0, halt=2.0, colour=(236, 238, 238)),
    )


def cut_out(image: NDArray[np.uint8], outline: Points, face: tuple[float, float], px: float) -> Portrait:
    """The person inside an outline, with a soft edge."""
    alpha = np.zeros(image.shape[:2], np.float32)
    cv2.fillPoly(alpha, [np.array(outline, np.int32)], 1.0)
    alpha = cv2.GaussianBlur(alpha, (0, 0), px / 120)[..., None]
    return Portrait(image.astype(np.float32) * alpha, alpha, face, px)


def put_mask_on(pixels: Pixels, fit: Fit, colour: tuple[float, float, float]) -> Pixels:
    """A pleated mask with bindings, a nose wire and ear loops, lit from the left."""
    rows, columns = np.mgrid[: pixels.shape[0], : pixels.shape[1]].astype(np.float32)
    u = (columns - fit.x) / fit.half
    top = fit.cheek + (fit.nose - fit.cheek) * np.exp(-((u / 0.42) ** 2))
    bottom = fit.jaw + (fit.chin - fit.jaw) * np.clip(1 - u**2, 0, 1) ** 0.6
    v = (rows - top) / (bottom - top)
    inside = np.minimum.reduce([(1 - np.abs(u)) * fit.half, rows - top, bottom - rows])
    alpha = np.clip(inside / (fit.half / 40) + 0.5, 0, 1)
    shadow = cv2.GaussianBlur(np.roll(alpha, round(fit.half / 12), axis=0), (0, 0), fit.half / 14)
    out = pixels * (1 - 0.4 * shadow[..., None])
    for side, inbound, height in zip((-1, -1, 1, 1), fit.ears, 2 * (fit.cheek + 2, fit.jaw), strict=True):
        corner = fit.x + side * 0.96 * fit.half, height
        ends = [(round(x * 8), round(y * 8)) for x, y in (corner, inbound)]
        cv2.line(out, *ends, (205, 208, 208), max(1, round(fit.half / 22)), cv2.LINE_AA, 3)
    cloth = np.array(colour, np.float32) * shading(u, v)[..., None]
    return out * (1 - alpha[..., None]) + np.clip(cloth, 0, 255) * alpha[..., None]


def shading(u: Pixels, v: Pixels) -> Pixels:
    """Light on the cloth at places across (-1 to 1) and down (0 to 1), about 1."""
    light = 1.06 - 0.30 * u**2 - 0.08 * u - 0.16 * v
    bent = v - 0.05 * u**2
    for pleat in (0.34, 0.52, 0.70):
        light -= 0.17 * np.exp(-(((bent - pleat) / 0.020) ** 2)) * (1 - u**4)
        light += 0.07 * np.exp(-(((bent - pleat - 0.045) / 0.025) ** 2)) * (1 - u**4)
    light += 0.10 * (v < 0.07) - 0.12 * np.exp(-(((v - 0.085) / 0.015) ** 2))
    light += 0.09 * np.exp(-(((v - 0.2) / 0.1) ** 2) - ((u + 0.12) / 0.14) ** 2)
    return (
        light
        - 0.10 * np.exp(-(((v - 0.95) / 0.02) ** 2))
        + 0.03 * np.sin(9 * u + 14 * v)
        + 0.02 * np.sin(23 * u - 7 * v)
    )


def entrance() -> Pixels:
    """A plain hall with a glass door, (HEIGHT, WIDTH, 3) BGR."""
    shade = np.linspace(206, 176, HEIGHT, dtype=np.float32)[:, None]
    hall = np.repeat(shade, WIDTH, axis=1)[..., None] * np.array([0.97, 1.0, 1.01], np.float32)
    for left, handle in ((212, 306), (324, 328)):
        cv2.rectangle(hall, (left, 52), (left + 104, 351), (226, 219, 208), -1)
        cv2.rectangle(hall, (left, 52), (left + 104, 351), (120, 118, 116), 5)
        cv2.rectangle(hall, (handle, 190), (handle + 6, 250), (92, 92, 92), -1)
    cv2.rectangle(hall, (60, 84), (150, 150), (168, 142, 96), -1)
    arrow = ((72, 112), (112, 112), (112, 98), (138, 117), (112, 136), (112, 122), (72, 122))
    cv2.fillPoly(hall, [np.array(arrow, np.int32)], (245, 245, 245))
    return cv2.GaussianBlur(hall, (0, 0), 1.2)


def barrier(frame: Pixels) -> None:
    """The counter in front, behind which people walk."""
    depth = np.linspace(1.0, 0.72, HEIGHT - BARRIER_Y, dtype=np.float32)[:, None, None]
    frame[BARRIER_Y:] = depth * np.array([104, 118, 128], np.float32)
    frame[BARRIER_Y : BARRIER_Y + 9] = (188, 194, 198)
    frame[BARRIER_Y + 9 : BARRIER_Y + 12] = (70, 78, 84)


def add(frame: Pixels, walk: Walk, t: float) -> None:
    """Puts a person into the frame."""
    portrait, fit = walk.portrait, walk.mask(t)
    pixels = portrait.pixels if fit is None else put_mask_on(portrait.pixels, fit, walk.colour)
    layers = np.dstack([pixels * (portrait.alpha > 0), portrait.alpha])
    x, y, width = walk.place(t)
    scale = width / portrait.face_px
    if scale < 1:
        layers = cv2.GaussianBlur(layers, (0, 0), 0.35 / scale)
    move = np.array([[scale, 0, x - scale * portrait.face[0]], [0, scale, y - scale * portrait.face[1]]])
    layers = cv2.warpAffine(layers, move, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
    frame *= 1 - layers[..., 3:]
    frame += layers[..., :3]


def frame_at(t: float, hall: Pixels, people: tuple[Walk, ...]) -> NDArray[np.uint8]:
    """The picture at a time in seconds, (HEIGHT, WIDTH, 3) BGR."""
    frame = hall.copy()
    for walk in sorted(people, key=lambda walk: walk.place(t)[2]):
        if walk.start <= t <= walk.end:
            add(frame, walk, t)
    barrier(frame)
    return np.clip(frame + 0.5, 0, 255).astype(np.uint8)


def write(file: Path) -> None:
    """Encodes the clip as VP9, which every build of OpenCV's FFmpeg decodes.

    OpenCV's own writer knows no quality setting and makes a file several times as large.
    """
    try:
        import av  # noqa: PLC0415 - needed here only
    except ImportError:
        sys.exit("The encoder is missing: pip install av")

    hall, people = entrance(), walks()
    with av.open(str(file), "w", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libvpx-vp9", rate=FPS, options=ENCODER)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for index in range(FPS * SECONDS):
            frame = frame_at(index / FPS, hall, people)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="bgr24")))
        container.mux(stream.encode())


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else CLIP)
