import numpy as np
import pytest

from cvat_building import picture, write_video
from cvat_xml import LABELS, SHAPES, document, image, meta, pack, save, task
from mattebox.cancelling import Cancellation, Cancelled
from mattebox.errors import BadAnnotations
from mattebox.label.cvat import xml_rows
from mattebox.label.cvat.xml_read import looks_like_cvat_xml, read_cvat_xml
from mattebox.label.dataset import Attribute, Label
from mattebox.label.formats import read
from mattebox.label.interpolation import interpolate_dataset
from mattebox.label.media import Video
from mattebox.label.report import Report


def read_text(tmp_path, text, report=None):
    return read_cvat_xml(save(tmp_path / "a.xml", text), report or Report())


def only(dataset):
    (told,) = dataset.walk()
    return told[1].table


def told(report):
    return [(entry.severity, entry.code) for entry in report.entries if entry.code != "missing-media"]


class TestImages:
    def test_every_kind_of_shape(self, tmp_path):
        report = Report()
        text = document(meta(task(size=1)), image(0, "a/b.png", SHAPES))
        dataset = read_text(tmp_path, text, report)
        rows = {row.shape if row.parent < 0 else row.label: row for row in only(dataset).rows()}
        assert told(report) == []
        assert {name: row.points for name, row in rows.items() if name not in {"cuboid", "skeleton", "tag"}} == {
            "rectangle": (1.5, 2, 30.25, 40),
            "ellipse": (20, 30, 25, 22.5),
            "polygon": (1, 2, 3, 4, 5.5, 6),
            "polyline": (1, 2, 3, 4),
            "points": (7, 8),
            "mask": (10, 20, 12, 21),
            "head": (4, 5),
            "foot": (6, 7),
        }
        assert rows["cuboid"].points == tuple(np.arange(16) + 0.5)
        assert rows["mask"].runs == (1, 2, 3)
        box = rows["rectangle"]
        assert (box.occluded, box.rotation, box.z_order, box.group, box.source) == (True, 33.5, 2, 4, "manual")
        assert (box.attributes, box.frame_attributes) == ({"brand": "Žiguli"}, {"moving": "true"})
        assert (rows["ellipse"].source, rows["mask"].source) == ("auto", "semi-auto")
        assert rows["head"].parent == rows["foot"].parent == rows["skeleton"].object
        assert (rows["head"].occluded, rows["foot"].outside) == (True, True)
        assert rows["tag"].attributes == {"brand": "Lada"}
        assert not only(dataset).tracked.any()

    def test_labels(self, tmp_path):
        labels = read_text(tmp_path, document(meta(task()), image(0, "a.png"))).labels
        brand = Attribute(
            "brand", mutable=False, input_type="select", default="none", values=("none", "Lada", "Žiguli")
        )
        moving = Attribute("moving", mutable=True, input_type="checkbox", default="false")
        joints = Label("head", (0x12, 0x34, 0x56), "points"), Label("foot", (0x65, 0x43, 0x21), "points")
        svg = '<circle data-label-name="head"></circle>'
        assert [(each.name, each.color, each.type, each.attributes, each.svg) for each in labels] == [
            ("car", (255, 128, 0), "any", (brand, moving), ""),
            ("body", (0, 0, 255), "skeleton", (), svg),
        ]
        assert [(each.name, each.color, each.type) for each in labels[1].sublabels] == [
            (each.name, each.color, each.type) for each in joints
        ]

    def test_frames_names_sizes_and_deleted_frames(self, tmp_path):
        # Every third picture from the 10th on: 10, 13, 16, 19; nothing tells of 16, so it was deleted.
        report = Report()
        images = [image(true, f"p{true}.png", size=(true, 2 * true)) for true in (10, 13, 19)]
        box = '<box label="car" occluded="0" xtl="0" ytl="0" xbr="4" ybr="4"/>'
        text = document(meta(task(size=4, start=10, step=3)), *images[:2], image(19, "p19.png", box, size=(19, 38)))
        dataset = read_text(tmp_path, text, report)
        found = dataset.tasks[0]
        assert (found.name, found.subset, found.subtasks[0].frames.tolist()) == ("cars", "Train", [0, 1, 2, 3])
        assert (found.frames.start, found.frames.step, found.frames.deleted) == (10, 3, {2})
        assert [found.media.name_of(true) for true in found.frames.true(found.frames.kept())] == [
            "p10.png",
            "p13.png",
            "p19.png",
        ]
        assert found.media.size_of(13) == (13, 26)
        assert only(dataset).frame.tolist() == [3]
        assert told(report) == [("note", "deleted-frames")]

    def test_pictures_beside_it_in_a_folder_and_in_a_zip(self, tmp_path):
        text = document(meta(task(size=2)), image(0, "a.png", size=(24, 32)), image(1, "in/b.png", size=(24, 32)))
        members = {"images/Train/a.png": picture((9, 0, 0)), "images/in/b.png": picture((0, 9, 0))}
        pack(tmp_path / "c.zip", {"annotations.xml": text, **members})
        for name, data in members.items():
            save(tmp_path / "folder" / name, "").write_bytes(data)
        save(tmp_path / "folder" / "annotations.xml", text)
        for path in (tmp_path / "c.zip", tmp_path / "folder", tmp_path / "folder" / "annotations.xml"):
            report = Report()
            media = read_cvat_xml(path, report).tasks[0].media
            assert [media.read(frame)[0, 0].tolist() for frame in (0, 1)] == [[9, 0, 0], [0, 9, 0]]
            assert not report.entries

    def test_missing_pictures_are_told_and_their_sizes_known(self, tmp_path):
        report = Report()
        media = read_text(tmp_path, document(meta(task(size=1)), image(0, "a.png")), report).tasks[0].media
        assert [(entry.code, entry.count) for entry in report.entries] == [("missing-media", 1)]
        assert media.size_of(0) == (60, 80)
        with pytest.raises(BadAnnotations, match=r"a\.png: there is no such file"):
            media.read(0)

    def test_a_name_that_leads_out_of_the_folder_is_not_followed(self, tmp_path):
        save(tmp_path / "secret.png", "").write_bytes(picture())
        report = Report()
        path = save(tmp_path / "in" / "a.xml", document(meta(task(size=1)), image(0, "../secret.png")))
        read_cvat_xml(path, report)
        assert [entry.code for entry in report.entries] == ["missing-media"]

    def test_without_meta(self, tmp_path):
        report = Report()
        text = document("", image(0, "a.png"), image(1, "b.png", '<box label="x" xtl="0" ytl="0" xbr="1" ybr="1"/>'))
        dataset = read_text(tmp_path, text, report)
        assert (dataset.tasks[0].name, dataset.tasks[0].frames.size, len(only(dataset))) == ("a", 2, 1)
        assert ("problem", "undeclared-label") in told(report)


