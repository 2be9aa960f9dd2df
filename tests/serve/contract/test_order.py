import base64
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mattebox.serve.contract.measures import SIZES, Length, Margins, Roi
from mattebox.serve.contract.order import READERS, Order, Sources, read_order, read_sources
from mattebox.serve.incoming.bodies import Upload
from mattebox.serve.refusals import Refusal

unhurried = settings(deadline=None)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)

# The fields that real clients send with a plain call, as they send them.
CLIENTS = {
    "PyPI removebg": {
        "size": "regular",
        "type": "auto",
        "type_level": "none",
        "format": "auto",
        "roi": "0 0 100% 100%",
        "crop": "false",
        "scale": "original",
        "position": "original",
        "channels": "rgba",
        "add_shadow": "false",
        "semitransparency": "true",
    },
    "npm remove.bg": {"image_url": "https://host/a.jpg", "size": "preview", "crop": False},
    "remove-bg-cli": {
        **dict.fromkeys([*READERS, "bg_image_url", "image_url", "image_file_b64", "shadow_method"], ""),
        "size": "auto",
        "format": "zip",
    },
    "browser demo": {"size": "auto", "api_key": "unused"},
}


def refusal_for(call, *args, **named):
    with pytest.raises(Refusal) as raised:
        call(*args, **named)
    return raised.value


