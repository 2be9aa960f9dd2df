from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mattebox.encode import encode
from mattebox.errors import BadParameter, OutputFailed
from mattebox.label.dataset import Dataset, Label, Subtask, Task
from mattebox.label.frames import FrameMap
from mattebox.label.media import Blob, Images, Media
from mattebox.label.previews import Drawing, contact_sheet, drawn, picked, spots_of, write_page, write_video
from mattebox.label.report import Report
from mattebox.label.row import Row
from mattebox.label.table import Table


def stills(folder: Path, count: int) -> Images:
    files = [folder / f"{number}.png" for number in range(count)]
    for number, file in enumerate(files):
        file.write_bytes(encode(np.full((30, 40, 3), 10 * number, np.uint8), "png"))
    return Images([Blob(file) for file in files])


def box(label: str, frame: int) -> Row:
    return Row(label=label, frame=frame, shape="rectangle", points=(5, 5, 20, 20))


def task(name: str, media: Media | None, rows: list[Row], deleted: frozenset[int] = frozenset()) -> Task:
    subtask = Subtask("job 0", np.arange(6), Table.from_rows(rows))
    return Task(name, media, FrameMap(6, deleted=deleted), (subtask,))


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    common = [box("cat", frame) for frame in range(6)]
    one = task("one", stills(tmp_path / "a", 6), [*common, box("owl", 4)], frozenset({2}))
    other = task("other", stills(tmp_path / "b", 6), common)
    return Dataset("zoo", (one, other, task("gone", None, common)), (Label("cat"), Label("owl")))


def test_every_frame_that_can_be_seen_is_a_spot(dataset: Dataset) -> None:
    spots = list(spots_of(dataset))
    assert [(spot.task.name, spot.frame) for spot in spots] == [
        *(("one", frame) for frame in (0, 1, 3, 4, 5)),
        *(("other", frame) for frame in range(6)),
    ]
    assert sorted(spots[3].table.label.lists()) == ["cat", "owl"]


@pytest.mark.parametrize("seed", range(5))
def test_a_few_frames_have_every_label_and_every_task(dataset: Dataset, seed: int) -> None:
    spots = picked(dataset, 3, seed=seed)
    assert len(spots) == 3
    assert {label for spot in spots for label in spot.table.label.lists()} == {"cat", "owl"}
    assert {spot.task.name for spot in spots} == {"one", "other"}
    assert [spot.frame for spot in picked(dataset, 3, seed=seed)] == [spot.frame for spot in spots]


def test_a_frame_that_cannot_be_read_is_told_and_the_rest_drawn(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "a" / "1.png").write_bytes(b"torn")
    report = Report()
    steps: list[tuple[int, int]] = []
    frames = list(drawn(dataset, list(spots_of(dataset)), Drawing(), report, lambda *step: steps.append(step)))
    assert len(frames) == 10
    assert [(entry.code, entry.task, entry.frame) for entry in report.entries] == [("unreadable-frame", "one", 1)]
    assert "1.png" in report.entries[0].message
    assert steps == [(done, 11) for done in range(1, 12)]


def test_frames_are_shrunk_before_they_are_drawn(dataset: Dataset) -> None:
    (spot,) = list(spots_of(dataset))[:1]
    ((_, whole),) = drawn(dataset, [spot], Drawing(fill=0), Report())
    ((_, small),) = drawn(dataset, [spot], Drawing(fill=1, captions=False), Report(), longest=20)
    assert (whole.shape, small.shape) == ((30, 40, 3), (15, 20, 3))
    assert (small[5, 3:10].astype(int).sum(axis=1) > 0).all()
    assert not small[12:].any()


def test_a_sheet_has_every_frame(dataset: Dataset) -> None:
    frames = [(spot.caption, rgb) for spot, rgb in drawn(dataset, picked(dataset, 5), Drawing(fill=0), Report())]
    sheet = contact_sheet(frames, width=400)
    assert sheet.shape == (2 * (8 + 92 + 22) + 8, 400, 3)
    assert contact_sheet([], width=400).shape[1] == 400


def test_a_video_plays(dataset: Dataset, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    frames = [rgb for _, rgb in drawn(dataset, list(spots_of(dataset)), Drawing(), Report())]
    for name in ("film.webm", "film.mp4", "film.avi"):
        assert write_video(tmp_path / name, frames, fps=5) == 11
        capture = cv2.VideoCapture(str(tmp_path / name))
        read = 0
        while capture.grab():
            read += 1
        assert (read, capture.get(cv2.CAP_PROP_FPS)) == (11, 5.0)
    assert "OpenCV" not in capfd.readouterr().err


def test_a_video_is_in_the_right_colours(tmp_path: Path) -> None:
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 250
    write_video(tmp_path / "red.webm", [red] * 3)
    _, bgr = cv2.VideoCapture(str(tmp_path / "red.webm")).read()
    assert np.abs(bgr[16, 16].astype(int) - (0, 0, 250)).max() < 12


def test_a_video_that_cannot_be_is_refused(tmp_path: Path) -> None:
    frame = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(BadParameter, match=r"a\.gif: a video is written as"):
        write_video(tmp_path / "a.gif", [frame])
    with pytest.raises(BadParameter, match="no frame"):
        write_video(tmp_path / "a.webm", [])
    (tmp_path / "a.webm").write_bytes(b"mine")
    with pytest.raises(OutputFailed):
        write_video(tmp_path / "a.webm", [frame])
    assert (tmp_path / "a.webm").read_bytes() == b"mine"


def test_a_page_needs_nothing_else(dataset: Dataset, tmp_path: Path) -> None:
    findings = Report()
    findings.problem("too-few-points", "a polygon of <2> points", task="one", frame=1)
    frames = [(spot.caption, rgb) for spot, rgb in drawn(dataset, picked(dataset, 2), Drawing(), Report())]
    write_page(dataset, tmp_path / "page.html", frames, findings)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("data:image/jpeg;base64,") == 2
    assert "one, frame 1: a polygon of &lt;2&gt; points" in page
    assert "http" not in page
    assert page.index("cat") < page.index("owl")
