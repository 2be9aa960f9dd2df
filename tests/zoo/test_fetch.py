from __future__ import annotations

import errno
import hashlib
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import pytest

from hub import DATA, PATH, Answer, Hub, Trouble, cut, hung_up, moved, stall, status
from mattebox.errors import OutputFailed, WeightsUnavailable
from mattebox.zoo import fetch as fetching
from mattebox.zoo.card import Card
from mattebox.zoo.fetch import fetch
from mattebox.zoo.places import note_of

HALF = len(DATA) // 2


@pytest.fixture(autouse=True)
def there(hub: Hub) -> None:
    hub.files[PATH] = DATA


def nothing_else(target: Path) -> bool:
    return list(target.parent.iterdir()) == [target]


def test_a_file_comes_whole_and_how_far_it_is_is_told(hub: Hub, card: Card) -> None:
    told: list[tuple[int, int | None]] = []
    target = fetch(card, lambda done, total: told.append((done, total)))
    assert target.read_bytes() == DATA
    assert nothing_else(target)
    assert told[0] == (0, None)
    assert told[-1] == (len(DATA), len(DATA))
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_what_is_here_is_not_fetched_again(hub: Hub, card: Card) -> None:
    assert fetch(card) == fetch(card)
    assert len(hub.asked) == 1


@pytest.mark.parametrize(("brought", "wanted"), [(HALF, f"bytes={HALF}-"), (1, "bytes=1-"), (0, "")])
def test_after_a_cut_only_the_rest_is_asked_for(hub: Hub, card: Card, brought: int, wanted: str) -> None:
    hub.troubles = [cut(brought)]
    assert fetch(card).read_bytes() == DATA
    assert hub.asked == [(PATH, ""), (PATH, wanted)]


def test_each_attempt_that_brings_something_earns_another(hub: Hub, card: Card) -> None:
    hub.troubles = [cut(1000)] * (3 * fetching.PATIENCE)
    assert fetch(card).read_bytes() == DATA
    assert hub.asked[-1] == (PATH, f"bytes={1000 * 3 * fetching.PATIENCE}-")


def test_a_fetch_that_was_stopped_is_taken_up_again(hub: Hub, card: Card) -> None:
    def stop(done: int, _: int | None) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(card, stop)
    assert not fetching.cached(card).exists()
    assert fetch(card).read_bytes() == DATA
    assert hub.asked[1][1].startswith("bytes=")


def test_a_server_without_ranges_begins_anew(hub: Hub, card: Card) -> None:
    hub.ranges, hub.troubles = False, [cut(HALF)]
    assert fetch(card).read_bytes() == DATA


