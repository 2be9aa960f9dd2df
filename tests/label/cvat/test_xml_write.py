import zipfile
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from cvat_building import write_video
from cvat_xml import SHAPES, document, image, meta, save, task
from label_tracks import key, seen, table
from mattebox.cancelling import Cancellation, Cancelled
from mattebox.errors import BadParameter, OutputFailed
from mattebox.label.cvat.xml_read import read_cvat_xml
from mattebox.label.cvat.xml_write import write_cvat_xml
from mattebox.label.dataset import Attribute, Dataset, Label, Subtask, Task
from mattebox.label.formats import read, write
from mattebox.label.frames import FrameMap
from mattebox.label.interpolation import interpolate
from mattebox.label.media import Blob, Images, Video
from mattebox.label.report import Report
from mattebox.label.row import Row
from mattebox.label.table import Table

BOX = (0.0, 0.0, 4.0, 4.0)


def of(rows, *, size=4, deleted=(), media=None, own=None, **more):
    """A data set of one task with one job."""
    subtask = Subtask("job_0", np.arange(size) if own is None else np.array(own), rows)
    frames = FrameMap(size, deleted=frozenset(deleted))
    return Dataset("", (Task("cars", media, frames, (subtask,), **more),), (Label("cat", (1, 2, 255)),))


def stills(tmp_path, count, size=(60, 80)):
    return Images([Blob(tmp_path / f"{number}.png") for number in range(count)], sizes=[size] * count)


def loose(frame, points=BOX, shape="rectangle", **more):
    return Row(**{"label": "cat", "frame": frame, "shape": shape, "points": points} | more)


def parsed(dataset, path, report=None, **options):
    write_cvat_xml(dataset, path, report or Report(), **options)
    return ElementTree.parse(path).getroot()


def again(dataset, path, report=None, **options):
    write_cvat_xml(dataset, path, report or Report(), **options)
    return read_cvat_xml(path, Report())


def only(dataset):
    (found,) = dataset.walk()
    return found[1].table


def contents(found):
    """The rows whatever their order, which on a picture is that of z-order, and whatever their numbers."""
    labels = {row.object: row.label for row in found.rows()}
    numbered = (replace(row, object=0, parent=labels.get(row.parent, "")) for row in found.rows())
    return sorted(map(str, numbered))


def told(report):
    return {entry.code: entry.count for entry in report.entries}


