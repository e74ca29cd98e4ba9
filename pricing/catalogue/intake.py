"""Taking in products: variants, categories, attributes, pictures, packing units and stock records, set-based."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from django.utils.translation import gettext as _

from dealers.intake.columns import Column
from dealers.intake.intake import Intake
from dealers.intake.rows import Outcome, Parsed, Problem, Row
from pricing.catalogue import columns
from pricing.catalogue.attributes import Label, attributes_for
from pricing.catalogue.batch import Batch, product_class
from pricing.catalogue.categories import LONGEST_NAME, Path, folded, parts_of
from pricing.catalogue.columns import ATTRIBUTE, ATTRIBUTE_ZH, attribute_column
from pricing.catalogue.packing import Packing, Seen, check_packing
from pricing.catalogue.pictures import PictureRefused, Pictures, write_pictures
from pricing.catalogue.replacements import refuse_replacements, write_replacements
from pricing.catalogue.signals import catalogue_changed


class ProductsIntake(Intake):
    """Products by `sku`. Several that share `model` become variants of one parent, whatever file they come in.

    `labels` name the attributes; `pictures` finds the files that the column `image` names (without it the column is
    not read).
    """

    name = "products"
    key = ("sku",)
    columns = columns.COLUMNS

    def __init__(self, *, labels: Mapping[str, Label] | None = None, pictures: Pictures | None = None) -> None:
        super().__init__()
        self._labels = dict(labels or {})
        self._pictures = pictures
        self._chinese_names: dict[Path, tuple[int, str]] = {}
        self._stored: dict[int, list[str]] = {}
        self._attribute_ids: dict[str, int] = {}
        self._eans = Seen()

    def columns_of(self, row: Row) -> Iterator[Column]:
        """The usual columns, and the attributes the row has."""
        yield from super().columns_of(row)
        for name in row.values:
            column = attribute_column(name) if name.startswith((ATTRIBUTE, ATTRIBUTE_ZH)) else None
            if column is not None:
                yield column

    def check(self, row: Parsed) -> Iterator[Problem]:
        """Categories and packing units that cannot be, and pictures that cannot be shown."""
        path, chinese = parts_of(row.get("category_en", "")), parts_of(row.get("category_zh", ""))
        if any(len(part) > LONGEST_NAME for part in path + chinese):
            yield Problem(row.number, "category_en", _("A category's name has more than 255 letters. Shorten it."))
        if chinese and len(chinese) != len(path):
            message = _("The Chinese category must have as many levels as the English one (%(levels)s).")
            yield Problem(row.number, "category_zh", message % {"levels": len(path)})
        elif chinese:
            yield from self._check_chinese(row.number, path, chinese)
        yield from check_packing(row)
        yield from self._check_pictures(row)

    def _check_chinese(self, number: int, path: Path, chinese: Path) -> Iterator[Problem]:
        for depth, name in enumerate(chinese, start=1):
            first, known = self._chinese_names.setdefault(folded(path[:depth]), (number, name))
            if known != name:
                message = _("Row %(row)s calls the category %(category)s otherwise in Chinese. Let both rows agree.")
                yield Problem(number, "category_zh", message % {"row": first, "category": path[depth - 1]})

    def _check_pictures(self, row: Parsed) -> Iterator[Problem]:
        if self._pictures is None or "image" not in row.given:
            return
        names = [name.strip() for name in row.get("image", "").replace("；", ";").split(";") if name.strip()]
        try:
            self._stored[row.number] = list(dict.fromkeys(self._pictures.store(name) for name in names))
        except PictureRefused as why:
            yield Problem(row.number, "image", why.message)

    def _write(self, rows: Sequence[Parsed]) -> Outcome:
        batch = Batch(rows, self._stored)
        problems = batch.refuse_other_categories()
        packing = Packing(batch.rows, batch.shelf)
        problems += batch.refuse(packing.refuse(batch.rows, self._eans))
        problems += batch.refuse(refuse_replacements(batch.rows, batch.existing))
        batch.write_products()
        batch.write_categories()
        batch.write_attributes(self._attributes(batch.rows))
        batch.touched |= write_pictures(batch.pictures())
        batch.write_stock_records()
        batch.touched |= packing.write(batch.rows)
        batch.touched |= write_replacements(batch.rows, batch.shelf)
        self._stored.clear()
        if batch.touched:
            catalogue_changed.send(sender=type(self), product_ids=sorted(batch.touched))
        return Outcome(batch.states(), tuple(problems))

    def _attributes(self, rows: Sequence[Parsed]) -> dict[str, int]:
        codes = {name.removeprefix(ATTRIBUTE) for row in rows for name in row.given if name.startswith(ATTRIBUTE)}
        new = sorted(codes - set(self._attribute_ids))
        if new:
            self._attribute_ids |= attributes_for(product_class().pk, new, self._labels)
        return self._attribute_ids