class TestOrder:
    def test_nothing_asked_is_the_default(self):
        assert read_order({}) == Order()
        assert Order().size.name == "preview"
        assert Order().roi == Roi()
        assert (Order().channels, Order().semitransparency, Order().bg_color) == ("rgba", True, None)

    @pytest.mark.parametrize("absent", ["", "  ", "\t\n", None])
    @pytest.mark.parametrize("name", READERS)
    def test_empty_is_absent(self, name, absent):
        assert read_order({name: absent}) == Order()

    @pytest.mark.parametrize("client", CLIENTS)
    def test_plain_calls_of_real_clients_ask_for_nothing_special(self, client):
        order = read_order(CLIENTS[client])
        assert order.roi.box((400, 600)) == (0, 0, 400, 600)
        assert replace(order, roi=Roi(), size=SIZES["preview"], type_level="1", format="auto") == Order()

    def test_everything_at_once(self):
        order = read_order(
            {
                "size": "full",
                "type": "Graphic",
                "type_level": 2,
                "format": "JPEG",
                "roi": "10px 5% 90% 400px",
                "crop": True,
                "crop_margin": "30px 10%",
                "scale": "80%",
                "position": "0% 100%",
                "channels": "alpha",
                "shadow_type": "3d",
                "shadow_opacity": 45,
                "semitransparency": "False",
                "bg_color": "#81D4FA77",
                "shadow_method": "legacy",
                "unknown": ["ignored"],
            }
        )
        assert order == Order(
            size=SIZES["full"],
            type="graphics",
            type_level="2",
            format="jpg",
            roi=Roi(Length(10), Length(5, "%"), Length(90, "%"), Length(400)),
            crop=True,
            crop_margin=Margins(Length(30), Length(10, "%"), Length(30), Length(10, "%")),
            scale=0.8,
            position=(0, 1),
            channels="alpha",
            shadow_type="3D",
            shadow_opacity=0.45,
            semitransparency=False,
            bg_color=(0x81, 0xD4, 0xFA, 0x77),
        )

    @pytest.mark.parametrize(
        ("name", "values"),
        [
            ("type", ["auto", "person", "product", "car", "animal", "graphics", "transportation", "other"]),
            ("type", ["car_interior", "car_part"]),
            ("type_level", ["none", "1", "2", "latest"]),
            ("format", ["auto", "png", "jpg", "zip", "webp"]),
            ("channels", ["rgba", "alpha"]),
            ("shadow_type", ["none", "auto", "car", "3D", "drop"]),
        ],
    )
    def test_every_word_in_any_case(self, name, values):
        for value in values:
            assert getattr(read_order({name: value}), name) == value
            assert getattr(read_order({name: f" {value.upper()} "}), name) == value

    @pytest.mark.parametrize(
        ("name", "value", "code"),
        [
            ("size", "huge", "invalid_size"),
            ("type", "ghost", "invalid_type"),
            ("type_level", 3, "invalid_type_level"),
            ("type_level", "1.5", "invalid_type_level"),
            ("format", "gif", "invalid_format"),
            ("roi", "0 0 100%", "invalid_roi"),
            ("crop", "maybe", "invalid_crop"),
            ("crop_margin", "5em", "invalid_crop_margin"),
            ("scale", "5%", "invalid_scale"),
            ("position", "left", "invalid_position"),
            ("channels", "rgb", "invalid_channels"),
            ("add_shadow", "maybe", "invalid_parameter"),
            ("shadow_type", "4D", "invalid_shadow_type"),
            ("shadow_opacity", 101, "invalid_shadow_opacity"),
            ("semitransparency", 2, "invalid_semitransparency"),
            ("bg_color", "nocolour", "invalid_bg_color"),
        ],
    )
    def test_a_bad_value_is_refused_by_its_own_code(self, name, value, code):
        refusal = refusal_for(read_order, {name: value})
        assert (refusal.code, refusal.status) == (code, 400)
        assert refusal.detail.startswith(name)

    @pytest.mark.parametrize("value", [[], {}, ["full"], {"a": 1}, 1e300, "x" * 100_000])
    @pytest.mark.parametrize("name", READERS)
    def test_what_is_no_text_is_refused(self, name, value):
        code = refusal_for(read_order, {name: value}).code
        assert code == ("invalid_parameter" if name == "add_shadow" else f"invalid_{name}")

    @unhurried
    @given(st.dictionaries(st.sampled_from([*READERS, "shadow_method", "other"]), json_values))
    def test_any_json_gives_an_order_or_a_refusal(self, fields):
        try:
            order = read_order(fields)
        except Refusal as refusal:
            assert refusal.status == 400  # noqa: PT017
            assert refusal.code.startswith("invalid_")  # noqa: PT017
        else:
            assert isinstance(order, Order)

    def test_what_an_absent_size_means_can_be_told(self):
        assert read_order({"size": ""}, size="full").size.name == "full"
        assert read_order({"size": "hd"}, size="full").size.name == "hd"

    @pytest.mark.parametrize(
        ("fields", "place"),
        [
            ({}, None),
            ({"scale": "50%"}, (0.5, 0.5)),
            ({"scale": "50%", "position": ""}, (0.5, 0.5)),
            ({"scale": "50%", "position": "original"}, None),
            ({"scale": "50%", "position": "0"}, (0, 0)),
            ({"scale": "original"}, None),
            ({"position": "center"}, (0.5, 0.5)),
        ],
    )
    def test_a_scale_without_a_place_means_the_centre(self, fields, place):
        assert read_order(fields).position == place

    @pytest.mark.parametrize(
        ("fields", "kind"),
        [
            ({"add_shadow": "true"}, "auto"),
            ({"add_shadow": True, "shadow_type": ""}, "auto"),
            ({"add_shadow": "false"}, "none"),
            ({"add_shadow": "true", "shadow_type": "drop"}, "drop"),
            ({"add_shadow": "true", "shadow_type": "none"}, "none"),
            ({"add_shadow": "false", "shadow_type": "car"}, "car"),
        ],
    )
    def test_the_old_way_to_ask_for_a_shadow(self, fields, kind):
        assert read_order(fields).shadow_type == kind

    @pytest.mark.parametrize(
        ("size", "price"), [("", 0.25), ("regular", 0.25), ("medium", 1), ("full", 1), ("auto", 1)]
    )
    def test_a_preview_costs_a_quarter(self, size, price):
        assert read_order({"size": size}).credits == price


def uploads(**data):
    return {name: [Upload("a.jpg", each) for each in datas] for name, datas in data.items()}


B64 = base64.b64encode(b"a picture").decode()
URL = "https://host/a.jpg"