def box(frame, left=0.0, more="", attributes=""):
    where = f'xtl="{left}" ytl="0" xbr="{left + 4}" ybr="4"'
    return f'<box frame="{frame}" {where} occluded="0" z_order="1" {more}>{attributes}</box>'


def attribute(name, value):
    return f'<attribute name="{name}">{value}</attribute>'


SIZE = "<original_size><width>80</width><height>60</height></original_size><source>clip.webm</source>"


class TestVideo:
    def test_tracks_of_keys_and_what_holds_for_all_of_them(self, tmp_path):
        # Frames of the media: 5, 7, 9, 11, 13; that on 7 is no key and is found again by interpolation.
        same = attribute("brand", "Lada")
        track = (
            '<track id="0" label="car" source="auto" group_id="3">',
            box(5, 0, 'keyframe="1" outside="0"', same + attribute("moving", "false")),
            box(7, 77, 'keyframe="0" outside="0"', same + attribute("moving", "false")),
            box(9, 8, 'keyframe="1" outside="0"', same + attribute("moving", "true")),
            box(11, 8, 'keyframe="1" outside="1"', same + attribute("moving", "true")),
            "</track>",
        )
        report = Report()
        info = meta(task(size=5, mode="interpolation", start=5, step=2, extra=SIZE))
        dataset = read_text(tmp_path, document(info, "".join(track)), report)
        rows = list(only(dataset).rows())
        assert [(row.frame, row.points[0], row.outside) for row in rows] == [(0, 0, False), (2, 8, False), (3, 8, True)]
        assert {(row.object, row.tracked, row.keyframe, row.group, row.source, row.z_order) for row in rows} == {
            (0, True, True, 3, "auto", 1)
        }
        assert [dict(row.attributes) for row in rows] == [{"brand": "Lada"}] * 3
        assert [row.frame_attributes["moving"] for row in rows] == ["false", "true", "true"]
        whole = only(interpolate_dataset(dataset, Report()))
        assert [(row.frame, row.points[0]) for row in whole.rows()] == [(0, 0), (1, 4), (2, 8)]
        assert told(report) == []

    def test_skeletons(self, tmp_path):
        joints = (
            '<points label="head" keyframe="{}" outside="{}" occluded="0" points="{},1"/>'
            '<points label="foot" keyframe="{}" outside="0" occluded="0" points="9,9"/>'
        )
        track = (
            '<track id="0" label="body">'
            f'<skeleton frame="0" keyframe="1" z_order="0">{joints.format(1, 0, 0, 1)}</skeleton>'
            f'<skeleton frame="1" keyframe="0" z_order="0">{joints.format(0, 0, 5, 0)}</skeleton>'
            f'<skeleton frame="2" keyframe="0" z_order="0">{joints.format(1, 1, 4, 0)}</skeleton>'
            "</track>"
        )
        dataset = read_text(tmp_path, document(meta(task(size=4, mode="interpolation", extra=SIZE)), track))
        rows = list(only(dataset).rows())
        parent = rows[0].object
        assert [(row.label, row.shape, row.frame, row.parent, row.outside) for row in rows] == [
            ("body", "skeleton", 0, -1, False),
            ("head", "points", 0, parent, False),
            ("head", "points", 2, parent, True),
            ("foot", "points", 0, parent, False),
        ]

    def test_a_video_beside_it(self, tmp_path):
        write_video(tmp_path / "clip.webm", 3)
        info = meta(task(size=3, mode="interpolation", extra=SIZE))
        report = Report()
        media = read_text(tmp_path, document(info, ""), report).tasks[0].media
        assert isinstance(media, Video)
        assert media.read(2).shape == (48, 64, 3)
        assert not report.entries

    def test_frames_as_pictures_beside_it(self, tmp_path):
        info = meta(task(size=2, start=3, mode="interpolation", extra=SIZE))
        path = pack(tmp_path / "a.zip", {"annotations.xml": document(info, ""), "images/frame_000004.PNG": picture()})
        report = Report()
        media = read_cvat_xml(path, report).tasks[0].media
        assert media.read(4).shape == (24, 32, 3)
        assert [(entry.code, entry.count) for entry in report.entries] == [("missing-media", 1)]

    def test_a_missing_video_has_the_size_that_the_file_tells(self, tmp_path):
        report = Report()
        info = meta(task(size=2, mode="interpolation", extra=SIZE))
        media = read_text(tmp_path, document(info, ""), report).tasks[0].media
        assert (media.name, media.size_of(0)) == ("clip.webm", (60, 80))
        assert "clip.webm is not beside the file" in str(report.entries[0])

    def test_a_job_is_a_part_of_its_task(self, tmp_path):
        # The job has frames 4 and 5 of the task, which are 12 and 14 of a video from frame 4 on.
        told_of_job = task(size=2, mode="interpolation", start=12, step=2).replace("task>", "job>")
        told_of_job = told_of_job.replace("<start>0</start><stop>1</stop>", "<start>4</start><stop>5</stop>")
        size = "<original_size><width>80</width><height>60</height></original_size>"
        track = '<track label="car">' + box(14, 0, 'keyframe="1"') + "</track>"
        found = read_text(tmp_path, document(meta(told_of_job, size), track)).tasks[0]
        assert (found.frames.start, found.frames.step, found.frames.size) == (4, 2, 6)
        assert found.subtasks[0].frames.tolist() == [4, 5]
        assert found.subtasks[0].table.frame.tolist() == [5]
        assert found.media.size_of(0) == (60, 80)


