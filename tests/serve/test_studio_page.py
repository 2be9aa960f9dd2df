"""The page, in a real browser against a real server."""

from __future__ import annotations

import base64
import io
import re
import shutil
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from mattebox.serve.routes.studio import FOLDER
from serve.desk import SECONDS, Desk, Opener, made, pixels
from serve.live import Live, serving

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[2] / "examples"
LEMUR, CAT = EXAMPLES / "lemur.jpg", EXAMPLES / "cat_chelsea.jpg"
NAMES = {"Mattebox", "English", "Ctrl", "PNG", "JPG", "WEBP", "ZIP", "Amazon", "eBay", "Etsy", "Google", "Shopping"}
NAMES |= {"Shopify", "Walmart"}
"""Words that are the same in every language."""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server without keys, as on one's own computer."""
    with serving(tmp_path_factory.mktemp("studio"), local=True) as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def desk(browser: Browser, live: Live) -> Iterator[Opener]:
    """Opens the page; afterwards nothing may have gone wrong in it, and nobody else been asked for anything."""
    contexts, desks = [], []

    def opened(at: Live = live, **context: Any) -> Desk:
        wanted = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", "reduced_motion": "reduce", **context}
        contexts.append(browser.new_context(**wanted))
        desks.append(Desk(contexts[-1].new_page(), at))
        return desks[-1].open()

    yield opened
    for context in contexts:
        context.close()
    for each in desks:
        strangers = [request.url for request in each.requests if not request.url.startswith((each.live.url, "blob:"))]
        assert (each.problems, strangers) == ([], [])
        assert each.requests


def test_a_picture_is_cut_out_and_saved_under_its_name(desk: Opener, live: Live) -> None:
    assert desk().bring(LEMUR).saved() == ("lemur_cutout.png", made(live, LEMUR))


def test_samples_are_pictures_of_the_page_itself(desk: Opener) -> None:
    opened = desk()
    opened.page.get_by_label("Try the sample: Coffee").click()
    opened.settle(1)
    assert opened.saved()[0] == "coffee_cutout.png"


BRING = """([event, name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name));
    const details = event === 'paste' ? { clipboardData: data } : { dataTransfer: data };
    const kind = event === 'paste' ? ClipboardEvent : DragEvent;
    document.body.dispatchEvent(new kind(event, { ...details, bubbles: true, cancelable: true }));
}"""


def test_pictures_are_dropped_pasted_and_picked_by_folder(desk: Opener, tmp_path: Path) -> None:
    opened = desk()
    text = base64.b64encode(LEMUR.read_bytes()).decode()
    opened.page.evaluate(BRING, ["dragenter", "dropped.jpg", text])
    expect(opened.page.get_by_text("Let go to add the pictures")).to_be_visible()
    opened.page.evaluate(BRING, ["drop", "dropped.jpg", text])
    expect(opened.page.get_by_text("Let go to add the pictures")).to_be_hidden()
    opened.settle(1)
    opened.page.evaluate(BRING, ["paste", "pasted.jpg", text])
    opened.settle(2)
    (tmp_path / "inner").mkdir()
    shutil.copy(CAT, tmp_path / "inner" / "cat.jpg")
    (tmp_path / "readme.txt").write_text("not a picture")
    opened.page.set_input_files("#folder", str(tmp_path))
    opened.settle(3)
    assert titles(opened) == ["dropped.jpg", "pasted.jpg", "cat.jpg"]


def test_the_line_uncovers_before_and_after(desk: Opener) -> None:
    opened = desk().bring(LEMUR)
    line = opened.page.locator("#compare")
    expect(line).to_have_attribute("aria-valuenow", "0")
    ground = opened.stage()[150, 200]
    line.press("End")
    expect(line).to_have_attribute("aria-valuenow", "100")
    green = opened.stage()[150, 200].astype(int)
    assert green[1] > green[2] + 20
    assert np.ptp(ground) < 10
    box, stage = line.bounding_box(), opened.page.locator("#stage").bounding_box()
    assert box is not None
    assert stage is not None
    opened.page.mouse.move(box["x"] + 22, box["y"] + 200)
    opened.page.mouse.down()
    opened.page.mouse.move(stage["x"] + stage["width"] / 2, box["y"] + 200, steps=3)
    opened.page.mouse.up()
    expect(line).to_have_attribute("aria-valuenow", "50")
    opened.page.keyboard.press("b")
    expect(line).to_have_attribute("aria-valuenow", re.compile("^(0|100)$"))


