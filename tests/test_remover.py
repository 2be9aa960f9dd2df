from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mattebox
from mattebox import BadParameter, BadPicture, Cutout, EngineFailed, ModelNotFound, Remover, Settings, open_picture
from mattebox.engines.base import Tensor
from mattebox.loading import _load_engine
from mattebox.picture import Picture
from mattebox.zoo.card import Card
from standins import draw


@pytest.fixture(scope="module")
def remover() -> Remover:
    return Remover(device="cpu")


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.minimum(a, b).sum() / max(1e-6, np.maximum(a, b).sum()))


def test_a_real_photo_is_cut_out(remover: Remover, lemur_path: Path) -> None:
    truth = np.asarray(Image.open(Path(__file__).parent / "data" / "lemur.alpha.png").convert("L"), np.float32) / 255
    cutout = remover(lemur_path)
    assert cutout.size == truth.shape
    assert overlap(cutout.alpha, truth) > 0.9
    assert cutout.score > 0.8


def test_every_kind_of_source_gives_the_same(remover: Remover, lemur_path: Path) -> None:
    data = lemur_path.read_bytes()
    whole = remover(lemur_path)
    with lemur_path.open("rb") as file, Image.open(lemur_path) as image:
        for source in (str(lemur_path), data, file, np.asarray(image), open_picture(lemur_path)):
            assert np.abs(remover(source).alpha - whole.alpha).mean() < 2e-3


def test_remove_is_the_remover_with_settings(remover: Remover, lemur: Picture) -> None:
    np.testing.assert_array_equal(mattebox.remove(lemur, device="cpu").alpha, remover(lemur).alpha)


def test_alpha_and_colours_have_the_promised_form(remover: Remover, lemur: Picture) -> None:
    cutout = remover(lemur)
    assert (cutout.alpha.dtype, cutout.foreground.dtype) == (np.float32, np.uint8)
    assert (cutout.alpha.min(), cutout.alpha.max()) == (0, 1)
    assert cutout.foreground.shape == (*cutout.alpha.shape, 3)


@pytest.mark.parametrize("shape", [(1, 1), (20, 5000), (5000, 20), (3, 7)])
def test_odd_sizes_are_answered(remover: Remover, shape: tuple[int, int]) -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (*shape, 3), np.uint8)
    assert remover(rgb).size == shape


def test_threads_do_not_change_the_result(lemur: Picture) -> None:
    one, two = Remover(device="cpu", threads=1)(lemur), Remover(device="cpu", threads=2)(lemur)
    np.testing.assert_allclose(one.alpha, two.alpha, atol=1e-4)


def test_map_keeps_order_and_equals_one_by_one(
    remover: Remover, lemur: Picture, disc: tuple[np.ndarray, np.ndarray]
) -> None:
    pictures = [lemur.rgb, disc[0], lemur.rgb[:, ::-1].copy(), disc[0][::-1].copy()] * 2
    for cutout, picture in zip(remover.map(pictures, workers=3), pictures, strict=True):
        np.testing.assert_array_equal(cutout.alpha, remover(picture).alpha)


def test_map_reads_only_as_far_as_it_must(remover: Remover, disc: tuple[np.ndarray, np.ndarray]) -> None:
    taken = []

    def endless() -> object:
        while True:
            taken.append(1)
            yield disc[0]

    stream = remover.map(endless(), workers=2)  # type: ignore[arg-type]
    for _ in range(3):
        next(stream)
    assert len(taken) <= 5
    stream.close()  # type: ignore[attr-defined]


def test_map_raises_the_error_of_a_picture_in_its_turn(remover: Remover, disc: tuple[np.ndarray, np.ndarray]) -> None:
    stream = remover.map([disc[0], b"no picture", disc[0]])
    next(stream)
    with pytest.raises(BadPicture):
        next(stream)


