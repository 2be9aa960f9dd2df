"""PyTorch: what runs a network on a GPU, and where there is no ONNX file."""

from __future__ import annotations

import ctypes
import logging
import sys
from typing import TYPE_CHECKING

import numpy as np

from mattebox.cancelling import check_cancelled
from mattebox.engines.base import Tensor, shapes_of
from mattebox.errors import EngineFailed, MissingExtra

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

__all__ = ["TorchEngine", "has_nvidia_driver", "torch_device"]


def has_nvidia_driver() -> bool:
    """Whether a driver for CUDA is installed; costs nothing, where asking torch costs seconds and 200 MB."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True


def torch_device(asked: str) -> torch.device:
    """The device of torch that a user asked for (`auto`, `cpu`, `cuda`, `cuda:1`, `mps`).

    `auto` takes CUDA when it is there and the CPU otherwise.

    Raises:
        MissingExtra: torch is not installed.
        EngineFailed: the device is not there, or torch does not know it; nothing is replaced silently.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingExtra("torch", "running a network in PyTorch") from error
    if asked == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(asked)
    except RuntimeError as error:
        raise EngineFailed(
            f"device '{asked}': PyTorch knows no such device; cpu, cuda, cuda:1, mps are names"
        ) from error
    count = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if (device.index or 0) >= count.get(device.type, 0):
        raise EngineFailed(
            f"device '{asked}' was asked for, but this PyTorch {torch.__version__} finds "
            f"{count.get(device.type, 0)} of '{device.type}'; install the build that supports it, or use the cpu"
        )
    return device


def multiplies_in_half() -> bool:
    """Whether the CPU has instructions for products in bfloat16; without, they take longer than in float32."""
    import torch

    abilities = torch.cpu.get_capabilities()
    return any(abilities.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))


class TorchEngine:
    """A network run by PyTorch.

    Args:
        network: takes float32 tensors (N, C, H, W) and gives a tensor or a tuple of them.
        device: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`.
        half: compute in half precision: float16 on a GPU, bfloat16 on a CPU that multiplies so; on another a warning
            says that it is not done.

    Raises:
        MissingExtra, EngineFailed: torch or the device is not there.
    """

    def __init__(self, network: torch.nn.Module, device: str = "auto", *, half: bool = False) -> None:
        import torch

        self._device = torch_device(device)
        on_cpu = self._device.type == "cpu"
        if half and on_cpu and not multiplies_in_half():
            log.warning("this CPU does not multiply in half precision; computing in float32")
            half = False
        self._precision = (torch.bfloat16 if on_cpu else torch.float16) if half else torch.float32
        # GPUs convolve faster over channels that lie together.
        layout = torch.channels_last if self._device.type == "cuda" else torch.contiguous_format
        self._network = network.eval().to(self._device).to(memory_format=layout)  # type: ignore[call-overload]

    @property
    def device(self) -> str:
        """Where the network runs."""
        return str(self._device)

    def run(self, *batches: Tensor) -> tuple[Tensor, ...]:
        """Run float32 batches (N, C, H, W), one for each input, and return the outputs in the network's order."""
        import torch

        check_cancelled()
        kind = self._device.type
        try:
            with (
                torch.inference_mode(),
                torch.autocast(kind, self._precision, enabled=self._precision != torch.float32),
            ):
                answer = self._network(*(torch.from_numpy(batch).to(self._device) for batch in batches))
            answers = (answer,) if isinstance(answer, torch.Tensor) else answer
            return tuple(np.ascontiguousarray(each.float().cpu().numpy()) for each in answers)
        except RuntimeError as error:
            raise EngineFailed(f"PyTorch failed on {shapes_of(batches)} on {kind}: {error}") from error
