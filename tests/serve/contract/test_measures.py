import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mattebox.serve.contract.measures import SIZES, Length, Margins, Roi
from mattebox.serve.refusals import Refusal

unhurried = settings(deadline=None)

sides = st.integers(1, 9000)
lengths = st.builds(Length, st.floats(-10, 110), st.sampled_from(["px", "%"]))
percents = st.floats(0, 50).map(lambda value: Length(value, "%"))


@pytest.mark.parametrize(
    ("name", "png", "jpg"),
    [("preview", 0.25, 0.25), ("medium", 1.5, 1.5), ("hd", 4, 4), ("full", 10, 25), ("auto", 10, 25), ("50MP", 10, 50)],
)
def test_every_size_in_every_format(name, png, jpg):
    size = SIZES[name]
    assert size.name == name
    assert (size.megapixels("png"), size.megapixels("auto")) == (png, png)
    assert {size.megapixels(other) for other in ("jpg", "zip", "webp")} == {jpg}


@unhurried
@given(st.floats(0, 100), sides)
def test_a_relative_length_is_within_its_extent(value, extent):
    assert 0 <= Length(value, "%").pixels(extent) <= extent
    assert Length(100, "%").pixels(extent) == extent
    assert Length(extent).pixels(1) == extent


@unhurried
@given(percents, percents, percents, percents, sides, sides)
def test_relative_margins_are_of_the_subject_on_their_own_axis(top, right, bottom, left, height, width):
    pixels = Margins(top, right, bottom, left).pixels((height, width))
    assert pixels == (top.pixels(height), right.pixels(width), bottom.pixels(height), left.pixels(width))
    assert max(pixels[0], pixels[2]) <= height / 2 + 0.5
    assert max(pixels[1], pixels[3]) <= width / 2 + 0.5


def test_without_margins_there_are_none():
    assert Margins().pixels((300, 100)) == (0, 0, 0, 0)


class TestRoi:
    @unhurried
    @given(sides, sides)
    def test_by_default_it_is_the_whole_picture(self, height, width):
        assert Roi().box((height, width)) == (0, 0, height, width)

    def test_x_goes_with_the_width_and_y_with_the_height(self):
        roi = Roi(Length(10), Length(20, "%"), Length(50, "%"), Length(300))
        assert roi.box((400, 600)) == (80, 10, 300, 300)

    @unhurried
    @given(st.builds(Roi, lengths, lengths, lengths, lengths), sides, sides)
    def test_a_box_lies_in_the_picture_and_is_not_empty(self, roi, height, width):
        try:
            top, left, bottom, right = roi.box((height, width))
        except Refusal as refusal:
            assert refusal.code in {"roi_exceeds_bounds", "roi_region_empty"}  # noqa: PT017
            return
        assert 0 <= top < bottom <= height
        assert 0 <= left < right <= width

    @pytest.mark.parametrize(
        "roi",
        [
            Roi(x2=Length(101, "%")),
            Roi(x1=Length(-1)),
            Roi(y1=Length(-5, "%")),
            Roi(x2=Length(601)),
            Roi(y2=Length(401)),
            Roi(x1=Length(700), x2=Length(800)),
        ],
    )
    def test_what_reaches_outside(self, roi):
        with pytest.raises(Refusal) as raised:
            roi.box((400, 600))
        assert raised.value.code == "roi_exceeds_bounds"

    @pytest.mark.parametrize(
        "roi",
        [
            Roi(x2=Length(0), y2=Length(0)),
            Roi(x1=Length(50, "%"), x2=Length(50, "%")),
            Roi(y1=Length(90, "%"), y2=Length(10, "%")),
            Roi(x1=Length(100, "%")),
        ],
    )
    def test_what_is_empty(self, roi):
        with pytest.raises(Refusal) as raised:
            roi.box((400, 600))
        assert raised.value.code == "roi_region_empty"
