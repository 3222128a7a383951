"""What a picture's file says beside its pixels: format, size, quality, camera, place, people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from touchstone.dataset import picture

_GPS, _EXIF = 0x8825, 0x8769
_NAMES = {0x013B: "artist", 0x8298: "copyright", 0x9C9D: "author"}
_INNER = {0xA430: "camera owner", 0xA431: "camera serial number", 0xA435: "lens serial number"}
_FACES = (b"mwg-rs:Regions", b"MPReg:PersonDisplayName", b"PersonInImage", b'mwg-rs:Type="Face"', b"ace-rectangle")


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """Facts of a file, none of them a pixel."""

    n_bytes: int
    form: str
    """JPEG, PNG, ...; empty where the bytes are no picture."""
    mode: str
    width: int
    height: int
    quality: float
    """Mean of the JPEG quantisation tables, 0 where there are none: larger is coarser."""
    n_tags: int
    """EXIF tags and other chunks of text."""
    camera: str
    software: str
    progressive: bool
    personal: tuple[str, ...]
    """Kinds of personal data in the metadata."""


def facts(data: bytes) -> PictureFacts:
    """Read a file's facts without decoding its pixels; bytes that are no picture give empty facts."""
    try:
        with picture.opened(data) as image:
            return _facts(data, image)
    except Exception:  # a hostile file makes the parser raise anything; it is `data.readable` that speaks of it
        return PictureFacts(len(data), "", "", 0, 0, 0.0, 0, "", "", False, ())


def _facts(data: bytes, image: Any) -> PictureFacts:
    exif = image.getexif()
    tables = getattr(image, "quantization", None) or {}
    values = [value for table in tables.values() for value in table]
    texts = [key for key, value in image.info.items() if isinstance(value, str)]
    camera = " ".join(str(exif.get(tag, "")).strip(" \0") for tag in (0x010F, 0x0110)).strip()
    return PictureFacts(
        n_bytes=len(data), form=str(image.format), mode=str(image.mode), width=image.size[0], height=image.size[1],
        quality=sum(values) / len(values) if values else 0.0, n_tags=len(exif) + len(texts), camera=camera,
        software=str(exif.get(0x0131, "")).strip(" \0"), progressive=bool(image.info.get("progressive")),
        personal=tuple(_personal(data, image, exif)),
    )  # fmt: skip


def _personal(data: bytes, image: Any, exif: Any) -> list[str]:
    found = []
    place = exif.get_ifd(_GPS)
    if 2 in place or 4 in place:  # latitude, longitude
        found.append("place (GPS)")
    for tags, names in ((exif, _NAMES), (exif.get_ifd(_EXIF), _INNER)):
        found += [name for tag, name in names.items() if _says_something(tags.get(tag))]
    xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    xmp = xmp.encode("utf-8", "replace") if isinstance(xmp, str) else xmp
    if any(mark in xmp for mark in _FACES):
        found.append("marked faces")
    texts = {key.lower() for key, value in image.info.items() if isinstance(value, str) and value.strip()}
    found += [key for key in ("author", "artist") if key in texts and key not in found]
    return found


def _says_something(value: Any) -> bool:
    return isinstance(value, (str, bytes)) and bool(value.strip() if isinstance(value, str) else value.strip(b" \0"))