@pytest.mark.parametrize(
    ("tab", "tiles", "fields", "suffix"),
    [
        ("Backdrop", ["Colour #ffd9a0"], {"background": "#ffd9a0"}, "png"),
        ("Backdrop", ["From #d4e8ff"], {"background": "#d4e8ff", "gradient_end": "#7fa6dc"}, "png"),
        ("Backdrop", ["Blurred"], {"background": "blur"}, "png"),
        ("Frame", ["Subject only"], {"crop": "5%"}, "png"),
        ("Frame", ["eBay"], {"preset": "ebay", "format": "jpeg"}, "jpg"),
        ("Shadow", ["Floating"], {"shadow": "drop"}, "png"),
        ("Shadow", ["Standing"], {"shadow": "contact"}, "png"),
        ("Shadow", ["In the sun"], {"shadow": "cast"}, "png"),
    ],
)
def test_what_is_chosen_is_what_the_server_makes(
    tab: str, tiles: list[str], fields: dict[str, str], suffix: str, desk: Opener, live: Live
) -> None:
    opened = desk().bring(CAT).choose(tab, *tiles)
    opened.settle(1)
    assert opened.saved() == (f"cat_chelsea_cutout.{suffix}", made(live, CAT, **fields))


def test_a_picture_as_background_and_another_format(desk: Opener, live: Live) -> None:
    opened = desk().bring(LEMUR).choose("Backdrop")
    opened.page.set_input_files("#choices input[type=file]", str(CAT))
    opened.settle(1)
    opened.page.get_by_text("WEBP", exact=True).click()
    ground = {"background_picture": (CAT.name, CAT.read_bytes())}
    assert opened.saved() == ("lemur_cutout.webp", made(live, LEMUR, format="webp", files=ground))


def test_the_newest_of_choices_that_contradict_each_other_counts(desk: Opener, live: Live) -> None:
    opened = desk().bring(CAT).choose("Backdrop", "Blurred").choose("Shadow", "Floating").choose("Frame", "Etsy")
    opened.choose("Frame", "Subject only").page.get_by_text("PNG", exact=True).click()
    opened.settle(1)
    assert opened.saved()[1] == made(live, CAT, shadow="drop", crop="5%")


def test_the_brush_erases_restores_and_takes_back(desk: Opener, live: Live) -> None:
    opened = desk().bring(LEMUR).choose("Brush")
    plain = made(live, LEMUR)
    before = pixels(plain)[..., 3]
    stroke(opened, (0.4, 0.5), (0.6, 0.5))
    erased = pixels(opened.saved()[1])[..., 3]
    assert before[220, 300:380].min() > 250
    assert erased[220, 300:380].max() < 5
    assert np.abs(erased - before)[:150].max() <= 1
    opened.page.keyboard.press("Control+z")
    opened.settle(1)
    assert opened.saved()[1] == plain
    opened.page.keyboard.press("Control+Shift+z")
    opened.settle(1)
    assert np.array_equal(pixels(opened.saved()[1])[..., 3], erased)
    opened.choose("Brush", "Restore")
    stroke(opened, (0.05, 0.1), (0.2, 0.1))
    restored = pixels(opened.saved()[1])
    assert restored[44, 50:120, 3].min() > 250
    assert np.abs(restored[44, 50:120, :3] - pixels(LEMUR.read_bytes())[44, 50:120, :3]).max() <= 40


def test_the_brush_works_on_every_pixel_of_a_large_picture(desk: Opener, tmp_path: Path) -> None:
    Image.open(LEMUR).resize((2720, 1760)).save(tmp_path / "large.jpg", quality=80)
    opened = desk().bring(tmp_path / "large.jpg").choose("Brush")
    opened.settle(1)
    stroke(opened, (0.4, 0.5), (0.6, 0.5))
    alpha = pixels(opened.saved()[1])[..., 3]
    assert alpha.shape == (1760, 2720)
    assert alpha[880, 1200:1520].max() < 5
    assert alpha[700, 1200:1520].min() > 250


