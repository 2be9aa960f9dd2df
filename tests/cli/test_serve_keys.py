from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from mattebox.serve.access.allowance import Allowance
from mattebox.serve.access.keys import Keys
from mattebox.serve.options import ServeOptions
from mattebox.serve.store import open_store
from standins import Command


@pytest.fixture(autouse=True)
def server_home(home: Path) -> Path:
    return home


def test_a_key_is_made_and_printed_alone(mattebox: Command) -> None:
    said = mattebox("serve", "keys", "add", "shop", "--rate", "20", "--credits", "2.5")
    assert said.code == 0
    (secret,) = said.out.decode().splitlines()
    assert said.err.splitlines()[0].startswith("shop: made, with id ")
    assert "20 megapixel pictures a minute and 2.5 credits" in said.err
    assert secret not in said.err
    with closing(open_store(ServeOptions().store_address)) as store:
        key = Keys(store).check(secret)
    assert key is not None
    assert (key.name, key.rate, key.credits) == ("shop", 20, 2.5)


def test_keys_are_listed_without_secrets(mattebox: Command) -> None:
    secrets = [
        mattebox("serve", "keys", "add", *words).out.decode().strip() for words in (["a", "--credits", "2"], ["b"])
    ]
    with closing(open_store(ServeOptions().store_address)) as store:
        keys = Keys(store)
        first = keys.check(secrets[0])
        assert first is not None
        Allowance(store).spend(first, 1, 0.25)
        keys.revoke("b")
    table = mattebox("serve", "keys", "list").out.decode()
    rows = [line.split() for line in table.splitlines() if line.split()[:1] in (["a"], ["b"])]
    assert rows[0][:7] == ["a", first.id, "valid", "500", "1.75", "of", "2"]
    assert (rows[1][2], rows[1][4], rows[1][-1]) == ("revoked", "any", "never")
    printed = mattebox("serve", "keys", "list", "--json").out.decode()
    records = json.loads(printed)
    assert [(record["name"], record["left"], record["revoked"]) for record in records] == [
        ("a", 1.75, False),
        ("b", None, True),
    ]
    assert "digest" not in records[0]
    for secret in secrets:
        assert secret[12:] not in table + printed


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_key_is_revoked(mattebox: Command, by: str) -> None:
    secret = mattebox("serve", "keys", "add", "shop").out.decode().strip()
    (record,) = json.loads(mattebox("serve", "keys", "list", "--json").out)
    said = mattebox("serve", "keys", "revoke", record[by])
    assert (said.code, said.out) == (0, b"")
    kept = ServeOptions().store_address
    told = f"shop: revoked in {kept}, with id {record['id']}; servers that run refuse it within 5 seconds"
    assert said.err.startswith(told)
    with closing(open_store(kept)) as store:
        assert Keys(store).check(secret) is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["add", "shop"], "there is a key 'shop' already"),
        (["add", "other", "--rate", "0"], "rate=0.0: must be above 0"),
        (["add", "other", "--credits", "0"], "credits=0.0: must be above 0"),
        (["revoke", "shpo"], "no key 'shpo'; did you mean 'shop'?"),
        (["list", "--store", "http://host"], "a store of the kind 'http://' is not known"),
        (["rvoke"], "Did you mean 'revoke'?"),
    ],
)
def test_wrong_use_is_one_line_and_code_2(mattebox: Command, words: list[str], message: str) -> None:
    mattebox("serve", "keys", "add", "shop")
    said = mattebox("serve", "keys", *words)
    assert (said.code, said.out) == (2, b"")
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert message in said.err


def test_a_store_that_cannot_be_used_is_told(mattebox: Command, tmp_path: Path) -> None:
    (tmp_path / "state.sqlite").write_bytes(b"garbage" * 1000)
    said = mattebox("serve", "keys", "list", "--store", tmp_path / "state.sqlite")
    assert said.code == 1
    assert f"{tmp_path / 'state.sqlite'}: file is not a database" in said.err
    said = mattebox("serve", "keys", "add", "shop", "--store", "redis://:hunter@127.0.0.1:1")
    assert (said.code, said.out) == (1, b"")
    assert "redis://127.0.0.1:1: " in said.err
    assert "hunter" not in said.err


def test_the_store_is_that_of_a_server_with_the_same_variables(
    mattebox: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mattebox("serve", "keys", "add", "own")
    monkeypatch.setenv("MATTEBOX_SERVE_DATA", str(tmp_path / "data"))
    mattebox("serve", "keys", "add", "data")
    monkeypatch.setenv("MATTEBOX_SERVE_STORE", str(tmp_path / "named.sqlite"))
    mattebox("serve", "keys", "add", "named")
    mattebox("serve", "keys", "add", "given", "--store", f"sqlite:///{tmp_path / 'given.sqlite'}")
    monkeypatch.delenv("MATTEBOX_SERVE_STORE")
    mattebox("serve", "keys", "add", "folder", "--data", tmp_path / "folder")
    files = {
        "own": ServeOptions().store_address,
        "data": str(tmp_path / "data" / "state.sqlite"),
        "named": str(tmp_path / "named.sqlite"),
        "given": str(tmp_path / "given.sqlite"),
        "folder": str(tmp_path / "folder" / "state.sqlite"),
    }
    for name, file in files.items():
        with closing(open_store(file)) as store:
            assert [key.name for key in Keys(store).list()] == [name]


@pytest.mark.parametrize("words", [["list"], ["list", "--json"], ["revoke", "shop"]])
def test_what_only_looks_makes_no_store(mattebox: Command, tmp_path: Path, words: list[str]) -> None:
    store = tmp_path / "typo" / "state.sqlite"
    said = mattebox("serve", "keys", *words, "--store", store)
    assert (said.code, said.out) == (1, b"")
    assert f"{store}: there is no such file, so there are no keys yet" in said.err
    assert not store.parent.exists()


def test_the_list_says_which_store_was_read(mattebox: Command) -> None:
    store = ServeOptions().store_address
    open_store(store).close()
    said = mattebox("serve", "keys", "list")
    assert (said.code, said.out, said.err) == (0, b"", f"no keys yet in {store}\n")
    assert json.loads(mattebox("serve", "keys", "list", "--json").out) == []
    mattebox("serve", "keys", "add", "shop")
    assert mattebox("serve", "keys", "list").err == f"1 key in {store}\n"


def test_a_key_can_be_piped() -> None:
    command = f"'{sys.executable}' -m mattebox serve keys add shop | wc -l"
    said = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "1"


@pytest.mark.slow
@pytest.mark.parametrize("words", [["serve", "keys"], ["serve", "keys", "--help"], ["serve", "keys", "add", "--help"]])
def test_help_loads_no_server(words: list[str]) -> None:
    program = (
        "import sys; from mattebox.cli import main; main(sys.argv[1:]);"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'numpy', 'fastapi', 'redis', 'sqlite3'}))"
    )
    said = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    assert said.stdout.endswith("[]\n")
