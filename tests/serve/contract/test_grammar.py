import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageColor

from mattebox.serve.contract import grammar
from mattebox.serve.contract.grammar import text_of
from mattebox.serve.contract.measures import SIZES, Length, Margins
from mattebox.serve.refusals import Refusal

READERS = {
    "size": grammar.read_size,
    "crop": grammar.read_flag,
    "roi": grammar.read_roi,
    "crop_margin": grammar.read_margins,
    "scale": grammar.read_scale,
    "position": grammar.read_position,
    "shadow_opacity": grammar.read_opacity,
    "bg_color": grammar.read_colour,
}

# How long an example takes says nothing on a machine that others use.
unhurried = settings(deadline=None)

numbers = st.decimals(0, 100, places=3).map(lambda number: f"{number:f}")
percents = numbers.map(lambda number: f"{number}%")
lengths = st.one_of(
    percents, st.integers(0, 500).map(lambda pixels: f"{pixels}px"), st.sampled_from(["0", "0.0", "00"])
)
# Texts made of what the grammars are made of find more than texts of any characters.
texts = st.one_of(st.text(), st.text("0159.%pxPX -+#eEinfaNoriglctu\u0660\u00b2\t\n", max_size=40))


def code_of(read, text, name):
    with pytest.raises(Refusal) as raised:
        read(text, name)
    return raised.value.code


@pytest.mark.parametrize("name", READERS)
@unhurried
@given(text=texts)
def test_any_text_gives_a_value_or_the_refusal_of_its_parameter(name, text):
    try:
        READERS[name](text, name)
    except Refusal as refusal:
        assert refusal.code == f"invalid_{name}"  # noqa: PT017
        assert refusal.detail.startswith(f"{name}=")  # noqa: PT017


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("piece", ["9", "0", "9.", "9%", "9% ", " ", "#", "fa", "1px\t", "-", "original"])
def test_endless_text_is_refused_in_few_words(name, piece):
    with pytest.raises(Refusal) as raised:
        READERS[name](piece * 1_000_000, name)
    assert len(raised.value.detail) < 300


class TestText:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (None, ""),
            ("", ""),
            (" \t\r\n", ""),
            (" full ", "full"),
            (True, "true"),
            (False, "false"),
            (1, "1"),
            (2.0, "2"),
        ],
    )
    def test_forms_and_json_say_the_same(self, value, text):
        assert text_of(value, "size") == text

    @pytest.mark.parametrize(
        "value", [[], {}, ["full"], b"full", float("nan"), float("inf"), -float("inf"), 10**400, -(10**9), "x" * 201]
    )
    def test_what_cannot_be_text_of_a_parameter_is_refused(self, value):
        with pytest.raises(Refusal) as raised:
            text_of(value, "scale")
        assert raised.value.code == "invalid_scale"

    def test_a_parameter_without_a_code_of_its_own(self):
        with pytest.raises(Refusal) as raised:
            text_of([], "add_shadow")
        assert raised.value.code == "invalid_parameter"
        assert "add_shadow" in raised.value.detail

    @unhurried
    @given(st.floats(-1e8, 1e8))
    def test_numbers_come_as_they_are(self, number):
        assert float(text_of(number, "scale")) == pytest.approx(number, rel=1e-11)


@pytest.mark.parametrize(
    ("text", "flag"), [("true", True), ("FALSE", False), ("True", True), ("1", True), ("0", False)]
)
def test_flags(text, flag):
    assert grammar.read_flag(text, "crop") is flag


@pytest.mark.parametrize("text", ["yes", "on", "2", "truee", "-1", "null"])
def test_what_is_no_flag(text):
    assert code_of(grammar.read_flag, text, "semitransparency") == "invalid_semitransparency"


class TestSize:
    def test_older_names(self):
        assert {old: grammar.read_size(old).name for old in ("small", "regular", "4k", "medium", "hd")} == {
            "small": "preview",
            "regular": "preview",
            "4k": "full",
            "medium": "medium",
            "hd": "hd",
        }

    @pytest.mark.parametrize("text", [*SIZES, "4k", "regular"])
    def test_case_does_not_matter(self, text):
        assert grammar.read_size(text.upper()) == grammar.read_size(text.lower()) == grammar.read_size(text)

    @pytest.mark.parametrize("text", ["big", "100MP", "50", "full size"])
    def test_other_names_are_refused_with_the_valid_ones(self, text):
        with pytest.raises(Refusal, match="50MP") as raised:
            grammar.read_size(text)
        assert raised.value.code == "invalid_size"


class TestRoi:
    @unhurried
    @given(st.lists(lengths, min_size=4, max_size=4))
    def test_valid_texts_come_back(self, words):
        for length, word in zip(grammar.read_roi(" ".join(words)), words, strict=True):
            value = word.rstrip("px%")
            assert length.value == float(value)
            assert length.unit == ("%" if word.endswith("%") else "px")

    def test_outside_and_empty_ones_are_read_so_that_the_picture_decides(self):
        assert grammar.read_roi("-5PX 0 120% -.5%") == (Length(-5), Length(0), Length(120, "%"), Length(-0.5, "%"))

    @pytest.mark.parametrize(
        "text", ["", "0 0 100%", "0 0 100% 100% 0", "1 0 100% 100%", "0,0,100%,100%", "a b c d", "0 0 1e9% 1%"]
    )
    def test_what_is_no_region(self, text):
        assert code_of(grammar.read_roi, text, "roi") == "invalid_roi"