class TestProjects:
    def test_frames_run_on_through_the_tasks_of_a_subset(self, tmp_path):
        tasks = (
            task("one", 2, subset="Test", labels="", number=11),
            task("two", 2, subset="Test", start=3, labels="", number=12),
            task("three", 1, subset="default", labels="", number=13),
        )
        info = meta(f"<project><name>zoo</name><tasks>{''.join(tasks)}</tasks>{LABELS}</project>")
        there = '<box label="car" xtl="{0}" ytl="0" xbr="9" ybr="9"/>'
        images = [
            # Task two begins at 3, and after the two frames of task one: 5 and 6.
            image(number, f"{number}.png", there.format(number), more=f'subset="{subset}" task_id="{number_of_task}"')
            for number, subset, number_of_task in ((0, "Test", 11), (1, "Test", 11), (5, "Test", 12), (6, "Test", 12))
        ]
        images.append(image(0, "0.png", there.format(7), more='subset="default" task_id="13"'))
        report = Report()
        dataset = read_text(tmp_path, document(info, *images), report)
        assert dataset.name == "zoo"
        assert [label.name for label in dataset.labels] == ["car", "body"]
        found = {each.name: (each.subset, each.subtasks[0].table) for each in dataset.tasks}
        assert {name: subset for name, (subset, _) in found.items()} == {"one": "Test", "two": "Test", "three": ""}
        assert {name: table.frame.tolist() for name, (_, table) in found.items()} == {
            "one": [0, 1],
            "two": [0, 1],
            "three": [0],
        }
        assert found["two"][1].points.take(np.arange(2)).values[::4].tolist() == [5, 6]
        assert dataset.tasks[1].media.name_of(4) == "6.png"
        assert told(report) == []

    def test_what_is_of_no_task_is_dropped(self, tmp_path):
        tasks = task("one", 1, labels="", number=1) + task("two", 1, labels="", number=2)
        info = meta(f"<project><name>zoo</name><tasks>{tasks}</tasks>{LABELS}</project>")
        report = Report()
        read_text(tmp_path, document(info, image(0, "a.png", more='task_id="1"'), image(0, "b.png")), report)
        assert ("dropped", "no-task") in told(report)


