"""YOLOv4."""
