from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import get_ident

import numpy as np
import pytest
from PIL import Image

import mattebox
from mattebox.encode import format_of
from mattebox.errors import BadParameter, EngineFailed
from mattebox.evaluate import metrics, saliency
from mattebox.evaluate.dataset import Pair, read_alpha
from mattebox.evaluate.report import HEADINGS, Evaluation
from mattebox.evaluate.run import Compared, Failure, evaluate, itself, saved_results
from mattebox.picture import Picture, open_picture
from mattebox.stages.trimaps import evaluation_trimap
from standins import bright_subjects, draw, photo

PARITY = Path(__file__).parent.parent / "parity"
SOFT = {"sad", "grad", "conn"}


def bright(picture: Picture) -> np.ndarray:
    return (picture.rgb[..., 0] > 128).astype(np.float32)


def pair(folder: Path, name: str, *, kind: str = "", soft: bool = False, shift: int = 0, empty: bool = False) -> Pair:
    """A disc and its mask, which is right when it is not shifted."""
    truth = np.roll((np.asarray(draw(empty=empty))[..., 0] > 128).astype(np.uint8) * 255, shift, axis=1)
    (folder / "masks").mkdir(exist_ok=True)
    Image.fromarray(truth).save(folder / "masks" / f"{name}.png")
    image = photo(folder / "images" / f"{name}.png", empty=empty)
    return Pair(image, folder / "masks" / f"{name}.png", kind, soft)


def test_every_picture_gets_the_figures_that_its_truth_allows(tmp_path: Path) -> None:
    pairs = [pair(tmp_path, "a_1", kind="disc", soft=True, shift=3), pair(tmp_path, "b_1", shift=5)]
    found = evaluate(pairs, bright)
    soft, binary = found.rows
    assert set(soft.figures) == set(HEADINGS)
    assert set(binary.figures) == set(HEADINGS) - SOFT
    alpha, truth = read_alpha(pair(tmp_path, "c", shift=0).mask), read_alpha(pairs[0].mask)
    expected = {
        "iou": metrics.iou(alpha, truth),
        "mae": metrics.mad(alpha, truth),
        "max_f": saliency.f_measure_max(alpha, truth),
        "boundary_iou": metrics.boundary_iou(alpha, truth),
        "mse": metrics.mse(alpha, truth),
        "sad": metrics.sad(alpha, truth),
        "grad": metrics.gradient_error(alpha, truth),
        "conn": metrics.connectivity_error(alpha, truth),
    }
    assert soft.figures == pytest.approx(expected, rel=1e-6)  # filters round by where an array lies in memory
    assert (soft.kind, soft.source, soft.truth, soft.refused) == ("disc", "a", "soft", False)
    assert (binary.kind, binary.source, binary.truth) == ("", "b", "binary")


def test_means_are_by_group_and_never_mix_soft_and_binary(tmp_path: Path) -> None:
    pairs = [
        pair(tmp_path, "a_1", kind="disc", soft=True, shift=3),
        pair(tmp_path, "a_2", kind="disc", soft=True),
        pair(tmp_path, "b_1", kind="disc", shift=5),
        pair(tmp_path, "plain"),
        pair(tmp_path, "black", empty=True),
    ]
    found = evaluate(pairs, bright)
    means = found.means()
    counts = {group: figures["pictures"] for group, figures in means.items()}
    assert counts == {"all": 4, "binary truth": 2, "soft truth": 2, "kind disc": 3, "source a": 2, "source b": 1}
    first, second = (row.figures for row in found.rows[:2])
    assert found.record()["means"].keys() == means.keys()
    for name in HEADINGS:
        assert means["source a"][name] == pytest.approx((first[name] + second[name]) / 2)
    assert not SOFT & (means["all"].keys() | means["kind disc"].keys())


def test_sources_of_one_picture_each_are_no_groups_of_a_report(tmp_path: Path) -> None:
    found = evaluate([pair(tmp_path, "a_1", kind="disc"), pair(tmp_path, "b_1", kind="disc")], bright)
    assert {"source a", "source b"} < found.means().keys()
    assert found.record()["means"].keys() == {"all", "binary truth", "kind disc"}


