"""The one table of what we put in the place of Oscar's classes.

`OSCAR_DYNAMIC_CLASS_LOADER` points here. A test walks the table and fails when Oscar moved what we replace.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from oscar.core.loading import default_class_loader

#: (Oscar's module label, class name) → dotted path of ours.
BINDINGS: dict[tuple[str, str], str] = {
    ("partner.strategy", "Selector"): "pricing.oscar.strategy.Selector",
}


def load_classes(module_label: str, classnames: list[str], module_prefix: str = "oscar.apps") -> list[Any]:
    """Oscar's class loader: ours where the table says so, else Oscar's own."""
    found = default_class_loader(module_label, classnames, module_prefix)
    return [_bound(module_label, name) or cls for name, cls in zip(classnames, found, strict=True)]


def _bound(module_label: str, name: str) -> Any:
    dotted = BINDINGS.get((module_label, name))
    if dotted is None:
        return None
    module, _, attribute = dotted.rpartition(".")
    return getattr(import_module(module), attribute)
