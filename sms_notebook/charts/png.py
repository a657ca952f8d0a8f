"""PNGs made small: vl-convert writes them large, and they stay in every notebook's file."""

import struct
import zlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_OPAQUE_8_BIT = (8, 6, 0, 0, 0)  # red, green, blue and alpha, a byte each
_SUB, _NO_FILTER = 1, 0
_PALETTE = 3
_MOST_COLOURS = 256
_AT_ONCE = 4_096  # colours that are compared with the palette


def size(png: bytes) -> tuple[int, int]:
    """Return width and height in pixels."""
    width, height = struct.unpack(">II", png[16:24])
    return int(width), int(height)


def smaller(png: bytes) -> bytes:
    """Write a chart's PNG with a palette, in a fifth of the bytes or less.

    A picture of another shape than the charts have (transparent, interlaced) stays as it is.
    """
    parts = dict(_chunks(png))
    packed = b"".join(data for kind, data in _chunks(png) if kind == b"IDAT")
    width, height = size(png)
    if tuple(parts[b"IHDR"][8:]) != _OPAQUE_8_BIT:
        return png
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, 1 + 4 * width)
    if (rows[:, 0] != _SUB).any():
        return png
    # Each byte was written as the difference to the pixel on its left.
    pixels = np.cumsum(rows[:, 1:].reshape(height, width, 4), axis=1, dtype=np.uint8)
    if (pixels[:, :, 3] != 255).any():  # noqa: PLR2004 - a byte
        return png
    colours, which = _palette(pixels[:, :, :3])
    lines = np.zeros((height, 1 + width), np.uint8)
    lines[:, 1:] = which.reshape(height, width)
    header = struct.pack(">IIBBBBB", width, height, 8, _PALETTE, 0, 0, _NO_FILTER)
    written = [(b"IHDR", header), (b"PLTE", colours.tobytes())]
    written += [(b"pHYs", parts[b"pHYs"])] if b"pHYs" in parts else []
    written += [(b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b"")]
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in written)


def _palette(
    pixels: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Return the colours, and which one each pixel has.

    Of more than 256 the most frequent stay as they are; a rare one, as at the edge of a letter,
    becomes the nearest of them.
    """
    wide = pixels.reshape(-1, 3).astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    codes, which, often = np.unique(wide, return_inverse=True, return_counts=True)
    colours = (codes[:, None] >> np.array([16, 8, 0], np.uint32)).astype(np.uint8)
    kept = np.sort(np.argsort(-often, kind="stable")[:_MOST_COLOURS])
    nearest = np.empty(len(colours), np.uint8)
    for start in range(0, len(colours), _AT_ONCE):
        some = colours[start : start + _AT_ONCE, None].astype(np.int32)
        apart = ((some - colours[kept].astype(np.int32)) ** 2).sum(axis=2)
        nearest[start : start + _AT_ONCE] = apart.argmin(axis=1)
    return colours[kept], nearest[which]


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + check
