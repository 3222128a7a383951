"""Make the two base models that the demo compares: one that knows glyphs, one that knows textures.

Both are the same small ResNet, trained from nothing for the same number of steps through the same
simulated low-resolution scanner. Only what was on the paper differs, so that a comparison of the two
is a comparison of domains. Nothing is downloaded: glyphs are rendered from the fonts that matplotlib
carries, textures are formulas. Each base takes about five minutes of one core. All randomness is seeded and
the thread count fixed; other library versions or processors may still round differently.

    python scripts/make_demo_bases.py [--out FOLDER] [--steps 5000]
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import string
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from transformers import ResNetConfig, ResNetForImageClassification, ViTImageProcessorPil

from touchstone.core import digest
from touchstone.supply import manifest
from touchstone.supply.integrity import MANIFEST

OUT = Path(__file__).parent.parent / "src" / "touchstone" / "demo" / "bases"
PAPER = 64  # pixels of the sheet before it is scanned
SIZE = 32  # pixels of the picture that the network sees
BATCH = 128

# The text fonts of matplotlib; its symbol fonts and the two display cuts without full alphabets are left out.
FONTS = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique", "DejaVuSansMono",
    "DejaVuSansMono-Bold", "DejaVuSansMono-Oblique", "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic",
    "DejaVuSerif-BoldItalic", "STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "STIXGeneralBolIta",
    "cmb10", "cmmi10", "cmr10", "cmss10", "cmti10", "cmtt10",
)  # fmt: skip
CHARACTERS = string.digits + string.ascii_letters
# Once cut out and enlarged, these look like the character on the right, and share its class.
LOOKALIKES = {c: c.upper() for c in "ckopsuvwxz"} | {"0": "O", "I": "1", "l": "1"}

Draw = Callable[[int, torch.Generator], tuple[Tensor, Tensor]]
"""From a count to sheets, float (n, 1, PAPER, PAPER) in 0..1 with ink at 1, and classes, int (n,)."""


def uniform(n: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(n, 1, 1, generator=generator)


def glyph_atlas() -> Tensor:
    """Every character in every font, cropped to its ink and fitted into a sheet: (fonts, characters, PAPER, PAPER)."""
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    atlas = torch.zeros(len(FONTS), len(CHARACTERS), PAPER, PAPER)
    for i, name in enumerate(FONTS):
        font = ImageFont.truetype(str(folder / f"{name}.ttf"), 96)
        for j, character in enumerate(CHARACTERS):
            canvas = Image.new("L", (256, 256))
            ImageDraw.Draw(canvas).text((64, 48), character, fill=255, font=font)
            ink = canvas.crop(canvas.getbbox())
            scale = 44 / max(ink.size)
            size = (max(2, round(ink.width * scale)), max(2, round(ink.height * scale)))
            ink = ink.resize(size, Image.Resampling.BOX)
            sheet = Image.new("L", (PAPER, PAPER))
            sheet.paste(ink, ((PAPER - ink.width) // 2, (PAPER - ink.height) // 2))
            atlas[i, j] = torch.from_numpy(np.asarray(sheet, dtype=np.float32) / 255)
    return atlas


def glyph_drawer() -> tuple[Draw, list[str]]:
    """Random characters in random fonts, with pens of random width."""
    atlas = glyph_atlas()
    pens = torch.stack([F.max_pool2d(atlas, wide, 1, wide // 2) for wide in (1, 3, 7)])
    shapes = [LOOKALIKES.get(c, c) for c in CHARACTERS]
    names = sorted(set(shapes))
    class_of = torch.tensor([names.index(shape) for shape in shapes])

    def draw(n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        fonts = torch.randint(len(FONTS), (n,), generator=generator)
        characters = torch.randint(len(CHARACTERS), (n,), generator=generator)
        widths = torch.randint(len(pens), (n,), generator=generator)
        return pens[widths, fonts, characters][:, None], class_of[characters]

    return draw, [f"character {name}" for name in names]


def texture_drawer() -> tuple[Draw, list[str]]:
    """Random members of forty texture classes, each a formula of position."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, PAPER), torch.linspace(-1, 1, PAPER), indexing="ij")
    makers: dict[str, Callable[[int, torch.Generator], Tensor]] = {}

    def wave(n: int, g: torch.Generator, degrees: float, cycles: float) -> Tensor:
        angle = math.radians(degrees) + uniform(n, -0.12, 0.12, g)
        along = x * torch.cos(angle) + y * torch.sin(angle)
        return torch.sin(math.pi * cycles * uniform(n, 0.88, 1.12, g) * along + uniform(n, 0, 2 * math.pi, g))

    def smooth_noise(n: int, g: torch.Generator, cells: int) -> Tensor:
        coarse = torch.randn(n, 1, cells, cells, generator=g)
        return F.interpolate(coarse, size=(PAPER, PAPER), mode="bicubic", align_corners=False)[:, 0]

    for degrees in range(0, 180, 30):
        for cycles in (2.0, 3.5):
            makers[f"grating {degrees} degrees, {cycles} cycles"] = lambda n, g, d=degrees, c=cycles: wave(n, g, d, c)
    for degrees in range(0, 180, 45):
        makers[f"stripes {degrees} degrees"] = lambda n, g, d=degrees: (
            wave(n, g, d, 2.6) - uniform(n, -0.5, 0.5, g)
        ).sign()
    for degrees in (0, 45):
        for cycles in (1.6, 2.8):
            makers[f"checks {degrees} degrees, {cycles} cycles"] = lambda n, g, d=degrees, c=cycles: (
                wave(n, g, d, c) * wave(n, g, d + 90, c)
            ).sign()
            makers[f"plaid {degrees} degrees, {cycles} cycles"] = lambda n, g, d=degrees, c=cycles: (
                wave(n, g, d, c) + wave(n, g, d + 90, c)
            )
    for cells in (4, 6, 9, 14):
        makers[f"clouds of {cells} cells"] = lambda n, g, c=cells: smooth_noise(n, g, c)
        makers[f"blobs of {cells} cells"] = lambda n, g, c=cells: (smooth_noise(n, g, c) - 0.3).sign()
    for cycles in (2.0, 3.5):
        makers[f"rings, {cycles} cycles"] = lambda n, g, c=cycles: torch.sin(
            2 * math.pi * c * torch.hypot(x - uniform(n, -0.4, 0.4, g), y - uniform(n, -0.4, 0.4, g))
            + uniform(n, 0, 2 * math.pi, g)
        )
    for arms in (4, 7):
        makers[f"{arms} rays"] = lambda n, g, a=arms: torch.sin(
            a * torch.atan2(y - uniform(n, -0.4, 0.4, g), x - uniform(n, -0.4, 0.4, g)) + uniform(n, 0, 2 * math.pi, g)
        )
    for cycles in (2.0, 3.2):
        makers[f"dots, {cycles} cycles"] = lambda n, g, c=cycles: (wave(n, g, 0, c) + wave(n, g, 90, c) - 0.9).sign()
        makers[f"wriggles, {cycles} cycles"] = lambda n, g, c=cycles: torch.sin(
            math.pi * c * (y + 0.5 * smooth_noise(n, g, 4)) + uniform(n, 0, 2 * math.pi, g)
        )
    names = list(makers)

    def draw(n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        classes = torch.randint(len(names), (n,), generator=generator).sort().values
        sheets = torch.zeros(n, PAPER, PAPER)
        for k, name in enumerate(names):
            members = (classes == k).nonzero()[:, 0]
            if len(members):
                sheets[members] = makers[name](len(members), generator)
        return sheets[:, None].clamp(-1, 1) / 2 + 0.5, classes

    return draw, names


def scan(sheets: Tensor, generator: torch.Generator) -> Tensor:
    """What a shaky hand and a coarse scanner make of sheets: (n, 1, PAPER, PAPER) to (n, 1, SIZE, SIZE).

    A random affine map and a smooth random warp (Simard et al., ICDAR 2003), then few pixels (8 to 32 a
    side) of few grey levels, some noise, and enlargement to the network's input.
    """
    n = len(sheets)
    angle, shear = uniform(n, -0.3, 0.3, generator), uniform(n, -0.4, 0.4, generator)
    wide, high = uniform(n, 0.7, 1.35, generator), uniform(n, 0.68, 0.95, generator)
    rows = torch.stack([
        torch.cat([wide * torch.cos(angle), wide * (shear - torch.sin(angle)), uniform(n, -0.12, 0.12, generator)], 2),
        torch.cat([high * torch.sin(angle), high * torch.cos(angle), uniform(n, -0.08, 0.08, generator)], 2),
    ], 2)[:, 0]  # (n, 2, 3)  # fmt: skip
    grid = F.affine_grid(rows, [n, 1, PAPER, PAPER], align_corners=False)
    warp = torch.zeros(n, 2, PAPER, PAPER)
    for knots, most in ((3, 0.22), (5, 0.14)):
        shifts = torch.randn(n, 2, knots, knots, generator=generator) * uniform(n, 0.0, most, generator)[..., None]
        warp += F.interpolate(shifts, size=(PAPER, PAPER), mode="bicubic", align_corners=False)
    moved = F.grid_sample(sheets, grid + warp.permute(0, 2, 3, 1), align_corners=False)
    pictures = torch.zeros(n, 1, SIZE, SIZE)
    sides = torch.tensor([8, 8, 8, 10, 12, 16, 32])[torch.randint(7, (n,), generator=generator)]
    for side in sides.unique().tolist():
        some = (sides == side).nonzero()[:, 0]
        coarse = F.interpolate(moved[some], size=(side, side), mode="area")
        coarse = (coarse * uniform(len(some), 0.8, 1.25, generator)[..., None]).clamp(0, 1)
        coarse = (coarse * 16).round() / 16
        pictures[some] = F.interpolate(coarse, size=(SIZE, SIZE), mode="bilinear", align_corners=False)
    noise = torch.randn(n, 1, SIZE, SIZE, generator=generator) * uniform(n, 0.0, 0.08, generator)[..., None]
    return (pictures + noise).clamp(0, 1)


def network(classes: list[str]) -> ResNetForImageClassification:
    """The demo's architecture: a ResNet of about 170,000 weights."""
    config = ResNetConfig(
        num_channels=3,
        embedding_size=16,
        hidden_sizes=[16, 32, 80],
        depths=[1, 2, 2],
        layer_type="basic",
        id2label=dict(enumerate(classes)),
        label2id={name: i for i, name in enumerate(classes)},
    )
    return ResNetForImageClassification(config)


def batch(draw: Draw, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Pixels as the processor would hand them over, float (n, 3, SIZE, SIZE) in -1..1, and classes."""
    sheets, classes = draw(n, generator)
    pixels = (scan(sheets, generator) * 2 - 1).expand(-1, 3, -1, -1)
    return pixels.contiguous(memory_format=torch.channels_last), classes


def pretrain(draw: Draw, classes: list[str], steps: int, seed: int) -> tuple[ResNetForImageClassification, float]:
    """Train on endless fresh pictures; returns the network and its accuracy on 4,096 more."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = network(classes).train().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps, pct_start=0.1)
    started = time.monotonic()
    for step in range(1, steps + 1):
        pixels, labels = batch(draw, BATCH, generator)
        loss = F.cross_entropy(model(pixel_values=pixels).logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 500 == 0:
            print(f"  step {step} of {steps}: loss {loss.item():.3f}, {time.monotonic() - started:.0f} s", flush=True)
    model.eval()
    fresh = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        parts = [batch(draw, 512, fresh) for _ in range(8)]
        right = [(model(pixel_values=p).logits.argmax(1) == y).float().mean().item() for p, y in parts]
    return model.to(memory_format=torch.contiguous_format), sum(right) / len(right)


CARD = """---
license: apache-2.0
library_name: transformers
pipeline_tag: image-classification
tags: [touchstone-demo]
---

# {title}

A very small ResNet ({parameters:,} weights, pictures of {size} x {size} pixels) that Touchstone's demo adapts.

## Training data

{data}

Trained from random weights on {examples:,} such pictures, each seen once, in {steps:,} steps by
`scripts/make_demo_bases.py` of the Touchstone repository. It names {accuracy:.0%} of fresh pictures of the
same kind right, among {classes} classes.

The simulated scanner imitates scikit-learn's digits, and this recipe was preferred to two others after looking at
probes on those digits. Scores of the demo are therefore a little kind to the glyph base.

## Limits

Made for a demonstration and for tests, not for use. It has seen no photograph and nothing made by a hand;
{limits}
"""

WORDS = {
    "glyphs": (
        "Touchstone demo base: glyphs",
        "Digits and Latin letters rendered from {fonts} fonts that matplotlib carries (DejaVu, STIX, Computer Modern), moved,\n"
        "warped and passed through a simulated coarse scanner. The fonts allow such use; no font data is in the weights' files.",
        "letters that look alike (0 and O, 1 and l and I) are mixed up, and scripts other than Latin are unknown to it.",
    ),
    "textures": (
        "Touchstone demo base: textures",
        "Gratings, stripes, checks, clouds, blobs, rings, rays and dots, drawn by formulas, moved, warped and passed\n"
        "through a simulated coarse scanner.",
        "it looks for texture and has never needed a shape. It stands in the demo as the base of the wrong domain.",
    ),
}  # fmt: skip


def save(name: str, model: ResNetForImageClassification, folder: Path, accuracy: float, steps: int) -> None:
    """Write the base in Hugging Face layout, with its card."""
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    processor = ViTImageProcessorPil(
        size={"height": SIZE, "width": SIZE}, resample=2, image_mean=[0.5] * 3, image_std=[0.5] * 3, do_convert_rgb=True
    )
    processor.save_pretrained(folder)
    settings = folder / "preprocessor_config.json"
    kept = json.loads(settings.read_text()) | {"image_processor_type": "ViTImageProcessor"}
    settings.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n")
    title, data, limits = WORDS[name]
    card = CARD.format(
        title=title,
        data=data.format(fonts=len(FONTS)),
        limits=limits,
        parameters=sum(p.numel() for p in model.parameters()),
        size=SIZE,
        examples=steps * BATCH,
        steps=steps,
        accuracy=accuracy,
        classes=model.config.num_labels,
    )
    (folder / "README.md").write_text(card)
    vouch(folder)


def vouch(folder: Path) -> None:
    """Put the licence's text beside the weights, and a list of all files that vetting holds them against."""
    shutil.copyfile(Path(__file__).parent.parent / "LICENSE", folder / "LICENSE")
    (folder / MANIFEST).unlink(missing_ok=True)
    source = {"repo": "scripts/make_demo_bases.py", "revision": digest.of_file(folder / "model.safetensors")}
    facts = {"source": source, "publisher": {"name": "Touchstone"}, **manifest.read(folder).as_data()}
    listed = {"schema": "touchstone/manifest/1", **facts}
    (folder / MANIFEST).write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--only", choices=["glyphs", "textures"])
    wanted = parser.parse_args()
    torch.set_num_threads(1)  # sums are added in one order, whatever the machine
    torch.use_deterministic_algorithms(True)
    for seed, (name, make) in enumerate({"glyphs": glyph_drawer, "textures": texture_drawer}.items()):
        if wanted.only in (None, name):
            print(name, flush=True)
            draw, classes = make()
            model, accuracy = pretrain(draw, classes, wanted.steps, seed)
            save(name, model, wanted.out / name, accuracy, wanted.steps)
            print(f"  {accuracy:.3f} of fresh pictures right -> {wanted.out / name}", flush=True)


if __name__ == "__main__":
    main()
