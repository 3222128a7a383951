"""Pictures: decoding bytes that nobody vouches for, and what identifies the picture in them."""

from __future__ import annotations

import hashlib
import io
import re
import threading
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image as PilImage

MAX_BYTES = 256 * 1024 * 1024
MAX_PIXELS = 100_000_000
"""Above this a picture is set aside: decoded it would take more than 300 MB."""
THUMB, GREY = 24, 48
SUFFIXES = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".dib", ".webp", ".tif", ".tiff", ".ppm", ".pgm",
    ".pbm", ".pnm", ".tga", ".jp2", ".avif", ".ico",
})  # fmt: skip
_FORMATS = (
    "JPEG", "PNG", "GIF", "BMP", "DIB", "WEBP", "TIFF", "PPM", "TGA", "JPEG2000", "AVIF", "ICO", "MPO",
)  # fmt: skip
_opening = threading.Lock()


class PictureError(Exception):
    """Bytes that give no picture. ``kind`` is one of :class:`~touchstone.dataset.model.Unreadable`'s."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind, self.reason = kind, reason


def decode(data: bytes) -> PilImage.Image:
    """The picture in ``data`` as RGB, turned as its EXIF orientation says; the first frame of several.

    Transparency is laid over white; 16-bit and floating-point greys are brought to 8 bits.

    Raises
    ------
    PictureError
        of kind ``empty``, ``corrupt`` or ``too_large``
    """
    if not data:
        raise PictureError("empty", "no bytes")
    if len(data) > MAX_BYTES:
        raise PictureError("too_large", f"{len(data) / 1e6:,.0f} MB, more than {MAX_BYTES / 1e6:,.0f} MB")
    # Pillow raises whatever a hostile file makes its parsers trip over (OSError, SyntaxError, struct.error,
    # IndexError, zlib.error, ...), so all of it becomes one error here, as data.
    try:
        picture = opened(data)
        width, height = picture.size
        if width * height > MAX_PIXELS:
            raise PictureError("too_large", f"{width} x {height} pixels, more than {MAX_PIXELS / 1e6:.0f} million")
        if width < 1 or height < 1:
            raise PictureError("empty", f"{width} x {height} pixels")
        picture.load()
        return _rgb(_upright(picture))
    except (PictureError, KeyboardInterrupt):
        raise
    except Exception as exc:
        words = str(exc).splitlines()[0][:200] if str(exc) else type(exc).__name__
        raise PictureError("corrupt", _told(words)) from exc


def opened(data: bytes) -> PilImage.Image:
    """A picture with its header read and no pixel decoded."""
    from PIL import Image

    # The size is checked by the caller before a pixel is decoded; Pillow's own warning would be noise.
    with _opening, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Image.open(io.BytesIO(data), formats=_FORMATS)


def _told(words: str) -> str:
    """The decoder's words, where they tell a person something.

    Pillow prints the memory address of the buffer, which would differ from run to run, and a decoder that looked up
    what is not there tells no more than the key: ``'MPO'``.
    """
    says_nothing = "BytesIO object" in words or _KEY.fullmatch(words.strip()) is not None
    return "not a picture that can be read" if says_nothing else words


_KEY = re.compile(r"""b?(?P<quote>['"])[^'"]*(?P=quote)|-?\d*|\w*(?:Error|Exception)""")


def _upright(picture: PilImage.Image) -> PilImage.Image:
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(picture) or picture
    except Exception:  # broken EXIF is no reason to lose a picture whose pixels are fine
        return picture


def _rgb(picture: PilImage.Image) -> PilImage.Image:
    from PIL import Image

    mode = picture.mode
    if mode == "RGB":
        return picture
    if mode.startswith(("I", "F")):
        return Image.fromarray(_eight_bits(np.asarray(picture))).convert("RGB")
    if mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        paper = Image.new("RGBA", clear.size, (255, 255, 255, 255))
        return Image.alpha_composite(paper, clear).convert("RGB")
    return picture.convert("RGB")


def _eight_bits(grey: NDArray[Any]) -> NDArray[np.uint8]:
    """Greys of any depth as 0..255: floats in 0..1 are stretched, 16-bit values divided by 257."""
    values = np.nan_to_num(grey.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    top = float(values.max(initial=0.0))
    if grey.dtype.kind == "f" and top <= 1.0:
        values *= 255
    elif top > 255:
        values /= 257 if top <= 65535 else top / 255
    return np.clip(values, 0, 255).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Print:
    """What identifies a picture: its exact content, and two rough likenesses for near copies."""

    digest: str
    """Hex digest of size and decoded pixels."""
    hash: int
    """64-bit perceptual hash."""
    mirror_hash: int
    """The same of the mirrored picture."""
    thumb: NDArray[np.uint8]
    """(24, 24, 3)."""
    grey: NDArray[np.uint8]
    """(48, 48)."""


def digest(picture: PilImage.Image) -> str:
    """Hex digest of the decoded pixels and their size; a recoded copy without loss has the same."""
    state = hashlib.blake2b(f"{picture.size[0]}x{picture.size[1]}:".encode(), digest_size=32)
    state.update(picture.tobytes())
    return state.hexdigest()


def fingerprint(picture: PilImage.Image) -> Print:
    """Digest, perceptual hashes and thumbnail of a decoded picture."""
    from PIL import Image

    grey = picture.convert("L").resize((32, 32), Image.Resampling.LANCZOS)
    low = _LOW_COSINES @ np.asarray(grey, dtype=np.float64) @ _LOW_COSINES.T
    thumb = np.asarray(picture.resize((THUMB, THUMB), Image.Resampling.BOX), dtype=np.uint8)
    # One smooth filter whatever the size: a copy at half the size then differs by what it lost and nothing else.
    smaller = picture.convert("L").resize((GREY, GREY), Image.Resampling.BILINEAR, reducing_gap=3.0)
    small = np.asarray(smaller, dtype=np.uint8)
    return Print(digest(picture), _bits(low), _bits(low * _MIRRORED), thumb, small)


_LOW_COSINES = np.cos(np.pi / 32 * np.outer(np.arange(8), np.arange(32) + 0.5))
"""(8, 32): the lowest rows of the discrete cosine transform."""
_MIRRORED = np.where(np.arange(8) % 2, -1.0, 1.0)
"""Mirroring a picture turns the sign of the odd horizontal frequencies."""


def _bits(low: NDArray[np.float64]) -> int:
    """Perceptual hash (Zauner 2010): which of the 64 lowest frequencies exceed their median."""
    bits = (low > np.median(low)).ravel()
    return int(np.packbits(bits).view(">u8")[0])
