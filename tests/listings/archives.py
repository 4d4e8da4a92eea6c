"""Archives to profile in tests, made on the spot: images, sounds and texts, packed in every way."""

import io
import os
import struct
import tarfile
import wave
import zipfile
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

Files = Mapping[str, bytes]


def image(
    *,
    color: str = "red",
    size: tuple[int, int] = (64, 48),
    kind: str = "JPEG",
    exif: Image.Exif | None = None,
) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, kind, **({"exif": exif} if exif else {}))
    return file.getvalue()


def taken_in_guangzhou(owner: str = "陈大文") -> Image.Exif:
    """Return the notes that a camera writes: where, when, whose, and which camera."""
    exif = Image.Exif()
    exif[0x013B] = owner.encode()
    exif.get_ifd(0x8825).update({1: "N", 2: (23.0, 6.0, 30.0), 3: "E", 4: (113.0, 14.0, 0.0)})
    exif.get_ifd(0x8769).update({0x9003: "2024:02:09 08:30:00", 0xA431: "CN12345678"})
    return exif


def wav(seconds: float = 1.5, rate: int = 8000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(b"\0\0\0\0" * int(seconds * rate))
    return file.getvalue()


def recordings(path: Path, mebibytes: int) -> Path:
    """Write a stored archive of recorded noise, in members of 8 MiB, and hold no more than one of them."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number in range(mebibytes // 8):
            sound = io.BytesIO()
            with wave.open(sound, "wb") as recording:
                recording.setnchannels(2)
                recording.setsampwidth(2)
                recording.setframerate(48_000)
                recording.writeframes(os.urandom(8 * 1024 * 1024))
            archive.writestr(f"{number:05d}.wav", sound.getvalue())
    return path


def flac(*, samples: int = 441_000, rate: int = 44_100, channels: int = 2) -> bytes:
    """Return the header of a FLAC file alone (RFC 9639 §8.2)."""
    packed = rate << 44 | (channels - 1) << 41 | 15 << 36 | samples
    return b"fLaC\x80\x00\x00\x22" + struct.pack(">HH", 4096, 4096) + bytes(6) + packed.to_bytes(8, "big") + bytes(16)


def mp3(*, frames: int | None = 1000, tag: bytes = b"") -> bytes:
    """Return the first frame of an MPEG-1 layer III file at 44.1 kHz, with a count of frames (Xing) if any."""
    counted = b"" if frames is None else b"Xing" + struct.pack(">II", 1, frames)
    tagged = b"ID3\x03\x00\x00" + bytes((0, 0, len(tag) >> 7, len(tag) & 127)) + tag if tag else b""
    return tagged + (b"\xff\xfb\x90\x00" + bytes(32) + counted).ljust(417, b"\0")


def zipped(files: Files, *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def taped(files: Files, *, packed: bool = False, extra: tuple[tarfile.TarInfo, ...] = ()) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz" if packed else "w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in extra:
            archive.addfile(info)
    return file.getvalue()
