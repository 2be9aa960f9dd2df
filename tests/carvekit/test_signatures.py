"""What programs rely on: where names are, what they are called with, and what is assumed where nothing is said."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import import_module

import pytest

SIGNATURES = {
    "api.interface.Interface": "seg_pipe, pre_pipe=None, post_pipe=None, device='cpu'",
    "api.high.HiInterface": (
        "object_type='auto', batch_size_pre=5, batch_size_seg=1, batch_size_matting=1, batch_size_refine=1, "
        "device='cpu', seg_mask_size=960, matting_mask_size=2048, refine_mask_size=900, trimap_filter_threshold=-1, "
        "trimap_prob_threshold=231, trimap_dilation=30, trimap_erosion_iters=5, fp16=False"
    ),
    "api.autointerface.AutoInterface": (
        "scene_classifier, object_classifier, segmentation_batch_size=1, refining_batch_size=1, "
        "refining_image_size=900, postprocessing_batch_size=1, postprocessing_image_size=2048, "
        "segmentation_device='cpu', postprocessing_device='cpu', fp16=False, override_trimap_params=None"
    ),
    "api.autointerface.AutoInterface.select_params_for_net": "net",
    "pipelines.preprocessing.PreprocessingStub": "",
    "pipelines.preprocessing.stub.PreprocessingStub.__call__": "self, interface, images",
    "pipelines.preprocessing.AutoScene": "scene_classifier",
    "pipelines.preprocessing.autoscene.AutoScene.select_net": "scene",
    "pipelines.postprocessing.MattingMethod": "matting_module, trimap_generator, device='cpu'",
    "pipelines.postprocessing.matting.MattingMethod.__call__": "self, images, masks",
    "pipelines.postprocessing.CasMattingMethod": "refining_module, matting_module, trimap_generator, device='cpu'",
    "pipelines.postprocessing.casmatting.CasMattingMethod.__call__": "self, images, masks",
    "trimap.generator.TrimapGenerator": "prob_threshold=231, kernel_size=30, erosion_iters=5, filter_threshold=-1",
    "trimap.generator.TrimapGenerator.__call__": "self, original_image, mask",
    "trimap.cv_gen.CV2TrimapGenerator": "kernel_size=30, erosion_iters=1",
    "trimap.add_ops.prob_filter": "mask, prob_threshold=231",
    "trimap.add_ops.low_prob_filter": "mask, filter_threshold=-1",
    "trimap.add_ops.prob_as_unknown_area": "trimap, mask, prob_threshold=255",
    "trimap.add_ops.post_erosion": "trimap, erosion_iters=1",
    "ml.wrap.tracer_b7.TracerUniversalB7": (
        "device='cpu', input_image_size=960, batch_size=1, load_pretrained=True, fp16=False, model_path=None"
    ),
    "ml.wrap.tracer_b7.TracerUniversalB7Pretrained": (
        "device='cpu', input_image_size=640, batch_size=4, load_pretrained=True, fp16=False, model_path=None"
    ),
    "ml.wrap.isnet.ISNet": "device='cpu', input_image_size=1024, batch_size=1, load_pretrained=True, fp16=False",
    "ml.wrap.isnet.ISNetDISPretrained": (
        "device='cpu', input_image_size=1024, batch_size=1, load_pretrained=True, fp16=False"
    ),
    "ml.wrap.u2net.U2NET": (
        "layers_cfg='full', device='cpu', input_image_size=320, batch_size=10, load_pretrained=True, fp16=False"
    ),
    "ml.wrap.basnet.BASNET": "device='cpu', input_image_size=320, batch_size=10, load_pretrained=True, fp16=False",
    "ml.wrap.deeplab_v3.DeepLabV3": (
        "device='cpu', batch_size=10, input_image_size=1024, load_pretrained=True, fp16=False"
    ),
    "ml.wrap.fba_matting.FBAMatting": (
        "device='cpu', input_tensor_size=2048, batch_size=2, encoder='resnet50_GN_WS', load_pretrained=True, "
        "fp16=False, disable_noise_filter=False"
    ),
    "ml.wrap.fba_matting.FBAMatting.data_postprocessing": "self, data, trimap",
    "ml.wrap.cascadepsp.CascadePSP": (
        "device='cpu', input_tensor_size=900, batch_size=1, load_pretrained=True, fp16=False, "
        "mask_binary_threshold=127, global_step_only=False, processing_accelerate_image_size=2048"
    ),
    "ml.wrap.cascadepsp.CascadePSP.data_postprocessing": "data, mask",
    "ml.wrap.scene_classifier.SceneClassifier": "topk=1, device='cpu', batch_size=4, fp16=False, model_path=None",
    "ml.wrap.yolov4.YoloV4_COCO": (
        "n_classes=80, device='cpu', classes=None, input_image_size=608, batch_size=4, load_pretrained=True, "
        "fp16=False, model_path=None"
    ),
    "ml.wrap.yolov4.SimplifiedYoloV4": (
        "n_classes=80, device='cpu', classes=None, input_image_size=608, batch_size=4, load_pretrained=True, "
        "fp16=False, model_path=None"
    ),
    "ml.wrap.yolov4.Object": "class_name, confidence, x1, y1, x2, y2",
    "ml.files.models_loc.download_all": "",
    "utils.image_utils.load_image": "file",
    "utils.image_utils.convert_image": "image, mode='RGB'",
    "utils.image_utils.is_image_valid": "image",
    "utils.image_utils.to_tensor": "x",
    "utils.image_utils.transparency_paste": "bg_img, fg_img, box=(0, 0)",
    "utils.image_utils.add_margin": "pil_img, top, right, bottom, left, color",
    "utils.mask_utils.composite": "foreground, background, alpha, device='cpu'",
    "utils.mask_utils.apply_mask": "image, mask, device='cpu'",
    "utils.mask_utils.extract_alpha_channel": "image",
    "utils.models_utils.get_precision_autocast": "device='cpu', fp16=True, override_dtype=None",
    "utils.models_utils.cast_network": "network, dtype",
    "utils.models_utils.fix_seed": "seed=42",
    "utils.models_utils.suppress_warnings": "",
    "utils.models_utils.EmptyAutocast": "",
    "utils.pool_utils.thread_pool_processing": "func, data, workers=18",
    "utils.pool_utils.batch_generator": "iterable, n=1",
    "utils.fs_utils.save_file": "output, input_path, image",
    "utils.download_models.sha512_checksum_calc": "file",
    "utils.download_models.HuggingFaceCompatibleDownloader": (
        "name='Huggingface.co', base_url='https://huggingface.co', fb_downloader=None"
    ),
    "utils.download_models.CachedDownloader.download_model": "self, file_name",
    "utils.download_models.CachedDownloader.__call__": "self, model_name",
    "web.schemas.config.MLConfig": (
        "segmentation_network='tracer_b7', preprocessing_method='autoscene', postprocessing_method='cascade_fba', "
        "device='cpu', batch_size_pre=5, batch_size_seg=1, batch_size_matting=1, batch_size_refine=1, "
        "seg_mask_size=960, matting_mask_size=2048, refine_mask_size=900, fp16=False, trimap_filter_threshold=-1, "
        "trimap_dilation=30, trimap_erosion=5, trimap_prob_threshold=231"
    ),
    "web.utils.init_utils.init_interface": "config",
    "web.utils.init_utils.init_config": "",
}

DATA = [
    "utils.image_utils.ALLOWED_SUFFIXES",
    "utils.download_models.MODELS_URLS",
    "utils.download_models.MODELS_CHECKSUMS",
    "utils.download_models.downloader",
    "utils.download_models.fallback_downloader",
    "ml.files.checkpoints_dir",
    "ml.files.models_loc.checkpoints_dir",
    "ml.files.models_loc.downloader",
    "web.schemas.config.AuthConfig",
    "web.schemas.config.WebAPIConfig",
    "ml.arch.u2net.u2net.U2NETArchitecture",
    "ml.arch.isnet.isnet.ISNetDIS",
    "ml.arch.basnet.basnet.BASNet",
    "ml.arch.tracerb7.tracer.TracerDecoder",
    "ml.arch.tracerb7.efficientnet.EfficientEncoderB7",
    "ml.arch.fba_matting.models.FBA",
    "ml.arch.cascadepsp.pspnet.RefinementModule",
    "ml.arch.yolov4.models.Yolov4",
]


def find(path: str) -> object:
    """What is at a path below `carvekit`: a module's name, or one of a class in it."""
    parts = path.split(".")
    modules = [part for part in parts if part.islower() or part == "tracerb7"]
    for count in range(len(modules), 0, -1):
        try:
            found: object = import_module(".".join(["carvekit", *parts[:count]]))
        except ModuleNotFoundError:
            continue
        for name in parts[count:]:
            found = getattr(found, name)
        return found
    raise AssertionError(path)


