"""ONNX Runtime: the default engine, in the light install."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from mattebox.cancelling import check_cancelled, when_cancelled
from mattebox.engines.base import Tensor, shapes_of
from mattebox.errors import BadParameter, EngineFailed, unknown_name

# Unless told not to before it is loaded, it reports to its maker which models are run.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
import onnxruntime

log = logging.getLogger(__name__)

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
"""Devices by the name that users give, and what ONNX Runtime calls them."""


def available_devices() -> list[str]:
    """Devices that the installed ONNX Runtime can use, fastest first."""
    present = set(onnxruntime.get_available_providers())
    ranked = ("cuda", "directml", "coreml", "openvino", "cpu")
    return [device for device in ranked if PROVIDERS[device] in present]


def choose_device(asked: str) -> str:
    """Turn what a user asked for (`auto`, `cpu`, `cuda`, `cuda:1`, ...) into a device that is there.

    `auto` takes CUDA when it is there and the CPU otherwise; the others are only used when asked for by name.

    Raises:
        BadParameter: the name is not a device.
        EngineFailed: the device is not available; nothing is replaced silently.
    """
    if asked == "auto":
        return "cuda" if "cuda" in available_devices() else "cpu"
    kind, _, index = asked.partition(":")
    if kind not in PROVIDERS or not (index == "" or (kind == "cuda" and index.isdecimal())):
        raise BadParameter(unknown_name("device", asked, ["auto", *PROVIDERS]))
    if kind not in available_devices():
        raise EngineFailed(
            f"device '{asked}' was asked for, but this ONNX Runtime {onnxruntime.__version__} offers only "
            f"{', '.join(available_devices())}; install the build of onnxruntime that supports it, or use the cpu"
        )
    return asked


class OnnxEngine:
    """A network run by ONNX Runtime.

    Args:
        model: the ONNX file, or its verified bytes.
        device: `auto`, `cpu`, `cuda`, ...
        threads: threads for one run; None means one per core.
        pooled: hand scratch memory from layer to layer instead of asking the system for it each time; a third faster
            for large networks. It is given back at the end of a run.

    Attributes:
        fixed_batch: whether the file says how many pictures are in a run.

    Raises:
        EngineFailed: the file cannot be run, or the device that was asked for is not used.
    """

    def __init__(
        self, model: bytes | Path, device: str = "auto", threads: int | None = None, *, pooled: bool = False
    ) -> None:
        chosen = choose_device(device)
        self._session = open_session(model, chosen, threads, pooled=pooled)
        self._pooled = pooled
        if not uses(self._session, chosen):
            if device != "auto":
                raise EngineFailed(f"device '{chosen}' was asked for, but ONNX Runtime did not use it")
            log.warning("ONNX Runtime was built for %s but cannot use it here; running on the CPU", chosen)
            chosen = "cpu"
        self._device = chosen
        inputs = self._session.get_inputs()
        self._inputs = [taken.name for taken in inputs]
        self.fixed_batch = any(isinstance(length, int) for taken in inputs for length in taken.shape[:1])

    @property
    def device(self) -> str:
        """Where the network runs."""
        return self._device

    def run(self, *batches: Tensor) -> tuple[Tensor, ...]:
        """Run float32 batches (N, C, H, W), one for each input, and return the outputs in the model's order.

        A run that is cancelled stops after the layer that it is at.
        """
        check_cancelled()
        options = onnxruntime.RunOptions()
        if self._pooled:
            options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")

        def stop() -> None:
            options.terminate = True

        try:
            with when_cancelled(stop):
                return tuple(self._session.run(None, dict(zip(self._inputs, batches, strict=True)), options))
        except Exception as error:  # onnxruntime raises bare exceptions of many kinds
            check_cancelled()
            raise EngineFailed(f"ONNX Runtime failed on {shapes_of(batches)}: {error}") from error


def open_session(
    model: bytes | Path, device: str, threads: int | None, *, pooled: bool
) -> onnxruntime.InferenceSession:
    """Load a model for a device.

    Raises:
        EngineFailed: it cannot be loaded.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.log_severity_level = 3
    # Spinning threads take the core that decodes the next picture or encodes the last one.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Both keep the scratch memory of a run for the next one, and did not make runs of small networks faster.
    options.enable_cpu_mem_arena = pooled
    # With reuse, buffers of large networks outlive what they were for: ViTMatte takes 2.5 times the memory.
    options.enable_mem_reuse = not pooled
    options.enable_mem_pattern = False
    source = model if isinstance(model, bytes) else str(model)
    kind, _, index = device.partition(":")
    provider = (PROVIDERS[kind], {"device_id": index} if index else {})
    try:
        return onnxruntime.InferenceSession(source, options, providers=[provider])
    except Exception as error:  # as above
        raise EngineFailed(f"ONNX Runtime cannot load the model: {error}") from error


def uses(session: onnxruntime.InferenceSession, device: str) -> bool:
    """Whether a session really runs on a device, and not on the CPU in its place."""
    return PROVIDERS[device.partition(":")[0]] in session.get_providers()
