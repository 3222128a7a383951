"""The page in a real browser: nothing runs, nothing is asked for, nothing hangs over the edge."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
"""One that playwright installed for itself is found by playwright."""
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
WIDTHS = ((1280, 800), (390, 844))

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None and "CI" not in os.environ, reason="there is no chromium here"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def files(texts: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


def look(browser: Any, file: Path, width: int, height: int, **options: Any) -> tuple[Any, list[str]]:
    """Open a page; also what it tried: dialogs, requests, complaints."""
    page = browser.new_context(viewport={"width": width, "height": height}, **options).new_page()
    tried: list[str] = []

    def refuse(dialog: Any) -> None:
        tried.append(f"dialog {dialog.message}")
        dialog.dismiss()

    page.on("dialog", refuse)
    page.on(
        "request",
        lambda request: (
            None if request.url == file.as_uri() or request.url.startswith("data:") else tried.append(request.url)
        ),
    )
    page.on("console", lambda message: tried.append(message.text))
    page.on("pageerror", lambda error: tried.append(str(error)))
    page.goto(file.as_uri())
    return page, tried


@pytest.mark.parametrize("name", ["ship", "hold", "reject", "hostile", "steered"])
@pytest.mark.parametrize(("width", "height"), WIDTHS)
def test_fits_the_screen_and_tries_nothing(
    browser: Any, files: dict[str, Path], name: str, width: int, height: int
) -> None:
    page, tried = look(browser, files[name], width, height)
    for summary in page.query_selector_all("summary"):
        summary.evaluate("summary => summary.parentElement.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.scripts.length") == 0
    assert tried == []
    page.context.close()


@pytest.mark.parametrize(("name", "word"), [("ship", "Ship"), ("hold", "Hold"), ("reject", "Reject")])
@pytest.mark.parametrize(("width", "height"), WIDTHS)
def test_the_verdict_and_how_good_stand_on_the_first_screen(
    browser: Any, files: dict[str, Path], name: str, word: str, width: int, height: int
) -> None:
    page, _ = look(browser, files[name], width, height)
    assert page.inner_text(".verdict .word").strip() == word
    box = page.locator(".told > div").first.bounding_box()
    assert box["y"] + box["height"] < height
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(browser: Any, files: dict[str, Path], scheme: str) -> None:
    page, _ = look(browser, files["hold"], 1280, 800, color_scheme=scheme)
    assert page.evaluate(CONTRAST) == []
    page.context.close()


def test_thumbnails_are_drawn_and_told(browser: Any, files: dict[str, Path]) -> None:
    page, _ = look(browser, files["ship"], 1280, 800)
    pictures = page.evaluate("[...document.images].map(image => [image.naturalWidth, image.alt])")
    assert len(pictures) == 12
    assert all(width == 96 and alt for width, alt in pictures)
    page.context.close()


def test_prints_with_everything_unfolded(browser: Any, files: dict[str, Path]) -> None:
    page, _ = look(browser, files["hold"], 1280, 800)
    page.emulate_media(media="print")
    assert page.locator("nav").is_hidden()
    assert (
        page.get_by_text("A call takes 24 ms in the median.").first.evaluate(
            "element => element.getBoundingClientRect().height"
        )
        > 0
    )
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.context.close()


# Every text whose colour is less than 4.5 times as light or dark as what lies under it (WCAG 2, AA).
CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const channel = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgb(getComputedStyle(e).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255];
  };
  const weak = [];
  for (const element of document.querySelectorAll('p, dd, dt, li, th, td, h1, h2, h3, h4, a, summary, span, strong, bdi')) {
    if (![...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim())) continue;
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) weak.push([element.tagName, element.className, element.textContent.trim().slice(0, 40), ratio.toFixed(2)]);
  }
  return weak;
}"""
