from __future__ import annotations

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from label_tasks import task_of
from mattebox.errors import BadParameter
from mattebox.label.dataset import Task
from mattebox.label.frames import FrameMap
from mattebox.label.media import Blob, Images, Video
from mattebox.label.report import Report
from mattebox.label.splitting import likeness
from mattebox.label.splitting.likeness import alike, difference_hash
from mattebox.label.splitting.sources import Ties, find_sources


def groups(*tasks: Task, **options: object) -> list[tuple[int, ...]]:
    return [source.tasks for source in find_sources(tasks, Ties(**options), report=Report())]  # type: ignore[arg-type]


def video(name: str) -> Task:
    return task_of(name.upper(), {"cat": 1}, media=Video(Blob(Path(name))))


def stills(folder: Path, name: str, *pictures: np.ndarray, first: int = 0) -> Task:
    files = []
    for number, rgb in enumerate(pictures, start=first):
        path = folder / name / f"{number:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
        files.append(Blob(path))
    return task_of(name, {"cat": 1}, frames=len(files), media=Images(files))


def noise(seed: int) -> np.ndarray:
    small = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), np.uint8)
    return cv2.resize(small, (48, 36), interpolation=cv2.INTER_CUBIC)


def test_tasks_that_share_nothing_stay_apart() -> None:
    assert groups(video("park.mp4"), video("street.mp4"), task_of("x", {}), content=False) == [(0,), (1,), (2,)]


def test_a_named_source_holds_tasks_together_and_gives_its_name() -> None:
    tasks = [task_of("a", {}, source="river"), task_of("b", {}), task_of("c", {}, source="river")]
    first, second = find_sources(tasks, report=Report())
    assert (first.name, first.tasks, first.reasons) == ("river", (0, 2), ("same source",))
    assert (second.name, second.tasks, second.reasons) == ("b", (1,), ())


def test_ties_lead_on_from_task_to_task() -> None:
    tasks = [
        task_of("a", {}, source="river", media=Video(Blob(Path("day.mp4")))),
        task_of("b", {}, media=Video(Blob(Path("elsewhere/day.mp4")))),
        task_of("c", {}, source="river"),
    ]
    assert groups(*tasks, content=False) == [(0, 1, 2)]


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("park-1.mp4", "park-2.mp4", True),
        ("park_part1.mp4", "park_part12.avi", True),
        ("park.mp4", "park 3.mp4", True),
        ("парк часть 1.mp4", "парк часть 2.mp4", True),
        ("2024-05-01_part1.mp4", "2024-05-01_part2.mp4", True),
        ("cam_2024-05-01.mp4", "cam_2024-05-02.mp4", False),
        ("cam1.mp4", "cam2.mp4", False),
        ("video-1.mp4", "video-2.mp4", False),
        ("0001.mp4", "0002.mp4", False),
    ],
)
def test_parts_of_a_video_are_known_by_their_names(one: str, other: str, together: bool) -> None:
    assert groups(video(one), video(other), content=False) == ([(0, 1)] if together else [(0,), (1,)])


def test_parts_of_a_video_may_be_strangers() -> None:
    assert groups(video("street-1.mp4"), video("street-2.mp4"), content=False, parts=False) == [(0,), (1,)]


def test_stills_that_are_missing_from_the_list_are_left_out(tmp_path: Path) -> None:
    short = stills(tmp_path, "first", noise(1)).replace(frames=FrameMap(3))
    short = short.replace(subtasks=(short.subtasks[0].replace(frames=np.arange(3)),))
    assert groups(short, stills(tmp_path, "second", noise(1), first=5)) == [(0, 1)]


def test_a_counter_in_place_of_a_name_ties_nothing(tmp_path: Path) -> None:
    tasks = stills(tmp_path, "first", noise(1)), stills(tmp_path, "second", noise(2))
    assert [task.media.name_of(0) for task in tasks if task.media] == ["0000.png", "0000.png"]
    assert groups(*tasks) == [(0,), (1,)]


def test_the_same_file_under_another_name_is_the_same_source(tmp_path: Path) -> None:
    tasks = stills(tmp_path, "first", noise(1), noise(2)), stills(tmp_path, "second", noise(3), noise(2), first=7)
    assert groups(*tasks) == [(0, 1)]
    assert groups(*tasks, content=False) == [(0,), (1,)]


