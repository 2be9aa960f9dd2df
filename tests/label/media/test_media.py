from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from mattebox.encode import encode
from mattebox.errors import BadAnnotations, BadPicture
from mattebox.label.media import Blob, Images, Media, Video, natural, open_media


def still(colour: tuple[int, int, int], size: tuple[int, int] = (4, 6)) -> bytes:
    return encode(np.full((*size, 3), colour, np.uint8), "png")


def video(path: Path, colours: list[tuple[int, int, int]]) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"FFV1"), 10.0, (64, 48))
    for colour in colours:
        writer.write(np.full((48, 64, 3), colour[::-1], np.uint8))
    writer.release()
    return path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "backup.zip"
    film = video(tmp_path / "film.mkv", [(250, 0, 0), (0, 0, 250)])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("data/один.png", still((9, 8, 7)))
        file.write(film, "data/film.mkv")
    return path


class TestBlob:
    def test_a_file_and_a_member_are_read_alike(self, archive: Path, tmp_path: Path) -> None:
        (tmp_path / "один.png").write_bytes(still((9, 8, 7)))
        blobs = Blob(archive, "data/один.png"), Blob(tmp_path / "один.png")
        assert {blob.read() for blob in blobs} == {still((9, 8, 7))}
        assert {blob.local().read_bytes() for blob in blobs} == {still((9, 8, 7))}
        assert {blob.name for blob in blobs} == {"один.png"}
        assert all(blob.exists() for blob in blobs)

    def test_what_is_missing_is_told(self, archive: Path, tmp_path: Path) -> None:
        for blob in (Blob(tmp_path / "no.png"), Blob(archive, "no.png"), Blob(tmp_path / "no.zip", "a.png")):
            assert not blob.exists()
            with pytest.raises(BadAnnotations, match=r"no\.(png|zip)"):
                blob.read()

    def test_a_damaged_member_is_told(self, tmp_path: Path) -> None:
        path = tmp_path / "torn.zip"
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("a.bin", b"0123456789" * 50)
        path.write_bytes(path.read_bytes().replace(b"0123456789", b"9876543210", 1))
        with pytest.raises(BadAnnotations, match=r"torn\.zip: a\.bin: damaged"):
            Blob(path, "a.bin").read()
        with pytest.raises(BadAnnotations, match=r"torn\.zip: a\.bin: damaged"):
            Blob(path, "a.bin").local()

    @pytest.mark.skipif(sys.platform == "win32", reason="limits of processes")
    def test_a_full_disk_is_told_with_its_folder(self, archive: Path) -> None:
        program = (
            "import resource, signal, sys; from pathlib import Path; from mattebox.label import Blob\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))\n"
            "Blob(Path(sys.argv[1]), 'data/film.mkv').local()"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, str(archive)], capture_output=True, text=True, check=False
        )
        assert "OutputFailed" in done.stderr.splitlines()[-1]
        assert "TMPDIR" in done.stderr.splitlines()[-1]

    def test_an_archive_that_was_replaced_is_read_anew(self, tmp_path: Path) -> None:
        path = tmp_path / "a.zip"
        for content in (b"one", b"three"):
            with zipfile.ZipFile(path, "w") as file:
                file.writestr("a", content)
            assert Blob(path, "a").read() == content


