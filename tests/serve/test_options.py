from __future__ import annotations

from pathlib import Path

import pytest

from mattebox.errors import BadParameter
from mattebox.serve.options import ServeOptions, options_from


def test_variables_set_options_and_settings() -> None:
    options = options_from(
        {
            "MATTEBOX_SERVE_PORT": "9000",
            "MATTEBOX_SERVE_KEYS": "one, two",
            "MATTEBOX_SERVE_MODELS": "u2net, isnet,silueta,",
            "MATTEBOX_SERVE_DATA": "/srv/mattebox",
            "MATTEBOX_SERVE_DROP_SPECKS": "0.1",
            "MATTEBOX_SERVE_STUDIO": "off",
            "MATTEBOX_SERVE_HOST": "  ",
            "MATTEBOX_HOME": "elsewhere",
        }
    )
    assert (options.port, options.keys, options.data, options.studio) == (
        9000,
        ("one", "two"),
        Path("/srv/mattebox"),
        False,
    )
    assert options.models == ("u2net", "isnet", "silueta")
    assert options.settings.drop_specks == 0.1
    assert options.address == "0.0.0.0"


def test_carvekits_variables_are_read_and_ours_win() -> None:
    options = options_from(
        {
            "CARVEKIT_PORT": "5000",
            "CARVEKIT_HOST": "127.0.0.1",
            "CARVEKIT_SEGMENTATION_NETWORK": "u2net",
            "CARVEKIT_PREPROCESSING_METHOD": "none",
            "CARVEKIT_POSTPROCESSING_METHOD": "cascade_fba",
            "CARVEKIT_REFINE_MASK_SIZE": "800",
            "CARVEKIT_FP16": "0",
            "CARVEKIT_AUTH_ENABLE": "1",
            "CARVEKIT_ALLOWED_TOKENS": "a,b",
            "CARVEKIT_ADMIN_TOKEN": "c",
            "CARVEKIT_BATCH_SIZE_SEG": "5",
            "MATTEBOX_SERVE_PORT": "9000",
        }
    )
    settings = options.settings
    assert (options.port, options.host, options.auth, options.keys, options.admin_key) == (
        9000,
        "127.0.0.1",
        True,
        ("a", "b"),
        "c",
    )
    assert (settings.model, settings.refine, settings.matte, settings.refine_size) == (
        "u2net",
        "cascadepsp",
        "fba",
        800,
    )
    assert options_from({"CARVEKIT_PREPROCESSING_METHOD": "autoscene"}).settings.model == "autoscene"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"MATTEBOX_SERVE_PORT": "many"}, r"MATTEBOX_SERVE_PORT: 'many' is not a whole number"),
        ({"MATTEBOX_SERVE_PORT": "99999"}, r"port=99999: must be from 0 to 65535"),
        ({"MATTEBOX_SERVE_PROT": "1"}, r"MATTEBOX_SERVE_PROT: no option 'prot'; did you mean 'port'\?"),
        ({"MATTEBOX_SERVE_LOCAL": "maybe"}, r"MATTEBOX_SERVE_LOCAL: 'maybe' is not true or false"),
        ({"CARVEKIT_POSTPROCESSING_METHOD": "magic"}, r"CARVEKIT_POSTPROCESSING_METHOD: no method 'magic'"),
        ({"MATTEBOX_SERVE_KEYS_FILE": "/no/such"}, r"MATTEBOX_SERVE_KEYS_FILE: /no/such cannot be read"),
        ({"MATTEBOX_SERVE_ORIGINS": "*, shop.example"}, r"origins='shop.example': give .* https://shop.example"),
        ({"MATTEBOX_SERVE_ORIGINS": "https://shop.example/cart"}, r"origins='https://shop.example/cart'"),
        ({"MATTEBOX_SERVE_PROXIES": "10.0.0.1, nonsense"}, r"proxies='nonsense': give .* 10.0.0.1"),
        ({"MATTEBOX_SERVE_LOCAL": "1", "MATTEBOX_SERVE_HOST": "0.0.0.0"}, r"without keys .* this computer alone"),
    ],
)
def test_what_cannot_be_read_names_its_variable(variables: dict[str, str], words: str) -> None:
    with pytest.raises(BadParameter, match=words):
        options_from(variables)


def test_secrets_come_from_files_and_are_never_shown(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("secret-one\nsecret with blanks\n\n")
    (tmp_path / "admin").write_text("secret-three\n")
    options = options_from(
        {
            "MATTEBOX_SERVE_KEYS_FILE": str(tmp_path / "keys"),
            "MATTEBOX_SERVE_ADMIN_KEY_FILE": str(tmp_path / "admin"),
            "MATTEBOX_SERVE_STORE": "redis://:secret-four@host/0",
        }
    )
    assert options.keys == ("secret-one", "secret with blanks")
    assert options.admin_key == "secret-three"
    assert "secret" not in repr(options)
    assert "secret" not in repr(options.redacted())
    assert options.redacted()["keys"] == 2


def test_the_state_is_in_the_folder_unless_it_is_named_or_there_are_no_keys(home: Path) -> None:
    assert ServeOptions().folder == home / "server"
    assert ServeOptions().store_address == str(home / "server" / "state.sqlite")
    assert ServeOptions(data=Path("data")).store_address == str(Path("data", "state.sqlite"))
    assert ServeOptions(local=True).store_address == "memory:"
    assert ServeOptions(local=True, store="redis://host").store_address == "redis://host"


def test_without_keys_it_listens_on_this_computer_alone() -> None:
    assert ServeOptions(local=True).address == "127.0.0.1"
    assert ServeOptions(local=True).open
    assert not ServeOptions().open


def test_pages_may_call_where_a_key_is_asked_for_or_they_are_named() -> None:
    shop = ("https://shop.example", "http://localhost:3000")
    assert ServeOptions().callers == ("*",)
    assert ServeOptions(auth=False).callers == ServeOptions(local=True).callers == ()
    assert options_from({"MATTEBOX_SERVE_AUTH": "no", "MATTEBOX_SERVE_ORIGINS": ", ".join(shop)}).callers == shop


def test_proxies_are_addresses_or_networks() -> None:
    for proxies in ("*", "", "10.0.0.1,10.0.0.0/8", "10.0.0.1/8, ::1"):
        assert ServeOptions(proxies=proxies).proxies == proxies
