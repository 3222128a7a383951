from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from tests.dataset.conftest import encoded, picture
from touchstone.dataset.picture import PictureError, decode, digest, fingerprint


def fault(data: bytes) -> PictureError:
    with pytest.raises(PictureError) as caught:
        decode(data)
    return caught.value


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "I;16", "I", "F"])
def test_every_mode_becomes_rgb_and_stays_the_same_scene(mode: str) -> None:
    grey = picture(1).convert("L")
    pixels = np.asarray(grey)
    if mode in ("I;16", "I"):
        image = Image.fromarray(pixels.astype(np.uint16) * 257)
        image = image.convert("I") if mode == "I" else image
    elif mode == "F":
        image = Image.fromarray((pixels / 255).astype(np.float32))
    elif mode == "P":
        image = grey.quantize()
    elif mode == "LA":
        image = grey.convert("LA")
    else:
        image = grey.convert("RGB").convert(mode)
    read = decode(encoded(image, "TIFF"))
    assert read.mode == "RGB"
    if mode != "1":
        assert np.abs(np.asarray(read.convert("L")).astype(int) - pixels).mean() < 8


def test_transparency_is_laid_over_white() -> None:
    clear = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    assert decode(encoded(clear)).getpixel((0, 0)) == (255, 255, 255)


def test_exif_orientation_is_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = decode(encoded(picture(2), "JPEG", exif=exif.tobytes()))
    assert turned.size == (40, 48)


def test_broken_exif_loses_no_picture() -> None:
    data = encoded(picture(2), "JPEG", exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff" + b"\xff" * 20)
    assert decode(data).size == (48, 40)


def test_the_first_frame_of_an_animation_is_read() -> None:
    data = encoded(picture(3), "GIF", save_all=True, append_images=[picture(4)])
    alone = encoded(picture(3), "GIF")
    assert digest(decode(data)) == digest(decode(alone))


def test_a_truncated_file_is_corrupt() -> None:
    data = encoded(picture(5, (200, 200)), "JPEG")
    assert fault(data[: len(data) // 2]).kind == "corrupt"


@pytest.mark.parametrize(
    "data", [b"not a picture", b"\x89PNG\r\n\x1a\n", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"BM" + b"\xff" * 60]
)
def test_what_is_no_picture_is_corrupt_with_one_steady_line(data: bytes) -> None:
    first, second = fault(data), fault(data)
    assert first.kind == "corrupt"
    assert first.reason == second.reason
    assert "\n" not in first.reason


@pytest.mark.parametrize("said", [KeyError("MPO"), KeyError(b"\x00\x01"), KeyError(7), KeyError(), ValueError("  ")])
def test_a_decoders_bare_key_is_no_reason_to_show_anybody(said: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(data: bytes) -> Image.Image:
        raise said

    monkeypatch.setattr("touchstone.dataset.picture.opened", opened)
    with pytest.raises(PictureError, match=r"^not a picture that can be read$") as caught:
        decode(b"hello")
    assert caught.value.kind == "corrupt"


def test_a_decoders_words_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(data: bytes) -> Image.Image:
        raise OSError("broken data stream when reading 'image' file")

    monkeypatch.setattr("touchstone.dataset.picture.opened", opened)
    with pytest.raises(PictureError, match="broken data stream"):
        decode(b"hello")


def test_a_text_under_a_pictures_name_is_told_as_such_before_any_other_picture_was_read() -> None:
    """In a fresh process: which of Pillow's readers have been loaded decides what it trips over."""
    program = "from touchstone.dataset.picture import decode\ntry: decode(b'hello')\nexcept Exception as e: print(e)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert told == "not a picture that can be read\n"


def test_a_photo_of_several_frames_stays_readable() -> None:
    with io.BytesIO() as buffer:
        picture(1).save(buffer, "MPO", save_all=True, append_images=[picture(2)])
        assert decode(buffer.getvalue()).size == picture(1).size


def test_no_bytes_are_empty() -> None:
    assert fault(b"").kind == "empty"


def test_a_decompression_bomb_is_refused_before_it_is_decoded() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    for side in (12_000, 60_000):
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        data = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
        assert fault(data).kind in ("too_large", "corrupt")


def test_equal_pixels_have_one_digest_and_one_changed_pixel_another() -> None:
    image = picture(6)
    other = image.copy()
    other.putpixel((0, 0), (1, 2, 3))
    assert digest(decode(encoded(image, "PNG"))) == digest(decode(encoded(image, "BMP"))) == digest(image)
    assert digest(other) != digest(image)


def test_the_mirror_hash_is_the_hash_of_the_mirrored_picture() -> None:
    for seed in range(20):
        image = picture(seed)
        mirrored = fingerprint(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
        assert (mirrored.hash ^ fingerprint(image).mirror_hash).bit_count() <= 2


def test_decode_reads_a_16_bit_png_without_burning_it_out() -> None:
    ramp = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    buffer = io.BytesIO()
    Image.fromarray(ramp).save(buffer, "PNG")
    read = np.asarray(decode(buffer.getvalue()))[:, :, 0]
    assert len(np.unique(read)) > 32
