from __future__ import annotations

from pathlib import Path

from cvat_building import images_task, rich_task, rich_video_task, write_project, write_task
from mattebox.label.cvat import read_backup
from mattebox.label.inventory import inventory
from mattebox.label.report import Report


def test_everything_is_counted(tmp_path: Path) -> None:
    stills, video = rich_task(), rich_video_task(tmp_path)
    del stills.files["data/noon/a.png"]
    found = inventory(read_backup(write_project(tmp_path / "a.zip", [stills, video]), Report()))
    assert (found["name"], found["labels"], found["guide"]) == ("zoo", ["cat", "dog", "person", "blur"], False)
    park, clip = found["tasks"]
    assert park["media"] == {"kind": "images", "name": "park", "files": 5, "missing": 1}
    assert clip["media"] == {"kind": "video", "name": "clip.webm", "files": 1, "missing": 0}
    assert (park["frames"], park["deleted"], clip["frames"], clip["step"]) == (5, 1, 7, 3)
    assert [(job["kind"], job["frames"], job["rows"], job["tracks"]) for job in park["jobs"]] == [
        ("annotation", 3, 22, 4),
        ("annotation", 3, 3, 1),
        ("ground_truth", 2, 1, 0),
    ]
    assert found["rows"]["dog"] == {"rectangle": 3, "polygon": 3, "tag": 1, "polyline": 1, "points": 1}
    assert sum(sum(shapes.values()) for shapes in found["rows"].values()) == 22 + 3 + 1 + 6


def test_pictures_that_a_task_leaves_out_are_not_missing(tmp_path: Path) -> None:
    parts = images_task([f"{number}.png" for number in range(9)], start=1, step=4)
    (task,) = inventory(read_backup(write_task(tmp_path / "a.zip", parts), Report()))["tasks"]
    assert task["media"] == {"kind": "images", "name": "park", "files": 2, "missing": 0}