class TestImages:
    def test_as_cvat_writes_it(self, tmp_path):
        rows = table(
            loose(1, (1, 2.005, 30.129, 40), occluded=True, rotation=33.5, z_order=2, group=3, attributes={"a": "<b>"}),
            loose(1, (20, 30, 25, 22.5), "ellipse", source="auto"),
            loose(1, (1, 2, 3, 4, 5, 6), "polygon"),
            loose(1, (10, 20, 12, 21), "mask", runs=(1, 2, 3)),
            loose(1, (), "tag"),
        )
        root = parsed(of(rows, size=2, media=stills(tmp_path, 2), subset="Train"), tmp_path / "a.xml")
        assert root.findtext("version") == "1.1"
        pictures = root.findall("image")
        assert [each.attrib for each in pictures] == [
            {"id": str(number), "name": f"{number}.png", "width": "80", "height": "60"} for number in range(2)
        ]
        assert len(pictures[0]) == 0
        assert [(each.tag, each.attrib) for each in pictures[1]] == [
            ("ellipse", _told(source="auto", cx="20.00", cy="30.00", rx="5.00", ry="7.50", z_order="0")),
            ("polygon", _told(points="1.00,2.00;3.00,4.00;5.00,6.00", z_order="0")),
            ("mask", _told(rle="1, 2, 3", left="10", top="20", width="3", height="2", z_order="0")),
            (
                "box",
                _told(occluded="1", xtl="1.00", ytl="2.00", xbr="30.13", ybr="40.00")
                | {"rotation": "33.50", "z_order": "2", "group_id": "3"},
            ),
            ("tag", {"label": "cat", "source": "manual"}),
        ]
        assert [(each.get("name"), each.text) for each in pictures[1].iter("attribute")] == [("a", "<b>")]
        task_told = root.find("meta/task")
        assert {name: task_told.findtext(name) for name in ("name", "size", "mode", "subset", "stop_frame")} == {
            "name": "cars",
            "size": "2",
            "mode": "annotation",
            "subset": "Train",
            "stop_frame": "1",
        }
        assert task_told.findtext("labels/label/color") == "#0102ff"

    def test_what_was_read_is_written_and_read_again(self, tmp_path):
        text = document(
            meta(task(size=4, start=10, step=3)), *(image(true, f"{true}.png", SHAPES) for true in (10, 16))
        )
        first = read_cvat_xml(save(tmp_path / "a.xml", text), Report())
        second = again(first, tmp_path / "b.xml")
        assert contents(only(second)) == contents(only(first))
        again(second, tmp_path / "c.xml")
        assert (tmp_path / "c.xml").read_bytes() == (tmp_path / "b.xml").read_bytes()
        assert second.labels == first.labels
        assert second.tasks[0].frames == first.tasks[0].frames
        assert second.tasks[0].subset == "Train"

    def test_tracks_fall_apart_into_the_pictures_they_are_on(self, tmp_path):
        rows = table(key(0, BOX), key(2, (4, 0, 8, 4)), key(3, BOX, outside=True))
        back = only(again(of(rows, size=5), tmp_path / "a.xml", kind="images"))
        assert [(row.frame, row.points[0], row.tracked) for row in back.rows()] == [
            (0, 0, False),
            (1, 2, False),
            (2, 4, False),
        ]

    def test_sizes_that_nobody_knows_are_left_out_and_told(self, tmp_path):
        report = Report()
        root = parsed(of(table(loose(0)), size=2), tmp_path / "a.xml", report)
        assert root.find("image").attrib == {"id": "0", "name": "frame_000000"}
        assert told(report) == {"no-size": 2}


def _told(**attributes):
    return {"label": "cat", "source": "manual", "occluded": "0"} | attributes


