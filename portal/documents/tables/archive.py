"""Opening the ZIP archive of a workbook without trusting a word of it. Pure; runs in the reading process.

Everything is decided from the central directory, before a single byte is unpacked: `zipfile` never reads more of a part
than its declared size, so a part that lies about it merely turns out damaged.
"""

import os
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from portal.documents.tables.limits import Limits
from portal.documents.tables.refusal import Refusal

END_SIGNATURE = b"PK\x05\x06"
END_SIZE = 22
LONGEST_COMMENT = 65_535
CHUNK = 64 * 1024
READ_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)
CONTENT_TYPES = "[Content_Types].xml"


class Archive:
    """The checked parts of a workbook. Refuses bombs, overlaps, encryption, macros and names that lead out."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        size = file.seek(0, os.SEEK_END)
        _check_directory_size(file, size, limits)
        try:
            self._zip = zipfile.ZipFile(file)
            parts = self._zip.infolist()
        except READ_ERRORS as broken:
            raise Refusal("damaged_archive") from broken
        self._parts = _check_parts(parts, size, limits)
        self._check_kind()

    def __contains__(self, name: str) -> bool:
        return name in self._parts

    def chunks(self, name: str) -> Iterator[bytes]:
        """Unpack one part piece by piece; refuses a part that is missing or damaged."""
        if name not in self._parts:
            raise Refusal("damaged_workbook", part=name[:80])
        try:
            with self._zip.open(self._parts[name]) as stream:
                while chunk := stream.read(CHUNK):
                    yield chunk
        except READ_ERRORS as broken:
            raise Refusal("damaged_workbook", part=name[:80]) from broken

    def _check_kind(self) -> None:
        names = [name.lower() for name in self._parts]
        if any(name.endswith(("vbaproject.bin", "vbadata.xml")) or "/macrosheets/" in name for name in names):
            raise Refusal("macro_enabled")
        if any(name.endswith("workbook.bin") for name in names):
            raise Refusal("binary_workbook")
        if "content.xml" in self._parts and "mimetype" in self._parts:
            raise Refusal("open_document")
        if CONTENT_TYPES not in self._parts:
            raise Refusal("not_a_workbook")
        types = b"".join(self.chunks(CONTENT_TYPES)) if self._parts[CONTENT_TYPES].file_size < 1024 * 1024 else b""
        types = types.replace(b"\0", b"")
        if b"macroEnabled" in types:
            raise Refusal("macro_enabled")
        if b"spreadsheetml" not in types:
            raise Refusal("not_a_workbook")


def _check_directory_size(file: BinaryIO, size: int, limits: Limits) -> None:
    """Refuse a directory of a million entries before `zipfile` makes an object of each."""
    file.seek(max(0, size - END_SIZE - LONGEST_COMMENT))
    tail = file.read()
    at = tail.rfind(END_SIGNATURE)
    if at < 0 or len(tail) < at + END_SIZE:
        raise Refusal("damaged_archive")
    count = int.from_bytes(tail[at + 10 : at + 12], "little")
    directory = int.from_bytes(tail[at + 12 : at + 16], "little")
    if count > limits.archive_parts or directory > limits.archive_directory:
        raise Refusal("too_many_parts", limit=limits.archive_parts)


def _check_parts(parts: list[zipfile.ZipInfo], size: int, limits: Limits) -> dict[str, zipfile.ZipInfo]:
    if len(parts) > limits.archive_parts:
        raise Refusal("too_many_parts", limit=limits.archive_parts)
    checked: dict[str, zipfile.ZipInfo] = {}
    for part in parts:
        if _leaves_archive(part.orig_filename):
            raise Refusal("unsafe_part_name", part=part.orig_filename[:80])
        if part.flag_bits & 0x1:
            raise Refusal("password_protected")
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or part.filename in checked:
            raise Refusal("damaged_workbook", part=part.filename[:80])
        if part.file_size > limits.part_size or _is_bomb(part, limits):
            raise Refusal("expands_too_much")
        checked[part.filename] = part
    if sum(part.file_size for part in parts) > limits.expanded_size:
        raise Refusal("expands_too_much")
    if sum(part.compress_size for part in parts) > size:
        raise Refusal("damaged_archive")
    return checked


def _leaves_archive(name: str) -> bool:
    climbs = ".." in name.split("/")
    return climbs or name.startswith("/") or "\\" in name or "\0" in name or name[1:2] == ":" or len(name) > 255


def _is_bomb(part: zipfile.ZipInfo, limits: Limits) -> bool:
    return part.file_size > limits.expansion_grace + limits.expansion_ratio * part.compress_size
