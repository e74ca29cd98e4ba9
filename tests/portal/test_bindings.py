"""The binding table: what we replace in Oscar is still where we replace it, and our code forks nothing."""

from __future__ import annotations

import inspect
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.test import RequestFactory
from oscar.core.loading import get_class, get_model

from portal.oscar.bindings import BINDINGS
from tests.factories import World


@pytest.mark.parametrize(("module_label", "name"), BINDINGS)
def test_oscar_still_has_what_we_replace(module_label: str, name: str) -> None:
    original = getattr(import_module(f"oscar.apps.{module_label}"), name)
    ours = get_class(module_label, name)
    assert ours is not original
    assert f"{ours.__module__}.{ours.__qualname__}" == BINDINGS[module_label, name]
    for method, theirs in inspect.getmembers(original, inspect.isfunction):
        if not method.startswith("_"):
            wanted = [p.name for p in inspect.signature(theirs).parameters.values() if p.kind != p.VAR_KEYWORD]
            found = list(inspect.signature(getattr(ours, method)).parameters)
            assert found[: len(wanted)] == wanted, f"{name}.{method} has other parameters than Oscar's"


def test_no_oscar_app_is_forked() -> None:
    forked = [config.name for config in apps.get_app_configs() if config.label in OSCAR_LABELS and not _oscars(config)]
    assert forked == []


OSCAR_LABELS = {"catalogue", "partner", "basket", "order", "customer", "checkout", "address", "offer", "voucher"}


def _oscars(config: Any) -> bool:
    return config.name.startswith("oscar.apps.")


def test_oscar_sees_the_dealer_s_price(world: World) -> None:
    request: Any = RequestFactory().get("/")
    request.user = world.alice
    request.portal = type("Portal", (), {"maybe_dealer": world.alpine})()
    strategy = get_class("partner.strategy", "Selector")().strategy(request)
    assert strategy.fetch_for_product(world.knife).price.excl_tax == Decimal("33.3333")
    request.portal = type("Portal", (), {"maybe_dealer": world.bergen})()
    strategy = get_class("partner.strategy", "Selector")().strategy(request)
    assert not strategy.fetch_for_product(world.knife).price.exists


def test_oscar_s_order_reads_ours(world: World) -> None:
    product = get_model("catalogue", "Product").objects.get(pk=world.pan.pk)
    assert product.get_title() == "Frying pan 24 cm"
    assert product.stockrecords.get().net_stock_level == 100
