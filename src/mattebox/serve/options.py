"""Everything that can be set about the server, and where it is read from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from mattebox.errors import BadParameter, unknown_name
from mattebox.settings import Settings, settings_with

__all__ = ["PREFIX", "ServeOptions", "options_from"]

PREFIX = "MATTEBOX_SERVE_"
CARVEKIT = "CARVEKIT_"
ANYWHERE = "0.0.0.0"
LOCAL = "127.0.0.1"
INSTALLED = "installed"
"""What stands for every model whose weights are here."""


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """How the server runs.

    Attributes:
        host: address that it listens on; None for all of them, or for this computer alone when `local`.
        port: that it listens on.
        local: for this computer alone, without keys.
        auth: whether a key is asked for.
        keys: keys that are valid beside those in the store; secret.
        admin_key: may also see how the server is set up; secret.
        settings: what pictures are cut out with, unless a call of our own API says otherwise.
        models: names of further models that a call may ask for; `installed` for all whose weights are here.
        workers: pictures worked on at once; None for one per core.
        queue: calls that may wait.
        deadline: seconds in which a call is answered.
        grace: seconds in which work that was taken is finished when the server is stopped.
        max_megabytes: largest file that is taken.
        max_megapixels: largest picture that is taken.
        rate: megapixel pictures a minute for a key of `keys`.
        store: address of the state that outlives the process: a file, `redis://...` or `memory:`; None for a file in
            `data`.
        data: folder of state, of batch jobs and of pictures sent to be looked at; None for one in the user's folder of
            Mattebox.
        job_hours: hours that results of batch jobs are kept.
        origins: pages of other addresses that may call from a browser: `*` or addresses with commas; nothing for none.
        proxies: addresses of proxies whose word about the client is taken, with commas.
        private_addresses: fetch pictures from addresses of the own network too; only for a server that nobody else
            can reach.
        studio: show the page.
        docs: show the description of the API.
        metrics: show the figures for Prometheus.
    """

    host: str | None = None
    port: int = 8000
    local: bool = False
    auth: bool = True
    keys: tuple[str, ...] = field(default=(), repr=False)
    admin_key: str | None = field(default=None, repr=False)
    settings: Settings = field(default_factory=Settings)
    models: tuple[str, ...] = ()
    workers: int | None = None
    queue: int = 64
    deadline: float = 18.0
    grace: float = 8.0
    max_megabytes: float = 22.0
    max_megapixels: float = 50.0
    rate: float = 500.0
    store: str | None = field(default=None, repr=False)
    data: Path | None = None
    job_hours: float = 24.0
    origins: str = "*"
    proxies: str = LOCAL
    private_addresses: bool = False
    studio: bool = True
    docs: bool = True
    metrics: bool = True

    def __post_init__(self) -> None:
        for name, low, high in (
            ("port", 0, 65535),
            ("workers", 1, 1024),
            ("queue", 1, 100_000),
            ("deadline", 1, 3600),
            ("grace", 0, 3600),
            ("max_megabytes", 0.001, 2000),
            ("max_megapixels", 0.001, 1000),
            ("rate", 0.001, 1e9),
            ("job_hours", 0.01, 24 * 365),
        ):
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise BadParameter(f"{name}={value!r}: must be from {low:g} to {high:g}")
        if self.local and self.host not in {None, LOCAL, "localhost", "::1"}:
            raise BadParameter(f"host={self.host!r}: without keys the server is for this computer alone ({LOCAL})")

    @property
    def address(self) -> str:
        """The address to listen on."""
        return self.host or (LOCAL if self.local else ANYWHERE)

    @property
    def open(self) -> bool:
        """Whether everybody who reaches the server may use it."""
        return self.local or not self.auth

    def redacted(self) -> dict[str, Any]:
        """All of it by name, for people to look at, with no secret in it."""
        shown = {each.name: getattr(self, each.name) for each in fields(self) if each.repr}
        shown["settings"] = {each.name: getattr(self.settings, each.name) for each in fields(self.settings)}
        shown["data"] = None if self.data is None else self.data.name
        shown["keys"] = len(self.keys)
        shown["admin_key"] = self.admin_key is not None
        shown["store"] = None if self.store is None else self.store.partition(":")[0]
        return shown


def options_from(environment: Mapping[str, str], unless_set: ServeOptions | None = None) -> ServeOptions:
    """Read options from variables: `MATTEBOX_SERVE_PORT`, `MATTEBOX_SERVE_MODEL`, ..., and those of CarveKit's server.

    Every field of `ServeOptions` and of `Settings` has the variable of its name in capitals; an empty one is not set.
    `MATTEBOX_SERVE_KEYS` and `MODELS` take several with commas, and a secret may lie in a file that `..._FILE` names.

    Args:
        environment: such as `os.environ`.
        unless_set: what holds where no variable says otherwise.

    Raises:
        BadParameter: a value cannot be read or makes no sense, or there is no such option; the message names the
            variable and never repeats a secret.

    Example:
        >>> options_from({"MATTEBOX_SERVE_PORT": "9000", "MATTEBOX_SERVE_KEEP_LARGEST": "yes"}).settings.keep_largest
        True
    """
    options = unless_set or ServeOptions()
    options = changed(options, dict(carvekit_values(environment)))
    return changed(options, dict(own_values(environment)))


Named = tuple[str, str]
"""A value and the variable it comes from."""


def own_values(environment: Mapping[str, str]) -> Iterator[tuple[str, Named]]:
    """Names of fields, and what our own variables say of them."""
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or not text.strip():
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name in {"keys_file", "admin_key_file"}:
            yield name.removesuffix("_file"), (read_secret(variable, text), variable)
        else:
            yield name, (text.strip(), variable)


def read_secret(variable: str, path: str) -> str:
    """What a file holds; several lines are several keys."""
    try:
        return ",".join(Path(path).expanduser().read_text(encoding="utf-8").split())
    except (OSError, UnicodeDecodeError) as error:
        raise BadParameter(f"{variable}: {path} cannot be read") from error


def carvekit_values(environment: Mapping[str, str]) -> Iterator[tuple[str, Named]]:
    """Names of fields, and what the variables of CarveKit's server say of them."""
    for variable, text in environment.items():
        name = variable.removeprefix(CARVEKIT)
        if name == variable or not text.strip():
            continue
        value = text.strip()
        if name in FROM_CARVEKIT:
            yield FROM_CARVEKIT[name], (value, variable)
        elif name == "PREPROCESSING_METHOD" and value in {"auto", "autoscene"}:
            yield "model", (value, variable)
        elif name == "POSTPROCESSING_METHOD":
            if value not in POSTPROCESSING:
                raise BadParameter(f"{variable}: {unknown_name('method', value, POSTPROCESSING)}")
            for field_name, chosen in POSTPROCESSING[value].items():
                yield field_name, (chosen, variable)