def test_pictures_without_a_subject_tell_about_false_alarms_only(tmp_path: Path) -> None:
    nothing = photo(tmp_path / "nothing.png", empty=True)
    pairs = [pair(tmp_path, "black", empty=True), Pair(nothing), Pair(photo(tmp_path / "disc.png"))]
    found = evaluate(pairs, bright)
    assert [(row.truth, dict(row.figures), row.refused) for row in found.rows] == [
        ("none", {}, True),
        ("none", {}, True),
        ("none", {}, False),
    ]
    assert found.means() == {}
    alarms = found.false_alarms
    assert (alarms.pictures, alarms.refused) == (3, 2)
    assert alarms.mean_alpha == pytest.approx(found.rows[2].mean_alpha / 3)
    assert evaluate([pair(tmp_path, "a")], bright).false_alarms is None


def test_a_remover_is_evaluated_as_it_is(tmp_path: Path) -> None:
    with bright_subjects():
        found = evaluate([pair(tmp_path, "a"), pair(tmp_path, "b", empty=True)], mattebox.Remover(foreground="none"))
    disc, nothing = found.rows
    assert disc.figures["iou"] > 0.9
    assert (disc.subject_score, disc.refused) == (1, False)
    assert (nothing.subject_score, nothing.refused) == (0, True)  # the score is below the setting's one half


def refuse(picture: Picture) -> np.ndarray:
    raise EngineFailed(f"{picture.name}: no")


def break_down(picture: Picture) -> np.ndarray:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("predict", "reason"),
    [
        (refuse, "a.png: no"),
        (break_down, "unexpected ZeroDivisionError"),
        (lambda _: np.zeros((2, 3)), r"a\.png has the size \(48, 64\), but its result \(2, 3\)"),
        (lambda picture: np.full(picture.size, 2.0), "goes from 2.0 to 2.0, not from 0 to 1"),
        (lambda picture: np.full(picture.size, np.nan), "is NaN, no number, in 3072 of 3072 pixels"),
    ],
)
def test_a_prediction_that_fails_is_noted(tmp_path: Path, predict: mattebox.Remover, reason: str) -> None:
    bad = pair(tmp_path, "a")
    found = evaluate([bad, bad], predict)
    assert found.rows == []
    assert [failure.image for failure in found.failed] == [str(bad.image)] * 2
    assert re.search(reason, found.failed[0].reason)


def test_files_that_do_not_fit_are_noted_and_the_rest_goes_on(tmp_path: Path) -> None:
    good = pair(tmp_path, "good")
    small = tmp_path / "small.png"
    Image.new("L", (3, 2), 255).save(small)
    broken = tmp_path / "broken.png"
    broken.write_bytes(good.image.read_bytes()[:60])
    pairs = [
        Pair(good.image, small),
        Pair(good.image, tmp_path / "gone.png"),
        good,
        Pair(broken, good.mask),
        Pair(good.image, broken),
    ]
    seen: list[Compared | Failure] = []
    found = evaluate(iter(pairs), bright, workers=2, see=seen.append)
    assert [row.image for row in found.rows] == [str(good.image)]
    assert len(found.failed) == 4
    for failure, name in zip(found.failed, ("small.png", "gone.png", "broken.png", "broken.png"), strict=True):
        assert name in failure.reason
    assert "good.png" in found.failed[0].reason  # whom the mask does not fit
    assert [isinstance(step, Failure) for step in seen] == [True, True, False, True, True]


def test_an_evaluation_ends_where_the_pairs_end_and_keeps_their_order(tmp_path: Path) -> None:
    pairs = [pair(tmp_path, f"{number:02}") for number in range(8)]
    read = []

    def first_five() -> Iterator[Pair]:
        for one in pairs[:5]:
            read.append(get_ident())
            yield one

    found = evaluate(first_five(), bright, workers=3)
    assert [row.image for row in found.rows] == [str(one.image) for one in pairs[:5]]
    assert set(read) == {get_ident()}


@pytest.mark.parametrize("name", ["photo_cutout.png", "photo.jpg_cutout.tiff", "photo.webp", "photo.jpg.png"])
def test_saved_results_are_found_by_the_names_that_mattebox_gives(tmp_path: Path, name: str) -> None:
    image = photo(tmp_path / "photo.jpg")
    results = tmp_path / "results"
    results.mkdir()
    with bright_subjects():
        cutout = mattebox.Remover()(image)
    (results / name).write_bytes(cutout.encode(format_of(name)))
    (row,) = evaluate([Pair(image)], saved_results(results)).rows
    assert row.mean_alpha == pytest.approx(cutout.alpha.mean(), abs=0.002)
    assert row.subject_score is None


