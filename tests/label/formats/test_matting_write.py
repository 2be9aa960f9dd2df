from pathlib import Path

import cv2
import numpy as np
import pytest

from label_sets import SIZE, box, dataset, polygon, still, stills, task
from mattebox.encode import encode
from mattebox.errors import BadAnnotations, BadParameter
from mattebox.evaluate.dataset import read_pairs
from mattebox.label.building import Scales, Tiling
from mattebox.label.building.alphas import alpha_of
from mattebox.label.formats import read
from mattebox.label.formats.matting_write import write_matting
from mattebox.label.media import Blob, Images
from mattebox.label.report import Report
from mattebox.picture import open_picture

SOFT = np.tile(np.linspace(0, 255, SIZE[1]).astype(np.uint8), (SIZE[0], 1))


def alpha(path: Path, name: str = "park_000000") -> np.ndarray:
    pixels = cv2.imread(str(path / f"train/alpha/{name}.png"), cv2.IMREAD_UNCHANGED)
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 2
    return pixels


def media_with_alpha(folder: Path, data: bytes, name: str = "alpha/0.png") -> Images:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / "0.jpg").write_bytes(still())
    (folder / name).write_bytes(data)
    context = Blob(folder / "0.jpg")
    return Images([Blob(folder / "0.jpg")], related={0: [context, Blob(folder / name)]})


def test_an_alpha_is_the_union_of_the_objects(tmp_path):
    rows = [box("cat", 0, 0, 0, 20, 20), polygon("dog", 0, 10, 10, 40, 10, 40, 30, 10, 30)]
    write_matting(dataset(task(stills(tmp_path / "stills", 1), rows)), tmp_path / "set", Report())
    expected = np.zeros(SIZE, np.uint8)
    expected[:20, :20] = expected[10:30, 10:40] = 255
    assert np.array_equal(alpha(tmp_path / "set"), expected)


def test_only_the_labels_that_are_asked_for_are_the_subject(tmp_path):
    rows = [box("cat", 0, 0, 0, 20, 20), box("dog", 0, 30, 30, 40, 40)]
    report = Report()
    write_matting(dataset(task(stills(tmp_path / "s", 1), rows)), tmp_path / "set", report, labels=["dog"])
    made = alpha(tmp_path / "set")
    assert (made[5, 5], made[35, 35]) == (0, 255)
    assert report.counts("note") == {"other-label": 1}
    with pytest.raises(BadParameter, match="did you mean 'dog'"):
        write_matting(dataset(task(stills(tmp_path / "s", 1), rows)), tmp_path / "x", report, labels=["dgo"])


@pytest.mark.parametrize("name", ["alpha/0.png", "0_alpha.png", "0.alpha.png"])
def test_an_alpha_picture_beside_a_still_is_carried_through_byte_for_byte(tmp_path, name):
    data = encode(SOFT, "png")
    media = media_with_alpha(tmp_path / "stills", data, name)
    write_matting(dataset(task(media, [box("cat", 0, 0, 0, 20, 20)])), tmp_path / "set", Report())
    assert (tmp_path / "set/train/alpha/park_000000.png").read_bytes() == data


def test_an_alpha_channel_is_taken_as_soft_as_it_is(tmp_path):
    data = encode(np.dstack([np.zeros((*SIZE, 3), np.uint8), SOFT]), "png")
    write_matting(dataset(task(media_with_alpha(tmp_path / "s", data), [])), tmp_path / "set", Report())
    assert np.array_equal(alpha(tmp_path / "set"), SOFT)


def test_a_soft_alpha_is_scaled_and_cut_with_its_picture_and_stays_soft(tmp_path):
    media = media_with_alpha(tmp_path / "s", encode(SOFT, "png"))
    options = {"scales": Scales((2,)), "tiling": Tiling((96, 64), overlap=0)}
    write_matting(dataset(task(media, [])), tmp_path / "set", Report(), **options)
    right = alpha(tmp_path / "set", "park_000000_x2_t0-64")
    assert right.shape == (96, 64)
    expected = cv2.resize(SOFT, (128, 96), interpolation=cv2.INTER_LINEAR)[:, 64:]
    assert np.abs(right.astype(int) - expected).max() <= 1
    assert len(np.unique(right)) > 50


def test_a_sample_with_an_alpha_picture_is_no_negative(tmp_path):
    media = media_with_alpha(tmp_path / "s", encode(SOFT, "png"))
    [reel] = write_matting(dataset(task(media, [])), tmp_path / "set", Report(), negatives=0)
    assert len(reel) == 1


def test_an_alpha_of_another_size_leaves_its_sample_out(tmp_path):
    media = media_with_alpha(tmp_path / "s", encode(SOFT[:20], "png"))
    report = Report()
    with pytest.raises(BadAnnotations, match="no sample could be made"):
        write_matting(dataset(task(media, [])), tmp_path / "set", report)
    [entry] = report.entries
    assert "64 x 20" in entry.message


def test_a_trimap_is_unknown_around_the_edge_only(tmp_path):
    data = dataset(task(stills(tmp_path / "s", 1), [box("cat", 0, 16, 12, 48, 36)]))
    write_matting(data, tmp_path / "set", Report(), trimaps=True)
    trimap = cv2.imread(str(tmp_path / "set/train/trimaps/park_000000.png"), cv2.IMREAD_UNCHANGED)
    assert set(np.unique(trimap)) == {0, 128, 255}
    assert (trimap[24, 32], trimap[2, 2], trimap[11, 32]) == (255, 0, 128)


def test_the_evaluation_reads_the_set_as_it_is(tmp_path):
    data = dataset(task(stills(tmp_path / "s"), [box("cat", 0, 16, 12, 48, 36)]))
    write_matting(data, tmp_path / "set", Report(), trimaps=True)
    pairs = read_pairs(tmp_path / "set/train")
    assert len(pairs) == 3
    assert all(pair.soft and pair.trimap is not None for pair in pairs)
    assert open_picture(pairs[0].image).size == SIZE


def test_pictures_beside_a_still_that_are_no_alpha_are_none(tmp_path):
    related = [Blob(tmp_path / "alpha/context/1.png"), Blob(tmp_path / "alpha/alphabet.png")]
    media = Images([Blob(tmp_path / "alpha/0.jpg")], related={0: related})  # a folder of that name around everything
    assert alpha_of(media, 0) is None


def test_an_alpha_may_lie_in_folders_of_its_own(tmp_path):
    there = Blob(tmp_path / "set.zip", "train/alpha/a/0.png")
    media = Images([Blob(tmp_path / "set.zip", "train/images/a/0.jpg")], related={0: [there]})
    assert alpha_of(media, 0) == there


def test_a_set_is_written_again_from_what_was_read_of_it(tmp_path):
    media = media_with_alpha(tmp_path / "s", encode(SOFT, "png"))
    write_matting(dataset(task(media, [])), tmp_path / "set", Report())
    write_matting(read(tmp_path / "set", report=Report()), tmp_path / "again", Report())
    [made] = (tmp_path / "again/train/alpha").iterdir()
    assert made.read_bytes() == encode(SOFT, "png")