FROM_CARVEKIT = {
    "PORT": "port",
    "HOST": "host",
    "AUTH_ENABLE": "auth",
    "ADMIN_TOKEN": "admin_key",
    "ALLOWED_TOKENS": "keys",
    "SEGMENTATION_NETWORK": "model",
    "DEVICE": "device",
    "FP16": "half",
    "SEG_MASK_SIZE": "segment_size",
    "MATTING_MASK_SIZE": "matte_size",
    "REFINE_MASK_SIZE": "refine_size",
}
POSTPROCESSING = {
    "none": {},
    "fba": {"matte": "fba"},
    "cascade_fba": {"refine": "cascadepsp", "matte": "fba"},
}


def changed(options: ServeOptions, values: dict[str, Named]) -> ServeOptions:
    """Options with some fields, of theirs or of the settings, read from text."""
    own = {each.name: str(each.type) for each in fields(ServeOptions) if each.name != "settings"}
    asked = {each.name: str(each.type) for each in fields(Settings)}
    changes: dict[str, dict[str, Any]] = {"own": {}, "asked": {}}
    for name, (text, variable) in values.items():
        kind = own.get(name) or asked.get(name)
        if kind is None:
            raise BadParameter(f"{variable}: {unknown_name('option', name, [*own, *asked])}")
        try:
            changes["own" if name in own else "asked"][name] = READERS[kind](text)
        except ValueError:
            shown = "what is given" if name in {"keys", "admin_key", "store"} else f"'{text}'"
            raise BadParameter(f"{variable}: {shown} is not {WORDS.get(kind, 'valid')}") from None
    return replace(options, settings=settings_with(options.settings, changes["asked"]), **changes["own"])


def read_bool(text: str) -> bool:
    """Read yes or no.

    Raises:
        ValueError: it is neither.
    """
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    try:
        return words[text.lower()]
    except KeyError:
        raise ValueError(text) from None


def read_list(text: str) -> tuple[str, ...]:
    """Read several with commas between."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


READERS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "str | None": str,
    "int": int,
    "int | None": int,
    "float": float,
    "bool": read_bool,
    "tuple[str, ...]": read_list,
    "Path | None": lambda text: Path(os.path.expanduser(text)),
}
WORDS = {"int": "a whole number", "int | None": "a whole number", "float": "a number", "bool": "true or false"}
