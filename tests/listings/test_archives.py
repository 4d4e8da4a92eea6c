"""Archives of images, sound and texts: an inventory of what is in them, or a refusal of what could do harm."""

import gzip
import io
import random
import stat
import struct
import tarfile
import zipfile
import zlib
from typing import Any

import pytest

from listings.examination import examine
from listings.grading.grade import Facts
from listings.profiling import archive_members
from listings.profiling.archive import profile_archive
from listings.profiling.profile import TableProfile
from listings.profiling.reading import detect_format
from listings.profiling.refusals import Refusal
from listings.quality.score import Declared

from .archives import flac, image, mp3, taken_in_guangzhou, taped, wav, zipped

PICTURES = {
    "图/沙面.jpg": image(exif=taken_in_guangzhou()),
    "图/岭南.png": image(kind="PNG", size=(30, 20), color="blue"),
    "声/a.wav": wav(),
    "声/b.flac": flac(),
    "声/c.mp3": mp3(tag=b"x" * 300),
    "README.txt": "广州老街的照片与声音。\n".encode("gb18030"),
}
SHAPES: tuple[tuple[str, Any], ...] = (
    ("zip", zipped),
    ("tar", taped),
    ("tar.gz", lambda files: taped(files, packed=True)),
)


def profile(content: bytes, observers: Any = ()) -> TableProfile:
    return profile_archive(io.BytesIO(content), size=len(content), observers=observers)


def refusal(content: bytes) -> Refusal:
    with pytest.raises(Refusal) as caught:
        profile(content)
    assert str(caught.value)
    return caught.value


def outcome(content: bytes) -> str:
    """Return the format of the profile, or why there is none; any other exception passes."""
    try:
        return profile(content).format
    except Refusal as why:
        return str(why)


def told(found: TableProfile, path: str) -> dict[str, Any]:
    names = [column["name"] for column in found.columns]
    row = next(row for row in found.sample if row[0] == path)
    return {name: value for name, value in zip(names, row, strict=True) if value is not None}


@pytest.mark.parametrize(("container", "packed"), SHAPES, ids=[shape[0] for shape in SHAPES])
def test_an_archive_is_an_inventory_of_its_members(container: str, packed: Any) -> None:
    content = packed(PICTURES)
    assert detect_format(f"a.{container}", content[:65536]) == "ARCHIVE"
    found = profile(content)
    assert (found.format, found.rows) == ("ARCHIVE", 6)
    assert found.details["container"] == container
    assert found.details["kinds"] == {"audio": 3, "image": 2, "text": 1}
    assert found.details["unpacked_bytes"] == sum(map(len, PICTURES.values()))
    assert found.details["seconds"] == pytest.approx(1.5 + 10 + 1000 * 1152 / 44100, abs=0.001)
    png = told(found, "图/岭南.png")
    assert (png["media_type"], png["width"], png["height"], png["color"]) == ("image/png", 30, 20, "RGB")
    assert told(found, "声/a.wav") | {"path": ""} == {
        "path": "",
        "kind": "audio",
        "media_type": "audio/wav",
        "bytes": len(PICTURES["声/a.wav"]),
        "seconds": 1.5,
        "sample_rate": 8000,
        "channels": 2,
    }
    assert told(found, "README.txt")["text"] == "广州老街的照片与声音。\n"


def test_what_a_camera_notes_is_told_flagged_and_graded() -> None:
    content = zipped(PICTURES)
    found = examine(lambda observers: profile(content, observers), declared=Declared(), facts=Facts())
    photo = told(found.profile, "图/沙面.jpg")
    assert (photo["latitude"], photo["longitude"]) == (pytest.approx(23.108333), pytest.approx(113.233333))
    assert (photo["owner_name"], photo["taken_at"]) == ("陈大文", "2024-02-09 08:30:00")
    codes = [warning["code"] for warning in found.profile.warnings]
    assert codes == ["images_tell_places", "images_tell_persons"]
    assert "person_name" in found.scan.codes()
    assert found.grade.personal_information == "GENERAL"


def test_personal_data_in_a_text_beside_the_pictures_are_found() -> None:
    content = zipped({"a.jpg": image(), "labels.csv": "姓名,手机\n张三,13800138000\n".encode("gb18030")})
    found = examine(lambda observers: profile(content, observers), declared=Declared(), facts=Facts())
    assert "mobile" in found.scan.codes()


def test_members_that_are_not_what_they_seem_are_told() -> None:
    found = profile(
        zipped(
            {
                "a.jpg": image(),
                "copy.jpg": image(),
                "note.jpg": b"no image at all\n",
                "cut.png": image(kind="PNG")[:20],
                "paper.pdf": b"%PDF-1.7\n",
                "book.docx": zipped({"word/document.xml": b"<a/>"}),
                "data.bin": bytes(range(256)),
            }
        )
    )
    names = {warning["code"]: warning["params"]["names"] for warning in found.warnings}
    assert names == {
        "repeated_members": ["copy.jpg"],
        "misnamed_members": ["note.jpg"],
        "unreadable_media": ["cut.png"],
        "unexamined_members": ["paper.pdf", "book.docx", "data.bin"],
    }
    assert found.details["kinds"] == {"document": 2, "image": 3, "other": 1, "text": 1}


