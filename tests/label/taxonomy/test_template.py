from __future__ import annotations

from pathlib import Path

import pytest

from mattebox.errors import BadParameter
from mattebox.label.taxonomy import Taxonomy
from mattebox.label.taxonomy.template import example, template


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("suffix", [".xlsx", ".csv", ".yaml"])
def test_a_template_is_a_table_without_faults(tmp_path: Path, language: str, suffix: str) -> None:
    path = tmp_path / f"t{suffix}"
    template(path, language=language)  # type: ignore[arg-type]
    taxonomy = Taxonomy.load(path)
    assert taxonomy == example(language)  # type: ignore[arg-type]
    assert [finding for finding in taxonomy.lint() if finding.severity != "note"] == []
    rules = {taxonomy.resolve(label).rule for entry in taxonomy.entries for label in entry.labels}
    assert rules == {"use", "ignore", "reject_frame"}


def test_both_languages_tell_the_same() -> None:
    english, russian = example("en"), example("ru")
    assert [entry.labels for entry in english.entries] == [entry.labels for entry in russian.entries]
    assert [entry.number for entry in english.entries] == [entry.number for entry in russian.entries]
    labels = [label for entry in english.entries for label in entry.labels]
    assert [english.resolve(label).index for label in labels] == [russian.resolve(label).index for label in labels]


def test_a_blank_template_has_headers_only(tmp_path: Path) -> None:
    template(tmp_path / "classes.csv", tmp_path / "supers.csv", language="ru", blank=True)
    headers = "Класс объекта,Метка в CVAT,Примечание,Метка в другом источнике данных,Признаки,URL\r\n"
    assert (tmp_path / "classes.csv").read_bytes().decode("utf-8-sig") == headers
    taxonomy = Taxonomy.load(tmp_path / "classes.csv", tmp_path / "supers.csv")
    assert (taxonomy, taxonomy.findings) == (Taxonomy(language="ru"), ())


def test_a_language_that_is_not_known_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="no language of label tables 'de'"):
        template(tmp_path / "t.csv", language="de")  # type: ignore[arg-type]