class TestBadRows:
    @pytest.mark.parametrize(
        ("shape", "code", "message"),
        [
            ('<box label="car" xtl="1" ytl="1" xbr="2"/>', "bad-element", "<box>: 'ybr' is missing"),
            ('<box label="car" xtl="one" ytl="1" xbr="2" ybr="2"/>', "bad-element", "could not convert"),
            ('<box xtl="1" ytl="1" xbr="2" ybr="2"/>', "bad-element", "'label' is missing"),
            ('<polygon label="car" points="1,2;3"/>', "bad-element", "<polygon>:"),
            ('<polygon label="car" points="nan,2;3,4;5,6"/>', "bad-points", "not all numbers"),
            ('<mask label="car" rle="5, 5" left="0" top="0" width="2" height="2"/>', "bad-mask", ""),
            ('<mask label="car" rle="1, 99999999999" left="0" top="0" width="2" height="2"/>', "bad-element", "beyond"),
            ('<points label="car" points="1,2" z_order="99999999999"/>', "bad-element", "beyond"),
            ('<points label="car" points="1,2,3"/>', "bad-element", "x,y;x,y;... is expected"),
            ('<circle label="car" r="2"/>', "bad-element", "a kind of shape that is not known"),
        ],
    )
    def test_one_is_dropped_and_told_and_the_others_stay(self, tmp_path, shape, code, message):
        report = Report()
        good = '<box label="car" xtl="1" ytl="1" xbr="2" ybr="2"/>'
        dataset = read_text(tmp_path, document(meta(task(size=1)), image(0, "a.png", good, shape, good)), report)
        assert len(only(dataset)) == 2
        assert told(report) == [("dropped", code)]
        (entry,) = (entry for entry in report.entries if entry.severity == "dropped")
        assert message in entry.message
        assert (entry.task, entry.frame) == ("cars", 0)

    def test_corners_are_put_in_order(self, tmp_path):
        report = Report()
        shape = '<box label="car" xtl="9" ytl="1" xbr="2" ybr="5"/>'
        dataset = read_text(tmp_path, document(meta(task(size=1)), image(0, "a.png", shape)), report)
        assert [row.points for row in only(dataset).rows()] == [(2, 1, 9, 5)]
        assert told(report) == [("note", "inverted")]

    def test_the_line_is_told(self, tmp_path):
        report = Report()
        text = document(meta(task(size=1)), image(0, "a.png", "\n\n", '<box label="car" xtl="1"/>'))
        line = next(number for number, each in enumerate(text.splitlines(), start=1) if "xtl" in each)
        read_text(tmp_path, text, report)
        assert any(f"line {line}: <box>" in entry.message for entry in report.entries)

    def test_frames_that_the_task_does_not_have(self, tmp_path):
        report = Report()
        track = '<track label="car">' + "".join(box(frame, 0, 'keyframe="1"') for frame in (0, 5, 9)) + "</track>"
        info = meta(task(size=4, step=5, mode="interpolation"))
        dataset = read_text(tmp_path, document(info, track), report)
        assert only(dataset).frame.tolist() == [0, 1]
        assert any("frame 9 is none of the task's 4" in entry.message for entry in report.entries)

    def test_a_frame_number_that_would_fill_the_memory(self, tmp_path):
        report = Report()
        dataset = read_text(tmp_path, document("", image(10**15, "a.png"), image(1, "b.png")), report)
        assert dataset.tasks[0].frames.size == 2
        assert ("dropped", "bad-element") in told(report)

    def test_a_track_without_keys(self, tmp_path):
        report = Report()
        track = '<track label="car">' + box(0, 0, 'keyframe="0"') + "</track>"
        dataset = read_text(tmp_path, document(meta(task(mode="interpolation")), track), report)
        assert len(only(dataset)) == 0
        assert told(report) == [("dropped", "bad-element")]