def words(function: object) -> str:
    """The parameters that a caller may give by place, without their types."""
    parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    placed = [each for each in parameters if each.kind is not each.KEYWORD_ONLY]
    return ", ".join(each.name if each.default is each.empty else f"{each.name}={each.default!r}" for each in placed)


@pytest.mark.parametrize("path", SIGNATURES)
def test_arguments_and_defaults_are_carvekits(path: str) -> None:
    assert words(find(path)) == SIGNATURES[path]


@pytest.mark.parametrize("path", DATA)
def test_names_that_programs_import_are_there(path: str) -> None:
    assert find(path) is not None


HEAVY = {"torch", "torchvision", "onnx", "onnxruntime", "pydantic_core", "fastapi"}


@pytest.mark.parametrize("module", ["carvekit", "carvekit.api.high", "carvekit.api.autointerface", "carvekit.__main__"])
def test_importing_loads_no_heavy_package_and_touches_nothing(module: str, tmp_path: object) -> None:
    program = (
        "import random, sys, os; before = random.getstate(); "
        f"import {module}; "
        f"print(*sorted({{name.partition('.')[0] for name in sys.modules}} & {HEAVY})); "
        "print(random.getstate() == before, os.listdir(os.environ['HOME']))"
    )
    environment = {"HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.splitlines() == ["", "True []"]


def test_the_version_is_the_one_whose_interface_this_is() -> None:
    import carvekit

    assert carvekit.version == "4.5.2"