class TestVideo:
    def test_as_cvat_writes_it(self, tmp_path):
        video = Video(Blob(write_video(tmp_path / "clip.webm", 6)))
        rows = table(
            key(0, BOX, source="auto", group=2, attributes={"name": "Tom"}, frame_attributes={"pose": "sits"}),
            key(2, BOX, occluded=True, z_order=1, outside=True),
        )
        root = parsed(of(rows, media=video), tmp_path / "a.xml")
        (track,) = root.findall("track")
        assert track.attrib == {"id": "0", "label": "cat", "source": "auto", "group_id": "2"}
        where = {"xtl": "0.00", "ytl": "0.00", "xbr": "4.00", "ybr": "4.00"}
        assert [(each.tag, each.attrib) for each in track] == [
            ("box", {"frame": "0", "keyframe": "1", "outside": "0", "occluded": "0", **where, "z_order": "0"}),
            ("box", {"frame": "2", "keyframe": "1", "outside": "1", "occluded": "1", **where, "z_order": "1"}),
        ]
        assert [(each.get("name"), each.text) for each in track[0]] == [("name", "Tom"), ("pose", "sits")]
        assert root.findtext("meta/task/mode") == "interpolation"
        assert root.findtext("meta/task/source") == "clip.webm"
        assert [root.findtext(f"meta/task/original_size/{side}") for side in ("width", "height")] == ["64", "48"]

    def test_tracks_and_skeletons_come_back(self, tmp_path):
        label = Label(
            "cat",
            (1, 2, 3),
            "skeleton",
            (Attribute("pose", mutable=True, values=("sits", "runs")), Attribute("name")),
            (Label("tail", (4, 5, 6), "points"), Label("nose", (7, 8, 9), "points")),
            "<circle/>",
        )
        at_first = {"attributes": {"name": "Tom"}, "frame_attributes": {"pose": "sits"}}
        rows = table(
            key(0, (), "skeleton", **at_first),
            key(4, (), "skeleton", attributes={"name": "Tom"}, frame_attributes={"pose": "runs"}),
            key(0, (1, 2), "points", label="tail", object=1, parent=0),
            key(3, (7, 2), "points", label="tail", object=1, parent=0, occluded=True),
            key(0, (5, 5), "points", label="nose", object=2, parent=0),
            key(2, (5, 5), "points", label="nose", object=2, parent=0, outside=True),
        )
        video = Video(Blob(tmp_path / "clip.webm"), (48, 64))
        first = of(rows, size=6, media=video).replace(labels=(label,))
        second = again(first, tmp_path / "a.xml", tolerance=0)
        (found,) = second.labels
        assert (found.name, found.color, found.attributes, found.sublabels, found.svg) == (
            label.name,
            label.color,
            label.attributes,
            label.sublabels,
            label.svg,
        )
        columns = (
            "label",
            "frame",
            "shape",
            "points",
            "parent",
            "outside",
            "occluded",
            "attributes",
            "frame_attributes",
        )

        def shown(found):
            whole = interpolate(found, last_frame=5)
            return sorted(str([getattr(row, name) for name in columns]) for row in whole.rows())

        assert shown(only(second)) == shown(rows)

    def test_a_shape_that_is_not_tracked_is_a_track_of_one_frame(self, tmp_path):
        rows = table(loose(1), loose(3, (0, 0, 9, 9)), key(0, (7, 7, 8, 8), object=5))
        back = only(again(of(rows), tmp_path / "a.xml", kind="video"))
        assert sorted((row.frame, row.points[2], row.outside) for row in back.rows()) == [
            (0, 8, False),
            (1, 4, False),
            (2, 4, True),
            (3, 9, False),
        ]

    def test_a_skeleton_that_is_not_tracked(self, tmp_path):
        label = Label("cat", type="skeleton", sublabels=(Label("tail", type="points"),))
        body = loose(1, (), "skeleton", object=0)
        tail = loose(1, (3, 4), "points", label="tail", object=1, parent=0)
        back = only(again(of(table(body, tail)).replace(labels=(label,)), tmp_path / "a.xml", kind="video"))
        whole = interpolate(back, last_frame=3)
        assert sorted((row.frame, row.shape, row.points) for row in whole.rows()) == [
            (1, "points", (3, 4)),
            (1, "skeleton", ()),
        ]

    def test_tags_are_dropped_and_told(self, tmp_path):
        report = Report()
        assert len(only(again(of(table(loose(1, (), "tag"))), tmp_path / "a.xml", report, kind="video"))) == 0
        assert told(report)["tags"] == 1

    def test_masks_of_a_track_are_shapes_of_their_own(self, tmp_path):
        report = Report()
        rows = table(
            key(0, (0, 0, 1, 1), "mask", runs=(0, 4), group=3),
            key(2, (0, 0, 1, 1), "mask", runs=(1, 3), outside=True),
            loose(0, group=3, object=9),
        )
        back = only(again(of(rows), tmp_path / "a.xml", report, kind="video"))
        shown = {(row.frame, row.shape, row.group) for row in back.rows() if not row.outside}
        assert shown == {(0, "mask", 3), (1, "mask", 3), (0, "rectangle", 3)}
        assert told(report)["mask-tracks"] == 1

    def test_what_was_interpolated_is_written_as_keys_and_ends_where_it_ended(self, tmp_path):
        rows = table(key(0, BOX), key(2, (4, 0, 8, 4)), key(3, BOX, outside=True))
        whole = interpolate(rows, last_frame=5)
        for reduce, count in ((True, 3), (False, 3)):
            back = only(again(of(whole, size=6), tmp_path / f"{reduce}.xml", reduce=reduce))
            assert len(back) == count
            assert interpolate(back, last_frame=5).frame.tolist() == [0, 1, 2]

    def test_how_many_keys_reducing_leaves_out_is_told(self, tmp_path):
        rows = table(*(key(frame, (2 * frame, 0, 2 * frame + 4, 4)) for frame in range(9)))
        report = Report()
        back = only(again(of(rows, size=9), tmp_path / "a.xml", report))
        assert back.frame.tolist() == [0, 8]
        assert told(report)["keys-reduced"] == 7
        assert len(only(again(of(rows, size=9), tmp_path / "b.xml", reduce=False))) == 9


