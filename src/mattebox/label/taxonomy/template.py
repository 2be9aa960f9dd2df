"""A label table to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from mattebox.errors import BadParameter, unknown_name
from mattebox.label.taxonomy.model import Language, Taxonomy

__all__ = ["example", "template"]


def example(language: Language = "en") -> Taxonomy:
    """A small table in which everything occurs: groups, kinds, several labels, synonyms, ignored and rejecting ones.

    Raises:
        BadParameter: the language is neither `en` nor `ru`.
        MissingExtra: PyYAML is not installed.
    """
    if language not in get_args(Language):
        raise BadParameter(unknown_name("language of label tables", language, get_args(Language)))
    return Taxonomy.load(Path(__file__).with_name(f"template.{language}.yaml"))


def template(*paths: str | Path, language: Language = "en", blank: bool = False, overwrite: bool = False) -> None:
    """Write a table to fill in.

    Args:
        paths: one file for both tables, or one for the classes and one for the superclasses, as `Taxonomy.save` takes.
        language: of the headers, of the notes beside them and of the example.
        blank: write headers only; otherwise the example is below them, to be replaced.
        overwrite: replace files that are there.

    Raises:
        BadParameter: a suffix is none of a label table, or the language is not known.
        OutputFailed: a file exists, or cannot be written.
        MissingExtra: the package that writes that form is not installed.
    """
    filled = example(language)
    (Taxonomy(language=filled.language) if blank else filled).save(*paths, overwrite=overwrite)