def test_a_cutout_goes_before_a_picture_of_the_same_name(tmp_path: Path) -> None:
    image = photo(tmp_path / "photo.png")
    Image.new("L", (64, 48), 51).save(tmp_path / "photo_cutout.png")
    (row,) = evaluate([Pair(image)], saved_results(tmp_path)).rows
    assert row.mean_alpha == pytest.approx(0.2)


def test_results_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="gone: no such folder"):
        saved_results(tmp_path / "gone")
    found = evaluate([Pair(photo(tmp_path / "photo.jpg"))], saved_results(tmp_path))
    assert "photo.jpg: has no result in" in found.failed[0].reason
    assert "such as photo_cutout.png or photo.png" in found.failed[0].reason


def test_figures_that_are_asked_for_are_measured_whatever_the_truth(tmp_path: Path) -> None:
    pairs = [pair(tmp_path, "a", soft=True, shift=2), pair(tmp_path, "b", shift=5)]
    found = evaluate(pairs, bright, figures=["weighted_f", "sad"])
    assert [set(row.figures) for row in found.rows] == [{"weighted_f", "sad"}] * 2
    assert found.means()["all"].keys() == {"pictures", "weighted_f", "sad"}
    found.write(tmp_path / "r.csv")
    header = (tmp_path / "r.csv").read_text().splitlines()[0]
    assert header == "image,kind,source,truth,trimap,weighted_f,sad,mean_alpha,refused,subject_score,seconds"
    with pytest.raises(BadParameter, match="no figure 'iuo'; did you mean 'iou'"):
        evaluate(pairs, bright, figures=["iuo"])


def test_the_best_threshold_of_a_set_is_one_for_all(tmp_path: Path) -> None:
    pairs = [pair(tmp_path, "a"), pair(tmp_path, "b")]

    def faint_or_flooded(picture: Picture) -> np.ndarray:
        truth = bright(picture)
        alpha = truth * 0.4 if "a.png" in picture.name else np.maximum(truth, 0.6)
        alpha[0, :2] = 0, 1
        return alpha.astype(np.float32)

    found = evaluate(pairs, faint_or_flooded, figures=["max_f", "set_max_f"])
    means = found.means()["all"]
    for row in found.rows:
        assert row.figures["set_max_f"] == row.figures["max_f"] > 0.99
        assert row.record()["set_max_f"] == pytest.approx(row.figures["max_f"], abs=1e-6)
    curves = [
        saliency.f_measure_curve(faint_or_flooded(open_picture(one.image)), read_alpha(one.mask)) for one in pairs
    ]
    assert means["set_max_f"] == pytest.approx(np.mean(curves, axis=0).max())
    assert means["set_max_f"] < 0.9 < means["max_f"]


def test_what_is_found_is_measured_in_the_levels_of_a_file(tmp_path: Path) -> None:
    def hazy(picture: Picture) -> np.ndarray:
        return np.clip(bright(picture), 0.4 / 255, 1 - 0.4 / 255)

    found = evaluate([pair(tmp_path, "a", soft=True)], hazy)
    assert found.rows[0].figures["sad"] == found.rows[0].figures["mae"] == 0
    assert found.rows[0].mean_alpha > 0


def trimap(path: Path, *, unknown: slice) -> Path:
    """Background on the left, subject on the right, and columns in which nothing is known."""
    greys = np.full((48, 64), 255, np.uint8)
    greys[:, :32] = 0
    greys[:, unknown] = 128
    Image.fromarray(greys).save(path)
    return path


def test_the_unknown_band_is_judged_with_the_rest_set_right(tmp_path: Path) -> None:
    plain = pair(tmp_path, "a", soft=True, shift=6)
    own = replace(plain, trimap=trimap(tmp_path / "t.png", unknown=slice(28, 36)))
    given, made = evaluate([own, plain], bright, protocol="unknown").rows
    assert given.figures.keys() == made.figures.keys() == {"sad", "mse_x1000", "mad_x1000", "grad", "conn"}
    alpha, truth = bright(open_picture(plain.image)), read_alpha(plain.mask)
    for row, greys in ((given, np.asarray(Image.open(own.trimap))), (made, evaluation_trimap(truth))):
        judged, region = metrics.within_trimap(alpha, greys)
        assert row.figures["sad"] == metrics.sad(judged, truth, region)
        assert row.figures["grad"] == pytest.approx(metrics.gradient_error(judged, truth, region))
        assert row.figures["mse_x1000"] == pytest.approx(1000 * metrics.mse(judged, truth, region))
    assert given.figures["sad"] != made.figures["sad"]
    assert (given.trimap, made.trimap) == (str(own.trimap), "made of the truth")
    assert evaluate([own], bright).rows[0].record()["trimap"] == ""


