"""HRNet: a backbone that keeps a quarter of the picture's resolution throughout and adds coarser branches beside it.

Wang et al. 2020, "Deep High-Resolution Representation Learning for Visual Recognition". Keys are those of Paddle's
checkpoints, which number branches and blocks from 1.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from mattebox.nets.convnorm import ConvNorm
from mattebox.nets.residual import Residual
from mattebox.nets.resize import resize_like

__all__ = ["HrNet"]

STEM = 64
ENTRY = 256
"""Channels after the bottleneck blocks that come before the branches."""

BLOCKS = 4
"""Residual blocks in the first stage, and in each branch between two exchanges."""

EXCHANGES = (1, 4, 3)
"""How often the branches exchange what they found, with two, three and four of them."""

Maps = tuple[Tensor, ...]


class HrNet(nn.Module):
    """A backbone of four branches that exchange their maps.

    Takes (N, 3, H, W) pictures of any size and gives five maps, a half, a quarter, an eighth, a sixteenth and a
    thirty-second as large, rounded up: the stem's, and one of each branch.

    Args:
        width: channels of the finest branch; each coarser one has twice as many. 18 and 48 are published.

    Attributes:
        channels: of the five maps.

    Example:
        >>> import torch
        >>> [tuple(x.shape[1:]) for x in HrNet(18).eval()(torch.zeros(1, 3, 64, 96))][::2]
        [(64, 32, 48), (36, 8, 12), (144, 2, 3)]
    """

    def __init__(self, width: int = 18) -> None:
        super().__init__()
        widths = tuple(width << level for level in range(4))
        self.channels = (STEM, *widths)
        self.conv_layer1_1 = Halving(3, STEM)
        self.conv_layer1_2 = Halving(STEM, STEM)
        self.la1 = nn.Sequential()
        for number in range(1, BLOCKS + 1):
            self.la1.add_module(f"bb_layer2_{number}", bottleneck(STEM if number == 1 else ENTRY, ENTRY))
        before: Sequence[int] = (ENTRY,)
        for number, exchanges in enumerate(EXCHANGES, 2):
            after = widths[:number]
            self.add_module(f"tr{number - 1}", Transition(f"tr{number - 1}", before, after))
            stage = nn.Sequential()
            for name in (f"st{number}_{exchange}" for exchange in range(1, exchanges + 1)):
                stage.add_module(f"stage_{name}", Exchange(name, after))
            self.add_module(f"st{number}", stage)
            before = after

    def forward(self, rgb: Tensor) -> Maps:
        stem = self.conv_layer1_1(rgb)
        maps: Maps = (self.la1(self.conv_layer1_2(stem)),)
        for number in range(2, 2 + len(EXCHANGES)):
            maps = self.get_submodule(f"st{number}")(self.get_submodule(f"tr{number - 1}")(maps))
        return stem, *maps


class Halving(ConvNorm):
    """A 3x3 convolution with a stride of 2: (N, inputs, H, W) to (N, outputs, H/2, W/2), rounded up.

    Where a side is even, Paddle's padding "same" adds a row of zeros at its end only. PyTorch's adds one at both ends,
    which would shift the answer by a pixel.
    """

    def __init__(self, inputs: int, outputs: int, *, relu: bool = True) -> None:
        super().__init__(inputs, outputs, 3, 2, padding=0, relu=relu)

    def forward(self, x: Tensor) -> Tensor:
        odd_height, odd_width = (side % 2 for side in x.shape[2:])
        # The second row at an even end is never reached. With it both cases add two rows, and the exporter, which
        # follows the sizes as formulas, does not drown in them.
        return super().forward(functional.pad(x, (odd_width, 2 - odd_width, odd_height, 2 - odd_height)))


class Transition(nn.Module):
    """The way into a stage: each branch brought to its channels, and a new one made of the coarsest."""

    def __init__(self, name: str, before: Sequence[int], after: Sequence[int]) -> None:
        super().__init__()
        for branch, outputs in enumerate(after):
            layer: nn.Module = nn.Identity()
            if branch >= len(before):
                layer = Halving(before[-1], outputs)
            elif before[branch] != outputs:
                layer = ConvNorm(before[branch], outputs)
            self.add_module(f"transition_{name}_layer_{branch + 1}", layer)

    def forward(self, maps: Maps) -> Maps:
        return tuple(layer(x) for layer, x in zip(self.children(), (*maps, maps[-1]), strict=True))


class Exchange(nn.Module):
    """Residual blocks in each branch, then every branch receives the sum of what all of them found."""

    def __init__(self, name: str, widths: Sequence[int]) -> None:
        super().__init__()
        self.name = name
        self.branches = range(1, len(widths) + 1)
        self.branches_func = nn.ModuleDict()
        self.fuse_func = nn.ModuleDict()
        for target, outputs in zip(self.branches, widths, strict=True):
            for block in range(1, BLOCKS + 1):
                self.branches_func[f"bb_{name}_branch_layer_{target}_{block}"] = basic(outputs)
            for source, inputs in zip(self.branches, widths, strict=True):
                way = f"residual_{name}_layer_{target}_{source}"
                if source > target:
                    self.fuse_func[way] = ConvNorm(inputs, outputs, 1, relu=False)
                for step in range(1, target - source + 1):
                    last = step == target - source
                    self.fuse_func[f"{way}_{step}"] = Halving(inputs, outputs if last else inputs, relu=not last)

    def forward(self, maps: Maps) -> Maps:
        maps = tuple(self.branch(number, x) for number, x in zip(self.branches, maps, strict=True))
        return tuple(functional.relu(self.gather(target, maps), inplace=True) for target in self.branches)

    def branch(self, number: int, x: Tensor) -> Tensor:
        """A branch's own blocks, which keep the shape."""
        for block in range(1, BLOCKS + 1):
            x = self.branches_func[f"bb_{self.name}_branch_layer_{number}_{block}"](x)
        return x

    def gather(self, target: int, maps: Maps) -> Tensor:
        """The sum of all branches' maps in the shape of one of them."""
        first, *others = (self.travel(source, target, maps) for source in self.branches)
        return sum(others, first)

    def travel(self, source: int, target: int, maps: Maps) -> Tensor:
        """The maps of one branch in the shape of another."""
        x = maps[source - 1]
        way = f"residual_{self.name}_layer_{target}_{source}"
        if source > target:
            return resize_like(self.fuse_func[way](x), maps[target - 1])
        for step in range(1, target - source + 1):
            x = self.fuse_func[f"{way}_{step}"](x)
        return x


def bottleneck(inputs: int, outputs: int) -> Residual:
    """Convolutions of 1x1, 3x3 and 1x1 beside a shortcut, the inner ones with a quarter of the outputs."""
    inner = outputs // 4
    body = {
        "conv1": ConvNorm(inputs, inner, 1),
        "conv2": ConvNorm(inner, inner),
        "conv3": ConvNorm(inner, outputs, 1, relu=False),
    }
    return Residual(body, {"conv_down": ConvNorm(inputs, outputs, 1, relu=False)} if inputs != outputs else None)


def basic(channels: int) -> Residual:
    """Two 3x3 convolutions beside a shortcut."""
    return Residual({"conv1": ConvNorm(channels, channels), "conv2": ConvNorm(channels, channels, relu=False)})