class TestImages:
    def test_stills_come_in_order_and_upright(self, tmp_path: Path) -> None:
        turned = io.BytesIO()
        picture = Image.new("RGB", (6, 4), (1, 2, 3))
        exif = picture.getexif()
        exif[0x0112] = 6
        picture.save(turned, "jpeg", exif=exif)
        (tmp_path / "a.jpg").write_bytes(turned.getvalue())
        (tmp_path / "b.png").write_bytes(still((9, 8, 7)))
        media = open_media(tmp_path)
        assert [media.size_of(frame) for frame in range(len(media))] == [(6, 4), (4, 6)]
        assert [(frame, rgb.shape[:2]) for frame, rgb in media.stream([0, 1])] == [(0, (6, 4)), (1, (4, 6))]
        assert media.original(1) == still((9, 8, 7))

    def test_names_hold_folders_and_are_sorted_as_people_do(self, tmp_path: Path) -> None:
        for name in ("b/10.png", "b/9.png", "a/10.png", "notes.txt"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(still((0, 0, 0)))
        media = open_media(tmp_path)
        assert [media.name_of(frame) for frame in range(len(media))] == ["a/10.png", "b/9.png", "b/10.png"]
        assert media.name == tmp_path.name

    def test_a_damaged_still_is_named(self, archive: Path, tmp_path: Path) -> None:
        (tmp_path / "torn.png").write_bytes(still((0, 0, 0))[:40])
        for blob in (Blob(tmp_path / "torn.png"), Blob(archive, "data/film.mkv")):
            with pytest.raises(BadPicture, match=blob.name):
                Images([blob]).read(0)

    @pytest.mark.parametrize("frame", [-1, 1])
    def test_a_frame_that_is_not_there_is_told(self, frame: int, archive: Path) -> None:
        media = Images([Blob(archive, "data/один.png")], name="stills")
        for ask in (media.read, media.size_of, media.name_of, media.original):
            with pytest.raises(BadAnnotations, match=rf"stills: there is no frame {frame}; it has 1"):
                ask(frame)

    def test_names_and_files_must_be_as_many(self, archive: Path) -> None:
        with pytest.raises(BadAnnotations, match="1 pictures, 2 names"):
            Images([Blob(archive, "data/один.png")], ["a", "b"])

    def test_context_pictures_are_kept(self, archive: Path) -> None:
        blob = Blob(archive, "data/один.png")
        assert Images([blob, blob], related={1: [blob]}).related(1) == (blob,)
        assert Images([blob]).related(0) == ()


class TestVideo:
    def test_red_is_red_also_from_within_an_archive(self, archive: Path, tmp_path: Path) -> None:
        for media in (open_media(tmp_path / "film.mkv"), Video(Blob(archive, "data/film.mkv"))):
            frames = {frame: rgb[20, 20].astype(int) for frame, rgb in media.stream([0, 1])}
            assert np.abs(frames[0] - (250, 0, 0)).max() < 10
            assert np.abs(frames[1] - (0, 0, 250)).max() < 10
            assert (len(media), media.size_of(0)) == (2, (48, 64))

    def test_frames_are_exact(self, tmp_path: Path) -> None:
        media = Video(Blob(video(tmp_path / "steps.mkv", [(level, level, level) for level in range(0, 240, 8)])))
        wanted = [0, 7, 8, 29]
        levels = [int(rgb.mean().round()) for _, rgb in media.stream(wanted)]
        assert np.abs(np.array(levels) - np.array(wanted) * 8).max() <= 1
        assert media.read(3).mean().round() == pytest.approx(24, abs=1)

    def test_the_same_frame_twice(self, tmp_path: Path) -> None:
        media = open_media(video(tmp_path / "a.mkv", [(9, 9, 9), (90, 90, 90)]))
        assert [frame for frame, _ in media.stream([1, 1])] == [1, 1]

    def test_frames_beyond_the_end_are_told(self, tmp_path: Path) -> None:
        media = Video(Blob(video(tmp_path / "short.mkv", [(0, 0, 0)] * 3)), count=10)
        assert (len(media), media.count()) == (10, 3)
        with pytest.raises(BadAnnotations, match=r"short\.mkv: there is no frame 5; it has 3"):
            media.read(5)

    def test_frames_are_asked_for_in_order(self, tmp_path: Path) -> None:
        media = open_media(video(tmp_path / "a.mkv", [(0, 0, 0)] * 3))
        with pytest.raises(ValueError, match="ascending"):
            list(media.stream([2, 1]))

    def test_names_are_those_of_stills(self, tmp_path: Path) -> None:
        assert Video(Blob(Path("film.mkv"))).name_of(12) == "film_000012.jpg"
        assert Video(Blob(Path("film.mkv"))).original(12) is None

    @pytest.mark.parametrize("content", [b"", b"not a video at all"])
    def test_what_is_no_video_is_told(self, content: bytes, tmp_path: Path) -> None:
        (tmp_path / "film.mp4").write_bytes(content)
        with pytest.raises(BadPicture, match=r"film\.mp4: not a video, or damaged"):
            len(open_media(tmp_path / "film.mp4"))
        with pytest.raises(BadAnnotations, match="no such file"):
            Video(Blob(tmp_path / "gone.mp4")).read(0)


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("")
    for path, said in ((tmp_path / "notes.txt", "neither"), (tmp_path, "no pictures"), (tmp_path / "no", "no such")):
        with pytest.raises(BadAnnotations, match=said):
            open_media(path)


def test_every_medium_is_one() -> None:
    assert issubclass(Images, Media)
    assert issubclass(Video, Media)
    assert natural("a10b2") == ["a", 10, "b", 2, ""]
