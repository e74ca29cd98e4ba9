"""Files of products to download: shown and sent only to who may see the product."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import SuspiciousFileOperation
from django.db.models import Q
from django.http import FileResponse, Http404
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.views.decorators.http import require_safe
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from portal.access.portal import PortalRequest
from pricing.catalogue.models import FileKind, ProductFile, reads_chinese
from pricing.quote import assortment

Product = get_model("catalogue", "Product")


@dataclass(frozen=True)
class FileShown:
    """A file as the product page lists it, in the reader's language. `language` is a name, empty for any."""

    title: str
    kind: str
    language: str
    size: str
    ending: str
    url: str


def files_of(product: Any) -> list[FileShown]:
    """The files of a product and of its model, by kind. One statement."""
    owners = [product.pk, product.parent_id] if product.parent_id else [product.pk]
    order = {kind: place for place, kind in enumerate(FileKind.values)}
    found = sorted(ProductFile.objects.filter(product__in=owners), key=lambda file: (order.get(file.kind, 99), file.pk))
    return [_shown(file) for file in found]


@require_safe
def product_file(request: PortalRequest, pk: int) -> FileResponse:
    """Send a file of a product that is in the dealer's assortment; any other does not exist.

    Always as an attachment of the kind its name says, never sniffed: it was uploaded by somebody.
    """
    file = file_for(request.portal.dealer, pk)
    if file is None:
        raise Http404
    try:
        stored = file.file.storage.open(file.file.name or "")
    except (FileNotFoundError, IsADirectoryError, SuspiciousFileOperation) as why:
        raise Http404 from why
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    response = FileResponse(stored, as_attachment=True, filename=file.name, content_type=kind)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=3600"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def file_for(dealer: Dealer, pk: int) -> ProductFile | None:
    """A file that the dealer may have: of a product in their assortment, or of the model of one."""
    file = ProductFile.objects.filter(pk=pk).first()
    if file is None:
        return None
    models = Product.objects.filter(Q(pk=file.product_id) | Q(parent=file.product_id))
    owned = assortment(dealer, among=models.values("pk"))
    return file if owned.exists() else None


def _shown(file: ProductFile) -> FileShown:
    title = (file.title_zh or file.title) if reads_chinese() else file.title
    ending = file.name.rpartition(".")[2].upper() if "." in file.name else ""
    return FileShown(
        title=title,
        kind=str(file.get_kind_display()),
        language=str(file.get_language_display()) if file.language else "",
        size=filesizeformat(file.size),
        ending=ending,
        url=reverse("shop:product_file", args=(file.pk,)),
    )