def test_a_rest_of_something_else_is_thrown_away(hub: Hub, card: Card) -> None:
    part = fetching.cached(card).with_name("some.pth.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(b"not the beginning of it")
    target = fetch(card)
    assert target.read_bytes() == DATA
    assert nothing_else(target)
    assert [wanted for _, wanted in hub.asked] == ["bytes=23-", ""]


@pytest.mark.parametrize("extra", [b"", b"and more"])
def test_a_whole_or_longer_rest_is_looked_at_before_it_is_used(hub: Hub, card: Card, extra: bytes) -> None:
    part = fetching.cached(card).with_name("some.pth.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(DATA + extra)
    assert fetch(card).read_bytes() == DATA


def test_a_file_of_another_content_is_refused_with_what_was_expected(hub: Hub, card: Card) -> None:
    hub.files[PATH] = b"something else"
    with pytest.raises(WeightsUnavailable) as refusal:
        fetch(card)
    assert f"where {card.weights.sha256[:16]}... is expected" in str(refusal.value)
    assert "has the SHA-256 " in str(refusal.value)
    assert list(fetching.cached(card).parent.iterdir()) == []


def unmeasured(times: int) -> Trouble:
    """Give a file so many times over, and never say how much there is."""

    def trouble(answer: Answer) -> None:
        answer.send_response(200)
        answer.end_headers()
        for _ in range(times):
            answer.wfile.write(DATA)
        answer.close_connection = True

    return trouble


def test_a_file_of_which_nobody_says_how_large_it_is_comes_whole(hub: Hub, card: Card) -> None:
    hub.troubles = [unmeasured(1)]
    assert fetch(card).read_bytes() == DATA
    assert len(hub.asked) == 1


@pytest.mark.parametrize(("size", "most"), [(None, "3,145,728"), (len(DATA), "1,048,576")])
def test_a_server_that_does_not_end_is_left(
    hub: Hub, card: Card, monkeypatch: pytest.MonkeyPatch, size: int | None, most: str
) -> None:
    monkeypatch.setattr(fetching, "LARGEST", 3 * len(DATA))
    hub.troubles = [unmeasured(100)] * 2
    with pytest.raises(WeightsUnavailable, match=f"gives more than {most} bytes"):
        fetch(replace(card, weights=replace(card.weights, size=size)))
    (part,) = fetching.cached(card).parent.iterdir()
    assert part.stat().st_size == 0
    assert fetch(card).read_bytes() == DATA


def test_a_file_of_another_size_is_not_even_fetched(hub: Hub, card: Card) -> None:
    sized = replace(card, weights=replace(card.weights, size=len(DATA) - 1))
    with pytest.raises(WeightsUnavailable, match="has 1,048,576 bytes, where 1,048,575 are expected"):
        fetch(sized)
    assert list(fetching.cached(card).parent.iterdir()) == []


def test_a_redirect_is_followed(hub: Hub, card: Card) -> None:
    hub.files["/elsewhere"] = hub.files.pop(PATH)
    hub.troubles = [moved("/elsewhere")]
    assert fetch(card).read_bytes() == DATA


def test_where_there_is_no_such_file_the_next_server_is_asked(
    hub: Hub, card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATTEBOX_MIRROR", f"{hub.url}/empty, {hub.url}/full/")
    hub.files = {f"/full{PATH}": DATA}
    assert fetch(card).read_bytes() == DATA
    assert [path for path, _ in hub.asked] == [f"/empty{PATH}", f"/full{PATH}"]


def test_where_no_server_has_it_every_address_is_named_and_the_ways_out(hub: Hub, card: Card) -> None:
    hub.files = {}
    with pytest.raises(WeightsUnavailable) as refusal:
        fetch(card)
    said = str(refusal.value)
    assert f"{hub.url}{PATH}: the server answered 404 Not Found; {hub.url}/cdn{PATH}: the server answered 404" in said
    for way in ("mattebox models pull some", "mattebox models import some.pth", "MATTEBOX_MIRROR"):
        assert way in said


def test_a_server_that_cannot_be_reached_is_named(card: Card, monkeypatch: pytest.MonkeyPatch, hub: Hub) -> None:
    monkeypatch.setenv("MATTEBOX_MIRROR", "http://127.0.0.1:9")
    assert fetch(card).read_bytes() == DATA
    hub.files = {}
    fetching.cached(card).unlink()
    with pytest.raises(WeightsUnavailable, match=r"http://127\.0\.0\.1:9/\S+: cannot be reached"):
        fetch(card)


def test_a_passing_trouble_is_waited_for(hub: Hub, card: Card) -> None:
    hub.troubles = [status(503), hung_up, status(429)]
    assert fetch(card).read_bytes() == DATA
    assert len(hub.asked) == 4


def test_a_server_that_never_recovers_is_given_up(hub: Hub, card: Card) -> None:
    hub.troubles = [status(503)] * 2 * fetching.PATIENCE
    with pytest.raises(WeightsUnavailable, match=f"503 .*; given up after {fetching.PATIENCE} attempts"):
        fetch(card)
    assert len(hub.asked) == 2 * fetching.PATIENCE


def test_a_server_that_always_cuts_at_the_same_place_is_given_up(hub: Hub, card: Card) -> None:
    hub.ranges = False
    hub.troubles = [lambda answer: answer.give(DATA, "", only=HALF)] * 2 * (fetching.PATIENCE + 1)
    with pytest.raises(WeightsUnavailable, match="the connection was cut after 524,288 of 1,048,576 bytes"):
        fetch(card)


def test_a_connection_that_stalls_is_given_up_and_taken_up(
    hub: Hub, card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "STALL", 0.2)
    hub.troubles = [stall(HALF)]
    assert fetch(card).read_bytes() == DATA
    assert hub.asked[1] == (PATH, f"bytes={HALF}-")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_disk_that_fills_up_is_told_and_given_back(hub: Hub, card: Card) -> None:
    part = fetching.cached(card).with_name("some.pth.part")
    part.parent.mkdir(parents=True)
    part.symlink_to("/dev/full")
    with pytest.raises(WeightsUnavailable, match=r"no room for it in .*nothing was kept; make room there"):
        fetch(card)
    assert list(part.parent.iterdir()) == []


def test_what_does_not_fit_is_not_begun(hub: Hub, card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=len(DATA) - 1))
    with pytest.raises(WeightsUnavailable, match="no room for it") as refusal:
        fetch(card)
    assert isinstance(refusal.value.__cause__, OSError)
    assert refusal.value.__cause__.errno == errno.ENOSPC
    assert list(fetching.cached(card).parent.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(card: Card, home: Path, hub: Hub) -> None:
    shutil.rmtree(home)
    home.write_text("a file where the folder should be")
    with pytest.raises(OutputFailed, match="set MATTEBOX_HOME to a folder that can"):
        fetch(card)
    home.unlink()
    home.mkdir()
    (home / "weights").write_text("the same one level down")
    with pytest.raises(WeightsUnavailable, match="set MATTEBOX_HOME to a folder that can"):
        fetch(card)


PROGRAM = """
import sys
from mattebox.zoo.registry import find_card
from mattebox.zoo.weights import ensure
print(ensure(find_card("some"), lambda done, total: print("waiting", flush=True)), flush=True)
"""


def test_of_two_processes_one_fetches_and_the_other_waits(
    hub: Hub, card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = Event(), Event()

    def slow(answer: Answer) -> None:
        begun.set()
        go_on.wait(60)
        answer.give(DATA, "")

    hub.troubles = [slow]
    monkeypatch.setenv("MATTEBOX_MIRROR", hub.url)

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True)

    with start() as first:
        assert begun.wait(60)
        with start() as second:
            assert second.stdout is not None
            assert second.stdout.readline() == "waiting\n"
            go_on.set()
            outputs = [process.communicate(timeout=60)[0] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0)
    assert {output.splitlines()[-1] for output in outputs} == {str(fetching.cached(card))}
    assert fetching.cached(card).read_bytes() == DATA
    assert len(hub.asked) == 1


def test_a_file_without_a_published_digest_is_noted_before_it_is_there(hub: Hub, unpublished: Card) -> None:
    target = fetch(unpublished)
    assert target.read_bytes() == DATA
    assert note_of(unpublished).read_text() == hashlib.sha256(DATA).hexdigest()
    target.unlink()
    hub.files[PATH] = b"another"
    with pytest.raises(WeightsUnavailable, match=r"what it gives has the SHA-256 .* is expected"):
        fetch(unpublished)


def test_a_file_without_a_published_digest_is_fetched_over_https_only(
    hub: Hub, unpublished: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "SECURE", "https://")
    with pytest.raises(WeightsUnavailable, match=r"not asked: nobody has published a digest .* over HTTPS only"):
        fetch(unpublished)
    assert hub.asked == []


def test_it_is_not_followed_away_from_https(hub: Hub, unpublished: Card) -> None:
    elsewhere = hub.url.replace("127.0.0.1", "localhost")
    hub.troubles = [moved(f"{hub.url}{PATH}?again"), moved(f"{elsewhere}{PATH}")] * 2
    hub.files[f"{PATH}?again"] = DATA
    with pytest.raises(WeightsUnavailable, match=f"leads to {elsewhere}{PATH}, which is not an address of HTTPS"):
        fetch(unpublished)
    hub.troubles = [moved(f"{hub.url}{PATH}?again")]
    assert fetch(unpublished).read_bytes() == DATA


def test_it_is_not_pieced_together_from_two_servers(hub: Hub, unpublished: Card) -> None:
    part = fetching.cached(unpublished).with_name("some.pth.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(b"of another server")
    hub.troubles = [cut(HALF)]
    assert fetch(unpublished).read_bytes() == DATA
    assert [wanted for _, wanted in hub.asked] == ["", f"bytes={HALF}-"]


def test_it_is_not_taken_from_a_server_that_does_not_say_how_large_it_is(hub: Hub, unpublished: Card) -> None:
    hub.troubles = [unmeasured(1)]
    with pytest.raises(WeightsUnavailable, match="does not say how large the file is"):
        fetch(unpublished)
    assert not note_of(unpublished).exists()
