import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from label_sets import BLUE, GREEN, RED, SIZE, still, video
from mattebox.errors import BadPicture
from mattebox.label.building import Choices, Shot
from mattebox.label.building.pictures import Source, encoded, frames_of, is_upright, part_of, take
from mattebox.label.media import Blob, Images, Video
from mattebox.picture import open_picture


def shot(size=SIZE, whole=None, original=SIZE, box=None) -> Shot:
    return Shot("a", "train", 0, 0, "a.jpg", size, whole or original, original, box)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_only_stills_that_are_stored_upright_stay_as_they_are(tmp_path: Path, orientation: int):
    data = still(orientation=orientation)
    (tmp_path / "a.jpg").write_bytes(data)
    taken = take(Source(0, blob=Blob(tmp_path / "a.jpg")))
    assert is_upright(data) == (orientation == 1)
    assert (taken.own == data) if orientation == 1 else taken.own is None


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
def test_other_formats_that_are_turned_by_their_exif_are_noticed_too(form: str):
    assert is_upright(still(form=form))
    assert not is_upright(still(form=form, orientation=6))


def test_a_turned_still_is_saved_upright_and_without_its_exif(tmp_path: Path):
    (tmp_path / "a.jpg").write_bytes(still(RED, orientation=6))  # stored on its side: its white corner is top right
    taken = take(Source(0, blob=Blob(tmp_path / "a.jpg")))
    upright = shot((64, 48), original=(64, 48))
    suffix, data = encoded(taken, part_of(taken.rgb, upright), upright, Choices())
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (48, 64)
        assert not image.getexif()
        assert np.abs(np.array(image)[10, 10].astype(int) - RED).max() < 12
        assert np.array(image)[10, 40].min() > 240
    assert suffix == ".jpg"


def test_a_still_of_a_format_that_trainers_do_not_read_is_saved_anew(tmp_path: Path):
    (tmp_path / "a.gif").write_bytes(still(form="GIF"))
    taken = take(Source(0, blob=Blob(tmp_path / "a.gif")))
    assert taken.own is None
    assert encoded(taken, taken.rgb, shot(), Choices(encoding="png"))[0] == ".png"


def test_a_damaged_still_is_refused_by_name(tmp_path: Path):
    (tmp_path / "a.jpg").write_bytes(still()[:-400])
    with pytest.raises(BadPicture, match=r"a\.jpg"):
        take(Source(0, blob=Blob(tmp_path / "a.jpg")))


def test_a_picture_of_another_size_than_its_annotations_is_refused():
    with pytest.raises(BadPicture, match="is 64 x 48, and its annotations are for 100 x 50"):
        part_of(np.zeros((*SIZE, 3), np.uint8), shot((50, 100), original=(50, 100)))


def test_a_part_is_scaled_and_then_cut():
    rgb = np.zeros((*SIZE, 3), np.uint8)
    rgb[:, 32:] = 255
    part = part_of(rgb, shot((96, 32), (96, 128), box=(0, 48, 96, 80)))
    assert part.shape == (96, 32, 3)
    assert part[:, :15].max() < 10
    assert part[:, 17:].min() > 245
    assert part.flags.c_contiguous


def test_frames_of_a_video_have_their_own_colours(tmp_path: Path):
    media = video(tmp_path / "a.mkv", [RED, GREEN, BLUE])
    sources = list(frames_of(media, [0, 2]))
    assert [source.true_frame for source in sources] == [0, 2]
    for source, color in zip(sources, (RED, BLUE), strict=True):
        for encoding in ("jpeg", "png"):
            _, data = encoded(take(source), take(source).rgb, shot(), Choices(encoding=encoding))
            assert np.abs(open_picture(data).rgb.astype(int) - color).max() <= 6


def test_frames_that_a_video_does_not_have_are_told_one_by_one(tmp_path: Path):
    sources = list(frames_of(video(tmp_path / "a.mkv", [RED, BLUE]), [1, 5, 7]))
    assert [bool(source.failure) for source in sources] == [False, True, True]
    with pytest.raises(BadPicture, match="frame 5"):
        take(sources[1])


class Torn(Video):
    """A video whose frame 1 cannot be decoded."""

    def stream(self, frames):
        for frame, rgb in super().stream(frames):
            if frame == 1:
                raise BadPicture(f"{self.name}: frame 1 cannot be decoded")
            yield frame, rgb


def test_a_video_goes_on_after_a_frame_that_is_damaged(tmp_path: Path):
    video(tmp_path / "a.mkv", [RED, GREEN, BLUE])
    sources = list(frames_of(Torn(Blob(tmp_path / "a.mkv")), [0, 1, 2]))
    assert [source.true_frame for source in sources] == [0, 1, 2]
    assert [source.failure for source in sources] == ["", "a.mkv: frame 1 cannot be decoded", ""]


def test_a_file_that_is_no_video_is_opened_twice_and_not_for_every_frame(tmp_path: Path):
    (tmp_path / "a.mkv").write_bytes(b"no video")
    opened = []

    class Counted(Video):
        def stream(self, frames):
            opened.append(frames)
            yield from super().stream(frames)

    sources = list(frames_of(Counted(Blob(tmp_path / "a.mkv"), SIZE, 50), range(50)))
    assert [source.true_frame for source in sources] == list(range(50))
    assert all("a.mkv" in source.failure for source in sources)
    assert len(opened) == 2


def test_stills_are_not_opened_before_their_turn(tmp_path: Path):
    media = Images([Blob(tmp_path / "missing.jpg")], sizes=[SIZE])
    [source] = frames_of(media, [0])
    assert source.rgb is None
