from __future__ import annotations

from pathlib import Path

import pytest

from mattebox.errors import BadParameter
from mattebox.evaluate.dataset import read_pairs
from mattebox.evaluate.layouts import LAYOUTS, recognised

SETS = {
    "composition-1k": {
        "Combined_Dataset/Test_set/merged": ["troll_0.png", "troll_1.png"],
        "Combined_Dataset/Test_set/Adobe-licensed images/alpha": ["troll.png"],
        "Combined_Dataset/Test_set/Adobe-licensed images/trimaps": ["troll_0.png", "troll_1.png"],
    },
    "distinctions-646": {
        "Distinctions-646/Test/Comp": ["test_0.png", "test_1.png"],
        "Distinctions-646/Test/GT": ["test_0.png", "test_1.png"],
    },
    "ppm-100": {"PPM-100/image": ["1_o.jpg", "2_o.jpg"], "PPM-100/matte": ["1_o.jpg", "2_o.jpg"]},
    "p3m-500": {
        "P3M-10k/train/blurred_image": ["p_train.jpg"],
        "P3M-10k/train/mask": ["p_train.png"],
        "P3M-10k/validation/P3M-500-P/blurred_image": ["p_1.jpg"],
        "P3M-10k/validation/P3M-500-P/mask": ["p_1.png"],
        "P3M-10k/validation/P3M-500-P/trimap": ["p_1.png"],
        "P3M-10k/validation/P3M-500-NP/original_image": ["p_2.jpg"],
        "P3M-10k/validation/P3M-500-NP/mask": ["p_2.png"],
        "P3M-10k/validation/P3M-500-NP/trimap": ["p_2.png"],
    },
    "am-2k": {
        "AM-2k/train/original": ["m_train.jpg"],
        "AM-2k/validation/original": ["m_1.jpg", "m_2.jpg"],
        "AM-2k/validation/mask": ["m_1.png", "m_2.png"],
        "AM-2k/validation/trimap": ["m_1.png", "m_2.png"],
    },
    "aim-500": {
        "AIM-500/original": ["o_1.jpg", "o_2.jpg"],
        "AIM-500/mask": ["o_1.png", "o_2.png"],
        "AIM-500/trimap": ["o_1.png", "o_2.png"],
        "AIM-500/usr": ["o_1.png"],
    },
    "duts-te": {
        "DUTS-TE/DUTS-TE-Image": ["ILSVRC2012_test_1.jpg", "sun_a.jpg"],
        "DUTS-TE/DUTS-TE-Mask": ["ILSVRC2012_test_1.png", "sun_a.png"],
    },
    "dis5k": {
        "DIS5K/DIS-TR/im": ["train.jpg"],
        "DIS5K/DIS-TR/gt": ["train.png"],
        "DIS5K/DIS-VD/im": ["1#Accessories#1.jpg"],
        "DIS5K/DIS-VD/gt": ["1#Accessories#1.png"],
        "DIS5K/DIS-TE3/im": ["2#Aircraft#9.jpg"],
        "DIS5K/DIS-TE3/gt": ["2#Aircraft#9.png"],
    },
}
WITH_TRIMAPS = {"composition-1k", "p3m-500", "am-2k", "aim-500"}


@pytest.fixture(params=SETS)
def unpacked(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """Name of a data set, and the folder that it was unpacked in."""
    for folder, names in SETS[request.param].items():
        (tmp_path / folder).mkdir(parents=True)
        for name in names:
            (tmp_path / folder / name).touch()
    return request.param, tmp_path


def test_every_layout_is_tried() -> None:
    assert SETS.keys() == LAYOUTS.keys()


def test_a_set_is_recognised_from_every_folder_around_it(unpacked: tuple[str, Path]) -> None:
    name, root = unpacked
    inner = root / next(iter(SETS[name])).split("/")[0]
    for folder in (root, inner):
        assert recognised(folder) == name
        pairs = read_pairs(folder)
        assert len(pairs) == 2
        assert pairs == read_pairs(folder, name)
        for pair in pairs:
            assert pair.image.is_file()
            assert pair.mask.is_file()
            assert pair.soft == (name not in {"duts-te", "dis5k"})
            assert (pair.trimap is not None and pair.trimap.is_file()) == (name in WITH_TRIMAPS)


def test_parts_are_told_apart_by_kind_and_can_be_named_alone(unpacked: tuple[str, Path]) -> None:
    name, root = unpacked
    kinds = {"p3m-500": ["P3M-500-P", "P3M-500-NP"], "dis5k": ["DIS-VD", "DIS-TE3"]}
    assert [pair.kind for pair in read_pairs(root)] == kinds.get(name, ["", ""])
    if name in kinds:
        parts = sorted(path.parent for path in root.rglob("gt" if name == "dis5k" else "trimap"))
        (alone,) = read_pairs(parts[-1], name)
        assert alone.kind == ""


def test_layouts_that_are_unknown_or_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match=r"no layout 'dis'; .*dis5k"):
        read_pairs(tmp_path, "dis")
    with pytest.raises(BadParameter, match="not laid out as ppm-100, which has the folders image and matte or fg and"):
        read_pairs(tmp_path, "ppm-100")
    with pytest.raises(BadParameter, match=r"or the layout of one of composition-1k, .*dis5k"):
        read_pairs(tmp_path)


def test_the_packing_of_published_tests_and_that_of_tutorials_are_known_too(tmp_path: Path) -> None:
    for folder in ("merged", "alpha_copy", "trimaps", "val/fg", "val/alpha"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.png").touch()
    assert read_pairs(tmp_path)[0].trimap == tmp_path / "trimaps" / "a.png"
    assert read_pairs(tmp_path, "ppm-100")[0].mask == tmp_path / "val" / "alpha" / "a.png"
