"""Putting files beside products: what may be uploaded, and where it is kept."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from pricing.catalogue.models import FileKind, ProductFile

Product = get_model("catalogue", "Product")

LARGEST_FILE = 20 * 1024 * 1024
LONGEST_NAME = 150
#: Endings that may be uploaded, with how such a file begins; empty where the format has no sure beginning.
BEGINNINGS: dict[str, tuple[bytes, ...]] = {
    "pdf": (b"%PDF-",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "docx": (b"PK\x03\x04",),
    "xlsx": (b"PK\x03\x04",),
    "zip": (b"PK\x03\x04",),
    "dwg": (b"AC10",),
    "dxf": (),
    "step": (b"ISO-10303-21",),
    "stp": (b"ISO-10303-21",),
}


class FileRefused(Exception):
    """A file that is not taken; `message` names the mend."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def owner_of(code: str) -> Any | None:
    """The product with this SKU, else the model with this code, whose files belong to all its variants."""
    product = Product.objects.filter(upc=code).first()
    parents = Product.objects.filter(structure=Product.PARENT, card__model_code=code)
    return product or (parents.first() if code else None)


def checked_name(name: str, content: bytes) -> str:
    """The name to keep a file under. Refuses what is too large, empty, of another kind, or not what its name says."""
    plain = PurePosixPath(name.replace("\\", "/").replace("\x00", "")).name
    stem, _dot, ending = plain.rpartition(".")
    ending = ending.casefold()
    if not stem or ending not in BEGINNINGS:
        kinds = ", ".join(BEGINNINGS)
        raise FileRefused(_("This kind of file is not taken. Choose one of: %(kinds)s.") % {"kinds": kinds})
    if not content:
        raise FileRefused(_("The file is empty."))
    if len(content) > LARGEST_FILE:
        raise FileRefused(_("The file is larger than 20 MB. Choose a smaller one."))
    if BEGINNINGS[ending] and not content.startswith(BEGINNINGS[ending]):
        raise FileRefused(_("The file is damaged, or is no %(kind)s file.") % {"kind": ending.upper()})
    return f"{stem[:LONGEST_NAME]}.{ending}"


def put_file(
    product: Any, kind: FileKind, name: str, content: bytes, *, title: str, title_zh: str = "", language: str = ""
) -> ProductFile:
    """Keep a file with a product. One of the same kind and name is replaced. Raises FileRefused."""
    kept_name = checked_name(name, content)
    with transaction.atomic():
        Product.objects.select_for_update().get(pk=product.pk)
        file = ProductFile.objects.filter(product=product, kind=kind, name=kept_name).first()
        file = file or ProductFile(product=product, kind=kind, name=kept_name)
        old, storage = file.file.name, file.file.storage
        file.title, file.title_zh, file.language, file.size = title, title_zh, language, len(content)
        file.file.save(get_valid_filename(kept_name), ContentFile(content), save=False)
        file.save()
        if old and old != file.file.name:
            transaction.on_commit(lambda: storage.delete(old))
    return file


def remove_file(file: ProductFile) -> None:
    """Take a file away, from storage too once that is certain."""
    name, storage = file.file.name or "", file.file.storage
    with transaction.atomic():
        file.delete()
        transaction.on_commit(lambda: storage.delete(name))