class FixedMask:
    """An engine that finds the left half, in a mirror image the right, or nothing."""

    device = "cpu"

    def __init__(self, score: float = 0.9) -> None:
        self.score = score

    def run(self, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        if batch.shape[1] == 4:
            return (batch[:, 3:],)
        mask = np.zeros((2, 1, 320, 320), np.float32)
        mask[0, ..., :160] = mask[1, ..., 160:] = 1
        return mask, np.full(2, self.score, np.float32)


@pytest.fixture
def fixed(monkeypatch: pytest.MonkeyPatch) -> type[FixedMask]:
    monkeypatch.setattr("mattebox.remover.load_engine", lambda *_, **__: FixedMask())
    return FixedMask


def test_no_subject_gives_an_empty_cutout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mattebox.remover.load_engine", lambda *_, **__: FixedMask(score=0.05))
    cutout = Remover()(np.full((50, 60, 3), 120, np.uint8))
    assert cutout.empty
    assert cutout.score == pytest.approx(0.05)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_plain_paper_has_no_subject(remover: Remover, level: int) -> None:
    assert remover(np.full((300, 400, 3), level, np.uint8)).alpha.mean() < 0.02


@pytest.mark.usefixtures("fixed")
def test_transparency_of_the_input_stays() -> None:
    rgba = np.full((40, 80, 4), 200, np.uint8)
    rgba[:20, :, 3] = 0
    rgba[20:, :, 3] = 128
    alpha = Remover()(rgba).alpha
    assert alpha[:20].max() == 0
    np.testing.assert_allclose(alpha[25:, :30], 128 / 255, atol=1e-3)
    assert alpha[:, 60:].max() == 0


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_picture_with_transparency_is_never_emptied(remover: Remover, grey: int) -> None:
    y, x = np.mgrid[:200, :200]
    rgba = np.full((200, 200, 4), grey, np.uint8)
    rgba[..., 3] = np.where(np.hypot(y - 100, x - 100) < 70, 255, 0)
    cutout = remover(rgba)
    assert cutout.alpha[100, 100] > 0.5
    assert cutout.alpha[rgba[..., 3] == 0].max() == 0


def test_colours_of_a_transparent_input_stay(remover: Remover) -> None:
    alpha = np.clip((np.arange(200) - 60) / 80, 0, 1)
    rgba = np.full((200, 200, 4), (120, 60, 30, 0), np.uint8)
    rgba[..., 3] = np.rint(alpha * 255)
    out = remover(rgba, mask=np.full((200, 200), 255, np.uint8))
    assert np.abs(out.foreground.astype(int) - (120, 60, 30)).max() <= 1


@pytest.mark.usefixtures("fixed")
def test_a_wholly_transparent_picture_is_empty() -> None:
    assert Remover()(np.zeros((10, 12, 4), np.uint8)).empty


@pytest.mark.usefixtures("fixed")
def test_invert_keeps_the_background() -> None:
    rgb = np.full((40, 80, 3), 90, np.uint8)
    np.testing.assert_allclose(Remover(invert=True)(rgb).alpha + Remover()(rgb).alpha, 1, atol=1e-6)


@pytest.mark.usefixtures("fixed")
def test_nothing_is_found_outside_the_region() -> None:
    alpha = Remover()(np.full((40, 80, 3), 90, np.uint8), region=(10, 20, 30, 60)).alpha
    assert alpha[:10].max() == alpha[30:].max() == alpha[:, :20].max() == alpha[:, 60:].max() == 0
    assert alpha[15, 25] == 1
    assert alpha[15, 55] == 0


@pytest.mark.parametrize("region", [(0, 0, 0, 10), (-1, 0, 5, 5), (0, 0, 41, 10), (20, 5, 10, 30)])
def test_a_region_outside_the_picture_is_refused(remover: Remover, region: tuple[int, int, int, int]) -> None:
    with pytest.raises(BadParameter, match="inside the picture of 40 x 80 pixels"):
        remover(np.zeros((40, 80, 3), np.uint8), region=region)


def test_your_own_mask_is_taken_as_it_is(remover: Remover, disc: tuple[np.ndarray, np.ndarray]) -> None:
    rgb, alpha = disc
    mask = np.rint(alpha * 255).astype(np.uint8)
    np.testing.assert_allclose(remover(rgb, mask=mask).alpha, mask / np.float32(255), atol=1e-6)


def test_your_own_larger_mask_is_averaged(remover: Remover, disc: tuple[np.ndarray, np.ndarray]) -> None:
    rgb, alpha = disc
    large = np.repeat(np.repeat(np.rint(alpha * 255).astype(np.uint8), 2, 0), 2, 1)
    np.testing.assert_allclose(remover(rgb, mask=large).alpha, alpha, atol=1 / 255)


@pytest.mark.parametrize("size", [(320, 320), (320, 321)])
def test_detail_is_recovered_at_every_size(
    monkeypatch: pytest.MonkeyPatch, lemur: Picture, size: tuple[int, int]
) -> None:
    looked = []
    monkeypatch.setattr(
        "mattebox.remover.recover_detail", lambda rgb, *_: looked.append(1) or np.zeros(rgb.shape[:2], np.float32)
    )
    Remover(device="cpu")(lemur.rgb[: size[0], : size[1]])
    assert looked


def test_engines_are_loaded_once_however_many_threads_come_first() -> None:
    _load_engine.cache_clear()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: Remover(device="cpu"), range(6)))
    assert _load_engine.cache_info().misses == len(Settings().networks)


