"""Rows that PostgreSQL gave as JSON, made into models: for what is asked all the time and seldom changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)


def kept_row(model: type[M], row: Mapping[str, Any]) -> M:
    """A model as if it had been fetched, from a row of all its columns by name, with numbers parsed as Decimal."""
    fields = model._meta.concrete_fields
    return model.from_db(
        "default", [each.attname for each in fields], [_value(each, row[str(each.column)]) for each in fields]
    )


def _value(field: Any, value: Any) -> Any:
    if value is None or isinstance(field, models.JSONField):
        return value
    if isinstance(field, models.DecimalField):
        return Decimal(value).quantize(Decimal(1).scaleb(-int(field.decimal_places or 0)))
    if isinstance(field, models.DateTimeField):
        return dt.datetime.fromisoformat(value).astimezone(dt.UTC)
    return value