BOMB = '<!DOCTYPE a [<!ENTITY x "lol"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]>'
FETCH = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
GOOD = document(meta(task(size=1)), image(0, "a.png", SHAPES))


class TestBadFiles:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "line 1: no element found"),
            ("{}", "line 1: not well-formed"),
            (GOOD[: len(GOOD) // 2], r"line \d+: .*cut short"),
            (GOOD.replace("</meta>", "</mata>"), r"line \d+: mismatched tag"),
            (GOOD.replace("<annotations>", f"{BOMB}<annotations>"), "line 2: a document type"),
            (GOOD.replace("<annotations>", f"{FETCH}<annotations>"), "line 2: a document type"),
            ("<annotation><object/></annotation>", "line 1: <annotation> where <annotations> is expected"),
            ("<annotations><version>1.1</version></annotations>", "neither <meta> nor"),
            ("<annotations>" + "<a>" * 99 + "</a>" * 99 + "</annotations>", "32 elements deep"),
            (GOOD.replace("<size>1<", "<size>many<"), r"line \d+: what is said of the task: .*many"),
            (GOOD.replace("<size>1<", "<size>999999999999<"), "no task has these"),
            (GOOD.replace("<start_frame>0<", "<start_frame>-5<"), "no task has these"),
            (GOOD.replace("<frame_filter><", "<frame_filter>each<"), "step=N is expected"),
            (GOOD.replace("<parent>body<", "<parent>nobody<"), "unknown parent 'nobody'"),
            (GOOD.replace('encoding="utf-8"', 'encoding="klingon"'), "encoding"),
        ],
    )
    def test_an_error_names_the_file_and_the_line(self, tmp_path, text, message):
        with pytest.raises(BadAnnotations, match=r"a\.xml.*" + message):
            read_text(tmp_path, text)

    def test_another_encoding_than_the_one_it_names(self, tmp_path):
        path = save(tmp_path / "a.xml", GOOD.replace("Žiguli", "Жигули"), "cp1251")
        with pytest.raises(BadAnnotations, match=r"a\.xml, line \d+: not well-formed"):
            read_cvat_xml(path, Report())

    @pytest.mark.parametrize("encoding", ["utf-16", "windows-1251", "utf-8-sig"])
    def test_encodings_that_a_file_may_have(self, tmp_path, encoding):
        named = "utf-8" if encoding == "utf-8-sig" else encoding
        text = GOOD.replace("Žiguli", "Жигули").replace('encoding="utf-8"', f'encoding="{named}"')
        dataset = read_cvat_xml(save(tmp_path / "a.xml", text, encoding), Report())
        assert "Жигули" in [row.attributes.get("brand") for row in only(dataset).rows()]

    def test_a_missing_file_and_an_archive_without_one(self, tmp_path):
        with pytest.raises(BadAnnotations, match="there is no such file"):
            read_cvat_xml(tmp_path / "none.xml", Report())
        with pytest.raises(BadAnnotations, match=r"there is no annotations\.xml in it"):
            read_cvat_xml(pack(tmp_path / "a.zip", {"other.xml": GOOD}), Report())


