"""Product pictures as an import writes them: files that are stored already, by name, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from oscar.core.loading import get_model

ProductImage = get_model("catalogue", "ProductImage")


class PictureRefused(Exception):
    """A picture that is missing or that we will not show; `message` names the mend."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Pictures(Protocol):
    """Where an import's pictures come from."""

    def store(self, name: str) -> str:
        """Check and store the picture once; answers its name in storage. Raises PictureRefused."""


def write_pictures(wanted: Mapping[int, Sequence[str]]) -> set[int]:
    """Let each product show exactly these stored pictures in this order. Answers the products that changed."""
    if not wanted:
        return set()
    shown: dict[int, list[str]] = {}
    for product, name in (
        ProductImage.objects.filter(product__in=wanted)
        .order_by("product", "display_order", "pk")
        .values_list("product_id", "original")
    ):
        shown.setdefault(product, []).append(name)
    differing = {product for product, names in wanted.items() if list(names) != shown.get(product, [])}
    replaced = differing & set(shown)
    if replaced:
        ProductImage.objects.filter(product__in=replaced).delete()
    ProductImage.objects.bulk_create(
        ProductImage(product_id=product, original=name, display_order=order)
        for product in sorted(differing)
        for order, name in enumerate(wanted[product])
    )
    return differing
