"""Pascal VOC as other programs write it."""

from pathlib import Path

import pytest

from mattebox.errors import BadAnnotations
from mattebox.label.formats.voc import looks_like_voc, read_voc, write_voc
from mattebox.label.media import Images
from mattebox.label.report import Report
from sets_building import BOX, dataset_of, put_picture, put_text, rows_of, told

BOX_XML = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>11</xmax><ymax>14.5</ymax></bndbox>"


def put_sheet(folder: Path, objects: str, *, name: str = "a", encoding: str = "utf-8", head: str = "") -> Path:
    """An XML file about a picture of 40 x 30 pixels."""
    size = "<size><width>40</width><height>30</height><depth>3</depth></size>"
    text = f"{head}<annotation><filename>{name}.png</filename>{size}{objects}</annotation>"
    return put_text(folder / "Annotations" / f"{name}.xml", text, encoding)


def thing(inside: str = BOX_XML, name: str = "cat") -> str:
    """One object."""
    return f"<object><name>{name}</name>{inside}</object>"


def test_an_object_and_its_parts(tmp_path: Path) -> None:
    put_picture(tmp_path / "JPEGImages" / "a.png")
    part = "<part><name>head</name><bndbox><xmin>3</xmin><ymin>3</ymin><xmax>5</xmax><ymax>5</ymax></bndbox></part>"
    flags = "<pose>Left</pose><truncated>1</truncated><difficult>0</difficult><occluded>1</occluded>"
    put_sheet(tmp_path, thing(flags + BOX_XML + part))
    report = Report()
    cat, head = rows_of(read_voc(tmp_path, report))
    assert (cat.label, cat.points, cat.occluded) == ("cat", (1, 2, 11, 14.5), True)
    assert cat.attributes == {"truncated": "true", "pose": "Left"}
    assert (head.label, head.group) == ("head", cat.group)
    assert cat.group > 0
    assert not report.entries


def test_subsets_are_those_of_the_lists(tmp_path: Path) -> None:
    for name in "abc":
        put_picture(tmp_path / "JPEGImages" / f"{name}.png")
        put_sheet(tmp_path, thing(), name=name)
    put_text(tmp_path / "ImageSets" / "Main" / "train.txt", "a\n")
    put_text(tmp_path / "ImageSets" / "Main" / "val.txt", "b 1\n")
    put_text(tmp_path / "ImageSets" / "Main" / "trainval.txt", "a\nb\n")
    put_text(tmp_path / "ImageSets" / "Main" / "cat_train.txt", "c -1\n")
    dataset = read_voc(tmp_path, Report())
    assert [(task.subset, task.media.names) for task in dataset.tasks] == [
        ("train", ("a.png",)),
        ("val", ("b.png",)),
        ("", ("c.png",)),
    ]


@pytest.mark.parametrize(
    ("objects", "code"),
    [
        (thing(""), "bad-record"),
        (thing(name=""), "bad-record"),
        (thing(BOX_XML.replace("11", "x")), "bad-record"),
        (thing(BOX_XML.replace("11", "nan")), "not-a-number"),
        (thing(BOX_XML.replace("11", "1")), "empty-shape"),
        (thing(BOX_XML.replace("1<", "101<").replace("101</xmax", "120</xmax")), "outside-picture"),
    ],
)
def test_objects_that_cannot_be_used_are_told(objects: str, code: str, tmp_path: Path) -> None:
    put_picture(tmp_path / "JPEGImages" / "a.png")
    put_sheet(tmp_path, objects + thing())
    report = Report()
    assert len(rows_of(read_voc(tmp_path, report))) == 1
    assert told(report) == {code: 1}
    assert "Annotations/a.xml, object 1" in report.entries[0].message


def test_corners_are_put_in_order(tmp_path: Path) -> None:
    put_picture(tmp_path / "JPEGImages" / "a.png")
    put_sheet(tmp_path, thing(BOX_XML.replace("11", "0")))
    report = Report()
    (row,) = rows_of(read_voc(tmp_path, report))
    assert row.points[0] < row.points[2]
    assert report.counts("note") == {"inverted": 1}


@pytest.mark.parametrize(
    ("encoding", "head"),
    [
        ("utf-8", ""),
        ("utf-16", '<?xml version="1.0" encoding="utf-16"?>'),
        ("cp1251", '<?xml version="1.0" encoding="windows-1251"?>'),
        ("cp1251", '<?xml version="1.0" encoding="utf-8"?>'),
        ("cp1251", ""),
    ],
)
def test_encodings_whether_they_are_told_rightly_or_not(encoding: str, head: str, tmp_path: Path) -> None:
    put_picture(tmp_path / "a.png")
    path = put_sheet(tmp_path, thing(name="кот"), encoding=encoding, head=head)
    assert looks_like_voc(path)
    assert rows_of(read_voc(path, Report()))[0].label == "кот"


