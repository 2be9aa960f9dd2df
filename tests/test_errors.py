from __future__ import annotations

import logging

import cv2
import numpy as np
import pytest

from mattebox.errors import BadPicture, reason_of


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (BadPicture("a.jpg: empty"), "a.jpg: empty"),
        (MemoryError(), "a.jpg: not enough memory for a picture of this size"),
    ],
)
def test_what_is_foreseen_is_worded_and_not_logged(
    error: Exception, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert reason_of(error, "a.jpg") == reason
    assert caplog.text == ""


def test_memory_that_runs_out_inside_opencv_is_memory_that_runs_out() -> None:
    with pytest.raises(cv2.error) as raised:
        cv2.resize(np.zeros((2, 2), np.uint8), (1 << 30, 1 << 18))
    assert reason_of(raised.value, "a.jpg") == "a.jpg: not enough memory for a picture of this size"


def test_what_nobody_has_foreseen_is_named_and_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ValueError, match="upside down") as raised:
        int("upside down")
    assert reason_of(raised.value, "a.jpg") == f"a.jpg: unexpected ValueError: {raised.value}"
    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.ERROR, "unexpected error on a.jpg")
    assert 'int("upside down")' in caplog.text