class TestMargins:
    @unhurried
    @given(st.sampled_from([1, 2, 4]).flatmap(lambda count: st.lists(lengths, min_size=count, max_size=count)))
    def test_values_go_round_as_in_css(self, words):
        read = grammar.read_margins(" ".join(words))
        one = [grammar.read_margins(word).top for word in words]
        top, right, bottom, left = (one * 4)[:4] if len(one) < 4 else one
        assert read == Margins(top, right, bottom, left)

    @unhurried
    @given(st.lists(lengths, min_size=4, max_size=4), st.integers(1, 9000), st.integers(1, 9000))
    def test_no_side_is_more_than_half_the_subject_or_500_pixels(self, words, height, width):
        pixels = grammar.read_margins(" ".join(words)).pixels((height, width))
        extents = (height, width, height, width)
        for side, extent, word in zip(pixels, extents, words, strict=True):
            assert 0 <= side <= (extent / 2 + 0.5 if word.endswith("%") else 500)

    def test_what_is_more_than_can_be_added_is_as_much_as_can_be(self):
        assert grammar.read_margins("80% 999999px 50.1% 501px") == grammar.read_margins("50% 500px")

    @pytest.mark.parametrize("text", ["", "-1px", "5% 5% 5%", "1 2 3 4", "30", "30 px", "true", "0 0 0 0 0", "5em"])
    def test_what_is_no_margin(self, text):
        assert code_of(grammar.read_margins, text, "crop_margin") == "invalid_crop_margin"

    @pytest.mark.parametrize("text", ["0", "0px", "0%", "-0px", "0 0", "0 0px 0% .0"])
    def test_nought_needs_no_unit(self, text):
        assert grammar.read_margins(text).pixels((400, 600)) == (0, 0, 0, 0)


@unhurried
@given(st.decimals(10, 100, places=4))
def test_a_scale_is_a_share(percent):
    assert grammar.read_scale(f"{percent:f}%") == pytest.approx(float(percent) / 100)


@pytest.mark.parametrize("text", ["9.99%", "100.01%", "0", "50", "50px", "0.5", "10% 20%", "Orig", ""])
def test_what_is_no_scale(text):
    assert code_of(grammar.read_scale, text, "scale") == "invalid_scale"


@unhurried
@given(percents, percents)
def test_a_place_is_two_shares_or_one_for_both(x, y):
    shares = float(x[:-1]) / 100, float(y[:-1]) / 100
    assert grammar.read_position(f"{x}  {y}") == shares
    assert grammar.read_position(x) == (shares[0], shares[0])


@pytest.mark.parametrize(
    ("text", "place"), [("Original", None), ("CENTER", (0.5, 0.5)), ("0", (0, 0)), ("0 100%", (0, 1))]
)
def test_places_in_words(text, place):
    assert grammar.read_position(text) == place
    assert (grammar.read_scale("original"), grammar.read_scale("ORIGINAL")) == (None, None)


@pytest.mark.parametrize("text", ["left", "101%", "-1%", "50", "5px", "1% 2% 3%", "center 5%", ""])
def test_what_is_no_place(text):
    assert code_of(grammar.read_position, text, "position") == "invalid_position"


@unhurried
@given(numbers)
def test_an_opacity_is_a_share(number):
    assert grammar.read_opacity(number) == pytest.approx(float(number) / 100)


@pytest.mark.parametrize("text", ["-1", "100.1", "101", "dark", "50 50", "nan", "inf", "1e2", "\u0665", ""])
def test_what_is_no_opacity(text):
    assert code_of(grammar.read_opacity, text, "shadow_opacity") == "invalid_shadow_opacity"


def test_programs_that_divide_write_many_decimals():
    assert grammar.read_margins("33.333333333333336%").top == Length(100 / 3, "%")
    assert grammar.read_scale(f"{100 * 0.07 * 10}%") == pytest.approx(0.7)


class TestColour:
    @unhurried
    @given(st.binary(min_size=4, max_size=4), st.booleans(), st.booleans())
    def test_hex_digits_come_back(self, value, hashed, upper):
        text = ("#" if hashed else "") + (value.hex().upper() if upper else value.hex())
        assert grammar.read_colour(text) == tuple(value)
        assert grammar.read_colour(text[:-2]) == (*value[:3], 255)

    @unhurried
    @given(st.text(string.hexdigits, min_size=3, max_size=4))
    def test_few_digits_stand_for_pairs(self, digits):
        assert grammar.read_colour(digits) == grammar.read_colour("".join(2 * digit for digit in digits))

    def test_every_name_of_css(self):
        read = {name: grammar.read_colour(name.title()) for name in ImageColor.colormap}
        assert len(read) == 148
        assert read == {name: (*ImageColor.getrgb(name), 255) for name in read}

    def test_known_colours(self):
        assert grammar.read_colour("green") == (0, 128, 0, 255)
        assert grammar.read_colour("RebeccaPurple") == (102, 51, 153, 255)
        assert grammar.read_colour("transparent") == (0, 0, 0, 0)
        assert grammar.read_colour("81d4fa77") == (0x81, 0xD4, 0xFA, 0x77)

    @pytest.mark.parametrize(
        "text", ["", "ff", "fffff", "fffffff", "##fff", "ggg", "reddish", "rgb(1,2,3)", "blur", "fff fff"]
    )
    def test_what_is_no_colour(self, text):
        assert code_of(grammar.read_colour, text, "bg_color") == "invalid_bg_color"
