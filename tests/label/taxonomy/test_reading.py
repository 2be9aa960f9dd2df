from __future__ import annotations

import io
import zipfile
from pathlib import Path
from random import Random

import openpyxl
import pytest

from label_tables import CLASS_HEADERS, SUPERCLASS_HEADERS, vehicles, write_book, write_text
from mattebox.errors import BadAnnotations, BadParameter
from mattebox.label.taxonomy import Taxonomy, lint_files

GROUPS = {
    "person": "person",
    "vehicle": "bicycle car motorcycle airplane bus train truck boat",
    "outdoor": "traffic_light fire_hydrant stop_sign parking_meter bench",
    "animal": "bird cat dog horse sheep cow elephant bear zebra giraffe",
    "accessory": "backpack umbrella handbag tie suitcase",
    "sports": "frisbee skis snowboard sports_ball kite baseball_bat baseball_glove skateboard surfboard tennis_racket",
    "kitchen": "bottle wine_glass cup fork knife spoon bowl",
    "food": "banana apple sandwich orange broccoli carrot hot_dog pizza donut cake",
    "furniture": "chair couch potted_plant bed dining_table toilet",
    "electronic": "tv laptop mouse remote keyboard cell_phone",
    "appliance": "microwave oven toaster sink refrigerator",
    "indoor": "book clock vase scissors teddy_bear hair_drier toothbrush",
}
"""The classes of COCO, one superclass to a group."""

NBSP = "\u00a0"

ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")


def test_the_first_templates_of_dl_utils_are_read(tmp_path: Path) -> None:
    """A biologist's table: a column between others, empty rows, mere categories, three levels, odd spaces."""
    classes = write_book(
        tmp_path / "classes.xlsx",
        Лист1=[
            CLASS_HEADERS,
            ("I. Животные",),
            ("1. Млекопитающие", None, None, "класс"),
            (f"1.1.{NBSP}Хищные", None, None, "отряд"),
            ("1.1.1. Волк ", None, "wolf", None, "6f1c-01", "серый, уши торчком", "https://ru.wikipedia.org/wiki/Волк"),
            (None,) * 7,
            ("1.1.2. Лисица", None, f"fox{NBSP}red", None, 17.0),
            ("2. Птицы", None, "bird"),
            ("II. Растения",),
            ("1. Деревья", None, "tree"),
        ],
    )
    superclasses = write_book(
        tmp_path / "superclasses.xlsx",
        Лист1=[
            SUPERCLASS_HEADERS,
            (1, "Зверь", "Волк", "Высокий"),
            (None, None, "Лисица", None),
            (2.0, "Птица", "Птицы", "Обычный"),
            (0, "Остальное", "Деревья", "Нет"),
        ],
    )
    taxonomy = Taxonomy.load(classes, superclasses)
    assert [(each.number, each.name, each.depth, each.parent) for each in taxonomy.entries] == [
        ("I", "Животные", 0, ""),
        ("1", "Млекопитающие", 1, "Животные"),
        ("1.1", "Хищные", 2, "Млекопитающие"),
        ("1.1.1", "Волк", 3, "Хищные"),
        ("1.1.2", "Лисица", 3, "Хищные"),
        ("2", "Птицы", 1, "Животные"),
        ("II", "Растения", 0, ""),
        ("1", "Деревья", 1, "Растения"),
    ]
    wolf, fox = taxonomy.entries[3:5]
    assert (wolf.labels, wolf.synonyms, wolf.traits) == (("wolf",), ("6f1c-01",), "серый, уши торчком")
    assert wolf.url.endswith("Волк")
    assert (fox.labels, fox.synonyms) == (("fox red",), ("17",))
    assert taxonomy.language == "ru"
    assert taxonomy.names == ("Зверь", "Птица")
    assert [each.priority for each in taxonomy.superclasses] == ["Высокий", "Обычный", "Нет"]
    assert taxonomy.resolve("FOX RED").superclass == "Зверь"
    assert taxonomy.resolve("17").index == 0
    assert taxonomy.resolve("tree").rule == "ignore"
    assert [finding for finding in taxonomy.lint() if finding.severity != "note"] == []
    assert taxonomy.entries[4].place.row == 7


