"""Where a command writes and in which form, looked at before anything is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mattebox.errors import BadParameter, OutputFailed, unknown_name

__all__ = ["check_form", "check_free", "form_of"]


def check_form(form: str) -> None:
    """Make sure that annotations can be written in a form.

    Raises:
        BadParameter: there is no such form, or it is only read.
    """
    from mattebox.label.formats import FORMATS

    writable = [name for name, each in FORMATS.items() if each.writes]
    if form not in writable:
        raise BadParameter(f"--to: {unknown_name('form to write', form, writable)}")


def form_of(source: Path, source_format: str) -> str:
    """The form of a source: what was said, or what it looks like.

    Raises:
        BadAnnotations: it is not there, or of no form that is known.
    """
    from mattebox.label.formats import recognise

    return recognise(source).name if source_format == "auto" else source_format


def check_free(out: Path, sources: Sequence[Path], *, overwrite: bool) -> None:
    """Make sure that nothing is lost where a result is to be.

    Args:
        out: file or folder that is to be written.
        sources: that are read meanwhile.
        overwrite: a file that is there may be replaced.

    Raises:
        BadParameter: it is one of the sources, or holds one.
        OutputFailed: there is a file already that is not to be replaced.
    """
    place = out.resolve()
    for source in sources:
        if source.resolve().is_relative_to(place):
            raise BadParameter(f"--out {out}: {source} is read from there; give another place")
    if out.is_file() and not overwrite:
        raise OutputFailed(f"{out} exists already; ask to --overwrite it, or give another name")
