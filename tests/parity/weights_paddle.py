"""Deterministic pseudo-random arrays for the golden tests (numpy only).

Every array is a pure function of (name, shape, kind, scale, seed):

    RandomState(first 4 bytes of sha256(f"{seed}|{name}")).random_sample(shape)

mapped affinely to the range of its kind (filters of convolutions and linear
layers are first centred, so that each output filter sums to zero unless the
layer is depthwise).  ``RandomState.random_sample`` is a frozen stream in numpy,
the centring is done on integers, and only + - * / sqrt follow, so the float32
results are the same bit for bit on every platform and numpy version.  (The one
exception is the spectral-norm vectors u and v, which come from a power
iteration in float64 and agree to about 1e-7.)

A golden JSON lists its parameters as ``[name, shape, dtype, kind, scale]``;
``make_state(entries, seed)`` turns that list into ``{name: array}``, i.e. into
exactly the kind of dict a published ``.pdparams`` file unpickles to.
"""

import hashlib

import numpy as np

__all__ = [
    "alpha_u8",
    "fill",
    "image_u8",
    "make_state",
    "rng",
    "sha256_of",
    "state_hash",
    "to_nchw",
    "trimap_u8",
    "uniform",
]


_ONE = 1 << 24


def rng(name, seed=0):
    h = hashlib.sha256(f"{seed}|{name}".encode()).digest()
    return np.random.RandomState(int.from_bytes(h[:4], "little"))


def uniform(name, shape, lo=0.0, hi=1.0, seed=0, dtype=np.float32):
    u = rng(name, seed).random_sample(tuple(shape))
    return (lo + (hi - lo) * u).astype(dtype)


