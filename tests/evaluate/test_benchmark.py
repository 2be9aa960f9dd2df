from __future__ import annotations

import base64
import csv
import io
import json
import os
import re
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mattebox import Settings
from mattebox.errors import BadParameter, EngineFailed, ModelNotFound
from mattebox.evaluate import benchmark
from mattebox.evaluate.benchmark import Costs, Run, contender, run_models
from mattebox.evaluate.cases import deciding, draw_case, hardest, most_telling
from mattebox.evaluate.comparison import Comparison
from mattebox.evaluate.dataset import read_alpha
from mattebox.evaluate.html import html_page
from mattebox.evaluate.pairs import Pair
from mattebox.evaluate.report import Evaluation, Failure, Row, Truth
from mattebox.evaluate.run import evaluate
from mattebox.zoo.registry import find_card
from standins import draw, photo

BARE = Settings(refine="none")


@pytest.fixture
def pairs(tmp_path: Path) -> list[Pair]:
    """Three discs with their soft truth."""
    found = []
    for name in ("a", "b<i>", "c"):
        image = photo(tmp_path / "images" / f"{name}.png")
        mask = tmp_path / "masks" / f"{name}.png"
        mask.parent.mkdir(exist_ok=True)
        Image.fromarray((np.asarray(draw())[..., 0] > 128).astype(np.uint8) * 255).save(mask)
        found.append(Pair(image, mask, soft=True))
    return found


def finished(name: str, pairs: list[Pair], shifts: list[int], folder: Path) -> Run:
    """What a model did that moves the truth to the right."""
    run = Run(contender(name), load_seconds=0.5, peak=300_000_000, parameters=4_100_000)
    for pair, shift in zip(pairs, shifts, strict=True):
        path = folder / name / pair.image.name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.roll(np.asarray(Image.open(pair.mask)), shift, axis=1)).save(path)
        run.found[str(pair.image)], run.costs[str(pair.image)] = path, Costs(0.001, 0.02 * (1 + shift), 0.003)
    run.evaluation = evaluate(pairs, lambda picture: read_alpha(run.found[picture.name]))
    return run


@pytest.fixture
def comparison(pairs: list[Pair], tmp_path: Path) -> Comparison:
    """Two models that ran, and one that could not."""
    good, bad = finished("lite", pairs, [1, 2, 0], tmp_path), finished("u2net", pairs, [2, 9, 4], tmp_path)
    return Comparison("here & there", "whole", pairs, [good, bad, Run(contender("isnet"), trouble="no <weights>")])


def test_a_model_runs_by_its_task() -> None:
    segment, solver, network = contender("lite", BARE), contender("closed-form", BARE), contender("fba", BARE)
    assert (segment.settings.model, segment.settings.matte, segment.trimap) == ("lite", "none", False)
    assert (solver.settings.matte, solver.trimap, solver.card) == ("closed-form", True, None)
    assert (network.settings.matte, network.trimap, network.card) == ("fba", True, find_card("fba"))
    assert {each.settings.refine for each in (segment, solver, network)} == {"none"}
    assert {each.settings.foreground for each in (segment, solver, network)} == {"none"}
    with pytest.raises(BadParameter, match="'detail' is for task 'refine'"):
        contender("detail")
    with pytest.raises(ModelNotFound, match="did you mean 'lite'"):
        contender("light")