def test_map_needs_a_worker(remover: Remover) -> None:
    with pytest.raises(BadParameter, match="workers=0"):
        next(remover.map([], workers=0))


def test_your_own_coarse_mask_is_brought_to_the_picture(remover: Remover, disc: tuple[np.ndarray, np.ndarray]) -> None:
    import cv2

    rgb, alpha = disc
    coarse = cv2.resize(alpha, (40, 30), interpolation=cv2.INTER_AREA)
    cutout = remover(rgb, mask=(coarse * 255).astype(np.uint8))
    assert cutout.size == alpha.shape
    enlarged = Remover(device="cpu", refine="none")(rgb, mask=(coarse * 255).astype(np.uint8)).alpha
    assert np.abs(cutout.alpha - alpha).sum() < 0.7 * np.abs(enlarged - alpha).sum()


@pytest.mark.parametrize(
    ("setting", "value"),
    [("threshold", 1.2), ("softness", -0.1), ("drop_specks", 2), ("feather", -1), ("subject_score", 7)],
)
def test_settings_out_of_range_are_refused(setting: str, value: float) -> None:
    with pytest.raises(BadParameter, match=f"{setting}={value!r}: must be from"):
        Settings(**{setting: value})


def test_an_unknown_setting_names_the_nearest() -> None:
    with pytest.raises(BadParameter, match=r"no setting 'keep_larges'; did you mean 'keep_largest'\?"):
        Remover(keep_larges=True)


def test_an_unknown_model_names_the_valid_ones() -> None:
    with pytest.raises(ModelNotFound, match=r"Valid: .*\blite\b"):
        Remover(model="u3net")


def test_a_device_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    _load_engine.cache_clear()
    with pytest.raises(EngineFailed, match="cuda"):
        Remover(device="cuda")


def test_an_unknown_foreground_method_is_refused() -> None:
    with pytest.raises(BadParameter, match="did you mean 'multilevel'"):
        Settings(foreground="multilevl")


@pytest.mark.parametrize(
    "changes", [{"threshold": 0.8}, {"softness": 0.0}, {"feather": 2.0}, {"keep_largest": True}, {"drop_specks": 0.1}]
)
def test_finishing_settings_reach_the_result(remover: Remover, lemur: Picture, changes: dict[str, float]) -> None:
    changed = Remover(device="cpu", **changes)(lemur).alpha
    np.testing.assert_array_equal(Remover(device="cpu", **changes)(lemur).foreground, remover(lemur).foreground)
    assert changed.shape == lemur.size
    if changes.get("softness") == 0.0:
        assert set(np.unique(changed)) == {0, 1}
    if "threshold" in changes:
        assert changed.sum() < remover(lemur).alpha.sum()


def test_the_result_is_a_cutout(remover: Remover, lemur: Picture) -> None:
    assert isinstance(remover(lemur), Cutout)


class Published:
    """In place of ISNet, CascadePSP and FBA: what is bright is subject, its outline half seen and its colour yellow."""

    device = "cpu"

    def __init__(self, card: Card, graph: str = "") -> None:
        self.card, self.graph = card, graph

    def run(self, *batches: np.ndarray) -> tuple[np.ndarray, ...]:
        if self.card.task == "segment":
            return ((batches[0][:, :1] > 0).astype(np.float32),)
        if self.card.task == "refine":
            refined = (batches[1] + 1) / 2
            return (refined, refined) if self.graph == "coarse" else (refined,)
        alpha = np.full_like(batches[0][:, :1], 0.5)
        yellow = np.ones_like(batches[0]) * np.float32([1, 1, 0])[:, None, None]
        return (np.concatenate((alpha, yellow, batches[0]), 1),)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setattr("mattebox.remover.load_engine", lambda card, *_, graph, **__: Published(card, graph))
    return {"model": "isnet", "refine": "cascadepsp", "matte": "fba"}


def test_the_matting_model_gives_opacity_and_colours_of_the_band(published: dict[str, str]) -> None:
    picture = np.asarray(draw((200, 260)))
    cutout = Remover(band=0.02, **published)(picture)
    unknown = cutout.alpha == 0.5
    assert 0.02 < unknown.mean() < 0.2
    assert (cutout.foreground[unknown] == (255, 255, 0)).all()
    np.testing.assert_array_equal(cutout.foreground[cutout.alpha == 1], picture[cutout.alpha == 1])
    assert set(np.unique(cutout.alpha)) == {0, 0.5, 1}
    wider = Remover(band=0.05, **published)(picture)
    assert (wider.alpha == 0.5).sum() > 1.5 * unknown.sum()


