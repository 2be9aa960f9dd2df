"""Hair and fur: strands thinner than a pixel, in clumps, with fly-aways."""

from __future__ import annotations

import cv2
import numpy as np

from mattebox.train.procedural.canvas import Canvas
from mattebox.train.procedural.noise import fractal, palette, shades
from mattebox.train.procedural.outlines import blob, ellipse, fit, keep_inside
from mattebox.types import Alpha, Rgb

HAIR = np.array([[28, 20, 16], [62, 40, 26], [104, 66, 38], [158, 82, 42], [206, 164, 104], [232, 214, 180], [150] * 3])
"""Black, dark brown, brown, red, blond, platinum, grey."""

SKIN = np.array([[240, 205, 180], [224, 172, 138], [190, 130, 95], [135, 88, 60], [84, 54, 40]])


def strands(
    roots: np.ndarray,
    aim: np.ndarray,
    length: np.ndarray,
    rng: np.random.Generator,
    sag: float,
    curl: float,
    points: int,
) -> np.ndarray:
    """Curves (count, points, 2) from `roots` (count, 2) along `aim` (count, 2), that sag downwards and wave."""
    t = np.linspace(0, 1, points)[None, :, None]
    count = len(roots)
    side = aim[:, None, ::-1] * [1, -1]
    bend = rng.normal(0, 0.25, (count, 1, 1)) * t**2
    wave = np.sin(t * rng.uniform(4, 14, (count, 1, 1)) + rng.uniform(0, 6.3, (count, 1, 1))) * t * curl
    path = aim[:, None] * t + side * (bend + wave) + np.array([0, sag]) * t**2
    return roots[:, None] + path * length[:, None, None]


def clump(guides: np.ndarray, each: int, spreading: float, rng: np.random.Generator) -> np.ndarray:
    """`each` strands about every guide (count, points, 2), drawn together or flying apart towards the tips."""
    points = guides.shape[1]
    t = np.linspace(0, 1, points)[:, None]
    around = rng.normal(0, spreading, (len(guides), each, 1, 2))
    apart = rng.normal(0, spreading, (len(guides), each, 1, 2)) * rng.exponential(1, (len(guides), each, 1, 1))
    gather = rng.uniform(0.1, 1, (len(guides), 1, 1, 1))
    return (guides[:, None] + around * (1 - gather * t) + apart * t**2).reshape(-1, points, 2)