def test_models_run_apart_and_what_fails_stops_nothing(pairs: list[Pair], home: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    steps: list[benchmark.Step] = []
    asked = [contender(name, BARE) for name in ("u2net", "lite")]
    missing, lite = run_models(
        asked, [Pair(broken, pairs[0].mask), *pairs], tmp_path / "out", figures=["sad", "s_measure"], see=steps.append
    )
    assert missing.trouble == "weights are not here: mattebox models pull u2net"
    assert (missing.found, missing.evaluation.rows) == ({}, [])

    assert lite.trouble == ""
    assert [step.image for step in steps] == [str(broken), *(str(pair.image) for pair in pairs)]
    assert [failure.image for failure in lite.evaluation.failed] == [str(broken)]
    assert "is not a picture" in lite.evaluation.failed[0].reason
    assert [row.image for row in lite.evaluation.rows] == [str(pair.image) for pair in pairs]
    for row in lite.evaluation.rows:
        assert row.figures.keys() == {"sad", "s_measure"}
        costs = lite.costs[row.image]
        assert row.seconds == pytest.approx(costs.decode + costs.network + costs.rest)
        assert min(costs.decode, costs.network, costs.rest) > 0
        with Image.open(lite.found[row.image]) as alpha:
            assert (alpha.mode, alpha.size) == ("L", (64, 48))
    assert lite.load_seconds > 0
    assert lite.parameters > 4_000_000
    if Path("/proc/self/status").exists():
        assert 50e6 < lite.peak < 2e9


def test_a_solver_is_given_the_trimap_of_the_set_or_one_made_of_the_truth(pairs: list[Pair], tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    wrong = np.full((48, 64), 255, np.uint8)
    wrong[:, :32] = 0
    wrong[:4, 30:34] = 128
    Image.fromarray(wrong).save(tmp_path / "trimap.png")
    own = Pair(pairs[1].image, pairs[1].mask, soft=True, trimap=tmp_path / "trimap.png")
    (run,) = run_models([contender("closed-form")], [pairs[0], own], tmp_path / "out", figures=["iou"])
    made, given = (row.figures["iou"] for row in run.evaluation.rows)
    assert made > 0.95
    assert given < 0.6
    assert Comparison("x", "whole", [pairs[0], own], [run]).made_trimaps == 1


def test_a_truth_that_gives_a_solver_nothing_to_learn_from_is_told(pairs: list[Pair], tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    nearly = np.minimum(np.asarray(Image.open(pairs[0].mask)), 254)
    Image.fromarray(nearly).save(pairs[0].mask)
    (run,) = run_models([contender("closed-form")], pairs[:1], tmp_path / "out")
    (failure,) = run.evaluation.failed
    assert f"{pairs[0].mask}: this truth gives no sure subject at the kernel of 25 pixels" in failure.reason


def test_a_process_that_dies_costs_its_picture_and_no_other(pairs: list[Pair], tmp_path: Path) -> None:
    process = benchmark._Process(contender("lite", BARE), pairs[0])
    try:
        assert process.prepare() > 0
        process._pool.submit(os._exit, 9)
        died = process.work(pairs[0], tmp_path / "a.png")
        assert died.costs is None
        assert "died on it, most likely for want of memory" in died.reason
        assert process.work(pairs[1], tmp_path / "b.png").costs is not None
        assert (tmp_path / "b.png").is_file()
    finally:
        process.close()


def test_a_model_that_cannot_be_made_ready_is_told(pairs: list[Pair]) -> None:
    process = benchmark._Process(contender("lite", Settings(refine="none", device="cuda:7")), pairs[0])
    try:
        with pytest.raises(EngineFailed, match="cuda"):
            process.prepare()
    finally:
        process.close()


def test_a_run_that_is_stopped_keeps_what_there_is(pairs: list[Pair], tmp_path: Path) -> None:
    answers = iter([True, True, True])  # for the model, and for two pictures
    first, second = run_models(
        [contender("lite", BARE), contender("closed-form")],
        pairs,
        tmp_path / "out",
        go_on=lambda: next(answers, False),
    )
    assert [row.image for row in first.evaluation.rows] == [str(pair.image) for pair in pairs[:2]]
    assert first.evaluation.failed == []
    assert (first.trouble, second.trouble) == ("", "stopped before its turn")
    assert second.found == {}


def test_tables_hold_means_and_costs(comparison: Comparison) -> None:
    headings, rows = comparison.table()
    assert headings[:3] == ["model", "pictures", "IoU"]
    good, bad, none = rows
    assert (good[:2], bad[:2], none) == (["lite", "3"], ["u2net", "3"], ["isnet", "0", *["-"] * (len(headings) - 2)])
    assert float(good[2]) > float(bad[2])
    assert comparison.best("all", "iou") == comparison.standings["all"][0].means["iou"]
    assert comparison.best("all", "sad") == comparison.standings["all"][0].means["sad"]
    prices = dict(zip(*(comparison.price_list()[0], comparison.price_list()[1][0]), strict=True))
    assert prices["network ms"] == "40"  # the middle one of 40, 60 and 20
    assert prices["total ms"] == "44"
    assert (prices["peak MB"], prices["parameters M"], prices["licence of weights"]) == ("300", "4.10", "Apache-2.0")


def test_the_pictures_to_look_at_are_the_hard_and_the_telling_ones(comparison: Comparison) -> None:
    def names(images: list[str]) -> list[str]:
        return [Path(image).stem for image in images]

    shared = comparison.shared
    assert names(hardest(shared, 2)) == ["b<i>", "a"]
    assert names(most_telling(shared, 5)) == ["b<i>", "c", "a"]
    assert names(most_telling(shared, 5, without=hardest(shared, 1))) == ["c", "a"]
    assert most_telling(replace(comparison, runs=comparison.runs[:1]).shared, 5) == []
    # What one model did not do is no case, however bad the others were.
    comparison.runs[0].evaluation.rows.pop(1)
    fewer = replace(comparison)
    assert names(hardest(fewer.shared, 5)) == ["a", "c"]
    assert names(most_telling(fewer.shared, 5)) == ["c", "a"]


def test_cases_are_ordered_by_an_error_where_truth_is_soft_and_by_iou_otherwise() -> None:
    def row(image: str, truth: Truth, iou: float, mse: float) -> Row:
        return Row(image, "", "", truth, {"iou": iou, "mse": mse}, 0.5, False, None, 0.0)

    for truth, figure, worst in (("soft", "mse", "hair"), ("binary", "iou", "box")):
        shared = {"hair": [row("hair", truth, 0.99, 0.2)], "box": [row("box", truth, 0.5, 0.1)]}
        assert deciding(shared) == figure
        assert hardest(shared, 1) == [worst]
    assert deciding({"a": [row("a", "soft", 1, 0)], "b": [row("b", "binary", 1, 0)]}) == "iou"


def test_means_are_over_the_pictures_that_all_models_did(pairs: list[Pair], tmp_path: Path) -> None:
    coward, brave = finished("lite", pairs, [1, 9, 0], tmp_path), finished("u2net", pairs, [0, 8, 0], tmp_path)
    coward.evaluation.rows.pop(1)
    coward.evaluation.failed.append(Failure(str(pairs[1].image), "too hard"))
    comparison = Comparison("x", "whole", pairs, [coward, brave, Run(contender("isnet"), trouble="not here")])
    one, other, none = comparison.standings["all"]
    assert (one.pictures, other.pictures, none.pictures) == ("2", "2 of 3", "0")
    assert other.means["iou"] == 1 > one.means["iou"]
    assert comparison.best("all", "iou") == 1
    assert comparison.remarks == ["Means are over the pictures that all models did, 2 of 3."]
    assert comparison.failures == [f"lite: {pairs[1].image}: too hard"]
    page = html_page(comparison)
    assert "Means are over the pictures that all models did, 2 of 3." in page
    assert f"<li>{escape(comparison.failures[0])}</li>" in page
    assert "b&lt;i&gt;.png</h3>" not in page


def test_pictures_that_could_not_be_measured_do_not_count(pairs: list[Pair], home: Path, tmp_path: Path) -> None:
    Image.new("L", (5, 5)).save(pairs[0].mask)
    (run,) = run_models([contender("lite", BARE)], pairs, tmp_path / "out", figures=["iou"])
    comparison = Comparison("x", "whole", pairs, [run, replace(run, contender=contender("u2net"))])
    assert [row[1] for row in comparison.table()[1]] == ["2", "2"]
    (failure,) = comparison.failures  # once for both
    assert failure == f"lite, u2net: {pairs[0].mask} has the size (5, 5), but {pairs[0].image} (48, 64)"


def test_pictures_without_a_subject_are_told(pairs: list[Pair], tmp_path: Path) -> None:
    run = finished("lite", pairs, [0, 0, 0], tmp_path)
    run.evaluation.rows[0] = replace(run.evaluation.rows[0], truth="none", figures={})
    comparison = Comparison("x", "whole", pairs, [run])
    assert comparison.table()[1][0][1] == "2"
    assert comparison.remarks == ["Without a subject, and no part of the means: 1 of 3 pictures."]


def test_groups_are_compared_on_request(pairs: list[Pair], tmp_path: Path) -> None:
    kinds = [replace(pair, kind=kind) for pair, kind in zip(pairs, ("P", "NP", "P"), strict=True)]
    runs = [finished("lite", kinds, [3, 0, 3], tmp_path), finished("u2net", kinds, [0, 6, 0], tmp_path)]
    comparison = Comparison("x", "whole", kinds, runs, "kind")
    assert list(comparison.standings) == ["all", "kind NP", "kind P"]
    assert [standing.pictures for standing in comparison.standings["kind P"]] == ["2", "2"]
    assert comparison.best("kind NP", "iou") == comparison.standings["kind NP"][0].means["iou"] == 1
    assert comparison.best("kind P", "iou") == comparison.standings["kind P"][1].means["iou"] == 1
    headings, rows = comparison.table("kind NP")
    assert (headings[0], rows[0][:3]) == ("kind NP", ["lite", "1", "1.000"])
    page = html_page(comparison)
    assert page.index("<h3>kind NP</h3>") < page.index("<h3>kind P</h3>") < page.index("What it takes")
    comparison.write(tmp_path / "out", page)
    with (tmp_path / "out" / "models.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert [(row["model"], row["group"], row["pictures"]) for row in found] == [
        ("lite", "all", "3"),
        ("lite", "kind NP", "1"),
        ("lite", "kind P", "2"),
        ("u2net", "all", "3"),
        ("u2net", "kind NP", "1"),
        ("u2net", "kind P", "2"),
    ]
    assert float(found[1]["iou"]) == 1
    assert comparison.record()["models"][0]["groups"]["kind NP"]["iou"] == 1
    assert list(replace(comparison, by="source").standings) == ["all"]  # these names tell no source


def test_means_are_computed_once(comparison: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[int] = []
    means_of = Evaluation.means_of
    monkeypatch.setattr(Evaluation, "means_of", lambda self, rows: computed.append(1) or means_of(self, rows))
    page = html_page(comparison)
    comparison.table()
    assert len(computed) == len(comparison.runs)
    comparison.write(tmp_path / "out", page)
    every_group = sum(len(run.evaluation.groups()) for run in comparison.runs)  # of each model's own record
    assert len(computed) == len(comparison.runs) + every_group


def test_the_worst_spot_is_shown_at_full_size(tmp_path: Path) -> None:
    image, mask = photo(tmp_path / "big.png", size=(500, 700)), tmp_path / "mask.png"
    truth = np.zeros((500, 700), np.uint8)
    truth[100:400, 100:600] = 255
    Image.fromarray(truth).save(mask)
    pair = Pair(image, mask, soft=True)
    run = finished("lite", [pair], [0], tmp_path)
    wrong = truth.copy()
    wrong[240:250, 345:355] = 0
    Image.fromarray(wrong).save(run.found[str(image)])
    run.evaluation = evaluate([pair], lambda _: read_alpha(run.found[str(image)]))
    case = draw_case(pair, [run], run.evaluation.rows, "mse")
    assert view(case.whole.picture).shape == (229, 320, 3)
    spot = view(case.spot.results[0].error)
    assert spot.shape == (320, 320, 3)
    blue = np.argwhere(spot[..., 2] > 200)
    np.testing.assert_allclose(blue.mean(axis=0), 160, atol=10)  # in the middle
    np.testing.assert_allclose(np.ptp(blue, axis=0), 9, atol=2)  # not shrunk
    assert case.whole.results[0].caption == "lite: MSE 0.000286"
    assert "at full size" in html_page(Comparison("x", "whole", [pair], [run]))


def view(address: str) -> np.ndarray:
    """The picture that an address holds."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))))


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_holds_everything_and_asks_for_nothing(comparison: Comparison) -> None:
    text = html_page(comparison)
    page = Page(text)
    assert page.open == []
    names = [tag for tag, _ in page.tags]
    assert not {"script", "link", "iframe", "object"} & set(names)
    assert not re.search(r"https?://|url\(|@import", text)
    pictures = [attributes for tag, attributes in page.tags if tag == "img"]
    assert all(picture["src"].startswith("data:image/jpeg;base64,") and picture["alt"] for picture in pictures)
    assert len(pictures) == 3 * 6  # of each: picture, truth, and two results with their errors
    assert (
        text.index("Hard for every model") < text.index("b&lt;i&gt;.png") < text.index("Where the models differ most")
    )
    assert "prefers-color-scheme: dark" in text
    assert "<h3>b&lt;i&gt;.png</h3>" in text
    assert "<title>here &amp; there" in text
    assert "isnet: no &lt;weights&gt;" in text
    assert find_card("u2net").licence.data in text
    best = f'<td class="best">{comparison.standings["all"][0].means["iou"]:.3f}</td>'
    assert best in text


def test_everything_is_written(comparison: Comparison, tmp_path: Path) -> None:
    comparison.write(tmp_path / "out", "page")
    assert (tmp_path / "out" / "report.html").read_text() == "page"
    record = json.loads((tmp_path / "out" / "report.json").read_text())
    assert [model["model"] for model in record["models"]] == ["lite", "u2net", "isnet"]
    assert record["models"][2]["trouble"] == "no <weights>"
    assert record["models"][0]["licence"]["code"] == "Apache-2.0"
    assert len(record["models"][1]["evaluation"]["pictures"]) == 3
    with (tmp_path / "out" / "models.csv").open(newline="") as file:
        lite, u2net, isnet = csv.DictReader(file)
    assert float(lite["iou"]) > float(u2net["iou"])
    assert (isnet["iou"], isnet["trouble"]) == ("", "no <weights>")
    with (tmp_path / "out" / "pictures.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["model"], Path(row["image"]).name) for row in rows[:4]] == [
        ("lite", "a.png"),
        ("lite", "b<i>.png"),
        ("lite", "c.png"),
        ("u2net", "a.png"),
    ]
    assert float(rows[2]["iou"]) == 1
    # One unit everywhere, and its name in the heading.
    assert (float(rows[0]["network_ms"]), float(rows[0]["total_ms"])) == (40, 44)
    assert (float(lite["network_ms"]), float(lite["total_ms"])) == (40, 44)
    assert not {"network", "decode", "rest"} & (rows[0].keys() | lite.keys())
