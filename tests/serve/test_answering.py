from __future__ import annotations

import pytest

from mattebox.serve.answering import wants_json


@pytest.mark.parametrize(
    ("accept", "json"),
    [
        ("", False),
        ("*/*", False),
        ("image/*", False),
        ("image/png", False),
        ("application/zip", False),
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("application/json, text/plain, */*", True),
        ("image/png, application/json", False),
        ("application/json, image/png", True),
        ("application/json;q=0.2, image/*;q=0.9", False),
        ("image/*;q=0.2, application/json;q=0.9", True),
        ("application/json;q=0", False),
        ("application/json;q=much", False),
        ("text/html, application/xhtml+xml, */*;q=0.8", False),
        (",;,=;q", False),
        (",".join(["image/png"] * 5000), False),
    ],
)
def test_json_is_for_those_who_would_rather_have_it(accept: str, json: bool) -> None:
    assert wants_json(accept) is json
