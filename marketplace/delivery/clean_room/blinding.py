"""The exchange's side of a private set intersection, as it runs in the locked-down process (process.py).

The buyer blinds its identifiers with a key of its own, we blind the provider's with ours, and the buyer blinds ours
once more. Taking our key off what comes back leaves both sides under the buyer's key, where equal identifiers are equal
points (openmined-psi, ECDH on P-256). So nobody sees the other's identifiers, and the size is known here only, where
noise can still be laid over it.

A buyer that used several keys could make one person count many times. Therefore one more point goes with ours that
cannot be told from them: a secret linear combination of all. It comes back as the same combination of what comes back
only if each point was multiplied by the same number, but for one chance in 2³².
"""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from private_set_intersection.python import Request, Response, ServerSetup, client

# NIST P-256: y² = x³ − 3x + B over the integers modulo P (SP 800-186 §3.2.1.3).
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
Point = tuple[int, int, int]  # x/z², y/z³
NOWHERE = (1, 1, 0)
COEFFICIENT_BYTES = 4


def act(rows: Sequence[Sequence[Any]], arguments: dict[str, Any]) -> dict[str, Any]:
    """Blind the identifiers of `rows`, or count those that the buyer has too and sum what stands beside them.

    `arguments` are the key (hex) and the step. Blinding gives one text in base 64; counting reads the files `blinded`,
    `setup` and `answer`, and gives one row: the size twice, as the gate expects it, and the sums.
    """
    if not rows or len(rows) > arguments["most"]:
        return {"reason": "SIZE" if rows else "DATA"}
    key = bytes.fromhex(arguments["key"])
    # An order that the buyer cannot know, and that both steps come to.
    rows = sorted(rows, key=lambda row: hashlib.sha256(b"order" + key + str(row[0]).encode()).digest())
    party = client.CreateFromKey(key, True)
    place, coefficients = secrets_of(key, len(rows))
    if arguments["step"] == "blind":
        points = list(party.CreateRequest([str(row[0]) for row in rows]).encrypted_elements)
        points.insert(place, compressed(combination(points, coefficients)))
        blinded = Request(reveal_intersection=True, encrypted_elements=points)
        return {"rows": [[base64.b64encode(blinded.SerializeToString()).decode()]]}

    points = list(Response.FromString(Path("answer").read_bytes()).encrypted_elements)
    setup = ServerSetup.FromString(Path("setup").read_bytes())
    try:
        witness = points.pop(place)
        if compressed(combination(points, coefficients)) != witness:
            return {"reason": "PROTOCOL"}
        common = party.GetIntersection(setup, Response(encrypted_elements=points))
    except (RuntimeError, ValueError):
        return {"reason": "PROTOCOL"}
    figures = [row[1:] for row in (rows[index] for index in common)]
    return {"rows": [[len(common), len(common), *(sum(column) for column in zip(*figures, strict=True))]]}


def secrets_of(key: bytes, count: int) -> tuple[int, list[int]]:
    """Return the place of the combination among the points and its coefficients, which follow from our key."""
    stream = hashlib.shake_256(b"linear check" + key).digest(16 + COEFFICIENT_BYTES * count)
    width = COEFFICIENT_BYTES
    coefficients = [int.from_bytes(stream[at : at + width], "big") for at in range(16, len(stream), width)]
    return int.from_bytes(stream[:16], "big") % (count + 1), coefficients


def combination(points: Sequence[bytes], coefficients: Sequence[int]) -> Point:
    """Return Σ coefficient · point, by bytes of the coefficients (Pippenger); ValueError for what is no point."""
    opened = [decompressed(point) for point in points]
    total: Point = NOWHERE
    for byte in reversed(range(COEFFICIENT_BYTES)):
        for _doubling in range(8):
            total = added(total, total)
        heaps: list[Point] = [NOWHERE] * 256
        for point, coefficient in zip(opened, coefficients, strict=True):
            digit = coefficient >> 8 * byte & 255
            heaps[digit] = added(heaps[digit], point)
        running: Point = NOWHERE
        for heap in reversed(heaps[1:]):
            running = added(running, heap)
            total = added(total, running)
    return total


def added(one: Point, other: Point) -> Point:
    """Return the sum of two points (Jacobian coordinates; explicit-formulas database add-2007-bl, dbl-2001-b)."""
    (x1, y1, z1), (x2, y2, z2) = one, other
    if z1 == 0 or z2 == 0:
        return other if z1 == 0 else one
    zz1, zz2 = z1 * z1 % P, z2 * z2 % P
    u1, u2 = x1 * zz2 % P, x2 * zz1 % P
    s1, s2 = y1 * z2 * zz2 % P, y2 * z1 * zz1 % P
    if u1 == u2:
        if s1 != s2:
            return NOWHERE
        gamma = y1 * y1 % P
        beta = x1 * gamma % P
        alpha = 3 * (x1 - zz1) * (x1 + zz1) % P
        x3 = (alpha * alpha - 8 * beta) % P
        return x3, (alpha * (4 * beta - x3) - 8 * gamma * gamma) % P, 2 * y1 * z1 % P
    h, r = (u2 - u1) % P, (s2 - s1) % P
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - s1 * hhh) % P, z1 * z2 * h % P


def decompressed(point: bytes) -> Point:
    """Return the point that 33 bytes stand for (SEC 1 §2.3.4); raises ValueError where there is none."""
    x = int.from_bytes(point[1:], "big")
    square = (x * x * x - 3 * x + B) % P
    y = pow(square, (P + 1) // 4, P)
    if len(point) != 33 or point[0] not in (2, 3) or x >= P or y * y % P != square:
        raise ValueError("no point of the curve")
    return x, y if y % 2 == point[0] % 2 else P - y, 1


def compressed(point: Point) -> bytes:
    """Return a point in 33 bytes (SEC 1 §2.3.3)."""
    x, y, z = point
    inverse = pow(z, -1, P) if z else 0
    x, y = x * inverse * inverse % P, y * inverse**3 % P
    return bytes([2 + y % 2]) + x.to_bytes(32, "big")
