from __future__ import annotations

import pytest
import torch
from torch import Tensor

from mattebox.nets import vit
from mattebox.nets.vit import Attention, Interlaced, Windowed, distances


def drawn(attention: Attention) -> Attention:
    """The same with weights that all matter."""
    draw = torch.Generator().manual_seed(0)
    for weights in attention.parameters():
        torch.nn.init.normal_(weights, std=0.3, generator=draw)
    return attention.eval()


def maps(*size: int) -> Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("held", [1, 2**40])
def test_how_many_rows_ask_at_once_changes_nothing(held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    attention, x = drawn(Attention(24, 3, 8)), maps(2, 5, 7, 24)
    usual = attention(x)
    monkeypatch.setattr(vit, "SCORES", held)
    torch.testing.assert_close(attention(x), usual, rtol=0, atol=1e-5)


def test_every_place_attends_to_every_other_by_content_and_distance() -> None:
    attention, x = drawn(Attention(8, 1, 4)), maps(1, 3, 2, 8)
    query, key, value = attention.qkv(x)[0].flatten(0, 1).chunk(3, 1)
    down, along = distances(attention.rel_pos_h, 3), distances(attention.rel_pos_w, 2)
    answers = []
    for place, asked in enumerate(query):
        (y, x_), scores = divmod(place, 2), []
        for other, known in enumerate(key):
            v, u = divmod(other, 2)
            scores.append(asked @ known / 8**0.5 + asked @ down[y, v] + asked @ along[x_, u])
        answers.append(torch.stack(scores).softmax(0) @ value)
    expected = attention.proj(torch.stack(answers)).view(1, 3, 2, 8)
    torch.testing.assert_close(attention(x), expected, rtol=0, atol=1e-5)


def test_a_table_of_its_own_size_is_taken_as_it_is() -> None:
    table = maps(7, 5)
    near = distances(table, 4)
    for place in range(4):
        for other in range(4):
            torch.testing.assert_close(near[place, other], table[place - other + 3])


def test_windows_know_nothing_of_each_other_and_the_last_ones_are_filled_up_with_zeros() -> None:
    attention, x = drawn(Windowed(12, 2, 3)), maps(1, 4, 8, 12)
    filled = torch.zeros(1, 6, 9, 12)
    filled[:, :4, :8] = x
    alone = drawn(Attention(12, 2, 3))
    expected = torch.cat([torch.cat([alone(part) for part in row.split(3, 2)], 2) for row in filled.split(3, 1)], 1)
    torch.testing.assert_close(attention(x), expected[:, :4, :8], rtol=0, atol=1e-5)


def test_interlaced_pictures_attend_each_to_itself() -> None:
    attention, x = drawn(Interlaced(12, 2, 3, grid=2)), maps(2, 4, 6, 12)
    alone, answers = drawn(Attention(12, 2, 3)), attention(x)
    for top in range(2):
        for left in range(2):
            part = answers[:, top::2, left::2]
            torch.testing.assert_close(part, alone(x[:, top::2, left::2]), rtol=0, atol=1e-5)
    assert (drawn(Interlaced(12, 2, 3, grid=1))(x) - answers).abs().max() > 0.01