def test_colours_can_be_estimated_where_the_matting_model_gives_them(published: dict[str, str]) -> None:
    cutout = Remover(foreground="multilevel", **published)(draw((200, 260)))
    assert not (cutout.foreground[cutout.alpha == 0.5] == (255, 255, 0)).all(1).any()


def test_a_region_keeps_what_lies_outside_of_it_background(published: dict[str, str]) -> None:
    picture = np.asarray(draw((200, 260)))
    cutout = Remover(**published)(picture, region=(0, 0, 100, 260))
    assert not cutout.alpha[100:].any()
    assert cutout.alpha[:100].any()
    np.testing.assert_array_equal(cutout.foreground[100:], picture[100:])


def test_your_own_mask_is_matted_too(published: dict[str, str]) -> None:
    mask = np.zeros((200, 260), np.uint8)
    mask[50:150, 50:150] = 255
    cutout = Remover(**published | {"refine": "none"})(draw((200, 260)), mask=mask)
    assert (cutout.alpha[99, 48], cutout.alpha[99, 99], cutout.model) == (0.5, 1, None)


@pytest.mark.parametrize("size", [(1, 1), (5, 33), (32, 32), (31, 400)])
def test_small_pictures_go_through_every_model(published: dict[str, str], size: tuple[int, int]) -> None:
    assert Remover(**published)(draw(size)).size == size


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model": "tracer_b7", "segment_size": 100}, "segment_size=100: model 'tracer_b7' works at multiples of 32"),
        ({"segment_size": 8}, "segment_size=8: must be from 32 to 4096"),
        ({"band": 0.5}, "band=0.5: must be from 0 to 0.25"),
        ({"matte_size": 640.5}, "matte_size=640.5: must be a whole number of pixels"),
        ({"matte": "lite"}, "no model 'lite'; Valid: dim, fba"),
        ({"refine": "cascade"}, "no model 'cascade'; did you mean 'cascadepsp'"),
    ],
)
def test_settings_of_the_networks_are_checked(
    published: dict[str, str], settings: dict[str, object], message: str
) -> None:
    with pytest.raises((BadParameter, ModelNotFound), match=message):
        Remover(**settings)(draw())


def test_embedded_networks_run_on_the_cpu_beside_those_that_only_pytorch_can_run_on_a_gpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    places = {}

    def load(card: Card, device: str, *_: object, graph: str, **__: object) -> Published:
        places[card.name] = device
        return Published(card, graph)

    monkeypatch.setattr("mattebox.remover.load_engine", load)
    monkeypatch.setattr("mattebox.remover.available_devices", lambda: ["cpu"])
    Remover(model="isnet", device="cuda:1")
    assert places == {"isnet": "cuda:1", "detail": "cpu"}
    Remover(device="cuda")
    assert places["lite"] == "cuda"
    monkeypatch.setattr("mattebox.remover.available_devices", lambda: ["cuda", "cpu"])
    Remover(model="isnet", device="cuda")
    assert places["detail"] == "cuda"


def test_colours_of_a_picture_with_its_own_transparency_are_not_those_of_the_paper_behind_it(
    published: dict[str, str],
) -> None:
    picture = np.asarray(draw((200, 260)).convert("RGBA")).copy()
    picture[..., 3] = 128
    cutout = Remover(**published)(picture)
    assert not (cutout.foreground == (255, 255, 0)).all(-1).any()


@pytest.mark.parametrize(
    ("settings", "large"),
    [({}, False), ({"model": "rembg_u2netp"}, False), ({"model": "rembg_u2net"}, True), ({"matte": "fba"}, True)],
)
def test_large_networks_are_known(settings: dict[str, str], large: bool) -> None:
    assert Settings(**settings).large is large


class Dots:
    """In place of the segmentation network: what is bright and fills a fair share of what it is shown."""

    device = "cpu"

    def run(self, batch: Tensor) -> tuple[Tensor, ...]:
        if batch.shape[1] == 4:
            return (batch[:, 3:],)
        bright = batch[:, :1] > 0
        seen = bright.mean() > 0.02
        return (bright & seen).astype(np.float32), np.array([float(seen)], np.float32)


def dots() -> np.ndarray:
    """A large disc, and a small one that only stands out from near."""
    y, x = np.mgrid[:200, :400]
    large, small = np.hypot(y - 100, x - 100) < 60, np.hypot(y - 100, x - 350) < 14
    return np.where((large | small)[..., None], 230, 30).astype(np.uint8) * np.ones(3, np.uint8)