class TestSources:
    def test_each_of_the_three(self):
        assert read_sources({"image_file_b64": B64}, {}) == Sources(b"a picture")
        assert read_sources({"image_url": f" {URL} "}, {}) == Sources(URL)
        assert read_sources({}, uploads(image_file=[b"file"])) == Sources(b"file")

    @pytest.mark.parametrize(
        ("fields", "files"),
        [
            ({}, {}),
            ({"image_file_b64": "", "image_url": " "}, {"image_file": [Upload("", b"")]}),
            ({"image_file_b64": None, "image_url": None}, {"image_file": []}),
            ({}, uploads(other=[b"file"])),
        ],
    )
    def test_none_is_refused(self, fields, files):
        refusal = refusal_for(read_sources, fields, files)
        assert (refusal.code, refusal.title) == ("missing_source", "No image given")

    @pytest.mark.parametrize(
        ("fields", "files"),
        [
            ({"image_file_b64": B64, "image_url": URL}, {}),
            ({"image_url": URL}, uploads(image_file=[b"file"])),
            ({"image_file_b64": B64}, uploads(image_file=[b"file"])),
            ({}, uploads(image_file=[b"one", b"two"])),
        ],
    )
    def test_several_are_refused(self, fields, files):
        assert refusal_for(read_sources, fields, files).code == "multiple_sources"

    def test_empty_ones_do_not_count_unless_they_have_a_name(self):
        empty = [Upload("", b"")]
        files = {"image_file": [*empty, Upload("a.jpg", b"file")], "bg_image_file": empty}
        fields = {"image_url": "", "image_file_b64": " ", "bg_color": "", "bg_image_url": "  "}
        assert read_sources(fields, files) == Sources(b"file")
        assert read_sources({}, uploads(image_file=[b""])) == Sources(b"")  # refused where it is looked at

    def test_each_background(self):
        image = {"image_url": URL}
        assert read_sources(image | {"bg_image_url": "http://b"}, {}).background == "http://b"
        assert read_sources(image, uploads(bg_image_file=[b"bg"])).background == b"bg"
        assert read_sources(image | {"bg_color": "red"}, {}).background is None

    @pytest.mark.parametrize(
        ("fields", "files"),
        [
            ({"bg_color": "red", "bg_image_url": URL}, {}),
            ({"bg_color": "red"}, uploads(bg_image_file=[b"bg"])),
            ({"bg_image_url": URL}, uploads(bg_image_file=[b"bg"])),
            ({}, uploads(bg_image_file=[b"one", b"two"])),
        ],
    )
    def test_several_backgrounds_are_refused(self, fields, files):
        assert refusal_for(read_sources, {"image_url": URL, **fields}, files).code == "multiple_bg_sources"

    def test_carvekit_takes_the_first_of_several(self):
        every = {"image_file_b64": B64, "image_url": URL, "bg_color": "red", "bg_image_url": "http://b"}
        files = uploads(image_file=[b"file"], bg_image_file=[b"bg"])
        assert read_sources(every, files, lenient=True) == Sources(b"a picture", None)
        del every["image_file_b64"], every["bg_color"]
        assert read_sources(every, files, lenient=True) == Sources(URL, "http://b")
        assert read_sources({}, files, lenient=True) == Sources(b"file", b"bg")
        assert refusal_for(read_sources, {}, {}, lenient=True).code == "missing_source"

    @pytest.mark.parametrize("name", ["image_url", "bg_image_url"])
    @pytest.mark.parametrize("value", [[URL], {"url": URL}, "h" * 10_000])
    def test_an_address_is_text(self, name, value):
        assert refusal_for(read_sources, {"image_file_b64": B64, name: value}, {}).code == f"invalid_{name}"


class TestBase64:
    @unhurried
    @given(st.binary(min_size=1, max_size=400), st.integers(1, 80), st.booleans(), st.booleans(), st.booleans())
    def test_it_comes_back_in_every_dress(self, data, width, url_safe, padded, prefixed):
        text = (base64.urlsafe_b64encode if url_safe else base64.b64encode)(data).decode()
        text = text if padded else text.rstrip("=")
        text = "\r\n".join(text[at : at + width] for at in range(0, len(text), width))
        text = f"DATA:image/png;base64,{text}" if prefixed else f"\n {text}\t"
        assert read_sources({"image_file_b64": text}, {}) == Sources(data)

    @unhurried
    @given(st.one_of(json_values, st.text("AZaz09+/-_= \n\t,:dat\u00e9", max_size=60)))
    def test_anything_is_a_file_absent_or_refused(self, value):
        try:
            image = read_sources({"image_file_b64": value}, {}).image
        except Refusal as refusal:
            absent = value is None or (isinstance(value, str) and not value.strip())
            assert refusal.code == ("missing_source" if absent else "failed_to_read_image")  # noqa: PT017
        else:
            assert isinstance(image, bytes)
            assert image

    @pytest.mark.parametrize(
        "text", ["A", "AAAAA", "AA=A", "====", "data:image/png;base64,", "data:", "é", "****", "AA\x00A", "QUJD*QUJD"]
    )
    def test_what_is_no_base64(self, text):
        assert refusal_for(read_sources, {"image_file_b64": text}, {}).code == "failed_to_read_image"