class TestLargeFiles:
    def test_rows_are_the_same_however_many_are_kept_as_records(self, tmp_path, monkeypatch):
        shapes = [image(number, f"{number}.png", SHAPES) for number in range(6)]
        path = save(tmp_path / "a.xml", document(meta(task(size=6)), *shapes))
        at_once = only(read_cvat_xml(path, Report()))
        monkeypatch.setattr(xml_rows, "BATCH", 15)
        in_pieces = only(read_cvat_xml(path, Report()))

        def by_frame(table):
            return sorted((row.frame, row.shape, row.label, row.points, row.group) for row in table.rows())

        assert by_frame(in_pieces) == by_frame(at_once)
        assert len(np.unique(in_pieces.object)) == len(in_pieces)
        parents = {row.parent: row.frame for row in in_pieces.rows() if row.parent >= 0}
        assert {row.object: row.frame for row in in_pieces.rows() if row.shape == "skeleton"} == parents

    def test_it_tells_how_far_it_is(self, tmp_path):
        steps = []
        read_cvat_xml(save(tmp_path / "a.xml", GOOD), Report(), progress=lambda *now: steps.append(now))
        assert steps == [(1, 1)]

    def test_it_can_be_given_up(self, tmp_path):
        path = save(tmp_path / "a.xml", GOOD)
        with Cancellation() as cancellation:
            cancellation.cancel()
            with pytest.raises(Cancelled):
                read_cvat_xml(path, Report())


class TestRecognising:
    def test_by_its_root(self, tmp_path):
        assert looks_like_cvat_xml(save(tmp_path / "a.xml", GOOD))
        assert looks_like_cvat_xml(save(tmp_path / "b.xml", GOOD.replace("utf-8", "utf-16"), "utf-16"))
        assert looks_like_cvat_xml(pack(tmp_path / "c.zip", {"in/annotations.xml": GOOD}))
        assert not looks_like_cvat_xml(save(tmp_path / "voc.xml", "<annotation><object/></annotation>"))
        assert not looks_like_cvat_xml(pack(tmp_path / "d.zip", {"task.json": "{}"}))
        assert not looks_like_cvat_xml(tmp_path / "none.xml")

    def test_it_is_a_form_of_data_sets(self, tmp_path):
        assert read(save(tmp_path / "a.xml", GOOD), report=Report()).tasks[0].name == "cars"
