"""Tracks built row by row, for tests of what is done with them."""

from mattebox.label.row import Row
from mattebox.label.table import Table


def key(frame, points, shape="rectangle", *, object=0, **more):  # noqa: A002
    """A key of a track."""
    return Row(
        **{"label": "cat", "frame": frame, "shape": shape, "points": points, "object": object} | more, tracked=True
    )


def table(*rows):
    """A table of rows."""
    return Table.from_rows(rows)


def seen(found, object=0):  # noqa: A002
    """The points of an object by frame."""
    return {row.frame: list(row.points) for row in found.rows() if row.object == object}