@pytest.mark.parametrize("case", ["trimap", "no_trimap"])
def test_files_are_measured_as_the_reference_measures_arrays(tmp_path: Path, case: str) -> None:
    row = json.loads((PARITY / "metrics.json").read_text())["cases"][case]
    paths = {name: tmp_path / f"{name}.png" for name in ("pred", "gt", "trimap") if row[name]}
    with np.load(PARITY / "metrics.npz") as stored:
        for name, path in paths.items():
            Image.fromarray(stored[row[name]].astype(np.uint8)).save(path)
    saved = Pair(paths["pred"], paths["gt"], trimap=paths.get("trimap"))
    protocol = "unknown" if "trimap" in paths else "whole"
    (found,) = evaluate([saved], itself, figures=row["values"], protocol=protocol).rows
    assert found.figures == pytest.approx(row["values"], rel=2e-6)


@pytest.mark.parametrize(
    ("size", "unknown", "reason"),
    [
        ((64, 48), slice(0), r"t\.png: nothing is unknown in this trimap, so there is no band to judge by"),
        ((10, 8), slice(2, 4), r"t\.png: a trimap of 8 x 10 pixels, where the picture has 48 x 64"),
    ],
)
def test_a_trimap_that_is_no_use_is_noted(tmp_path: Path, size: tuple[int, int], unknown: slice, reason: str) -> None:
    path = trimap(tmp_path / "t.png", unknown=unknown)
    with Image.open(path) as image:
        image.resize(size, Image.Resampling.NEAREST).save(path)
    found = evaluate([replace(pair(tmp_path, "a"), trimap=path)], bright, protocol="unknown")
    assert re.search(reason, found.failed[0].reason)


def test_a_truth_without_an_edge_has_no_band(tmp_path: Path) -> None:
    image = photo(tmp_path / "a.png")
    Image.new("L", (64, 48), 255).save(tmp_path / "full.png")
    found = evaluate([Pair(image, tmp_path / "full.png")], bright, protocol="unknown")
    assert "full.png: nothing is unknown in the trimap of this truth" in found.failed[0].reason


def test_saved_results_stand_for_themselves(tmp_path: Path) -> None:
    truth = pair(tmp_path, "a", shift=4).mask
    result = pair(tmp_path, "b").mask
    (row,) = evaluate([Pair(result, truth, soft=True)], itself).rows
    assert row.figures["sad"] == metrics.sad(read_alpha(result), read_alpha(truth)) > 0


def test_a_result_that_is_no_number_is_told(tmp_path: Path) -> None:
    values = np.zeros((48, 64), np.float32)
    values[3, 4] = np.nan
    Image.fromarray(values).save(tmp_path / "nan.tif")
    found = evaluate([Pair(tmp_path / "nan.tif", pair(tmp_path, "a").mask)], itself)
    assert "nan.tif: 1 of its 3072 float32 values are no numbers (NaN)" in found.failed[0].reason


def test_reports_hold_every_figure(tmp_path: Path) -> None:
    pairs = [pair(tmp_path, "a_1", soft=True, shift=2), pair(tmp_path, "b"), Pair(tmp_path / "gone.png")]
    pairs.append(Pair(photo(tmp_path / "none.png", empty=True)))
    found = evaluate(pairs, bright)
    found.write(tmp_path / "r.json", {"data": "here"})
    record = json.loads((tmp_path / "r.json").read_text())
    assert (record["data"], record["version"]) == ("here", mattebox.__version__)
    assert record["means"]["all"]["pictures"] == 2
    assert record["false_alarms"] == {"pictures": 1, "refused": 1, "mean_alpha": 0}
    assert [failure["image"] for failure in record["failed"]] == [str(tmp_path / "gone.png")]
    assert [row["truth"] for row in record["pictures"]] == ["soft", "binary", "none"]
    assert record["pictures"][0]["sad"] == pytest.approx(found.rows[0].figures["sad"], abs=1e-6)

    found.write(tmp_path / "r.CSV")
    with (tmp_path / "r.CSV").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == [row.image for row in found.rows]
    assert float(rows[1]["iou"]) == 1
    assert (rows[1]["sad"], rows[2]["iou"]) == ("", "")
    with pytest.raises(BadParameter, match=r"ends in \.json or \.csv"):
        Evaluation().write(tmp_path / "r.txt")