def stroke(opened: Desk, start: tuple[float, float], end: tuple[float, float], *, done: int = 1) -> None:
    """Draw over the picture, by shares of its width and height, and wait for the server's answer."""
    box = opened.page.locator("#frame").bounding_box()
    assert box is not None
    expect(opened.page.locator("#stage")).to_have_class(re.compile("brushing"), timeout=SECONDS)
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    opened.page.mouse.move(*places[0])
    opened.page.mouse.down()
    opened.page.mouse.move(*places[1], steps=5)
    expect(opened.page.locator("#paint")).to_be_visible()
    opened.page.mouse.up()
    expect(opened.page.get_by_role("button", name="Undo")).to_be_enabled()
    expect(opened.page.locator("#paint")).to_be_hidden(timeout=SECONDS)
    opened.settle(done)


def test_a_brushed_picture_is_dressed_with_what_was_left(desk: Opener) -> None:
    opened = desk().bring(LEMUR).choose("Brush")
    stroke(opened, (0.4, 0.5), (0.6, 0.5))
    opened.choose("Backdrop", "Colour #2a5bd7")
    opened.settle(1)
    assert tuple(pixels(opened.saved()[1])[220, 340]) == (0x2A, 0x5B, 0xD7, 255)


def test_ten_pictures_go_two_at_a_time_and_come_back_as_one_archive(desk: Opener, tmp_path: Path, live: Live) -> None:
    names = [f"{number} кот.jpg" for number in range(9)]
    for name in names:
        Image.open(CAT).resize((240, 160)).save(tmp_path / name)
    (tmp_path / "other").mkdir()
    shutil.copy(tmp_path / names[0], tmp_path / "other" / names[0])
    opened = desk()
    opened.bring(*(tmp_path / name for name in names), tmp_path / "other" / names[0])
    times = opened.page.evaluate(
        "performance.getEntriesByType('resource').map(e => [e.name, e.startTime, e.responseEnd])"
    )
    calls = [(start, end) for name, start, end in times if name.endswith("/v1/cutouts")]
    assert len(calls) == 10
    assert max(sum(start <= begin < end for start, end in calls) for begin, _ in calls) == 2
    name, data = opened.saved("#download-all")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == sorted(
            [*(f"{number} кот_cutout.png" for number in range(9)), "0 кот_cutout (2).png"]
        )
        assert archive.read("3 кот_cutout.png") == made(live, tmp_path / names[3])
    assert name == "cutouts.zip"
    opened.page.get_by_role("button", name="Remove 3 кот.jpg").focus()
    opened.page.keyboard.press("Enter")
    expect(opened.page.locator(".thumb")).to_have_count(9)


def test_a_picture_that_was_removed_comes_back_where_it_was(desk: Opener) -> None:
    opened = desk().bring(CAT, LEMUR).choose("Backdrop", "Colour #111111")
    opened.page.get_by_role("button", name="Remove cat_chelsea.jpg").focus()
    opened.page.keyboard.press("Enter")
    expect(opened.page.locator(".thumb")).to_be_focused()
    opened.page.keyboard.press("Delete")
    expect(opened.page.get_by_role("button", name="Choose pictures")).to_be_focused()
    for name in ("lemur.jpg", "cat_chelsea.jpg"):
        toast = opened.page.locator(".toast", has_text=f"Removed: {name}")
        toast.get_by_role("button", name="Undo").click()
    opened.settle(2)
    assert titles(opened) == ["cat_chelsea.jpg", "lemur.jpg"]
    expect(opened.page.get_by_role("radio", name="Colour #111111")).to_be_checked()


def titles(opened: Desk) -> list[str]:
    return opened.page.locator(".thumb").evaluate_all("thumbs => thumbs.map(thumb => thumb.title)")


def test_pictures_that_are_added_are_shown(desk: Opener) -> None:
    opened = desk().bring(LEMUR, CAT)
    expect(opened.page.locator(".caption")).to_have_text("lemur.jpg1 / 2")
    opened.page.set_input_files("#files", [str(EXAMPLES / "astronaut.jpg"), str(LEMUR)])
    expect(opened.page.locator(".caption")).to_have_text("astronaut.jpg3 / 4")
    opened.settle(4)


