"""YOLOv4; see `mattebox.nets.yolo`."""

from __future__ import annotations

from mattebox.nets.yolo import YoloV4 as Yolov4

__all__ = ["Yolov4"]
