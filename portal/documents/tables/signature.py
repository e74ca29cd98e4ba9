"""Is the file what its name says? Pure; looks at the name and the first bytes only."""

from pathlib import PurePath
from typing import Literal

from portal.documents.tables.refusal import Refusal

Kind = Literal["delimited", "workbook"]

HEAD_BYTES = 4096
TEXT_EXTENSIONS = frozenset({".csv", ".tsv", ".tab", ".txt"})
REFUSED_EXTENSIONS = {
    ".xls": "old_excel",
    ".xlt": "old_excel",
    ".xlsm": "macro_enabled",
    ".xltm": "macro_enabled",
    ".xlam": "macro_enabled",
    ".xlsb": "binary_workbook",
    ".ods": "open_document",
}
ZIP_MAGIC = b"PK\x03\x04"
COMPOUND_FILE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
FOREIGN_MAGIC = (
    (ZIP_MAGIC, "ZIP / Excel"),
    (b"PK\x05\x06", "ZIP"),
    (COMPOUND_FILE_MAGIC, "Microsoft Office 97"),
    (b"%PDF-", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"\x1f\x8b", "GZIP"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"BZh", "BZIP2"),
    (b"\xfd7zXZ", "XZ"),
    (b"\x7fELF", "ELF"),
    (b"{\\rtf", "RTF"),
)
MARKUP_STARTS = (b"<?xml", b"<!doctype", b"<html", b"<table", b"<?php", b"<script", b"<svg")


def kind_of(filename: str, head: bytes) -> Kind:
    """Say how to read a file from its name and first bytes; refuse one whose content contradicts its name."""
    extension = PurePath(filename.replace("\\", "/")).suffix.lower()
    if extension in REFUSED_EXTENSIONS:
        raise Refusal(REFUSED_EXTENSIONS[extension])
    if extension != ".xlsx" and extension not in TEXT_EXTENSIONS:
        raise Refusal("unknown_extension", extension=(extension or filename)[:40])
    if not head:
        raise Refusal("empty_file")
    if extension == ".xlsx":
        if head.startswith(COMPOUND_FILE_MAGIC):
            raise Refusal("password_protected")
        if not head.startswith(ZIP_MAGIC):
            raise Refusal("not_a_workbook")
        return "workbook"
    _require_text(head)
    return "delimited"


def _require_text(head: bytes) -> None:
    for magic, content in FOREIGN_MAGIC:
        if head.startswith(magic):
            raise Refusal("not_text", content=content)
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:16].lower().startswith(MARKUP_STARTS):
        raise Refusal("not_text", content="HTML / XML")
