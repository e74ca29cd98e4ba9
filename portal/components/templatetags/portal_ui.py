"""What templates need of the design system: numbers, dates, icons, chips, fields, tables and charts.

`docs/design-system.md` shows each in use.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from heroicons.templatetags.heroicons import heroicon_outline

from portal.components import charts
from portal.components.formats import (
    Number,
    format_amount,
    format_date,
    format_datetime,
    format_quantity,
)
from pricing.catalogue import units

register = template.Library()

#: The colour of a state. The word is always the model's own; a state that is not here is neutral.
STATE_KINDS = {
    "good": "good paid approved received delivered acknowledged sent done finished active posted imported ok "
    "matched settled",
    "progress": "submitted in_review review pending processing shipped partly_shipped partially_shipped running queued "
    "confirmed claimed sending payment shipment receipt in_progress ready",
    "warn": "warning on_hold held hold due partly_paid partially_paid retrying late awaiting_payment partial low "
    "set_aside",
    "bad": "bad rejected failed overdue parked cancelled error refused blocked disputed broken",
}
_KIND_OF = {state: kind for kind, states in STATE_KINDS.items() for state in states.split()}


@register.filter
def amount(value: Number | None, digits: int = 2) -> str:
    """An amount of money, "12,300.00". The currency stands in the column's header."""
    return format_amount(value, digits=digits)


@register.filter
def signed_amount(value: Number | None) -> str:
    """An amount with its sign, "+12,300.00", for movements."""
    return format_amount(value, signed=True)


@register.filter
def quantity(value: Number | None) -> str:
    """A quantity without idle zeros."""
    return format_quantity(value)


@register.filter
def counted(number: int, unit: str) -> str:
    """A number of a unit, given by its code, in words: "12 pieces"."""
    return units.counted(number, unit)


@register.filter
def local_date(value: dt.date | dt.datetime | None) -> str:
    """The day in the current time zone."""
    return format_date(value)


@register.filter
def local_datetime(value: dt.datetime | None) -> str:
    """Day and minute in the current time zone."""
    return format_datetime(value)


@register.simple_tag
def icon(name: str, size: int = 20, label: str = "") -> str:
    """An icon of Heroicons' outline set. Hidden from screen readers unless it has a label."""
    return _drawn(str(name), size, str(label)) if name else ""


@lru_cache(maxsize=512)
def _drawn(name: str, size: int, label: str) -> str:
    """Building the SVG's tree for every icon was an eighth of a catalogue page's time."""
    attrs: dict[str, object] = {"class": "p-icon"}
    if label:
        attrs |= {"role": "img", "aria-label": label, "aria-hidden": "false"}
    return heroicon_outline(name, size=size, **attrs)


@register.simple_tag
def state_chip(word: str, state: str = "", kind: str = "") -> SafeString:
    """A state as a word in a coloured chip; `state` is the model's code, `kind` overrules (good progress warn bad)."""
    shade = kind or _KIND_OF.get(str(state).lower(), "neutral")
    return format_html('<span class="p-chip p-chip-{}">{}</span>', shade, word)


@register.inclusion_tag("components/field.html")
def field(field: BoundField, label: str = "", inline: bool = False) -> dict[str, Any]:
    """A form field with label, control, help and errors; same as including components/field.html."""
    return {"field": field, "label": label, "inline": inline}


@register.filter
def control(bound: BoundField) -> SafeString:
    """The field's control with our classes; Django adds aria-invalid and aria-describedby."""
    extra = {"checkbox": "form-check-input", "select": "form-select", "selectmultiple": "form-select"}
    kind = field_kind(bound)
    if kind in ("choices", "hidden"):
        return bound.as_widget()
    own = bound.field.widget.attrs.get("class", "")
    css = extra.get(bound.widget_type, "form-control")
    attrs: dict[str, Any] = {"class": f"{css} {own}".strip()}
    if kind == "text" and bound.widget_type == "date":
        attrs["type"] = "date"
    return bound.as_widget(attrs=attrs)


@register.filter
def field_kind(bound: BoundField) -> str:
    """How the field is laid out: hidden, checkbox, choices (several inputs) or text."""
    if bound.is_hidden:
        return "hidden"
    if bound.widget_type == "checkbox":
        return "checkbox"
    return "choices" if bound.use_fieldset else "text"


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: BaseForm) -> dict[str, Any]:
    """All errors of a form at its top, each linked to its field; nothing when there are none."""
    fields = [bound for bound in form if bound.errors] if form.errors else []
    return {"fields": fields, "general": form.non_field_errors() if form.errors else []}


