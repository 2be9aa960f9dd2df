"""Everything that can be set about the server, and where it is read from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any, get_type_hints

from mattebox.errors import BadParameter, check_ranges, unknown_name
from mattebox.serve.access.keys import RATE
from mattebox.serve.values import form_of
from mattebox.settings import Settings, settings_with
from mattebox.zoo.places import home

__all__ = ["PREFIX", "ServeOptions", "changed", "options_from"]

PREFIX = "MATTEBOX_SERVE_"
CARVEKIT = "CARVEKIT_"
ANYWHERE = "0.0.0.0"
LOCAL = "127.0.0.1"
ANY = "*"
"""What stands for pages or proxies of every address."""
ORIGIN = re.compile(r"[a-z][a-z+.-]*://[^\s/]+")
INSTALLED = "installed"
"""What stands for every model whose weights are here."""
RANGES: dict[str, tuple[float, float]] = {
    "port": (0, 65535),
    "workers": (1, 1024),
    "queue": (1, 100_000),
    "deadline": (1, 3600),
    "grace": (0, 3600),
    "max_megabytes": (0.001, 2000),
    "max_megapixels": (0.001, 1000),
    "rate": (0.001, 1e9),
    "job_hours": (0.01, 24 * 365),
}
"""Least and greatest value of the options that are numbers."""


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
        store: address of the state that outlives the process: a file, `redis://...` or `memory:`; None for what
            `store_address` says.
        data: folder of state, of batch jobs and of pictures sent to be looked at; None for what `folder` says.
        job_hours: hours that results of batch jobs are kept.
        origins: pages of other addresses that may call from a browser, such as `https://shop.example`, or `*` for all;
            None for what `callers` says.
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
    rate: float = RATE
    store: str | None = field(default=None, repr=False)
    data: Path | None = None
    job_hours: float = 24.0
    origins: tuple[str, ...] | None = None
    proxies: str = LOCAL
    private_addresses: bool = False
    studio: bool = True
    docs: bool = True
    metrics: bool = True

    def __post_init__(self) -> None:
        check_ranges(self, RANGES)
        if self.local and self.host not in {None, LOCAL, "localhost", "::1"}:
            raise BadParameter(f"host={self.host!r}: without keys the server is for this computer alone ({LOCAL})")
        for origin in self.origins or ():
            if origin != ANY and not ORIGIN.fullmatch(origin):
                raise BadParameter(
                    f"origins={origin!r}: give {ANY}, or addresses of pages such as https://shop.example"
                )
        for proxy in self.proxies.replace(",", " ").split():
            if not is_proxy(proxy):
                raise BadParameter(f"proxies={proxy!r}: give {ANY}, addresses such as 10.0.0.1, or 10.0.0.0/8")

    @property
    def address(self) -> str:
        """The address to listen on."""
        return self.host or (LOCAL if self.local else ANYWHERE)

    @property
    def open(self) -> bool:
        """Whether everybody who reaches the server may use it."""
        return self.local or not self.auth

    @property
    def callers(self) -> tuple[str, ...]:
        """Origins of pages that may call: as was said, else all where a key is asked for, and none where none is."""
        # Without a key any page that a browser has open could use the server, and read what others made with it.
        unless_said = () if self.open else (ANY,)
        return unless_said if self.origins is None else self.origins

    @property
    def folder(self) -> Path:
        """Folder of state, of batch jobs and of pictures sent to be looked at."""
        return self.data or home() / "server"

    @property
    def store_address(self) -> str:
        """Where the state is: in a file of the folder unless said otherwise, and in memory where there are no keys."""
        return self.store or ("memory:" if self.local else str(self.folder / "state.sqlite"))

    def redacted(self) -> dict[str, Any]:
        """All of it by name, for people to look at, with no secret in it."""
        shown = {each.name: getattr(self, each.name) for each in fields(self) if each.repr}
        shown["settings"] = {each.name: getattr(self.settings, each.name) for each in fields(self.settings)}
        shown["data"] = None if self.data is None else self.data.name
        shown["keys"] = len(self.keys)
        shown["admin_key"] = self.admin_key is not None
        shown["store"] = None if self.store is None else self.store.partition(":")[0]
        return shown


def is_proxy(text: str) -> bool:
    """Whether some text is an address, a network, or stands for all of them."""
    try:
        return text == ANY or bool(ip_network(text, strict=False))
    except ValueError:
        return False


def options_from(environment: Mapping[str, str]) -> ServeOptions:
    """Read options from variables: `MATTEBOX_SERVE_PORT`, `MATTEBOX_SERVE_MODEL`, ..., and those of CarveKit's server.

    Every field of `ServeOptions` and of `Settings` has the variable of its name in capitals; an empty one is not set.
    `MATTEBOX_SERVE_KEYS` and `MODELS` take several with commas, and a secret may lie in a file that `..._FILE` names.

    Args:
        environment: such as `os.environ`.

    Raises:
        BadParameter: a value cannot be read or makes no sense, or there is no such option; the message names the
            variable.

    Example:
        >>> options_from({"MATTEBOX_SERVE_PORT": "9000", "MATTEBOX_SERVE_KEEP_LARGEST": "yes"}).settings.keep_largest
        True
    """
    return changed(ServeOptions(), {**dict(carvekit_values(environment)), **dict(own_values(environment))})


Said = tuple[Any, str]
"""A value, or the text of one, and the name of the variable or option that says it."""


def own_values(environment: Mapping[str, str]) -> Iterator[tuple[str, Said]]:
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
        return ",".join(Path(path).expanduser().read_text(encoding="utf-8").strip().splitlines())
    except (OSError, UnicodeDecodeError) as error:
        raise BadParameter(f"{variable}: {path} cannot be read") from error


def carvekit_values(environment: Mapping[str, str]) -> Iterator[tuple[str, Said]]:
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


def changed(options: ServeOptions, said: Mapping[str, Said]) -> ServeOptions:
    """Options with some fields, of theirs or of the settings, as they were said by name.

    Raises:
        BadParameter: a value cannot be read or makes no sense, or there is no such option.
    """
    own, asked = get_type_hints(ServeOptions), get_type_hints(Settings)
    del own["settings"]
    changes: dict[str, Any] = {}
    for name, (value, source) in said.items():
        hint = own.get(name, asked.get(name))
        if hint is None:
            raise BadParameter(f"{source}: {unknown_name('option', name, [*own, *asked])}")
        changes[name] = form_of(hint).value(value, source)
    settings = settings_with(options.settings, {name: changes[name] for name in changes.keys() - own})
    return replace(options, settings=settings, **{name: changes[name] for name in changes.keys() & own})