def test_choices_and_strokes_are_taken_back_in_the_order_they_were_made(desk: Opener) -> None:
    opened = desk().bring(LEMUR, CAT).choose("Backdrop", "Colour #111111").choose("Brush")
    opened.settle(2)
    stroke(opened, (0.4, 0.5), (0.6, 0.5), done=2)
    opened.choose("Backdrop", "Colour #ffffff")
    colour = opened.page.locator("#choices input[type=color]").first
    for value in ("#123456", "#654321"):
        colour.evaluate("(input, value) => { input.value = value; input.dispatchEvent(new Event('input')) }", value)
    colour.dispatch_event("change")
    clear = opened.page.get_by_role("button", name="Clear all strokes")
    checked = opened.page.locator("#choices .small input:checked")
    opened.page.keyboard.press("Control+z")
    expect(checked).to_have_value("colour #ffffff")
    opened.page.keyboard.press("Control+z")
    expect(checked).to_have_value("colour #111111")
    opened.choose("Brush")
    expect(clear).to_be_enabled()
    opened.page.keyboard.press("Control+z")
    expect(clear).to_be_disabled()
    opened.choose("Backdrop")
    expect(checked).to_have_value("colour #111111")
    opened.page.get_by_role("button", name="Undo").click()
    expect(checked).to_have_count(0)
    expect(opened.page.get_by_role("button", name="Undo")).to_be_disabled()
    # What was one choice for all pictures is taken back in all.
    opened.page.keyboard.press(".")
    expect(opened.page.get_by_role("radio", name="None")).to_be_checked()
    opened.page.keyboard.press(",")
    for _ in range(4):
        opened.page.get_by_role("button", name="Redo").click()
    expect(opened.page.get_by_role("button", name="Redo")).to_be_disabled()
    expect(colour).to_have_value("#654321")


def test_leaving_asks_as_long_as_choices_are_not_saved(desk: Opener) -> None:
    opened = desk().bring(LEMUR)
    opened.choose("Backdrop", "Colour #111111").settle(1)
    with opened.page.expect_event("dialog") as caught:
        opened.page.close(run_before_unload=True)
    assert caught.value.type == "beforeunload"
    caught.value.dismiss()
    opened.saved()
    with opened.page.expect_event("close"):
        opened.page.close(run_before_unload=True)


def test_choices_are_for_all_pictures_or_for_one(desk: Opener) -> None:
    opened = desk().bring(LEMUR, CAT).choose("Backdrop", "Colour #ffffff")
    opened.page.get_by_role("switch", name="Same for all pictures").uncheck()
    opened.choose("Backdrop", "Colour #111111")
    opened.page.keyboard.press(".")
    expect(opened.page.get_by_role("radio", name="Colour #ffffff")).to_be_checked()
    opened.page.keyboard.press(",")
    expect(opened.page.get_by_role("radio", name="Colour #111111")).to_be_checked()
    opened.settle(2)


