"""Options that several commands have: declared once in a data class, and taken by a command as one parameter."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar, get_type_hints

__all__ = ["Command", "gathers"]

Command = TypeVar("Command", bound=Callable[..., Any])


def gathers(parameter: str, names: Sequence[str], unless_given: Any) -> Callable[[Command], Command]:
    """Give a command options for some fields of a data class, which it takes together as one parameter.

    Args:
        parameter: name of the parameter.
        names: of the fields.
        unless_given: what the command takes for the options that are not given, and for all other fields.
    """

    def wrapped(command: Command) -> Command:
        own = dict(inspect.signature(command, eval_str=True).parameters)
        own.pop(parameter)
        hints = get_type_hints(type(unless_given), include_extras=True)
        keyword = inspect.Parameter.KEYWORD_ONLY
        shared = [
            inspect.Parameter(name, keyword, default=getattr(unless_given, name), annotation=hints[name])
            for name in names
        ]

        def gathering(**given: Any) -> Any:
            gathered = replace(unless_given, **{name: given.pop(name) for name in names})
            return command(**given, **{parameter: gathered})

        parameters = [*own.values(), *shared]
        gathering.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        gathering.__annotations__ = {each.name: each.annotation for each in parameters}
        gathering.__name__, gathering.__doc__ = command.__name__, command.__doc__
        return gathering  # type: ignore[return-value]

    return wrapped