class TestWhatTheFormatCannotHold:
    def test_polygons_with_holes_are_masks(self, tmp_path):
        # A square of 8 with a hole of 4: 64 - 16 pixels.
        ring = (0, 0, 8, 0, 8, 8, 0, 8, 2, 2, 6, 2, 6, 6, 2, 6)
        report = Report()
        back = only(again(of(table(loose(0, ring, "polygon", rings=(4, 4)))), tmp_path / "a.xml", report))
        (row,) = back.rows()
        assert (row.shape, sum(row.runs[1::2])) == ("mask", 48)
        assert "rings" in told(report)

    @pytest.mark.parametrize("kind", ["images", "video"])
    def test_what_is_on_no_frame_or_has_no_place(self, tmp_path, kind):
        rows = table(
            loose(0),
            loose(9),
            loose(0, (0, 0, np.nan, 4)),
            loose(0, (1, 1), "points", label="tail", object=7, parent=77),
        )
        report = Report()
        back = only(again(of(rows), tmp_path / "a.xml", report, kind=kind))
        assert {row.frame for row in back.rows() if not row.outside} == {0}
        assert {name: told(report).get(name) for name in ("no-frame", "bad-points", "orphan-element")} == {
            "no-frame": 1,
            "bad-points": 1,
            "orphan-element": 1,
        }

    @pytest.mark.parametrize("kind", ["images", "video"])
    def test_deleted_frames_have_nothing(self, tmp_path, kind):
        rows = table(key(0, BOX), key(2, (90, 0, 94, 4)), key(4, (8, 0, 12, 4)), loose(2, object=8))
        back = only(again(of(rows, size=5, deleted={2}), tmp_path / "a.xml", kind=kind))
        found = seen(interpolate(back, last_frame=4, deleted={2})) if kind == "video" else None
        found = found or {row.frame: list(row.points) for row in back.rows()}
        assert found == {0: [0, 0, 4, 4], 1: [2, 0, 6, 4], 3: [6, 0, 10, 4], 4: [8, 0, 12, 4]}

    def test_a_track_that_changes_its_shape_is_dropped_and_told(self, tmp_path):
        report = Report()
        rows = table(key(0, BOX), key(1, (0, 0), "points"), loose(0, object=4))
        assert len(only(again(of(rows), tmp_path / "a.xml", report, kind="images"))) == 1
        assert told(report)["mixed-track"] == 2

    def test_ground_truth_is_dropped_and_told(self, tmp_path):
        report = Report()
        dataset = of(table(loose(0)))
        extra = Subtask("job_1", np.array([0]), table(loose(0), loose(1)), "ground_truth")
        dataset = dataset.replace(tasks=(dataset.tasks[0].replace(subtasks=(*dataset.tasks[0].subtasks, extra)),))
        assert len(only(again(dataset, tmp_path / "a.xml", report))) == 1
        assert told(report)["other-jobs"] == 2

    def test_what_is_said_of_tasks_and_not_of_rows_is_told(self, tmp_path):
        jobs = tuple(Subtask(f"job_{job}", np.array([job]), table(loose(job))) for job in range(2))
        truth = Subtask("truth", np.array([0]), Table.empty(), "ground_truth")
        task = Task("cars", None, FrameMap(2, deleted=frozenset({1})), (*jobs, truth), guide="look")
        dataset, report = Dataset("zoo", (task,), (Label("cat"),), "look here"), Report()
        write_cvat_xml(dataset, tmp_path / "a.xml", report, kind="video")
        assert report.counts("dropped") == {"guide": 2, "other-jobs": 1}
        assert report.counts("note") == {"jobs-joined": 2, "deleted-frame": 1, "deleted-frames": 1}
        report = Report()
        back = again(dataset, tmp_path / "b.xml", report, kind="images")
        assert report.counts("note") == {"jobs-joined": 2, "deleted-frame": 1}
        assert back.tasks[0].frames.deleted == {1}

    def test_a_video_of_a_size_that_nobody_knows(self, tmp_path):
        dataset = of(table(loose(0)), media=Video(Blob(tmp_path / "gone.mp4")))
        root = parsed(dataset, tmp_path / "a.xml")
        assert (root.findtext("meta/task/source"), root.find("meta/task/original_size")) == ("gone.mp4", None)

    def test_letters_that_xml_cannot_hold(self, tmp_path):
        rows = table(loose(0, attributes={"note": 'tab\t"quote" & <b>\r\n', "bell": "a\x07b"}))
        back = only(again(of(rows, size=1), tmp_path / "a.xml"))
        assert back.row(0).attributes == {"note": 'tab\t"quote" & <b>\r\n', "bell": "a\ufffdb"}


