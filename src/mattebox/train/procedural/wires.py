"""Thin hard things: cables, spokes, nets, fences, webs, cages, masts, coils and bare branches."""

from __future__ import annotations

import numpy as np

from mattebox.train.procedural.canvas import Canvas
from mattebox.train.procedural.foliage import grow
from mattebox.train.procedural.noise import palette, shades
from mattebox.train.procedural.outlines import any_outline, circle, ellipse, fit, rotation
from mattebox.types import Alpha, Rgb


def wires(size: int, rng: np.random.Generator) -> tuple[Rgb, Alpha]:
    """One thing made of rods or wires, each with a lighter line along it where it is thick enough."""
    makers = (cables, wheel, racket, fence, web, cage, mast, coil, twigs)
    curves, weights = makers[int(rng.integers(len(makers)))](rng)
    tilt = rotation(rng.normal(0, 0.3))
    curves = fit([curve @ tilt.T for curve in curves], rng, (0.6, 0.9))
    canvas = Canvas(size)
    colour = palette(rng, 1)[0] if rng.random() < 0.5 else np.full(3, rng.choice([25.0, 110.0, 200.0]))
    dark, plain, light = shades(colour, 3, rng.uniform(0.2, 0.7))
    thick = np.exp(rng.uniform(np.log(0.003), np.log(0.025)))
    shine = np.array([-0.2, -0.25]) * thick
    for curve, weight in zip(curves, np.minimum(weights, 0.09 / thick), strict=True):
        canvas.stroke([curve], dark if rng.random() < 0.3 else plain, thick * weight)
        if thick * weight > 0.015:
            canvas.stroke([curve + shine * weight], light, thick * weight * 0.3)
    return canvas.finish(rng)


def cables(rng: np.random.Generator) -> tuple[list[np.ndarray], list[float]]:
    """Loose loops of cable, some with plugs: smooth curves through random points."""
    curves, weights = [], []
    for _ in range(rng.integers(1, 6)):
        waves = np.arange(1, 5)
        t = np.linspace(0, rng.uniform(2, 6), 90)[:, None]
        curve = [np.sin(t * waves + rng.uniform(0, 6.3, 4)) @ (rng.normal(0, 1, 4) / waves) for _ in range(2)]
        curves.append(np.stack(curve, -1))
        weights.append(rng.uniform(1, 2.5))
        if rng.random() < 0.5:
            curves.append(curves[-1][:4])
            weights.append(rng.uniform(4, 7))
    return curves, weights


def wheel(rng: np.random.Generator) -> tuple[list[np.ndarray], list[float]]:
    """A spoked wheel seen at an angle: rim, hub and crossed or straight spokes."""
    spokes, hub, cross = int(rng.integers(8, 40)), rng.uniform(0.04, 0.15), rng.choice([0, 0.5, 1.2])
    angle = np.arange(spokes) * 2 * np.pi / spokes
    inner = angle + cross * np.where(np.arange(spokes) % 2, 1, -1)
    start, stop = (np.stack([np.cos(a), np.sin(a)], -1) for a in (inner, angle))
    closed = circle(97)[np.arange(98) % 97]
    curves = [np.stack([a * hub, b]) for a, b in zip(start, stop, strict=True)] + [closed, closed * hub]
    squeeze = np.array([rng.uniform(0.4, 1), 1])
    return [curve * squeeze for curve in curves], [1.0] * spokes + [rng.uniform(3, 9), 4.0]


def strings(outline: np.ndarray, gap: float, slant: float) -> list[np.ndarray]:
    """Straight strings at a spacing, cut off at an outline (points, 2) about the middle that is convex or nearly so."""
    turned = outline @ rotation(slant)
    cut = []
    for place in np.arange(turned[:, 0].min() + gap / 2, turned[:, 0].max(), gap):
        beside = turned[:, 0] > place
        crossing = np.flatnonzero(beside != np.roll(beside, -1))
        if len(crossing) >= 2:
            y = turned[crossing, 1]
            cut.append(np.array([[place, y.min()], [place, y.max()]]) @ rotation(slant).T)
    return cut


def racket(rng: np.random.Generator) -> tuple[list[np.ndarray], list[float]]:
    """A racket or a landing net: an oval with strings, and a handle."""
    oval, gap = circle(97)[np.arange(98) % 97] * [rng.uniform(0.6, 0.8), 1], rng.uniform(0.06, 0.16)
    slant = rng.choice([0, np.pi / 4])
    net = strings(oval, gap, slant) + strings(oval, gap, slant + np.pi / 2)
    shaft = [np.array([[0, 1.0], [0, 1.0 + rng.uniform(0.3, 0.9)]]), np.array([[0, 1.7], [0, 2.2]])]
    return [*net, oval, *shaft], [0.5] * len(net) + [4.0, 5.0, 9.0]


