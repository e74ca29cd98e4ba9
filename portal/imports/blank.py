"""Empty files to fill in: one workbook per kind with our columns and an example row."""

from __future__ import annotations

from typing import BinaryIO

from django.utils.translation import gettext as _

from portal.documents.workbooks import Column, Sheet, write_workbook
from portal.imports.kinds import COLUMNS
from portal.imports.models import ImportKind

ATTRIBUTE_EXAMPLES = {"attribute:colour": "Black", "attribute_zh:colour": "黑色"}


def write_blank(target: BinaryIO, kind: str) -> None:
    """Write the workbook: a sheet to fill in, and one that says what each column is."""
    columns = COLUMNS[kind]
    examples = {column.name: column.example for column in columns}
    if kind == ImportKind.PRODUCTS:
        examples |= ATTRIBUTE_EXAMPLES
    table = Sheet(str(ImportKind(kind).label), [Column(name) for name in examples], [list(examples.values())])
    legend = Sheet(
        _("Columns"),
        [Column(_("Column")), Column(_("Meaning"), width=40), Column(_("Needed"))],
        [[column.name, str(column.label), _("yes") if column.required else ""] for column in columns],
    )
    write_workbook(target, [table, legend])
