from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from mattebox.nets.guided_attention import GuidedAttention

PLACES = 12


def plain_attention() -> GuidedAttention:
    """Attention whose own layers change nothing: it compares the guide's first channels, and adds what is borrowed."""
    attention = GuidedAttention().eval()
    state = {
        "guidance_conv.weight": torch.eye(64, 128)[..., None, None],
        "guidance_conv.bias": torch.zeros(64),
        "out_conv.0.weight": torch.eye(128)[..., None, None],
    }
    attention.load_state_dict(attention.state_dict() | state)
    return attention


def twin_places() -> tuple[Tensor, Tensor, Tensor]:
    """A guide that looks the same around the places (3, 3) and (8, 8), a map, and the latter place as the unknown."""
    make = torch.Generator().manual_seed(0)
    guide = torch.randn(1, 128, PLACES, PLACES, generator=make)
    guide[..., 6:11, 6:11] = guide[..., 1:6, 1:6]
    unknown = torch.zeros(1, 1, PLACES, PLACES)
    unknown[..., 8, 8] = 1
    enlarged = guide.repeat_interleave(2, 2).repeat_interleave(2, 3)
    return enlarged, torch.rand(1, 128, 2 * PLACES, 2 * PLACES, generator=make), unknown


def at(x: Tensor, place: int) -> Tensor:
    """The pixels of a map at a place of the diagonal."""
    pixels = slice(2 * place, 2 * place + 2)
    return x[..., pixels, pixels]


@torch.inference_mode()
def borrowed(attention: nn.Module, guide: Tensor, x: Tensor, unknown: Tensor) -> Tensor:
    """What the attention adds to a map."""
    return attention(guide, x, unknown) - x


def test_an_unknown_place_borrows_from_the_one_that_looks_alike() -> None:
    guide, x, unknown = twin_places()
    ours = borrowed(plain_attention(), guide, x, unknown)
    torch.testing.assert_close(at(ours, 8), at(x, 3), atol=1e-4, rtol=1e-4)


def test_a_known_place_borrows_from_itself_and_not_from_an_unknown_one() -> None:
    guide, x, unknown = twin_places()
    ours = borrowed(plain_attention(), guide, x, unknown)
    torch.testing.assert_close(at(ours, 3), at(x, 3), atol=1e-4, rtol=1e-4)


def test_where_nothing_is_unknown_twins_borrow_from_both() -> None:
    guide, x, unknown = twin_places()
    ours = borrowed(plain_attention(), guide, x, torch.zeros_like(unknown))
    torch.testing.assert_close(at(ours, 8), (at(x, 3) + at(x, 8)) / 2, atol=1e-4, rtol=1e-4)


def test_all_unknown_gives_numbers() -> None:
    guide, x, unknown = twin_places()
    assert borrowed(plain_attention(), guide, x, torch.ones_like(unknown)).isfinite().all()


def test_an_empty_guide_gives_every_place_the_same() -> None:
    guide, x, unknown = twin_places()
    ours = borrowed(plain_attention(), torch.zeros_like(guide), x, torch.zeros_like(unknown))
    for place in range(2, PLACES - 1):
        torch.testing.assert_close(at(ours, place), at(ours, 1))
    assert at(ours, 1).mean() == pytest.approx(x.mean().item(), abs=0.02)