def test_files_in_archives_are_compared_too(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "backup.zip", "w") as archive:
        for name, text in (("a/0.png", "one"), ("b/0.png", "two"), ("c/1.png", "one")):
            archive.writestr(name, text)
    media = [Images([Blob(tmp_path / "backup.zip", name)]) for name in ("a/0.png", "b/0.png", "c/1.png")]
    tasks = [task_of(name, {}, frames=1, media=each) for name, each in zip(("x", "y", "z"), media, strict=True)]
    assert groups(*tasks) == [(0, 2), (1,)]


def test_frames_that_a_task_does_not_use_tie_nothing(tmp_path: Path) -> None:
    used = stills(tmp_path, "first", noise(1), noise(2)).replace(frames=FrameMap(2, deleted=frozenset({1})))
    assert groups(used, stills(tmp_path, "second", noise(2))) == [(0,), (1,)]


def test_pictures_that_look_the_same_are_one_source_when_asked_for(tmp_path: Path) -> None:
    again = cv2.resize(noise(1), (96, 72)) // 2 + 30
    tasks = stills(tmp_path, "first", noise(1)), stills(tmp_path, "second", again), stills(tmp_path, "third", noise(3))
    assert groups(*tasks) == [(0,), (1,), (2,)]
    assert groups(*tasks, similar=6) == [(0, 1), (2,)]


def test_a_still_of_a_video_is_known_by_its_looks(tmp_path: Path) -> None:
    writer = cv2.VideoWriter(str(tmp_path / "day.avi"), cv2.VideoWriter.fourcc(*"FFV1"), 10.0, (48, 36))
    for seed in range(4):
        writer.write(cv2.cvtColor(noise(seed), cv2.COLOR_RGB2BGR))
    writer.release()
    film = task_of("film", {"cat": 1}, frames=4, media=Video(Blob(tmp_path / "day.avi")))
    tasks = film, stills(tmp_path, "third", noise(2)), stills(tmp_path, "another", noise(9))
    assert groups(*tasks, similar=6) == [(0, 1), (2,)]


def test_plain_pictures_have_no_looks() -> None:
    assert difference_hash(np.full((40, 40, 3), 200, np.uint8)) is None


def test_every_pair_of_near_hashes_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "BLOCK", 16 * 60)
    hashes = np.random.default_rng(0).random((60, 64)) < 0.5
    hashes[40] = hashes[3]
    hashes[41] = hashes[3]
    hashes[41, :4] ^= True
    hashes[59] = hashes[58]
    owners = np.arange(60) // 2 * 10  # the last two pictures are one owner's, who is not alike itself
    owners[41] = 205
    assert alike(hashes, owners, 3).tolist() == [[10, 200]]
    assert alike(hashes, owners, 4).tolist() == [[10, 200], [10, 205], [200, 205]]


def test_a_pattern_says_what_belongs_together() -> None:
    tasks = [task_of(f"cam{camera} day{day}", {}) for camera, day in ((1, 1), (2, 1), (1, 2))]
    assert groups(*tasks, pattern=r"cam\d") == [(0, 2), (1,)]
    assert groups(*tasks, pattern=r"day(\d)") == [(0, 1), (2,)]


def test_a_pattern_that_is_none_is_told() -> None:
    with pytest.raises(BadParameter, match=r"'\(' is not a regular expression"):
        groups(task_of("a", {}), pattern="(")


def test_missing_media_are_told_and_tie_nothing(tmp_path: Path) -> None:
    report = Report()
    tasks = [task_of(name, {}, media=Video(Blob(tmp_path / f"{name}.mp4"))) for name in ("park", "street")]
    assert len(find_sources(tasks, Ties(similar=4), report=report)) == 2
    assert report.counts("problem")["unreadable-media"] >= 2
    assert "park.mp4" in report.entries[0].message


def test_copies_of_copies_stay_with_what_they_are_copies_of() -> None:
    assert groups(task_of("park", {}), task_of("park (copy 2) (copy 1)", {})) == [(0, 1)]
