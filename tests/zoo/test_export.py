from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn
from torch._higher_order_ops.scan import scan

from mattebox.errors import EngineFailed, OutputFailed
from mattebox.zoo.export import export_onnx


class Blend(nn.Module):
    """Two inputs, two answers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3, 2, padding=1)
        self.norm = nn.BatchNorm2d(2)

    def forward(self, rgb: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        features = self.norm(self.conv(rgb))
        full = nn.functional.interpolate(features, size=mask.shape[2:], mode="bilinear", align_corners=False)
        return full * mask, features


class Undecided(nn.Module):
    """What it does depends on what it sees, which no graph can say."""

    def forward(self, rgb: Tensor) -> Tensor:
        return rgb if rgb.sum() > 0 else -rgb


class Rows(nn.Module):
    """Looks at one row after the other, with weights that could still learn."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Linear(3, 2)

    def forward(self, rgb: Tensor) -> Tensor:
        def one(nothing: Tensor, row: Tensor) -> tuple[Tensor, Tensor]:
            return nothing.clone(), self.mix(row)

        return scan(one, rgb.new_zeros(1), rgb.permute(2, 0, 3, 1))[1].permute(1, 3, 0, 2)


def inputs(count: int, height: int, width: int) -> tuple[Tensor, Tensor]:
    return torch.rand(count, 3, height, width), torch.rand(count, 1, height, width)


def test_one_file_answers_any_number_and_size(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    network, path = Blend().eval(), tmp_path / "blend.onnx"
    export_onnx(network, inputs(1, 16, 24), path, input_names=["rgb", "mask"], output_names=["blend", "features"])
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == [path]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert [answer.name for answer in session.get_outputs()] == ["blend", "features"]
    for shape in ((1, 16, 24), (3, 7, 31)):
        rgb, mask = inputs(*shape)
        answers = session.run(None, {"rgb": rgb.numpy(), "mask": mask.numpy()})
        with torch.inference_mode():
            for ours, theirs in zip(answers, network(rgb, mask), strict=True):
                np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_a_network_that_looks_row_by_row_is_written_as_one_that_only_answers(tmp_path: Path) -> None:
    network, path = Rows().eval(), tmp_path / "rows.onnx"
    export_onnx(network, (torch.rand(1, 3, 16, 24),), path, input_names=["rgb"], output_names=["answer"])
    picture = torch.rand(3, 3, 7, 31)
    (answer,) = onnxruntime.InferenceSession(path).run(None, {"rgb": picture.numpy()})
    with torch.inference_mode():
        np.testing.assert_allclose(answer, network(picture), atol=1e-5)


def test_the_file_tells_nothing_of_the_machine_that_made_it(tmp_path: Path) -> None:
    path = tmp_path / "blend.onnx"
    export_onnx(Blend().eval(), inputs(2, 16, 24), path, input_names=["rgb", "mask"], output_names=["a", "b"])
    assert b"site-packages" not in path.read_bytes()
    assert Path(__file__).name.encode() not in path.read_bytes()
    onnx.checker.check_model(path, full_check=True)


def test_a_network_without_a_graph_is_an_error_and_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "undecided.onnx"
    with pytest.raises(EngineFailed, match=r"Undecided cannot be exported to ONNX, only run in torch: .+"):
        export_onnx(Undecided(), (torch.rand(1, 3, 8, 8),), path, input_names=["rgb"], output_names=["answer"])
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    with pytest.raises(OutputFailed, match=r"taken/blend\.onnx cannot be written"):
        export_onnx(
            Blend().eval(),
            inputs(1, 16, 24),
            tmp_path / "taken/blend.onnx",
            input_names=["rgb", "mask"],
            output_names=["a", "b"],
        )
