"""What the first bytes of a file say of it: its kind, an image's size and notes (Exif), how long a sound lasts.

Images are looked at by Pillow, which reads headers and decodes no pixel; sounds by the fields that say their length.
"""

from __future__ import annotations

import math
import re
import struct
import warnings
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

from PIL import Image

from listings.profiling.refusals import refuse

warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # what is too large is refused

IMAGES = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF", "JPEG2000")
OFFICE = (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".epub")
KINDS: tuple[tuple[re.Pattern[bytes], str, str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), kind, media_type)
    for pattern, kind, media_type in (
        (rb"\xff\xd8\xff", "image", "image/jpeg"),
        (rb"\x89PNG\r\n\x1a\n", "image", "image/png"),
        (rb"GIF8[79]a", "image", "image/gif"),
        (rb"RIFF....WEBP", "image", "image/webp"),
        (rb"II\*\x00|MM\x00\*", "image", "image/tiff"),
        (rb"BM....\x00\x00\x00\x00", "image", "image/bmp"),
        (rb"....ftypavi[fs]", "image", "image/avif"),
        (rb"....ftyp(?:hei|mif1)", "image", "image/heif"),
        (rb"\x00\x00\x00\x0cjP  \r\n\x87\n", "image", "image/jp2"),
        (rb"RIFF....WAVE", "audio", "audio/wav"),
        (rb"fLaC", "audio", "audio/flac"),
        (rb"ID3[\x02-\x04]|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]", "audio", "audio/mpeg"),
        (rb"OggS", "audio", "audio/ogg"),
        (rb"....ftypM4A", "audio", "audio/mp4"),
        (rb"....ftyp", "video", "video/mp4"),
        (rb"RIFF....AVI ", "video", "video/x-msvideo"),
        (rb"\x1a\x45\xdf\xa3", "video", "video/matroska"),
        (rb"%PDF-", "document", "application/pdf"),
        (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "document", "application/x-ole-storage"),
        (rb"PK(?:\x03\x04|\x05\x06)", "archive", "application/zip"),
        (rb"\x1f\x8b", "archive", "application/gzip"),
        (rb"BZh[1-9]1AY", "archive", "application/x-bzip2"),
        (rb"\xfd7zXZ\x00", "archive", "application/x-xz"),
        (rb"\x28\xb5\x2f\xfd", "archive", "application/zstd"),
        (rb"7z\xbc\xaf\x27\x1c", "archive", "application/x-7z-compressed"),
        (rb"Rar!\x1a\x07", "archive", "application/vnd.rar"),
        (rb".{257}ustar", "archive", "application/x-tar"),
        (rb"PAR1", "table", "application/vnd.apache.parquet"),
        (rb"SQLite format 3\x00", "table", "application/vnd.sqlite3"),
        (rb"\x7fELF|MZ", "program", "application/octet-stream"),
    )
)
# Exif 2.32 tags, and those that Windows writes beside them in UTF-16.
ARTIST, WINDOWS_AUTHOR, COPYRIGHT, CHANGED = 0x013B, 0x9C9D, 0x8298, 0x0132
EXIF, TAKEN, OWNER, SERIAL = 0x8769, 0x9003, 0xA430, 0xA431
GPS = 0x8825
LONGEST_NOTE = 200
Facts = dict[str, Any]


def kind_of(name: str, head: bytes) -> tuple[str, str]:
    """Return the kind of a file and its media type by its first bytes (some 300); ("", "") if they tell neither."""
    for pattern, kind, media_type in KINDS:
        if pattern.match(head):
            is_office = media_type == "application/zip" and name.lower().endswith(OFFICE)
            return ("document", "application/zip") if is_office else (kind, media_type)
    return "", ""


def image_facts(content: bytes, *, name: str) -> Facts | None:
    """Return an image's "width", "height", "color" and Exif notes from its bytes, or None if they cannot be read.

    Notes are "latitude", "longitude" (degrees), "taken_at", "owner_name", "device_id" (the camera's or lens's number)
    and "copyright". Raises Refusal `image_bomb` for more pixels than anyone can open safely.
    """
    try:
        with Image.open(BytesIO(content), formats=IMAGES) as image:
            facts: Facts = {"width": image.width, "height": image.height, "color": image.mode}
            return facts | _notes(image)
    except Image.DecompressionBombError:
        raise refuse("image_bomb", member=name) from None
    except Exception:  # noqa: BLE001 - broken images make Pillow's many decoders raise nearly anything
        return None


