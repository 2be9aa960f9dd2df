"""The files of weights: each function returns the path of one, which is verified, and fetched if need be."""

from __future__ import annotations

from functools import partial

from carvekit.ml.files import checkpoints_dir
from carvekit.utils.download_models import MODELS_URLS, downloader
from carvekit.utils.pool_utils import thread_pool_processing

__all__ = [
    "basnet_pretrained",
    "cascadepsp_finetuned",
    "cascadepsp_pretrained",
    "checkpoints_dir",
    "deeplab_pretrained",
    "download_all",
    "downloader",
    "fba_pretrained",
    "isnet_carveset_pretrained",
    "isnet_full_pretrained",
    "scene_classifier_pretrained",
    "tracer_b7_carveset_finetuned",
    "tracer_b7_pretrained",
    "u2net_full_pretrained",
    "yolov4_coco_pretrained",
]

basnet_pretrained = partial(downloader, "basnet.pth")
cascadepsp_finetuned = partial(downloader, "cascadepsp_finetuned_carveset.pth")
cascadepsp_pretrained = partial(downloader, "cascadepsp.pth")
deeplab_pretrained = partial(downloader, "deeplab.pth")
fba_pretrained = partial(downloader, "fba_matting.pth")
isnet_carveset_pretrained = partial(downloader, "isnet-97-carveset.pth")
isnet_full_pretrained = partial(downloader, "isnet.pth")
scene_classifier_pretrained = partial(downloader, "scene_classifier.pth")
tracer_b7_carveset_finetuned = partial(downloader, "tracer-b7-carveset-finetuned.pth")
tracer_b7_pretrained = partial(downloader, "tracer_b7.pth")
u2net_full_pretrained = partial(downloader, "u2net.pth")
yolov4_coco_pretrained = partial(downloader, "yolov4_coco_with_classes.pth")


def download_all() -> None:
    """Fetch every file that is not here, a few at a time.

    Raises:
        DownloadFailed: one cannot be fetched.
    """
    thread_pool_processing(downloader, MODELS_URLS, workers=3)
