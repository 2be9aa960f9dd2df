"""CVAT's backups and CVAT's XML, read and written without a server."""

from __future__ import annotations

from mattebox.label.archive import Archive, Limits
from mattebox.label.cvat.backup_read import looks_like_backup, read_backup
from mattebox.label.cvat.backup_write import write_backup, write_task_backup
from mattebox.label.cvat.labels import label_record, parse_labels
from mattebox.label.cvat.validation import honeypots

__all__ = [
    "Archive",
    "Limits",
    "honeypots",
    "label_record",
    "looks_like_backup",
    "parse_labels",
    "read_backup",
    "write_backup",
    "write_task_backup",
]