class TestSeveral:
    def test_tracks_end_with_their_job(self, tmp_path):
        first = Subtask("job_0", np.arange(3), table(key(0, BOX)))
        second = Subtask("job_1", np.arange(3, 6), table(key(4, (9, 9, 10, 10))))
        dataset = Dataset("", (Task("cars", None, FrameMap(6), (first, second)),), (Label("cat"),))
        back = interpolate(only(again(dataset, tmp_path / "a.xml")), last_frame=5)
        assert sorted((row.frame, row.points[0]) for row in back.rows()) == [(0, 0), (1, 0), (2, 0), (4, 9), (5, 9)]

    @pytest.mark.parametrize("kind", ["images", "video"])
    def test_a_project_comes_back(self, tmp_path, kind):
        tasks = [
            Task(name, None, frames, (Subtask("job_0", np.arange(frames.size), rows),), subset=subset)
            for name, frames, subset, rows in (
                ("one", FrameMap(3), "Test", table(loose(1))),
                ("two", FrameMap(2, start=4, step=2), "Test", table(loose(0), loose(1, (0, 0, 9, 9)))),
                ("three", FrameMap(1), "", table(loose(0))),
            )
        ]
        dataset = Dataset("zoo", tuple(tasks), (Label("cat"), Label("dog")))
        path = tmp_path / "a.xml"
        back = again(dataset, path, kind=kind)
        assert [label.name for label in back.labels] == ["cat", "dog"]
        assert back.name == "zoo"
        found = {each.name: (each.subset, each.frames.start, each.frames.step, _visible(each)) for each in back.tasks}
        assert found == {
            "one": ("Test", 0, 1, [(1, 4)]),
            "two": ("Test", 4, 2, [(0, 4), (1, 9)]),
            "three": ("", 0, 1, [(0, 4)]),
        }
        assert ElementTree.parse(path).findtext("meta/project/subsets") == "default\nTest"

    def test_each_task_is_written_as_what_its_media_are(self, tmp_path):
        rows = table(loose(0), loose(1, (), "tag"), key(1, (2, 2, 8, 8)))
        tasks = [
            Task(name, media, FrameMap(3), (Subtask("job_0", np.arange(3), rows),))
            for name, media in (
                ("pictures", stills(tmp_path, 3)),
                ("film", Video(Blob(tmp_path / "film.mp4"), (60, 80), 3)),
            )
        ]
        dataset, report = Dataset("zoo", tuple(tasks), (Label("cat"),)), Report()
        with pytest.raises(BadParameter, match=r"a\.xml: pictures and videos .* ends in \.zip"):
            write_cvat_xml(dataset, tmp_path / "a.xml", report)
        assert not (tmp_path / "a.xml").exists()
        back = again(dataset, tmp_path / "a.zip", report)
        assert zipfile.ZipFile(tmp_path / "a.zip").namelist() == ["pictures/annotations.xml", "film/annotations.xml"]
        assert read(tmp_path / "a.zip", report=Report()).labels == back.labels
        pictures, film = back.tasks
        assert (pictures.media.names, pictures.media.size_of(2)) == (("0.png", "1.png", "2.png"), (60, 80))
        assert isinstance(film.media, Video)
        assert [bool(part.table.tracked.any()) for _, part in back.walk()] == [False, True]
        assert [int(part.table.is_shape("tag").sum()) for _, part in back.walk()] == [1, 0]
        assert report.counts("note")["tracks-lost"] == 1
        assert report.counts("dropped") == {"tags": 1}

    @pytest.mark.parametrize("kind", ["images", "video"])
    def test_of_one_kind_a_zip_has_one_file(self, tmp_path, kind):
        tasks = [Task(name, None, FrameMap(1), (Subtask("job", np.arange(1), table(loose(0))),)) for name in "ab"]
        dataset = Dataset("zoo", tuple(tasks), (Label("cat"),))
        steps = []
        back = again(dataset, tmp_path / "a.zip", kind=kind, progress=lambda *now: steps.append(now))
        assert zipfile.ZipFile(tmp_path / "a.zip").namelist() == ["annotations.xml"]
        assert (back.name, [each.name for each in back.tasks]) == ("zoo", ["a", "b"])
        assert steps == [(1, 2), (2, 2)]

    def test_labels_of_one_name_that_differ_need_files_of_their_own(self, tmp_path):
        own = [(Label("cat", (number, 0, 0)), Label("dog")) for number in (1, 2)]
        tasks = [
            Task("cats", None, FrameMap(1), (Subtask("job", np.arange(1), table(loose(0))),), labels=labels)
            for labels in own
        ]
        dataset = Dataset("zoo", tuple(tasks))
        with pytest.raises(BadParameter, match=r"label 'cat' differs .* ends in \.zip"):
            write_cvat_xml(dataset, tmp_path / "a.xml", Report())
        back = again(dataset, tmp_path / "a.zip")
        assert zipfile.ZipFile(tmp_path / "a.zip").namelist() == ["cats/annotations.xml", "cats-2/annotations.xml"]
        assert [[label.color for label in each.label_specs(back)][:1] for each in back.tasks] == [
            [(1, 0, 0)],
            [(2, 0, 0)],
        ]


