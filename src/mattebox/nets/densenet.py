"""DenseNet-161: which kind of scene a picture shows.

Huang et al. 2017, "Densely Connected Convolutional Networks": each layer sees what all layers before it in its block
have found. Names as in torchvision, whose module the published scene classifier is.

Known of that file (CarveKit's `scene_classifier.pth`): a dictionary of `model`, the whole module, and `class_to_idx`,
its three scenes; DenseNet-161 with a linear head whose logits go through a softmax outside. Not known, for no file was
read to write this: what the head is called. `classifier` is torchvision's name.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class DenseLayer(nn.Module):
    """Adds channels to what it is given: across channels to `hidden` of them, then 3x3 to `growth`."""

    def __init__(self, inputs: int, hidden: int, growth: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, hidden, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(hidden)
        self.conv2 = nn.Conv2d(hidden, growth, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        new = self.conv1(functional.relu(self.norm1(x), inplace=True))
        new = self.conv2(functional.relu(self.norm2(new), inplace=True))
        return torch.cat((x, new), 1)


class Transition(nn.Module):
    """Between two blocks: half the channels, half the size."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(inputs)
        self.conv = nn.Conv2d(inputs, inputs // 2, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return functional.avg_pool2d(self.conv(functional.relu(self.norm(x), inplace=True)), 2)


class DenseNet(nn.Module):
    """Classifier: (N, 3, H, W) pictures, RGB, normalised with the ImageNet mean and deviation, to logits (N, classes).

    Args:
        classes: what it can tell apart.
        growth: channels that each layer adds.
        blocks: layers of each block; between two blocks the size is halved, before the first it is a quarter.
        stem: channels that the first block is given.
        bottleneck: channels inside a layer, in multiples of the growth.
    """

    def __init__(self, classes: int, *, growth: int, blocks: tuple[int, ...], stem: int, bottleneck: int = 4) -> None:
        super().__init__()
        self.features = nn.Sequential()
        self.features.add_module("conv0", nn.Conv2d(3, stem, 7, 2, 3, bias=False))
        self.features.add_module("norm0", nn.BatchNorm2d(stem))
        self.features.add_module("relu0", nn.ReLU(inplace=True))
        self.features.add_module("pool0", nn.MaxPool2d(3, 2, 1))
        width = stem
        for number, depth in enumerate(blocks, 1):
            if number > 1:
                self.features.add_module(f"transition{number - 1}", Transition(width))
                width //= 2
            block = nn.Sequential()
            for index in range(1, depth + 1):
                block.add_module(f"denselayer{index}", DenseLayer(width, bottleneck * growth, growth))
                width += growth
            self.features.add_module(f"denseblock{number}", block)
        self.features.add_module("norm5", nn.BatchNorm2d(width))
        self.classifier = nn.Linear(width, classes)

    def forward(self, rgb: Tensor) -> Tensor:
        return self.classifier(functional.relu(self.features(rgb), inplace=True).mean((2, 3)))


class DenseNet161(DenseNet):
    """The paper's widest network, as CarveKit sorts scenes with it: 224 pixels, three scenes.

    Args:
        classes: scenes that it can tell apart.

    Example:
        >>> DenseNet161().eval()(torch.zeros(1, 3, 64, 64)).shape
        torch.Size([1, 3])
    """

    def __init__(self, classes: int = 3) -> None:
        super().__init__(classes, growth=48, blocks=(6, 12, 36, 24), stem=96)
