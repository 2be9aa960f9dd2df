"""Checks of media: real files, some of which are missing, damaged, or not what is said of them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cvat_building import write_video
from label_rows import dataset, row, table
from mattebox.errors import BadParameter
from mattebox.label.checks import check
from mattebox.label.frames import FrameMap
from mattebox.label.media import Blob, Images, Video
from mattebox.label.report import Report


def stills(folder: Path, *names: str, sizes=None) -> Images:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (32, 24)).save(folder / name)
    return Images([Blob(folder / name) for name in names], names, sizes)


def told(media, *, frames=None, decode=False, **asked):
    report = Report()
    count = len(media) if isinstance(media, Images) else 5
    data = dataset(table(row("points", (1, 1))), frames=frames or FrameMap(count), media=media)
    check(data, report, media=decode, **asked)
    return [(entry.code, entry.frame, entry.message) for entry in report.entries]


def test_sound_pictures_are_left_alone(tmp_path):
    assert told(stills(tmp_path, "a.png", "b.png"), decode=True) == []


def test_missing_and_damaged_pictures_are_told_with_their_frame(tmp_path):
    media = stills(tmp_path, *(f"{index}.png" for index in range(5)))
    (tmp_path / "2.png").unlink()
    (tmp_path / "3.png").write_bytes(b"\x89PNG\r\n\x1a\nnot really")
    (tmp_path / "4.png").unlink()
    found = told(media, frames=FrameMap(5, deleted=frozenset({4})), decode=True)
    assert [(code, frame) for code, frame, _ in found] == [("missing-media", 2), ("damaged-picture", 3)]
    assert all(str(tmp_path / f"{frame}.png") in message for _, frame, message in found)
    assert [code for code, *_ in told(media, frames=FrameMap(4))] == ["missing-media"]


def test_a_picture_of_another_size_than_is_said_is_told(tmp_path):
    media = stills(tmp_path, "a.png", "b.png", sizes=[(24, 32), (32, 24)])
    ((code, frame, message),) = told(media, decode=True)
    assert (code, frame) == ("damaged-picture", 1)
    assert "24 x 32 pixels, and it is said to have 32 x 24" in message


def test_one_name_in_two_folders_is_told_once(tmp_path):
    ((code, _, message),) = told(stills(tmp_path, "day/a.png", "night/a.png", "night/b.png"))
    assert (code, message) == ("same-name", "2 pictures are called a.png: day/a.png, night/a.png")


def test_a_picture_that_is_two_frames_and_one_that_nobody_uses_are_no_namesakes(tmp_path):
    stills(tmp_path, "day/a.png", "night/a.png")
    used = ["day/a.png", "", "day/a.png", "night/a.png"]
    media = Images([Blob(tmp_path / name) for name in used], used, [(24, 32)] * 4)
    assert told(media, frames=FrameMap(2, step=2)) == []
    assert [code for code, *_ in told(media, frames=FrameMap(3, deleted=frozenset({1})))] == []
    assert [code for code, *_ in told(media, frames=FrameMap(4, deleted=frozenset({1})))] == ["same-name"]


def test_a_list_that_is_too_short_is_told(tmp_path):
    ((code, _, message),) = told(stills(tmp_path, "a.png", "b.png", "c.png"), frames=FrameMap(2, start=1, step=2))
    assert code == "too-few-frames"
    assert message == "its last frame is frame 3 of the media, which have 3 frames"


@pytest.mark.parametrize(
    ("count", "frames", "said"),
    [
        (None, FrameMap(6), []),
        (6, FrameMap(3, step=2), []),
        (None, FrameMap(3, start=1, step=3), ["frame 7 of the media, which have 6 frames"]),
        (9, FrameMap(6), ["6 frames can be decoded, and it is said to have 9"]),
    ],
)
def test_the_frames_of_a_video_are_counted(tmp_path, count, frames, said):
    media = Video(Blob(write_video(tmp_path / "clip.webm", 6)), size=(48, 64), count=count)
    found = told(media, frames=frames, decode=True)
    assert [code for code, *_ in found] == ["frame-count"] * len(said)
    assert all(words in message for words, (*_, message) in zip(said, found, strict=True))
    assert told(media, frames=frames) == []  # only on request


def test_a_video_that_is_none_is_told(tmp_path):
    (tmp_path / "clip.webm").write_bytes(b"nothing of the kind")
    found = told(Video(Blob(tmp_path / "clip.webm"), size=(48, 64)), decode=True)
    assert [code for code, *_ in found] == ["frame-count"]
    assert told(Video(Blob(tmp_path / "gone.webm"), size=(48, 64)), decode=True)[0][0] == "missing-media"


def test_a_task_without_media_says_so_and_is_checked_all_the_same():
    report = Report()
    data = dataset(table(row("polygon", (1, 1))))
    task = data.tasks[0].replace(media=None)
    check(data.replace(tasks=(task,)), report)
    assert sorted(entry.code for entry in report.entries) == ["no-media", "too-few-points"]


def test_sizes_are_read_of_the_pictures_that_have_rows(tmp_path):
    report = Report()
    media = stills(tmp_path, "a.png", "b.png")
    check(dataset(table(row("rectangle", (20, 5, 40, 9))), frames=FrameMap(2), media=media), report)
    assert [(entry.code, entry.message.split(" on ")[1]) for entry in report.entries] == [
        ("across-border", "32 x 24 pixels")
    ]


def test_checks_are_chosen_by_name_and_progress_is_told():
    data, steps = dataset(table(row("polygon", (1, 1)), row(label="cat"))), []
    report = Report()
    check(
        data,
        report,
        only=["unknown-label", "missing-media"],
        skip=["missing-media"],
        progress=lambda *at: steps.append(at),
    )
    assert [entry.code for entry in report.entries] == ["unknown-label"]
    assert steps == [(1, 1)]
    with pytest.raises(BadParameter, match="no check 'unknown-labels'; did you mean 'unknown-label'"):
        check(data, report, only=["unknown-labels"])
    with pytest.raises(BadParameter, match="no check 'nothing'"):
        check(data, report, skip=["nothing"])
    with pytest.raises(BadParameter, match="tolerance"):
        check(data, report, tolerance=np.nan)