def test_the_classes_of_coco_in_twelve_groups_are_read_from_one_workbook(tmp_path: Path) -> None:
    classes: list[tuple[object, ...]] = [CLASS_HEADERS]
    supers: list[tuple[object, ...]] = [SUPERCLASS_HEADERS]
    for number, (roman, (group, names)) in enumerate(zip(ROMAN, GROUPS.items(), strict=True), start=1):
        classes.append((f"{roman}. {group.capitalize()} group",))
        for count, name in enumerate(names.split(), start=1):
            classes.append((f"{count}. {name.replace('_', ' ')}", None, name.replace("_", " ")))
            first = count == 1
            told = (number, group, "Обычный") if first else (None, None, None)
            supers.append((*told[:2], name.replace("_", " "), told[2]))
    path = write_book(tmp_path / "coco.xlsx", Superlabels=supers, Labels=classes, Readme=[["Made by hand"]])
    taxonomy = Taxonomy.load(path)
    assert len(taxonomy.entries) == 80 + 12
    assert taxonomy.names == tuple(GROUPS)
    assert taxonomy.resolve("teddy bear").index == 11
    assert [entry.parent for entry in taxonomy.entries if entry.name == "zebra"] == ["Animal group"]
    findings = taxonomy.lint()
    assert [finding.code for finding in findings if finding.severity != "note"] == []
    assert [finding.sheet for finding in findings if finding.code == "unread-sheet"] == ["Readme"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_texts_are_read_in_any_encoding_and_with_any_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = [
        ("Класс объекта", "", "Метка в CVAT", "Признаки"),
        ("I. Люди", "", "", ""),
        ("1. Ёж", "", "hedgehog", '"мелкий, колючий; ночной"'),
        ("", "", "", ""),
        ("№ п/п", "Наименование суперкласса", "Классы (содержимое суперкласса)", "Приоритет"),
        ("1", "Зверь", "Ёж", "Высокий"),
    ]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    taxonomy = Taxonomy.load(write_text(tmp_path / "table.csv", text, encoding))
    assert taxonomy.entries[1].traits == "мелкий, колючий; ночной"
    assert taxonomy.resolve("hedgehog").superclass == "Зверь"
    assert taxonomy.entries[1].place.row == 3


def test_english_headers_may_stand_in_any_row_and_order(tmp_path: Path) -> None:
    rows = [
        ["Labels of the year"],
        [],
        ["note", "CVAT Label", "CLASS", "Reviewed by"],
        ["", "car; taxi\nvan", "Car", "Ann"],
    ]
    entry = Taxonomy.load(write_book(tmp_path / "t.xlsx", One=rows)).entries[0]
    assert (entry.name, entry.number, entry.labels) == ("Car", "", ("car", "taxi", "van"))
    assert entry.extra == {"Reviewed by": "Ann"}
    assert (entry.place.sheet, entry.place.row, entry.place.columns["labels"]) == ("One", 4, "B")


def test_headers_of_a_user_are_added_by_what_they_head(tmp_path: Path) -> None:
    path = write_book(tmp_path / "t.xlsx", One=[["Taxon", "Codename"], ["Wolf", "w1"]])
    with pytest.raises(BadAnnotations, match="no row of headers"):
        Taxonomy.load(path)
    taxonomy = Taxonomy.load(path, aliases={"name": ["taxon"], "labels": ["codename"]})
    assert taxonomy.entries[0].labels == ("w1",)
    with pytest.raises(BadParameter, match="did you mean 'labels'"):
        Taxonomy.load(path, aliases={"label": ["codename"]})


def test_the_first_column_holds_classes_whatever_its_header_is(tmp_path: Path) -> None:
    path = write_book(tmp_path / "t.xlsx", One=[["Таксон", "Метка в CVAT"], ["I. Звери"], ["1. Волк", "wolf"]])
    assert [entry.name for entry in Taxonomy.load(path).entries] == ["Звери", "Волк"]


def test_numbers_may_have_a_column_of_their_own(tmp_path: Path) -> None:
    text = "Number,Name,Label\nI,Vehicles,\n1.,Car,car\n1.1,3 wheels,tricycle\n"
    taxonomy = Taxonomy.load(write_text(tmp_path / "t.csv", text))
    assert [(each.number, each.name, each.depth) for each in taxonomy.entries] == [
        ("I", "Vehicles", 0),
        ("1", "Car", 1),
        ("1.1", "3 wheels", 2),
    ]
    assert taxonomy.findings == ()


def test_merged_cells_hold_for_all_their_rows(tmp_path: Path) -> None:
    rows = [SUPERCLASS_HEADERS, (1, "a", "x", "High"), (None, None, "y"), (2, "b", "z", "Low")]
    path = write_book(tmp_path / "t.xlsx", One=rows)
    book = openpyxl.load_workbook(path)
    for column in "ABD":
        book["One"].merge_cells(f"{column}2:{column}3")
    book.save(path)
    taxonomy = Taxonomy.load(path)
    assert [(each.name, each.meanings) for each in taxonomy.superclasses] == [("a", ("x", "y")), ("b", ("z",))]
    assert taxonomy.findings == ()


def test_superclasses_that_repeat_in_every_row_are_one(tmp_path: Path) -> None:
    text = "No.,Superclass,Classes,Priority,Seen\n1,a,x,High,7\n2,b,y,Low,\n1,a,z,High,9\n"
    first, second = Taxonomy.load(write_text(tmp_path / "t.csv", text)).superclasses
    assert (first.name, first.number, first.meanings, first.extra) == ("a", 1, ("x", "z"), {"Seen": ("7", "9")})
    assert second.meanings == ("y",)


def test_superclasses_without_numbers_are_numbered_in_order(tmp_path: Path) -> None:
    taxonomy = Taxonomy.load(write_text(tmp_path / "t.csv", "Superclass,Classes\na,x\n,y\nb,z\n"))
    assert [(each.name, each.number) for each in taxonomy.superclasses] == [("a", 1), ("b", 2)]
    assert taxonomy.findings == ()


def zipped(**members: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


ALIASES = b"a0: &a0 [x]\n" + b"".join(
    f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]\n".encode() for number in range(1, 12)
)
"""A few lines that mean 9 to the power of 11 values."""

BROKEN = {
    "empty.xlsx": (b"", r"is empty \(0 bytes\)"),
    "empty.csv": (b"", r"is empty \(0 bytes\)"),
    "empty.yaml": (b"", r"is empty \(0 bytes\)"),
    "text.xlsx": (b"Class,Label\ncar,car\n", "is not an .xlsx file, or was cut off"),
    "old.xlsx": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "old Excel, or has a password"),
    "archive.xlsx": (zipped(some=b"thing"), "is not an .xlsx file, or is damaged"),
    "bomb.xlsx": (zipped(sheet=bytes(300 * 1024**2)), "unpacks to 315 MB"),
    "book.csv": (zipped(some=b"thing"), "is a workbook or an archive, not a text"),
    "headless.csv": (b"a,b\nc,d\n", "has no row of headers"),
    "noise.csv": (bytes(range(256)), "no"),
    "broken.yaml": (b"classes: [", "cannot be read as YAML: .* line 1"),
    "twice.yaml": (b"classes:\n- name: A\n  labels: [a]\n  labels: [b]\n", "a key stands twice.* line 2"),
    "bomb.yaml": (ALIASES, "aliases unfold to more than 1,000,000 values"),
    "list.yaml": (b"- a\n- b\n", "neither 'classes' nor 'superclasses'"),
    "text.yaml": (b"classes: car\n", "'classes' is not a list"),
    "table.pdf": (b"%PDF", r"a label table is a file of \.xlsx"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_told_by_name_and_cause(tmp_path: Path, name: str) -> None:
    data, cause = BROKEN[name]
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(BadAnnotations, match=cause) as told:
        Taxonomy.load(path)
    assert str(told.value).startswith(str(path))
    taxonomy, (finding,) = lint_files([path])
    assert (finding.severity, finding.code, finding.file) == ("error", "unreadable", str(path))
    assert taxonomy == Taxonomy()


def test_a_file_that_was_cut_off_is_told(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    vehicles().save(path)
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(BadAnnotations, match="was cut off"):
        Taxonomy.load(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadAnnotations, match="No such file"):
        Taxonomy.load(tmp_path / "t.xlsx")
    with pytest.raises(BadParameter, match="no label table"):
        Taxonomy.load()


def test_what_can_be_read_is_checked_beside_what_cannot(tmp_path: Path) -> None:
    good = write_text(tmp_path / "good.csv", "Class,Label\nCar,car\nVan,car\n")
    taxonomy, findings = lint_files([tmp_path / "gone.xlsx", good])
    assert [entry.name for entry in taxonomy.entries] == ["Car", "Van"]
    assert [finding.code for finding in findings] == ["unreadable", "label-with-two-meanings"]


def test_a_list_of_one_column_is_not_divided_by_what_stands_in_names(tmp_path: Path) -> None:
    taxonomy = Taxonomy.load(write_text(tmp_path / "t.csv", "Class\nCar, small\nCar; large\n"))
    assert [entry.name for entry in taxonomy.entries] == ["Car, small", "Car; large"]


def test_sheets_of_other_things_are_left_alone_and_told(tmp_path: Path) -> None:
    path = write_book(
        tmp_path / "t.xlsx",
        Changes=[["No.", "Name", "Date", "Note"], [1, "Ann", "2026-01-02", "first"]],
        Classes=[["Class", "Label"], ["Car", "car"]],
        Empty=[],
    )
    taxonomy = Taxonomy.load(path)
    assert [entry.name for entry in taxonomy.entries] == ["Car"]
    assert [(finding.severity, finding.sheet) for finding in taxonomy.findings] == [("note", "Changes")]


@pytest.mark.parametrize("seed", range(3))
def test_damage_anywhere_is_told_and_never_a_traceback(tmp_path: Path, seed: int) -> None:
    random, told = Random(seed), set()
    for suffix, times in ((".xlsx", 30), (".csv", 60), (".yaml", 30)):
        path = tmp_path / f"t{suffix}"
        vehicles().save(path)
        whole = path.read_bytes()
        for _ in range(times):
            data = bytearray(whole)
            for _ in range(random.randint(1, 8)):
                data[random.randrange(len(data))] = random.randrange(256)
            path.write_bytes(data[: random.choice((len(data), random.randrange(len(data))))])
            taxonomy, findings = lint_files([path])
            told |= {(suffix, finding.code) for finding in findings}
            named = (entry for entry in taxonomy.entries if entry.name)
            assert all(taxonomy.resolve(label).meaning for entry in named for label in entry.labels)
    assert {(suffix, "unreadable") for suffix in (".xlsx", ".csv", ".yaml")} <= told


@pytest.mark.parametrize(
    "text",
    [
        "classes:\n- &x {name: a, habitat: *x}\n",
        "classes:\n- {name: {a: b}, labels: [[c]]}\nlanguage: {a: b}\n",
        "classes: [" + "[" * 3000,
        "classes:\n- {name: a, number: " + "9" * 5000 + "}\n",
        "superclasses:\n- {name: a, number: " + "9" * 5000 + "}\n",
        "? [a]\n: b\n",
        "classes:\n- null\n- {}\n",
    ],
)
def test_odd_documents_are_told_and_never_a_traceback(tmp_path: Path, text: str) -> None:
    _, findings = lint_files([write_text(tmp_path / "t.yaml", text)])
    assert findings