_CELLS = {
    "amount": format_amount,
    "signed": lambda value: format_amount(value, signed=True),
    "quantity": format_quantity,
    "date": format_date,
    "datetime": format_datetime,
}
_NUMERIC = {"amount", "signed", "quantity"}


def _cell(value: Any, column: dict[str, Any]) -> dict[str, Any]:
    kind = column.get("kind", "text")
    url = ""
    if isinstance(value, tuple):
        value, url = value
    text = _CELLS[kind](value) if kind in _CELLS else value
    empty = value is None or value == ""
    return {
        "text": "" if empty else text,
        "url": url,
        "numeric": kind in _NUMERIC,
        "label": column["label"],
        "empty": empty,
    }


@register.inclusion_tag("components/money_table.html")
def money_table(
    columns: Sequence[dict[str, Any]],
    rows: Iterable[Sequence[Any]],
    caption: str = "",
    total: Sequence[Any] | None = None,
    opening: Sequence[Any] | None = None,
) -> dict[str, Any]:
    """A table of movements. A column is {"label", "kind": text amount signed quantity date datetime}.

    A row's cell is a value, or (value, url) for a link. `opening` stands above the rows, `total` below.
    """

    def laid_out(row: Sequence[Any]) -> list[dict[str, Any]]:
        return [_cell(value, column) for value, column in zip(row, columns, strict=True)]

    return {
        "columns": [{**column, "numeric": column.get("kind") in _NUMERIC} for column in columns],
        "rows": [laid_out(row) for row in rows],
        "opening": laid_out(opening) if opening else None,
        "total": laid_out(total) if total else None,
        "caption": caption,
    }


@register.inclusion_tag("components/bar_chart.html")
def bar_chart(points: Iterable[Sequence[Any]], title: str, unit: str = "", label: str = "") -> dict[str, Any]:
    """Columns with a table behind them. A point is (label, value) or (label, value, marked)."""
    bars = charts.columns(points)
    return {"bars": bars, "title": title, "unit": unit, "label": label, "many": len(bars) > 7}


@register.inclusion_tag("components/stacked_bar.html")
def stacked_bar(parts: Iterable[Sequence[Any]], title: str, unit: str = "") -> dict[str, Any]:
    """Shares of one whole, with a legend that is the table. A part is (label, value)."""
    return {"bars": charts.stack(parts), "title": title, "unit": unit}


@register.simple_block_tag(end_name="endpanel")
def panel(content: str, title: str = "", flush: bool = False, id: str = "") -> str:
    """A white box with a title; `flush` for a table that reaches the edges."""
    return render_to_string("components/panel.html", {"content": content, "title": title, "flush": flush, "id": id})


@register.simple_block_tag(end_name="endtable")
def table(content: str, caption: str = "", label: str = "", wide: bool = False, cards: bool = True) -> str:
    """The table shell: sticky header, cards on a phone (give each cell data-label). `wide` scrolls sideways."""
    context = {"content": content, "caption": caption, "label": label, "wide": wide, "cards": cards}
    return render_to_string("components/table.html", context)


@register.simple_block_tag(end_name="endheader")
def page_header(
    content: str, title: str, sub: str = "", chip: str = "", crumbs: Sequence[tuple[str, str]] | None = None
) -> str:
    """The page's title with its actions as content; `crumbs` are (label, url), `chip` comes from `state_chip`."""
    context = {"content": content, "title": title, "sub": sub, "chip": chip, "crumbs": crumbs}
    return render_to_string("components/page_header.html", context)


@register.simple_block_tag(end_name="endfilter")
def filter_bar(
    content: str, clear_url: str = "", chips: Sequence[dict[str, str]] | None = None, action: str = "", label: str = ""
) -> str:
    """A GET form of fields. `chips` are the filters in force: {"label", "url" (without this filter)}."""
    context = {"content": content, "clear_url": clear_url, "chips": chips, "action": action, "label": label}
    return render_to_string("components/filter_bar.html", context)


@register.simple_block_tag(end_name="enddialog")
def dialog(content: str, id: str, title: str) -> str:
    """A dialog opened by <button data-dialog="id" class="… p-needs-js">. Offer a page of its own without JavaScript."""
    return render_to_string("components/dialog.html", {"content": content, "id": id, "title": title})