def test_files_that_cannot_become_pictures_are_told_before_anything_is_sent(
    desk: Opener, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (tmp_path / "notes.jpg").write_text("not a picture")
    (tmp_path / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "empty.jpg").touch()
    with serving(tmp_path_factory.mktemp("small"), local=True, max_megabytes=0.05, max_megapixels=0.1) as small:
        left_out = [tmp_path / name for name in ("notes.jpg", "empty.jpg", "notes.jpg", "notes.jpg")]
        opened = desk(small).bring(*left_out, LEMUR, tmp_path / "torn.png", CAT, wait=False)
        expect(opened.page.locator("#toasts")).to_contain_text("notes.jpg was left out: it is not a picture")
        expect(opened.page.locator("#toasts")).to_contain_text("empty.jpg was left out: it is empty")
        expect(opened.page.locator("#toasts")).to_contain_text("and 1 more")
        expect(opened.page.locator(".thumb[data-state=failed]")).to_have_count(3)
        expect(opened.page.locator("#news")).to_have_text("This file is too large: the server takes up to 0.1 MB.")
        opened.page.keyboard.press(".")
        expect(opened.page.locator("#news")).to_have_text("This file is damaged, or not a picture.")
        opened.page.keyboard.press(".")
        expect(opened.page.locator("#news")).to_contain_text("too many pixels")
        assert opened.asked() == []


def test_a_wrong_key_is_told_and_asked_for_again(desk: Opener, server: Live) -> None:
    opened = desk(server).bring(LEMUR, CAT, wait=False)
    dialog = opened.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Ask whoever runs it for one")
    opened.page.get_by_label("Key", exact=True).fill("wrong")
    opened.page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("The server does not accept this key. Check it and try again.")
    opened.page.get_by_role("button", name="Cancel").click()
    expect(opened.page.locator("#news")).to_contain_text("The server does not accept this key.")
    opened.page.get_by_role("button", name="Try again", exact=True).click()
    opened.page.get_by_label("Key", exact=True).fill(server.key)
    opened.page.get_by_role("button", name="Use this key").click()
    opened.settle(2)
    assert opened.saved()[1] == made(server, LEMUR)
    assert not any(server.key in request.url for request in opened.requests)
    opened.reload().bring(CAT)
    expect(dialog).to_be_hidden()
    refused = [told for told in opened.problems if "403" in told]
    assert refused
    assert all(request.headers.get("x-api-key") for request in opened.asked())
    opened.problems = [told for told in opened.problems if told not in refused]


@pytest.mark.parametrize(("status", "code"), [(429, "rate_limit_exceeded"), (503, "server_busy")])
def test_a_busy_server_is_asked_again_when_it_says(status: int, code: str, desk: Opener) -> None:
    opened = desk()
    answers = [{"status": status, "headers": {"Retry-After": "1"}, "json": {"errors": [{"title": "x", "code": code}]}}]
    opened.page.route("**/v1/cutouts", lambda route: route.fulfill(**answers.pop()) if answers else route.continue_())
    opened.bring(LEMUR, wait=False)
    expect(opened.page.locator("#news")).to_contain_text("The server is busy. Trying again in")
    opened.settle(1)
    assert len(opened.asked()) == 2
    opened.problems = [told for told in opened.problems if str(status) not in told]


def test_a_server_that_is_gone_is_told_and_tried_again(desk: Opener) -> None:
    opened = desk()
    for address in ("**/v1/cutouts", "**/readyz"):
        opened.page.route(address, lambda route: route.abort())
    opened.bring(LEMUR, CAT, wait=False)
    expect(opened.page.locator("#news")).to_contain_text("The server cannot be reached.")
    expect(opened.page.locator(".thumb[data-state=failed]")).to_have_count(2)
    opened.page.unroute("**/v1/cutouts")
    opened.page.get_by_role("button", name="Try again", exact=True).click()
    opened.settle(2)
    opened.problems = [told for told in opened.problems if "ERR_FAILED" not in told]


def test_all_goes_on_by_itself_when_the_server_is_back(desk: Opener) -> None:
    opened = desk()
    for address in ("**/v1/cutouts", "**/readyz"):
        opened.page.route(address, lambda route: route.abort())
    with opened.page.expect_request("**/readyz"):
        opened.bring(LEMUR, CAT, wait=False)
    opened.page.unroute_all()
    opened.settle(2)
    opened.problems = [told for told in opened.problems if "ERR_FAILED" not in told]


def test_a_picture_without_a_subject_says_what_to_do(desk: Opener, tmp_path: Path) -> None:
    Image.new("RGB", (320, 240), "#789").save(tmp_path / "sky.png")
    opened = desk().bring(tmp_path / "sky.png", wait=False)
    expect(opened.page.locator("#news")).to_contain_text("Nothing was found that stands out.", timeout=SECONDS)
    expect(opened.page.locator("#before")).to_have_class(re.compile("ghost"))
    opened.page.click("#download")
    expect(opened.page.locator("#toasts")).to_contain_text("There is nothing to save")
    opened.page.locator("#toasts").get_by_role("button", name="Paint it in").click()
    expect(opened.page.get_by_role("radio", name="Restore")).to_be_checked()
    stroke(opened, (0.3, 0.5), (0.6, 0.5))
    assert pixels(opened.saved()[1])[120, 110:180, 3].min() > 250


def test_a_picture_with_too_many_pixels_is_made_smaller(
    desk: Opener, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    Image.open(LEMUR).resize((1360, 880)).save(tmp_path / "large.jpg")
    with serving(tmp_path_factory.mktemp("small"), local=True, max_megapixels=0.3) as small:
        opened = desk(small).bring(LEMUR, tmp_path / "large.jpg", wait=False)
        opened.settle(1)
        opened.page.keyboard.press(".")
        opened.page.get_by_role("button", name="Make it smaller").click()
        opened.settle(2)
        width, height = Image.open(io.BytesIO(opened.saved()[1])).size
        assert 0.29e6 < width * height <= 0.3e6


def test_a_shop_marks_its_ground_and_a_shadow_is_noted(desk: Opener) -> None:
    opened = desk().bring(CAT).choose("Frame", "Amazon").choose("Backdrop")
    expect(opened.page.get_by_role("radio", name="Colour #ffffff")).to_be_checked()
    note = opened.page.get_by_text("Shops that ask for a pure white background")
    opened.choose("Shadow")
    expect(note).to_be_hidden()
    expect(opened.page.get_by_text("cuts this subject off below")).to_be_visible()
    opened.choose("Shadow", "Floating")
    expect(note).to_be_visible()
    opened.settle(1)


def test_a_picture_that_the_browser_does_not_know_is_done_by_the_server(
    desk: Opener, tmp_path: Path, live: Live
) -> None:
    Image.open(LEMUR).save(tmp_path / "lemur.tiff")
    opened = desk().bring(tmp_path / "lemur.tiff")
    assert opened.saved() == ("lemur_cutout.png", made(live, tmp_path / "lemur.tiff"))
    expect(opened.page.locator("#compare")).to_be_hidden()


def test_large_pictures_are_shown_small_and_saved_whole(desk: Opener, tmp_path: Path, live: Live) -> None:
    Image.open(LEMUR).resize((2720, 1760)).save(tmp_path / "large.jpg", quality=80)
    opened = desk().bring(tmp_path / "large.jpg")
    shown = opened.page.locator("#after").evaluate("image => image.naturalWidth * image.naturalHeight")
    assert shown <= 4e6
    data = opened.saved()[1]
    assert Image.open(io.BytesIO(data)).size == (2720, 1760)
    assert data == made(live, tmp_path / "large.jpg")
    for _ in range(8):
        opened.page.keyboard.press("+")
    expect(opened.page.locator("#after")).to_have_js_property("naturalWidth", 2720, timeout=SECONDS)


def test_zoom_and_pan(desk: Opener) -> None:
    opened = desk().bring(LEMUR)
    frame, value = opened.page.locator("#frame"), opened.page.locator("#zoom-value")
    fitted, whole = value.text_content(), frame.bounding_box()
    opened.page.locator("#stage").hover()
    opened.page.mouse.wheel(0, -300)
    expect(value).not_to_have_text(str(fitted))
    opened.page.keyboard.press("1")
    expect(value).to_have_text("100%")
    opened.page.locator("#stage").focus()
    for _ in range(6):
        opened.page.keyboard.press("+")
    left = frame.bounding_box()
    opened.page.keyboard.press("ArrowRight")
    moved = frame.bounding_box()
    assert left is not None
    assert moved is not None
    assert moved["x"] == pytest.approx(left["x"] - 60, abs=1)
    opened.page.keyboard.press("0")
    expect(value).to_have_text(str(fitted))
    assert frame.bounding_box() == whole


def test_two_fingers_zoom(desk: Opener) -> None:
    opened = desk(viewport={"width": 360, "height": 640}, has_touch=True).bring(LEMUR)
    value = opened.page.locator("#frame")
    before = value.bounding_box()
    touch = opened.page.context.new_cdp_session(opened.page)
    for kind, reach in (("touchStart", 20), ("touchMove", 40), ("touchMove", 80), ("touchEnd", None)):
        points = [] if reach is None else [{"x": 180 - reach, "y": 150, "id": 1}, {"x": 180 + reach, "y": 150, "id": 2}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    after = value.bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] == pytest.approx(4 * before["width"], rel=0.05)


def test_everything_can_be_done_by_keys_alone(desk: Opener, live: Live) -> None:
    opened = desk()
    page = opened.page
    page.keyboard.press("Tab")
    for _ in range(12):
        if page.evaluate("document.activeElement.getAttribute('aria-label')") == "Try the sample: Lemur":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    opened.settle(1)
    tab_to(page, "document.activeElement.role === 'tab'")
    tab_to(page, "document.activeElement.value?.startsWith('colour')")
    page.keyboard.press("ArrowRight")
    colour = page.evaluate("document.activeElement.value.split(' ')[1]")
    opened.settle(1)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Choose pictures")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.locator("#before")).to_have_class(re.compile("ghost"))
    expect(page.locator("#nib")).to_be_visible()
    expect(page.locator("#stage")).to_have_class(re.compile("brushing"), timeout=SECONDS)
    opened.settle(1)
    for key in ("]", "]", "ArrowUp", "Space"):
        page.keyboard.press(key)
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    opened.settle(1)
    page.keyboard.press("Escape")
    with page.expect_download(timeout=SECONDS) as caught:
        page.keyboard.press("Control+s")
    sample = FOLDER / "samples" / "lemur.jpg"
    ours, laid = pixels(Path(caught.value.path()).read_bytes()), pixels(made(live, sample, background=colour))
    height, width = laid.shape[:2]
    ground = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    assert np.abs(ours[height // 2 - 5, width // 2, :3] - ground).max() <= 5
    assert np.abs(laid[height // 2 - 5, width // 2, :3] - ground).max() > 50


def tab_to(page: Page, condition: str) -> None:
    """Press Tab until a condition holds of what has the focus."""
    for _ in range(30):
        if page.evaluate(condition):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never led to where {condition}")


def test_the_page_speaks_russian_and_changes_its_language(desk: Opener) -> None:
    opened = desk(locale="ru-RU").bring(LEMUR)
    page = opened.page
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    for tab in ("Фон", "Кадр", "Тень", "Кисть", "Модель"):
        page.get_by_role("tab", name=tab).click()
        told = re.sub(r"#\w+|lemur\.\w+", "", page.locator("body").inner_text())
        words = set(re.findall(r"[A-Za-z]{2,}", told)) - NAMES
        # The terms of licences are shown as their publishers state them.
        assert tab == "Модель" or words == set()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("tab", name="Model")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Choose pictures")).to_be_visible()


def test_dark_as_the_system_has_it_and_a_switch(desk: Opener) -> None:
    page = desk(color_scheme="dark").page
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(20, 20, 19)"
    page.get_by_role("button", name="Light or dark").click()
    assert page.evaluate(ground) == "rgb(245, 244, 240)"
    page.reload()
    assert page.evaluate(ground) == "rgb(245, 244, 240)"


@pytest.mark.parametrize("locale", ["en-GB", "ru-RU"])
def test_a_phone_of_360_pixels_shows_everything(locale: str, desk: Opener) -> None:
    opened = desk(viewport={"width": 360, "height": 640}, has_touch=True, locale=locale).bring(LEMUR, CAT)
    page = opened.page
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    for name in ("download", "copy", "download-all", "add", "zoom-in", "compare"):
        box = page.locator(f"#{name}").bounding_box()
        assert box is not None
        assert -22 <= box["x"] <= box["x"] + box["width"] <= 360
        assert box["y"] + box["height"] <= 640
    boxes = [page.locator(f"{part}").bounding_box() for part in (".formats", "#download", "#copy", "#download-all")]
    for left, right in pairwise(boxes):
        assert left is not None
        assert right is not None
        assert left["x"] + left["width"] <= right["x"]
    for part in (".formats", "#download", "#tabs"):
        assert page.locator(part).evaluate("part => part.scrollWidth <= part.clientWidth"), part
    page.get_by_role("tab").nth(3).tap()
    expect(page.locator("#before")).to_have_class(re.compile("ghost"))


NAMELESS = """[...document.querySelectorAll('button, input, [role]')]
    .filter((each) => each.checkVisibility() && each.role !== 'status')
    .filter((each) => !(each.textContent.trim() || each.ariaLabel || each.labels?.[0]?.textContent.trim()))
    .map((each) => each.outerHTML)"""


def test_every_control_has_a_name(desk: Opener) -> None:
    opened = desk().bring(LEMUR, CAT)
    for tab in ("Backdrop", "Frame", "Shadow", "Brush", "Model"):
        opened.choose(tab)
        assert opened.page.evaluate(NAMELESS) == []


def test_the_result_goes_to_the_clipboard(desk: Opener, live: Live) -> None:
    opened = desk(permissions=["clipboard-read", "clipboard-write"]).bring(LEMUR)
    opened.page.get_by_role("button", name="Copy to the clipboard").click()
    expect(opened.page.locator("#toasts")).to_have_text("Copied")
    read = """async () => { const [item] = await navigator.clipboard.read();
        return [...new Uint8Array(await (await item.getType('image/png')).arrayBuffer())] }"""
    ours, theirs = pixels(bytes(opened.page.evaluate(read))), pixels(made(live, LEMUR))
    assert np.array_equal(ours[..., 3], theirs[..., 3])