def test_names_that_windows_wrote_in_gbk_are_read() -> None:
    content = zipped({"a" * 18: image(), "b.jpg": image(color="blue")})
    name = "广州老街照片一.jpg".encode("gb18030")
    assert len(name) == 18
    found = profile(content.replace(b"a" * 18, name))
    assert found.sample[0][0] == "广州老街照片一.jpg"
    assert found.details["names_in"] == "GB18030"


@pytest.mark.parametrize(
    "sound", [mp3(frames=None), b"fLaC" + bytes(60), b"RIFF\0\0\0\0WAVEfmt ", b"ID3\x03", b"OggS" + bytes(9)]
)
def test_a_sound_whose_header_does_not_say_its_length_has_none(sound: bytes) -> None:
    found = profile(zipped({"a": sound}))
    assert (found.sample[0][1], found.details["seconds"]) == ("audio", 0)


@pytest.mark.parametrize(
    "name", ["../a.jpg", "/etc/a.jpg", "a/../../b.jpg", "C:\\a.jpg", "..\\a.jpg", "a\u202egpj.exe"]
)
@pytest.mark.parametrize("packed", [zipped, taped])
def test_paths_that_lead_out_or_are_disguised_are_refused(packed: Any, name: str) -> None:
    assert refusal(packed({name: image()})).code == "unsafe_member"


def test_links_and_devices_are_refused() -> None:
    link = tarfile.TarInfo("a.jpg")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    device = tarfile.TarInfo("b")
    device.type = tarfile.CHRTYPE
    for special in (link, device):
        assert refusal(taped({"c.jpg": image()}, extra=(special,))).code == "unsafe_member"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        info = zipfile.ZipInfo("a.jpg")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    assert refusal(file.getvalue()).code == "unsafe_member"


def test_two_members_of_one_name_are_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.jpg", image())
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.jpg", b"another")
    assert refusal(file.getvalue()).code == "unsafe_member"


def test_archives_within_archives_are_refused() -> None:
    for inner in (zipped({"a.jpg": image()}), taped({"a.jpg": image()}), gzip.compress(b"a")):
        assert refusal(zipped({"a.jpg": image(), "more": inner})).code == "nested_archive"


def test_passwords_and_rare_ways_of_packing_are_refused() -> None:
    content = bytearray(zipped({"a.jpg": image()}))
    at = content.rindex(b"PK\x01\x02") + 8
    content[at] |= 1
    assert refusal(bytes(content)).code == "encrypted_archive"
    assert refusal(zipped({"a.jpg": image()}, method=zipfile.ZIP_LZMA)).code == "archive_method"


@pytest.mark.parametrize(("container", "packed"), [SHAPES[0], SHAPES[2]])
def test_an_archive_that_grows_beyond_measure_is_refused_before_it_does(container: str, packed: Any) -> None:
    assert refusal(packed({"a.txt": b" " * (200 << 20)})).code == "archive_bomb", container


def test_a_zip_that_lies_about_sizes_is_refused() -> None:
    content = bytearray(zipped({"a.txt": b"a" * 100_000}))
    at = content.rindex(b"PK\x01\x02") + 24
    content[at : at + 4] = struct.pack("<I", 10)
    assert refusal(bytes(content)).code == "corrupt_archive"


def test_a_header_that_asks_for_gigabytes_is_refused() -> None:
    long_name = tarfile.TarInfo("././@LongLink")
    long_name.type, long_name.size = tarfile.GNUTYPE_LONGNAME, 20 << 20
    tape = gzip.compress(long_name.tobuf(tarfile.GNU_FORMAT) + bytes(21 << 20))
    assert refusal(tape).code == "corrupt_archive"


def test_an_image_of_more_pixels_than_anyone_opens_is_refused() -> None:
    content = bytearray(image(kind="PNG"))
    content[16:24] = struct.pack(">II", 60_000, 60_000)
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    assert refusal(zipped({"a.png": bytes(content)})).code == "image_bomb"


def test_too_many_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_members, "MOST_MEMBERS", 3)
    assert refusal(zipped(PICTURES)).code == "too_many_members"
    assert refusal(taped(PICTURES)).code == "too_many_members"


def test_a_damaged_header_hides_nothing() -> None:
    content = bytearray(taped({"a.jpg": image(), "b.jpg": image()}))
    content[content.index(b"b.jpg")] ^= 1
    assert refusal(bytes(content)).code == "corrupt_archive"
    assert refusal(taped({"a.jpg": image()}) + taped({"b.jpg": image()})).code == "corrupt_archive"


@pytest.mark.parametrize("content", [zipped({}), zipped({"a/": b""})])
def test_an_archive_without_files_is_refused(content: bytes) -> None:
    assert refusal(content).code == "empty_archive"


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"%PDF-1.7", gzip.compress(b"a,b\n1,2\n", mtime=0)])
def test_what_is_no_archive_is_refused(content: bytes) -> None:
    assert refusal(content).code in ("empty_file", "not_an_archive")


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("container", "packed"), SHAPES, ids=[shape[0] for shape in SHAPES])
def test_broken_archives_end_in_a_profile_or_a_refusal(container: str, packed: Any, seed: int) -> None:
    noise = random.Random(f"{container} {seed}")
    content = bytearray(packed(PICTURES))
    for _ in range(noise.randrange(1, 20)):
        content[noise.randrange(len(content))] = noise.randrange(256)
    content = content[: noise.randrange(len(content))] if seed % 3 == 0 else content
    assert outcome(bytes(content))