def comb(canvas: Canvas, curves: np.ndarray, colour: np.ndarray, width: float, rng: np.random.Generator) -> None:
    """Draw strands in a dozen tones of a colour, darker ones first."""
    tones = shades(colour, 14, rng.uniform(0.25, 0.6))
    order = np.clip(np.arange(len(curves)) * 10 // len(curves) + rng.integers(0, 5, len(curves)), 0, 13)
    for tone in range(14):
        mine = curves[order == tone]
        if len(mine):
            canvas.taper(mine, tones[tone], width * rng.uniform(0.5, 1.2))


def hair_colour(rng: np.random.Generator) -> np.ndarray:
    """A natural hair colour, sometimes a dyed one."""
    if rng.random() < 0.15:
        return palette(rng, 1)[0]
    return np.clip(HAIR[rng.integers(len(HAIR))] * rng.uniform(0.8, 1.15) + rng.normal(0, 6, 3), 0, 255)


def tuft(size: int, rng: np.random.Generator) -> tuple[Rgb, Alpha]:
    """A ball, wig or plume of long hair that stands off in every direction."""
    canvas = Canvas(size)
    colour = hair_colour(rng) if rng.random() < 0.7 else palette(rng, 1)[0]
    reach = rng.uniform(0.6, 0.9)
    body = blob(rng, 0.35) * reach * rng.uniform(0.45, 0.75) * np.exp(rng.normal(0, 0.15, 2))
    canvas.fill([body], colour * 0.55)
    count = int(rng.integers(80, 160))
    picked = body[rng.integers(0, len(body), count)]
    roots = picked * np.sqrt(rng.uniform(0.05, 0.95, (count, 1)))
    out = picked / np.linalg.norm(picked, axis=-1, keepdims=True)
    aim = out + rng.normal(0, 0.35, out.shape) + rng.normal(0, 0.25, 2)
    length = rng.uniform(0.4, 1, count) * reach * 0.65
    sag, curl = rng.uniform(0, 0.7), rng.exponential(0.04)
    order = np.argsort(-np.linalg.norm(roots, axis=-1))
    guides = strands(roots[order], aim[order], length, rng, sag, curl, 9)
    curves = clump(guides, int(rng.integers(5, 11)), rng.uniform(0.02, 0.06), rng)
    comb(canvas, keep_inside(curves), colour, rng.uniform(0.004, 0.012), rng)
    return canvas.finish(rng)


def head(size: int, rng: np.random.Generator) -> tuple[Rgb, Alpha]:
    """Head and shoulders: hair behind, face, hair in front, and single hairs that fly away."""
    canvas = Canvas(size)
    colour, skin = hair_colour(rng), SKIN[rng.integers(len(SKIN))] * rng.uniform(0.9, 1.08)
    middle, radii = (rng.normal(0, 0.05), rng.uniform(-0.35, -0.15)), (rng.uniform(0.2, 0.3), rng.uniform(0.3, 0.36))
    length, sag, curl = rng.choice([0.25, 0.5, 0.8, 1.05]), rng.uniform(0.4, 1.1), rng.exponential(0.035)
    wind = rng.normal(0, 0.35)
    top, width = np.array(middle), rng.uniform(0.004, 0.009)

    def locks(count: int, each: int, low: float, high: float, spreading: float) -> np.ndarray:
        angle = np.pi * (-0.5 + rng.uniform(low, high, count) * rng.choice([-1, 1], count))
        out = np.stack([np.cos(angle), np.sin(angle)], -1)
        roots = top + out * radii * rng.uniform(0.8, 1.02, (count, 1))
        aim = out * rng.uniform(0.25, 0.6, (count, 1)) + rng.normal(0, 0.08, (count, 2)) + np.array([wind * 0.5, 0])
        guides = strands(roots, aim, length * rng.uniform(0.6, 1.1, count), rng, sag, curl, 11)
        return keep_inside(clump(guides, each, spreading, rng))

    canvas.fill([ellipse((middle[0], middle[1] - 0.03), (radii[0] * 1.15, radii[1] * 1.08))], colour * 0.5)
    comb(canvas, locks(70, 9, 0.0, 0.75, 0.025), colour * 0.8, width, rng)
    shoulders(canvas, middle, skin, rng)
    canvas.fill([ellipse(middle, radii)], skin)
    face(canvas, middle, radii, skin, rng)
    comb(canvas, locks(55, 8, 0.12, 0.62, 0.018), colour, width, rng)
    crown = np.linspace(-1, 1, 70)
    roots = top + np.stack([crown * radii[0] * 0.5, np.full(70, -radii[1] * 0.98)], -1)
    aim = np.stack([crown, 0.1 - 0.25 * (1 - np.abs(crown))], -1) * radii[0] * 1.3
    fringe = strands(roots, aim, np.full(70, 1.0), rng, rng.uniform(0.1, 0.5) * radii[1], curl * 0.3, 9)
    comb(canvas, clump(fringe, 5, 0.012, rng), colour, width, rng)
    comb(canvas, locks(int(rng.integers(20, 90)), 1, 0.0, 0.75, 0.09), colour, 0.004, rng)
    return canvas.finish(rng)


def shoulders(canvas: Canvas, middle: tuple[float, float], skin: np.ndarray, rng: np.random.Generator) -> None:
    """Neck and clothed shoulders below a head, down to near the edge."""
    x, y = middle
    neck, wide, bottom = rng.uniform(0.09, 0.13), rng.uniform(0.5, 0.8), rng.uniform(0.85, 0.95)
    collar, fall = y + rng.uniform(0.42, 0.5), rng.uniform(0.12, 0.2)
    t = np.linspace(0, 1, 16)
    right = np.stack([neck * 1.2 + (wide - neck * 1.2) * t, collar + fall * t**2.5], -1)
    sleeve = np.array([[wide + 0.05, bottom]])
    half = np.concatenate([right, sleeve])
    canvas.fill([np.concatenate([half, half[::-1] * [-1, 1]]) + np.array([x, 0])], palette(rng, 1)[0])
    throat = np.array([[-neck, y], [neck, y], [neck * 1.25, collar], [0, collar + 0.12], [-neck * 1.25, collar]])
    canvas.fill([throat + np.array([x, 0])], skin * 0.82)


def face(
    canvas: Canvas, middle: tuple[float, float], radii: tuple[float, float], skin: np.ndarray, rng: np.random.Generator
) -> None:
    """Eyes, brows, nose and mouth, enough to read as a face."""
    x, y = middle
    eye = radii[0] * rng.uniform(0.38, 0.46)
    for side in (-1, 1):
        canvas.fill([ellipse((x + side * eye, y + 0.03), (0.042, 0.02))], np.array([235, 232, 228]))
        canvas.fill([ellipse((x + side * eye, y + 0.03), (0.018, 0.02))], palette(rng, 1)[0] * 0.4)
        canvas.stroke(
            [np.array([[-0.05, 0.0], [0.0, -0.015], [0.05, 0.0]]) + np.array([x + side * eye, y - 0.03])],
            skin * 0.4,
            0.012,
        )
    canvas.stroke([np.array([[0.0, 0.04], [0.022, 0.12], [-0.015, 0.13]]) + np.array([x, y])], skin * 0.8, 0.012)
    canvas.fill(
        [ellipse((x, y + radii[1] * 0.6), (rng.uniform(0.05, 0.08), rng.uniform(0.012, 0.03)))], skin * [0.8, 0.5, 0.5]
    )


def fur(size: int, rng: np.random.Generator) -> tuple[Rgb, Alpha]:
    """An animal, or a furry lump, with short fur in two coat colours that lies one way and stands off its edge."""
    canvas = Canvas(size)
    parts = fit(animal(rng) if rng.random() < 0.75 else [blob(rng, 0.4)], rng, (0.6, 0.84))
    base = hair_colour(rng) if rng.random() < 0.75 else palette(rng, 1)[0]
    second = np.clip(base * rng.uniform(0.3, 1.8), 0, 255) if rng.random() < 0.6 else hair_colour(rng)
    for part in parts:
        canvas.fill([part], base * 0.7)
    grid = 96
    mask = cv2.resize(canvas.pixels[..., 3], (grid, grid), interpolation=cv2.INTER_AREA)
    rows, columns = np.nonzero(mask > 128)
    count = int(rng.integers(1800, 3200))
    picked = rng.integers(0, len(rows), count)
    rows, columns = rows[picked], columns[picked]
    roots = (np.stack([columns, rows], -1) + rng.random((count, 2))) * (2 / grid) - 1
    soft = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), 4)
    slope = np.stack([-cv2.Sobel(soft, cv2.CV_32F, 1, 0), -cv2.Sobel(soft, cv2.CV_32F, 0, 1)], -1)[rows, columns]
    lie = np.array([rng.normal(0, 0.25), rng.uniform(0, 0.45)])
    swirl = fractal(grid, rng, 3, 2)[rows, columns, None] * 6.3
    aim = (
        slope * 2.2 + lie + 0.25 * np.concatenate([np.cos(swirl), np.sin(swirl)], -1) + rng.normal(0, 0.18, (count, 2))
    )
    aim /= np.linalg.norm(aim, axis=-1, keepdims=True) + 0.2
    length = rng.uniform(0.05, 0.2) * rng.uniform(0.4, 1.2, count)
    curves = strands(roots, aim, length, rng, 0.2, 0.02, 5)
    coat = fractal(grid, rng, rng.uniform(2, 9), 3)[rows, columns]
    patched = coat > rng.uniform(0.4, 0.75)
    light = 1 - soft[rows, columns] * 0.6 + rng.normal(0, 0.25, count) - roots[:, 1] * 0.3
    level = np.clip((light * 6 + 2).astype(int), 0, 11)
    width = rng.uniform(0.003, 0.008)
    depth = rng.uniform(0.25, 0.55)
    for tone in range(12):
        for colour, mine in ((base, ~patched), (second, patched)):
            chosen = curves[(level == tone) & mine]
            if len(chosen):
                canvas.taper(keep_inside(chosen), shades(colour, 12, depth)[tone], width, 2)
    return canvas.finish(rng)


