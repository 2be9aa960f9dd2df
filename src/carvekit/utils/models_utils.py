"""Precision and seeds of PyTorch. Nothing here happens on import."""

from __future__ import annotations

import random
import warnings
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from mattebox.errors import BadParameter

if TYPE_CHECKING:
    import torch

__all__ = ["EmptyAutocast", "cast_network", "fix_seed", "get_precision_autocast", "suppress_warnings"]

Decorated = TypeVar("Decorated")


class EmptyAutocast:
    """A context, and a decorator, that changes nothing."""

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        """Do nothing."""

    def __call__(self, func: Decorated) -> Decorated:
        """The function itself."""
        return func


def get_precision_autocast(
    device: str = "cpu",
    fp16: bool = True,
    override_dtype: torch.dtype | None = None,
) -> tuple[AbstractContextManager[Any], torch.dtype]:
    """Find the context and the precision in which a network runs.

    Args:
        device: `cpu`, `cuda`, `cuda:1`.
        fp16: half precision where the device can; on a CPU a warning says that it cannot.
        override_dtype: a precision that is taken in any case.
    """
    import torch

    if fp16 and device == "cpu":
        warnings.warn("half precision is for GPUs; computing in float32 on the CPU", stacklevel=2)
    dtype = override_dtype or (torch.float16 if fp16 and "cuda" in device else torch.float32)
    if dtype == torch.float32 and device == "cpu":
        return EmptyAutocast(), dtype
    return torch.autocast(torch.device(device).type, dtype), dtype


def cast_network(network: torch.nn.Module, dtype: torch.dtype) -> None:
    """Bring a network to a precision, in place.

    Raises:
        BadParameter: the type is not float32, float16 or bfloat16.
    """
    import torch

    if dtype not in (torch.float32, torch.float16, torch.bfloat16):
        raise BadParameter(f"dtype {dtype}: must be float32, float16 or bfloat16")
    network.to(dtype)


def fix_seed(seed: int = 42) -> bool:
    """Seed Python and PyTorch, and have cuDNN choose the same algorithms every time.

    Returns:
        True.
    """
    import torch

    random.seed(seed)
    torch.manual_seed(seed)
    if torch.cuda.is_available():
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.benchmark = False
    return True


def suppress_warnings() -> None:
    """Do nothing: the warning of PyTorch 1.11 that this was for is no longer given."""