def _visible(told_task):
    return sorted((row.frame, row.points[2]) for row in told_task.subtasks[0].table.rows() if not row.outside)


class TestOptions:
    def test_decimals(self, tmp_path):
        rows = table(loose(0, (0.12345, 0, 4, 4)))
        root = parsed(of(rows), tmp_path / "a.xml", precision=4)
        assert root.find("image/box").get("xtl") == "0.1235"

    def test_auto_is_video_for_tracks_and_videos(self, tmp_path):
        for number, (dataset, tag) in enumerate(
            [
                (of(table(key(0, BOX))), "track"),
                (of(table(key(0, BOX), loose(1, (), "tag", object=5))), "track"),
                (of(table(key(0, BOX), loose(1, object=5))), "image"),
                (of(table(loose(0))), "image"),
                (of(table(key(0, BOX)), media=stills(tmp_path, 4)), "image"),
                (of(table(loose(0)), media=Video(Blob(tmp_path / "v.mp4"), (4, 4))), "track"),
            ]
        ):
            assert parsed(dataset, tmp_path / f"{number}.xml").find(tag) is not None

    @pytest.mark.parametrize("options", [{"kind": "audio"}, {"precision": -1}, {"tolerance": -0.5}])
    def test_those_that_make_no_sense(self, tmp_path, options):
        with pytest.raises(BadParameter, match=next(iter(options))):
            write_cvat_xml(of(Table.empty()), tmp_path / "a.xml", Report(), **options)

    def test_a_file_that_is_there_is_replaced_on_request_only(self, tmp_path):
        path = save(tmp_path / "a.xml", "mine")
        with pytest.raises(OutputFailed, match=r"a\.xml"):
            write(of(Table.empty()), path, format="cvat-xml", report=Report())
        assert path.read_text() == "mine"
        steps = []
        write_cvat_xml(of(Table.empty()), path, Report(), overwrite=True, progress=lambda *now: steps.append(now))
        assert path.read_text().startswith("<?xml")
        assert steps == [(1, 1)]

    def test_nothing_is_left_when_it_is_given_up(self, tmp_path):
        with Cancellation() as cancellation:
            cancellation.cancel()
            with pytest.raises(Cancelled):
                write_cvat_xml(of(table(loose(0))), tmp_path / "a.xml", Report())
        assert list(tmp_path.iterdir()) == []