def animal(rng: np.random.Generator) -> list[np.ndarray]:
    """Outlines of a beast seen from the side, or of a head with two ears."""
    ear = rng.uniform(0.12, 0.3)
    if rng.random() < 0.4:
        ears = [ellipse((side * 0.55, -0.65), (ear * 0.8, ear * 1.6), side * rng.uniform(0, 0.8)) for side in (-1, 1)]
        return [*ears, ellipse((0, 0), (0.8, rng.uniform(0.65, 0.85))), ellipse((0, 0.45), (0.5, 0.4))]
    long, tall, leg = rng.uniform(0.5, 0.8), rng.uniform(0.28, 0.45), rng.uniform(0.3, 0.6)
    side = rng.choice([-1.0, 1.0])
    legs = [
        ellipse((side * x + rng.normal(0, 0.06), tall * 0.5 + leg * 0.5), (rng.uniform(0.07, 0.12), leg * 0.65))
        for x in (-long * 0.75, -long * 0.5, long * 0.5, long * 0.75)
    ]
    nose, size = (side * (long + 0.15), -tall * rng.uniform(0.6, 1.3)), rng.uniform(0.22, 0.34)
    ears = [ellipse((nose[0] + shift, nose[1] - size), (ear * 0.4, ear), rng.normal(0, 0.3)) for shift in (-0.12, 0.12)]
    tail = ellipse(
        (-side * (long + 0.2), -tall * rng.uniform(0, 0.8)),
        (0.4, rng.uniform(0.06, 0.14)),
        side * rng.uniform(-0.3, 0.9),
    )
    snout = ellipse((nose[0] + side * size, nose[1] + 0.08), (size * 0.6, size * 0.45))
    return [*legs, tail, *ears, ellipse((0, 0), (long, tall)), ellipse(nose, (size * 1.1, size)), snout]
