from __future__ import annotations

import json
from pathlib import Path

from cvat_building import rich_task, rich_video_task, write_project, write_task
from standins import Command


def test_tasks_and_rows_are_shown(mattebox: Command, tmp_path: Path) -> None:
    video = rich_video_task(tmp_path)
    write_project(tmp_path / "zoo.zip", [rich_task(), video])
    said = mattebox("label", "info", "zoo.zip")
    assert said.code == 0
    out = said.out.decode()
    assert out.startswith("zoo.zip 'zoo': 2 tasks, 4 jobs, 12 frames, 32 rows")
    park = next(line for line in out.splitlines() if line.split()[:1] == ["park"])
    assert all(word in park for word in ("Train", "5 pictures", "2 annotation, 1 ground truth"))
    clip = next(line for line in out.splitlines() if line.split()[:1] == ["clip"])
    assert all(word in clip for word in ("video clip.webm", "7 (every 3)"))


def test_all_is_there_as_json(mattebox: Command, tmp_path: Path) -> None:
    write_task(tmp_path / "a.zip")
    (found,) = json.loads(mattebox("label", "info", "a.zip", "--json").out)
    assert (found["path"], found["tasks"][0]["name"]) == ("a.zip", "park")
    assert found["rows"]["person"] == {"skeleton": 3}


def test_what_cannot_be_read_is_told_and_the_others_are_shown(mattebox: Command, tmp_path: Path) -> None:
    parts = rich_task()
    del parts.files["data/noon/a.png"]
    write_task(tmp_path / "good.zip", parts)
    (tmp_path / "bad.zip").write_bytes(b"PK")
    said = mattebox("label", "info", "bad.zip", "none.zip", "good.zip", "--report", "told.json")
    assert said.code == 1
    assert "bad.zip" in said.err
    assert "none.zip" in said.err
    assert "5 pictures, 1 missing" in said.out.decode()
    told = json.loads((tmp_path / "told.json").read_bytes())
    assert told["problem"] == {"missing-media": 1}
    assert [entry["dataset"] for entry in told["entries"] if entry["severity"] == "problem"] == ["good.zip"]


def test_names_that_a_terminal_would_obey_are_made_safe(mattebox: Command, tmp_path: Path) -> None:
    write_task(tmp_path / "a.zip", rich_task(name="\x1b[2Jpark"))
    said = mattebox("label", "info", "a.zip")
    assert b"\x1b[2J" not in said.out
    assert "\\x1b[2Jpark" in said.out.decode()