def fence(rng: np.random.Generator) -> tuple[list[np.ndarray], list[float]]:
    """A piece of mesh, grid or railing, with or without a frame."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1.0]]) * [1, rng.uniform(0.5, 1)]
    frame = np.concatenate([np.linspace(corners[i], corners[(i + 1) % 4], 60) for i in range(4)])
    if rng.random() < 0.3:
        frame = any_outline(rng)
    gap, slant = rng.uniform(0.08, 0.3), rng.choice([0, np.pi / 4, np.pi / 3])
    bars = strings(frame, gap, slant)
    if rng.random() < 0.75:
        bars += strings(frame, gap * rng.uniform(0.8, 3), slant + np.pi / 2)
    edge = [np.concatenate([frame, frame[:1]])] if rng.random() < 0.8 else []
    return bars + edge, [1.0] * len(bars) + [rng.uniform(1.5, 5)] * len(edge)


def web(rng: np.random.Generator) -> tuple[list[np.ndarray], list[float]]:
    """A spider's web, or a net stretched in a ring: uneven rays and sagging rounds."""
    rays, rounds = int(rng.integers(7, 18)), int(rng.integers(5, 16))
    angle = (np.arange(rays) + rng.uniform(-0.2, 0.2, rays)) * 2 * np.pi / rays
    tips = np.stack([np.cos(angle), np.sin(angle)], -1) * rng.uniform(0.7, 1, (rays, 1))
    curves = [np.stack([np.zeros(2), tip]) for tip in tips]
    for share in np.linspace(0.12, 0.95, rounds):
        knots = tips * (share + rng.normal(0, 0.01, (rays, 1)))
        middles = (knots + np.roll(knots, -1, 0)) / 2 * 0.93
        ring = np.stack([knots, middles], 1).reshape(-1, 2)
        curves.append(np.concatenate([ring, ring[:1]]))
    return curves, [1.0] * rays + [0.6] * rounds


def cage(rng: np.random.Generator) -> tuple[list[np.ndarray], list[float]]:
    """A wire ball, basket or lampshade: the circles of latitude and longitude of a round body, tilted."""
    rounds, ribs, tilt = int(rng.integers(3, 10)), int(rng.integers(6, 20)), rng.uniform(0.1, 0.6)
    height = np.linspace(-1, 1, 30)
    power = rng.uniform(0.3, 1)
    radius = (1 - height**2) ** power * 0.9 if rng.random() < 0.5 else 0.4 + 0.5 * (height + 1) / 2 * power
    turn = np.linspace(0, 2 * np.pi, 50)
    hoops = [
        np.stack([radius[row] * np.cos(turn), radius[row] * np.sin(turn) * tilt - height[row]], -1)
        for row in np.linspace(0, 29, rounds).astype(int)
    ]
    bars = [
        np.stack([radius * np.cos(rib), radius * np.sin(rib) * tilt - height], -1)
        for rib in np.arange(ribs) * 2 * np.pi / ribs
    ]
    return hoops + bars, [1.0] * (rounds + ribs)


def mast(rng: np.random.Generator) -> tuple[list[np.ndarray], list[float]]:
    """A lattice tower or crane: two legs, rungs, crossed braces, and arms with wires."""
    bays, narrow = int(rng.integers(5, 14)), rng.uniform(0.02, 0.2)
    height = np.linspace(0, -2, bays + 1)
    half = np.linspace(rng.uniform(0.25, 0.5), narrow, bays + 1)
    left, right = np.stack([-half, height], -1), np.stack([half, height], -1)
    curves = [left, right]
    for i in range(bays):
        curves += [np.stack(pair) for pair in ((left[i], right[i + 1]), (right[i], left[i + 1]), (left[i], right[i]))]
    weights = [2.0, 2.0] + [1.0] * (len(curves) - 2)
    for row in rng.integers(bays // 2, bays, 2):
        tip = np.array([rng.choice([-1, 1]) * rng.uniform(0.4, 1), height[row] - 0.05])
        curves += [np.stack([left[row], tip]), np.stack([right[row], tip]), np.stack([[0, height[-1]], tip])]
        weights += [1.5, 1.5, 0.5]
    return curves, weights


def coil(rng: np.random.Generator) -> tuple[list[np.ndarray], list[float]]:
    """A spring, a spiral, or the frame of a pair of glasses."""
    kind = rng.random()
    t = np.linspace(0, 1, 300)
    turns = rng.uniform(4, 14) * 2 * np.pi
    if kind < 0.4:
        return [np.stack([0.4 * np.cos(t * turns), t * 2 + 0.12 * np.sin(t * turns)], -1)], [3.0]
    if kind < 0.7:
        return [np.stack([t * np.cos(t * turns), t * np.sin(t * turns)], -1)], [2.0]
    radii = (rng.uniform(0.35, 0.44), rng.uniform(0.25, 0.44))
    lenses = [ellipse((side * 0.5, 0), radii)[np.arange(49) % 48] for side in (-1, 1)]
    arms = [np.array([[side * 0.92, -0.1], [side * 1.05, -0.12], [side * 0.9, -0.5]]) for side in (-1, 1)]
    bridge = np.array([[-0.12, -0.05], [0, -0.1], [0.12, -0.05]])
    return [*lenses, *arms, bridge], [rng.uniform(2, 5)] * 5


def twigs(rng: np.random.Generator) -> tuple[list[np.ndarray], list[float]]:
    """A tree in winter."""
    curves, ranks = grow(rng, 6, rng.uniform(0.35, 0.8), rng.normal(0, 0.1))
    return curves, [max(0.3, 6 * rank**2.2) for rank in ranks]