def test_subsets_with_a_line_in_their_names_and_pictures_with_blanks(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path, [BOX], subset="night_test")
    media = Images(dataset.tasks[0].media.files, ["a b.png", "c.png"])
    write_voc(dataset.replace(tasks=(dataset.tasks[0].replace(media=media),)), tmp_path / "set", Report())
    (task,) = read_voc(tmp_path / "set", Report()).tasks
    assert (task.subset, task.media.names) == ("night_test", ("a b.png", "c.png"))


def test_a_bad_list_does_not_stop_the_rest(tmp_path: Path) -> None:
    put_picture(tmp_path / "JPEGImages" / "a.png")
    put_sheet(tmp_path, thing())
    for name in ("ImageSets/Main/train.txt", "labelmap.txt"):
        put_text(tmp_path / name, "")
        (tmp_path / name).write_bytes(b"\0\x01\x98")
    report = Report()
    assert len(rows_of(read_voc(tmp_path, report))) == 1
    assert report.counts("problem") == {"bad-file": 2}


def test_a_picture_that_was_renamed_is_found_by_the_name_of_its_file(tmp_path: Path) -> None:
    put_picture(tmp_path / "JPEGImages" / "a.jpg")
    put_sheet(tmp_path, thing())
    report = Report()
    read_voc(tmp_path, report)
    assert not report.problems


@pytest.mark.parametrize("width", ["nan", "inf", "0", "-4", "1e300", "x"])
def test_a_size_that_no_picture_has_is_not_believed(width: str, tmp_path: Path) -> None:
    put_picture(tmp_path / "JPEGImages" / "a.png")
    path = put_sheet(tmp_path, thing())
    put_text(path, path.read_text().replace("<width>40<", f"<width>{width}<"))
    dataset = read_voc(tmp_path, Report())
    assert dataset.tasks[0].media.size_of(0) == (30, 40)
    assert len(rows_of(dataset)) == 1


def test_a_turned_box_that_reaches_into_the_picture_stays(tmp_path: Path) -> None:
    put_picture(tmp_path / "JPEGImages" / "a.png")
    box = "<bndbox><xmin>-4</xmin><ymin>2</ymin><xmax>-2</xmax><ymax>28</ymax></bndbox>"
    turned = "<attributes><attribute><name>rotation</name><value>90</value></attribute></attributes>"
    put_sheet(tmp_path, thing(box + turned) + thing(box))
    report = Report()
    assert [row.rotation for row in rows_of(read_voc(tmp_path, report))] == [90]
    assert told(report) == {"outside-picture": 1}


def test_a_document_type_is_refused(tmp_path: Path) -> None:
    put_picture(tmp_path / "JPEGImages" / "a.png")
    put_sheet(tmp_path, thing("&e;" + BOX_XML), head='<!DOCTYPE a [<!ENTITY e "boom">]>')
    report = Report()
    assert rows_of(read_voc(tmp_path, report)) == []
    assert "document type" in report.entries[0].message


@pytest.mark.parametrize("text", ["", "<annotation><object>", "<html/>", "no XML"])
def test_bad_files_are_told_and_the_rest_is_read(text: str, tmp_path: Path) -> None:
    put_picture(tmp_path / "JPEGImages" / "a.png")
    put_sheet(tmp_path, thing())
    put_text(tmp_path / "Annotations" / "b.xml", text)
    report = Report()
    assert len(rows_of(read_voc(tmp_path, report))) == 1
    assert told(report) == {"bad-file": 1}
    assert "b.xml" in report.entries[0].message


def test_pictures_that_are_missing_are_told(tmp_path: Path) -> None:
    put_sheet(tmp_path, thing())
    report = Report()
    dataset = read_voc(tmp_path, report)
    assert report.counts("problem") == {"picture-missing": 1}
    assert dataset.tasks[0].media.size_of(0) == (30, 40)


def test_a_folder_without_annotations_is_refused(tmp_path: Path) -> None:
    assert not looks_like_voc(tmp_path)
    with pytest.raises(BadAnnotations, match="no VOC"):
        read_voc(tmp_path, Report())


def test_labels_keep_their_order_and_colours(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path, [BOX])
    write_voc(dataset, tmp_path / "set", Report())
    again = read_voc(tmp_path / "set", Report())
    assert [(label.name, label.color) for label in again.labels] == [
        (label.name, label.color) for label in dataset.labels
    ]