def _fan_in(shape, kind):
    if kind == "linear":  # [in, out] as Paddle stores it
        return shape[0]
    if kind == "deconv":  # [in, out, kh, kw], stride 2 assumed
        return max(1, shape[0] * shape[2] * shape[3] // 4)
    return int(np.prod(shape[1:]))  # conv [out, in/groups, kh, kw]


# kind -> (low, high) before scaling
_RANGES = {
    "bias": (-0.1, 0.1),
    "bn_weight": (0.7, 1.3),
    "bn_bias": (-0.3, 0.3),
    "bn_mean": (-0.3, 0.3),  # times scale (the std of the layer's input)
    "bn_var": (0.6, 1.4),  # times scale ** 2
    "in_weight": (0.7, 1.3),
    "in_bias": (-0.3, 0.3),
    "ln_weight": (0.7, 1.3),
    "ln_bias": (-0.3, 0.3),
    "param": (-0.3, 0.3),
    "sn_u": (-1.0, 1.0),
    "sn_v": (-1.0, 1.0),
}


def fill(name, shape, kind=None, seed=0, scale=1.0):
    """The array of one parameter, float32."""
    shape = tuple(int(s) for s in shape)
    if kind is None:
        kind = guess_kind(name, shape)
    if kind == "values":  # scale holds the values themselves
        return np.asarray(scale, np.float32).reshape(shape)
    if kind == "const":
        return np.full(shape, scale, np.float32)
    if kind in ("conv", "deconv", "linear"):
        b = float(np.sqrt(6.0 / _fan_in(shape, kind)))
        k = np.floor(rng(name, seed).random_sample(shape) * _ONE).astype(np.int64)
        ax = {"conv": (1, 2, 3)[: len(shape) - 1], "deconv": (0, 2, 3), "linear": (0,)}[kind]
        n = int(np.prod([shape[i] for i in ax]))
        depthwise = kind == "conv" and shape[1] == 1
        centre = _ONE / 2.0 if depthwise else k.sum(axis=ax, keepdims=True) / float(n)
        return ((k - centre) * (2.0 * b / _ONE * scale)).astype(np.float32)
    lo, hi = _RANGES[kind.split(":")[0]]
    u = rng(name, seed).random_sample(shape)
    s = scale * scale if kind == "bn_var" else scale
    return ((lo + (hi - lo) * u) * s).astype(np.float32)


def guess_kind(name, shape):  # noqa: PLR0911
    """Fallback when no kind is recorded (the goldens always record one)."""
    leaf = name.rsplit(".", 1)[-1]
    if leaf in ("_mean", "running_mean"):
        return "bn_mean"
    if leaf in ("_variance", "running_var"):
        return "bn_var"
    if leaf == "scale":
        return "in_weight"
    if leaf == "weight_u":
        return "sn_u"
    if leaf == "weight_v":
        return "sn_v"
    if len(shape) >= 3:
        return "conv"
    if len(shape) == 2:
        return "linear"
    return "bias" if leaf == "bias" else "bn_weight"


def _spectral(weight, u, dim, n=30):
    """Converged left/right singular vectors, as a trained net carries them."""
    w = np.asarray(weight, np.float64)
    w = np.moveaxis(w, dim, 0).reshape(w.shape[dim], -1)
    u = u / np.linalg.norm(u)
    for _ in range(n):
        v = w.T @ u
        v /= np.linalg.norm(v)
        u = w @ v
        u /= np.linalg.norm(u)
    return u.astype(np.float32), v.astype(np.float32)


def make_state(entries, seed=0):
    """entries: [[name, shape, dtype, kind, scale], ...] -> {name: ndarray}.

    Kinds ``sn_u:D`` / ``sn_v:D`` are derived from the sibling ``weight_orig``
    by power iteration on the matrix whose rows are axis D of that weight.
    """
    out = {}
    for e in entries:
        name, shape, dtype = e[0], e[1], e[2]
        kind = e[3] if len(e) > 3 else None
        scale = e[4] if len(e) > 4 else 1.0
        out[name] = fill(name, shape, kind, seed, scale).astype(dtype)
    for e in entries:
        kind = e[3] if len(e) > 3 else None
        if kind and kind.startswith("sn_u:"):
            stem, dim = e[0][: -len("weight_u")], int(kind[5:])
            u0 = out[e[0]].astype(np.float64)
            u, v = _spectral(out[stem + "weight_orig"], u0, dim)
            out[stem + "weight_u"], out[stem + "weight_v"] = u, v
    return out


def sha256_of(a):
    return hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest()


def state_hash(state):
    """sha256 over all arrays in name order, spectral vectors excluded."""
    h = hashlib.sha256()
    for k in sorted(state):
        if k.endswith(("weight_u", "weight_v")):
            continue
        h.update(k.encode())
        h.update(np.ascontiguousarray(state[k]).tobytes())
    return h.hexdigest()


# ---------------------------------------------------------------- inputs
def _field(name, h, w, cell, seed):
    """Smooth random field in [0, 1]: a coarse grid, bilinearly enlarged."""
    gh, gw = h // cell + 2, w // cell + 2
    g = rng(name, seed).random_sample((gh, gw))
    y = np.arange(h, dtype=np.float64) / cell
    x = np.arange(w, dtype=np.float64) / cell
    y0, x0 = y.astype(int), x.astype(int)
    fy, fx = (y - y0)[:, None], (x - x0)[None, :]
    a, b = g[y0][:, x0], g[y0][:, x0 + 1]
    c, d = g[y0 + 1][:, x0], g[y0 + 1][:, x0 + 1]
    return (a * (1 - fx) + b * fx) * (1 - fy) + (c * (1 - fx) + d * fx) * fy


def image_u8(name, h, w, c=3, seed=0, cell=12):
    """Image-like uint8 [h, w, c]: smooth colour fields plus some noise."""
    chans = []
    for i in range(c):
        f = _field(f"{name}/f{i}", h, w, cell, seed)
        n = rng(f"{name}/n{i}", seed).random_sample((h, w))
        chans.append(0.85 * f + 0.15 * n)
    return np.floor(np.stack(chans, -1) * 255.999).astype(np.uint8)


def alpha_u8(name, h, w, seed=0, cell=20, gain=4.0):
    """Matte-like uint8 [h, w]: plateaus of 0 and 255 with soft borders."""
    f = _field(name + "/a", h, w, cell, seed)
    t = _field(name + "/t", h, w, 3, seed)
    f = np.clip((f - 0.5) * gain + 0.5 + (t - 0.5) * 0.3, 0.0, 1.0)
    return np.floor(f * 255.0 + 0.5).astype(np.uint8)


def trimap_u8(alpha, r=3):
    """{0, 128, 255} by a (2r+1)-square erosion/dilation of ``alpha``."""
    h, w = alpha.shape
    lo = np.full((h + 2 * r, w + 2 * r), 255, np.uint8)
    hi = np.zeros((h + 2 * r, w + 2 * r), np.uint8)
    lo[r : r + h, r : r + w] = alpha
    hi[r : r + h, r : r + w] = alpha
    mn, mx = alpha.copy(), alpha.copy()
    for dy in range(2 * r + 1):
        for dx in range(2 * r + 1):
            mn = np.minimum(mn, lo[dy : dy + h, dx : dx + w])
            mx = np.maximum(mx, hi[dy : dy + h, dx : dx + w])
    out = np.full((h, w), 128, np.uint8)
    out[mn == 255] = 255
    out[mx == 0] = 0
    return out


def to_nchw(img_u8, mean=0.5, std=0.5):
    """uint8 [h, w, c] -> float32 [1, c, h, w], (x / 255 - mean) / std."""
    x = img_u8.astype(np.float32) / np.float32(255.0)
    x = (x - np.float32(mean)) / np.float32(std)
    return np.ascontiguousarray(x.transpose(2, 0, 1)[None])
