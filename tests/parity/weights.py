"""Deterministic pseudo-random parameters and test pictures, from NumPy alone.

Every value comes from raw Philox bits keyed by SHA-256 of (seed, name, shape) and from exact or
correctly rounded arithmetic (+ - * / sqrt on integers and IEEE floats), so arrays are bit-identical
on every platform and NumPy version.  No random-distribution routine of NumPy is used.

    import json, weights
    spec = json.load(open("u2net.json"))
    arrays = weights.state_dict_arrays(spec)          # name -> ndarray, in the spec's order
    model.load_state_dict({k: torch.from_numpy(v) for k, v in arrays.items()}, strict=True)
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Sequence

import numpy as np

_BITS = 24
_ONE = 1 << _BITS


def _ints(tag: str, n: int) -> np.ndarray:
    """n integers, uniform on [0, 2**24), determined by `tag`."""
    key = int.from_bytes(hashlib.sha256(tag.encode("utf-8")).digest()[:16], "little")
    raw = np.random.Philox(key=key).random_raw((n + 1) // 2).astype("<u8")
    return (raw.view("<u4")[:n] >> np.uint32(32 - _BITS)).astype(np.int64)


def _unit(tag: str, n: int) -> np.ndarray:
    """n float64 values, uniform on [0, 1)."""
    return _ints(tag, n) / float(_ONE)


def guess_kind(name: str, shape: Sequence[int]) -> str:
    """conv | norm_weight | bias | running_mean | running_var | num_batches_tracked."""
    leaf = name.rsplit(".", 1)[-1]
    if leaf in ("running_mean", "running_var", "num_batches_tracked"):
        return leaf
    if len(shape) >= 2:
        return "conv"
    if leaf == "bias":
        return "bias"
    return "norm_weight"


def fill(
    name: str, shape: Sequence[int], kind: str | None = None, seed: int = 0, scale: float = 1.0, offset: float = 0.0
) -> np.ndarray:
    """The array for one state-dict entry.

    kind `conv` (any weight of two or more dimensions, linear layers included): uniform with standard
    deviation sqrt(2 / fan_in); each output filter sums to zero unless the layer is depthwise
    (shape[1] == 1), so that the constant part of a non-negative input does not swamp the picture.
    `norm_weight`: uniform on [0.8, 1.2).  `bias`, `running_mean`: uniform on [-0.1, 0.1).
    `running_var`: uniform on [0.5, 1.5).  `num_batches_tracked`: int64 zero.
    `scale` multiplies the result and `offset` is added after (num_batches_tracked and running_var take
    neither).
    """
    shape = tuple(int(s) for s in shape)
    kind = kind or guess_kind(name, shape)
    if kind == "num_batches_tracked":
        return np.zeros(shape, np.int64)
    n = int(np.prod(shape, dtype=np.int64)) if shape else 1
    tag = f"{seed}:{name}:{'x'.join(map(str, shape))}"
    if kind == "conv":
        fan_in = n // shape[0]
        k = _ints(tag, n).reshape(shape[0], fan_in)
        centre = k.sum(axis=1, keepdims=True) / float(fan_in) if shape[1] > 1 else _ONE / 2.0
        half_width = math.sqrt(3.0) * math.sqrt(2.0 / fan_in)
        value = (k - centre) * (2.0 * half_width / _ONE * scale) + offset
        return value.reshape(shape).astype(np.float32)
    u = _unit(tag, n).reshape(shape)
    if kind == "norm_weight":
        return ((0.8 + 0.4 * u) * scale + offset).astype(np.float32)
    if kind == "running_var":
        return (0.5 + u).astype(np.float32)
    if kind in ("bias", "running_mean"):
        return ((u - 0.5) * 0.2 * scale + offset).astype(np.float32)
    raise ValueError(f"unknown kind {kind!r}")


def scale_for(name: str, rules: Iterable[Sequence]) -> tuple[float, float]:
    """(scale, offset) for `name`: of the rules [pattern, factor] or [pattern, factor, offset] whose regular
    expression is found in the name, the factors are multiplied and the offsets added."""
    scale, offset = 1.0, 0.0
    for rule in rules or ():
        if re.search(rule[0], name):
            scale *= float(rule[1])
            offset += float(rule[2]) if len(rule) > 2 else 0.0
    return scale, offset


def state_dict_arrays(
    spec: dict | Iterable[Sequence], seed: int | None = None, rules: Iterable[Sequence] | None = None
) -> dict[str, np.ndarray]:
    """All arrays of a network, in order.

    `spec` is a NAME.json dictionary (its "keys", "rules" and "seed" are used unless overridden) or a
    bare list of [name, shape] / [name, shape, dtype].
    """
    if isinstance(spec, dict):
        keys = spec["keys"]
        rules = spec.get("rules", ()) if rules is None else rules
        seed = spec.get("seed", 0) if seed is None else seed
    else:
        keys = list(spec)
    seed = 0 if seed is None else seed
    return {row[0]: fill(row[0], row[1], None, seed, *scale_for(row[0], rules or ())) for row in keys}


# ---------------------------------------------------------------------------- pictures


def _disc(yy, xx, cy, cx, r, soft):
    d = np.sqrt((yy - cy) * (yy - cy) + (xx - cx) * (xx - cx))
    return np.clip((r - d) / soft + 0.5, 0.0, 1.0)


def smooth(shape: tuple[int, int, int], seed: int = 0) -> np.ndarray:
    """float64 (C, H, W) in [0, 1]: per channel a tilted gradient, four soft discs and a faint grain."""
    c, h, w = (int(s) for s in shape)
    yy = (np.arange(h, dtype=np.float64)[:, None] + 0.5) / h
    xx = (np.arange(w, dtype=np.float64)[None, :] + 0.5) / w
    yy, xx = np.broadcast_to(yy, (h, w)), np.broadcast_to(xx, (h, w))
    geo = _unit(f"geometry:{seed}", 16).reshape(4, 4)
    discs = [_disc(yy, xx, 0.15 + 0.7 * g[0], 0.15 + 0.7 * g[1], 0.10 + 0.20 * g[2], 0.02 + 0.10 * g[3]) for g in geo]
    out = np.empty((c, h, w), np.float64)
    for i in range(c):
        u = _unit(f"channel:{seed}:{i}", 8)
        v = 0.2 + 0.5 * u[0] * yy + 0.5 * u[1] * xx * (1.0 - yy)
        for j, d in enumerate(discs):
            v = v * (1.0 - d) + d * u[2 + j]
        grain = _unit(f"grain:{seed}:{i}:{h}x{w}", h * w).reshape(h, w)
        out[i] = np.clip(v + 0.06 * (grain - 0.5), 0.0, 1.0)
    return out


def image(shape: tuple[int, int], seed: int = 0) -> np.ndarray:
    """uint8 RGB picture, (H, W, 3); `shape` is (H, W)."""
    v = smooth((3, shape[0], shape[1]), seed)
    return np.floor(v * 255.0 + 0.5).astype(np.uint8).transpose(1, 2, 0).copy()


def mask(shape: tuple[int, int], seed: int = 0) -> np.ndarray:
    """uint8 (H, W) soft object mask: two overlapping blobs with a ramp edge, a low-probability haze disc,
    a detached speck, and a hole; holds exact 0, exact 255 and many values between."""
    h, w = (int(s) for s in shape)
    yy = np.broadcast_to((np.arange(h, dtype=np.float64)[:, None] + 0.5) / h, (h, w))
    xx = np.broadcast_to((np.arange(w, dtype=np.float64)[None, :] + 0.5) / w, (h, w))
    u = _unit(f"mask:{seed}", 16)
    a = _disc(yy, xx, 0.40 + 0.1 * u[0], 0.40 + 0.1 * u[1], 0.20 + 0.06 * u[2], 0.03)
    b = _disc(yy, xx, 0.55 + 0.1 * u[3], 0.55 + 0.1 * u[4], 0.15 + 0.06 * u[5], 0.10)
    haze = 0.25 * _disc(yy, xx, 0.25 + 0.1 * u[6], 0.70 + 0.1 * u[7], 0.10, 0.15)
    speck = _disc(yy, xx, 0.85, 0.10 + 0.1 * u[8], 0.025, 0.01)
    hole = _disc(yy, xx, 0.42 + 0.1 * u[0], 0.42 + 0.1 * u[1], 0.04, 0.02)
    m = np.maximum(np.maximum(a, b) * (1.0 - hole), np.maximum(haze, speck))
    return np.floor(m * 255.0 + 0.5).astype(np.uint8)


def trimap(shape: tuple[int, int], seed: int = 0) -> np.ndarray:
    """uint8 (H, W) with the values 0, 128 and 255 only."""
    h, w = (int(s) for s in shape)
    yy = np.broadcast_to((np.arange(h, dtype=np.float64)[:, None] + 0.5) / h, (h, w))
    xx = np.broadcast_to((np.arange(w, dtype=np.float64)[None, :] + 0.5) / w, (h, w))
    u = _unit(f"trimap:{seed}", 4)
    d = np.sqrt((yy - 0.40 - 0.2 * u[0]) ** 2 + (xx - 0.40 - 0.2 * u[1]) ** 2)
    out = np.full((h, w), 128, np.uint8)
    out[d < 0.15 + 0.05 * u[2]] = 255
    out[d > 0.35 + 0.08 * u[3]] = 0
    return out


def tensor(shape: tuple[int, int], seed: int = 0, channels: int = 3) -> np.ndarray:
    """float32 (1, C, H, W): smooth() mapped to about [-2, 2]."""
    v = smooth((channels, shape[0], shape[1]), seed)
    return ((v - 0.5) * 4.0).astype(np.float32)[None]


def unit_tensor(shape: tuple[int, int], seed: int = 0, channels: int = 3) -> np.ndarray:
    """float32 (1, C, H, W) in [0, 1]."""
    return smooth((channels, shape[0], shape[1]), seed).astype(np.float32)[None]


def two_channel(shape: tuple[int, int], seed: int = 0) -> np.ndarray:
    """float32 (1, 2, H, W): channel 0 marks trimap() == 0, channel 1 marks trimap() == 255."""
    t = trimap(shape, seed)
    return np.stack([t == 0, t == 255]).astype(np.float32)[None]


def signed_mask(shape: tuple[int, int], seed: int = 0) -> np.ndarray:
    """float32 (1, 1, H, W): mask() mapped from 0..255 to -1..1."""
    return (mask(shape, seed).astype(np.float32) / np.float32(127.5) - np.float32(1))[None, None]


def signed_field(shape: tuple[int, int], seed: int = 0) -> np.ndarray:
    """float32 (1, 1, H, W) in [-1, 1]."""
    return (smooth((1, shape[0], shape[1]), seed) * 2.0 - 1.0).astype(np.float32)[None]


_MAKERS = {
    "tensor": tensor,
    "unit_tensor": unit_tensor,
    "two_channel": two_channel,
    "signed_mask": signed_mask,
    "signed_field": signed_field,
}


def inputs_for(case: dict) -> dict[str, np.ndarray]:
    """The input arrays of one entry of NAME.json "cases", in call order."""
    return {arg: _MAKERS[how](shape, seed, *rest) for arg, how, shape, seed, *rest in case["inputs"]}