@pytest.fixture
def dotted(monkeypatch: pytest.MonkeyPatch) -> Remover:
    monkeypatch.setattr("mattebox.remover.load_engine", lambda *_, **__: Dots())
    return Remover(refine="none", foreground="none")


def test_a_point_takes_one_of_several_subjects(dotted: Remover) -> None:
    alpha = dotted(dots(), points=[(100, 350)]).alpha
    assert alpha[100, 350] > 0.9
    assert alpha[100, 100] == 0
    alpha = dotted(dots(), points=[(100, 350, False)]).alpha
    assert (alpha[100, 350], alpha[100, 100]) == (0, 1)


def test_what_was_not_seen_from_afar_is_seen_from_near(dotted: Remover) -> None:
    rgb = dots()
    rgb[:, :200] = 30
    assert dotted(rgb).empty
    alpha = dotted(rgb, points=[(100, 350)]).alpha
    assert overlap(alpha > 0.5, rgb[..., 0] > 100) > 0.8


def test_a_box_holds_the_whole_subject(dotted: Remover) -> None:
    alpha = dotted(dots(), box=(80, 330, 120, 370)).alpha
    assert alpha[100, 350] > 0.9
    assert not alpha[:, :330].any()
    assert not alpha[:80].any()


def test_points_are_of_the_picture_and_not_of_the_region(dotted: Remover) -> None:
    assert dotted(dots(), points=[(100, 350)], region=(50, 300, 150, 400)).alpha[100, 350] > 0.9


@pytest.fixture
def half_opaque(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """In place of every matting method: all that is unknown is half opaque; gives the trimaps that it was shown."""
    shown = []

    def matter(_: np.ndarray, trimap: np.ndarray) -> tuple[np.ndarray, None]:
        shown.append(trimap)
        return np.where(trimap == 128, np.float32(0.5), trimap / np.float32(255)).astype(np.float32), None

    monkeypatch.setattr("mattebox.remover.load_matter", lambda *_, **__: matter)
    return shown


def ring() -> np.ndarray:
    """A trimap of the large disc with an unknown rim."""
    y, x = np.mgrid[:200, :400]
    away = np.hypot(y - 100, x - 100)
    return np.select([away < 50, away < 70], [255, 128], 0).astype(np.uint8)


def test_a_trimap_is_followed_to_the_pixel(half_opaque: list[np.ndarray]) -> None:
    cutout = Remover(matte="fba", foreground="none")(dots(), trimap=ring())
    np.testing.assert_array_equal(cutout.alpha, np.where(ring() == 128, np.float32(0.5), ring() / 255))
    np.testing.assert_array_equal(half_opaque[0], ring())


def test_a_trimap_needs_a_method_and_its_pictures_size(half_opaque: list[np.ndarray]) -> None:
    with pytest.raises(BadParameter, match="say how too, as in matte='closed-form'"):
        mattebox.remove(dots(), trimap=ring())
    remover = Remover(matte="fba", foreground="none")
    with pytest.raises(BadParameter, match="a trimap of 100 x 200 pixels"):
        remover(dots(), trimap=ring()[::2, ::2])
    resized = Remover(matte="fba", foreground="none", resize_trimap=True)(dots(), trimap=ring()[::2, ::2])
    assert resized.alpha.shape == (200, 400)


def test_what_can_be_seen_through_is_looked_at(half_opaque: list[np.ndarray], dotted: Remover) -> None:
    remover = Remover(matte="fba", refine="none", foreground="none")
    assert remover(dots()).alpha[100, 100] == 1
    assert remover(dots(), transparent=[(90, 90, 110, 110)]).alpha[100, 100] == 0.5


def test_without_anything_sure_the_mask_stands_and_that_is_told(
    half_opaque: list[np.ndarray], dotted: Remover, caplog: pytest.LogCaptureFixture
) -> None:
    alpha = Remover(matte="fba", refine="none", foreground="none")(np.full((40, 60, 3), 230, np.uint8)).alpha
    assert not half_opaque
    assert (alpha == 1).all()
    assert "nothing beside its subject is sure, so the opacity of the mask stands" in caplog.text


def test_hints_that_do_not_fit_name_the_picture() -> None:
    with pytest.raises(BadParameter, match=r"point \(500, 1\) lies outside the picture of 200 x 400 pixels"):
        mattebox.remove(dots(), points=[(500, 1)])
    with pytest.raises(BadParameter, match="mask and points contradict"):
        mattebox.remove(dots(), points=[(5, 1)], mask=ring())