def _notes(image: Image.Image) -> Facts:
    try:
        exif = image.getexif()
        camera, place = exif.get_ifd(EXIF), exif.get_ifd(GPS)
    except Exception:  # noqa: BLE001 - the image may be good and its notes broken
        return {}
    notes = {
        "latitude": _degrees(place.get(2), place.get(1), "S", 90),
        "longitude": _degrees(place.get(4), place.get(3), "W", 180),
        "taken_at": _moment(camera.get(TAKEN) or exif.get(CHANGED)),
        "owner_name": _note(exif.get(ARTIST)) or _note(exif.get(WINDOWS_AUTHOR)) or _note(camera.get(OWNER)),
        "device_id": _note(camera.get(SERIAL)),
        "copyright": _note(exif.get(COPYRIGHT)),
    }
    return {name: value for name, value in notes.items() if value not in (None, "")}


def _degrees(parts: Any, reference: Any, negative: str, most: int) -> float | None:
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
        value = degrees + minutes / 60 + seconds / 3600
    except (TypeError, ValueError, ArithmeticError):
        return None
    if not math.isfinite(value) or abs(value) > most:
        return None
    return round(-value if str(reference).strip("\0 ").upper() == negative else value, 6)


def _moment(text: Any) -> str:
    """Turn "2024:02:09 08:30:00" (Exif) into "2024-02-09 08:30:00"."""
    found = re.match(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)", _note(text))
    return f"{found[1]}-{found[2]}-{found[3]} {found[4]}" if found else ""


def _note(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-16-le", "replace")
    text = value if isinstance(value, str) else ""
    try:  # Pillow reads notes as Latin-1, cameras and programs write UTF-8 or GBK
        raw = text.encode("latin-1")
        text = raw.decode("utf-8")
    except UnicodeEncodeError:
        pass
    except UnicodeDecodeError:
        text = raw.decode("gb18030", "replace")
    return "".join(each for each in text if each.isprintable()).strip()[:LONGEST_NOTE]


def audio_facts(content: bytes, *, media_type: str, size: int) -> Facts:
    """Return a sound's "seconds", "sample_rate" and "channels" as far as its header says them; raises nothing.

    `content` is its beginning, `size` the whole file's bytes.
    """
    try:
        return _SOUNDS[media_type](content, size) if media_type in _SOUNDS else {}
    except (struct.error, IndexError, ZeroDivisionError):
        return {}


def _wav(content: bytes, size: int) -> Facts:
    """RIFF WAVE: the chunk "fmt " tells the rate of bytes, "data" how many there are."""
    at, rate, channels, per_second = 12, 0, 0, 0
    while at + 8 <= len(content):
        name, length = struct.unpack_from("<4sI", content, at)
        if name == b"fmt ":
            channels, rate, per_second = struct.unpack_from("<HII", content, at + 10)
        if name == b"data" and rate:
            length = min(length, size - at - 8)  # recorders that were cut off leave 0xFFFFFFFF
            return _sound(length / per_second, rate, channels)
        at += 8 + length + length % 2
    return {}


def _flac(content: bytes, _size: int) -> Facts:
    """FLAC: the first block, STREAMINFO (RFC 9639 §8.2), has rate, channels and the number of samples."""
    packed = int.from_bytes(content[18:26], "big")
    rate, channels, samples = packed >> 44, ((packed >> 41) & 7) + 1, packed & ((1 << 36) - 1)
    return _sound(samples / rate, rate, channels) if samples else {"sample_rate": rate, "channels": channels}


_MPEG_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def _mp3(content: bytes, _size: int) -> Facts:
    """MPEG layer III: the first frame may carry a count of frames (Xing, Info, VBRI); without it nobody knows."""
    at = 0
    if content.startswith(b"ID3"):
        at = 10 + sum((content[6 + place] & 0x7F) << 7 * (3 - place) for place in range(4))  # four times seven bits
    header = struct.unpack_from(">I", content, at)[0]
    version, layer, rate_index = header >> 19 & 3, header >> 17 & 3, header >> 10 & 3
    if header >> 21 != 0x7FF or layer != 1 or version == 1 or rate_index == 3:
        return {}
    rate, channels = _MPEG_RATES[version][rate_index], 1 if header >> 6 & 3 == 3 else 2
    side = (17 if channels == 1 else 32) if version == 3 else (9 if channels == 1 else 17)
    known: Facts = {"sample_rate": rate, "channels": channels}
    frames = 0
    if content[at + 4 + side : at + 8 + side] in (b"Xing", b"Info") and content[at + 11 + side] & 1:
        frames = struct.unpack_from(">I", content, at + 12 + side)[0]
    elif content[at + 36 : at + 40] == b"VBRI":
        frames = struct.unpack_from(">I", content, at + 50)[0]
    return _sound(frames * (1152 if version == 3 else 576) / rate, rate, channels) if frames else known


def _sound(seconds: float, rate: int, channels: int) -> Facts:
    return {"seconds": round(seconds, 3), "sample_rate": rate, "channels": channels}


_SOUNDS: Mapping[str, Callable[[bytes, int], Facts]] = {"audio/wav": _wav, "audio/flac": _flac, "audio/mpeg": _mp3}
