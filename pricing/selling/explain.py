"""Why a dealer sees a product or not, and in which quantities: the rules that decide, one product at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Q
from django.utils import timezone
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from pricing.selling.inforce import in_force
from pricing.selling.models import AssortmentRule, QuantityRule, RuleKind
from pricing.selling.packs import packs_for
from pricing.selling.rules import AssortmentRow, Pack, decide, nearest_first
from pricing.selling.write import with_names

Category = get_model("catalogue", "Category")


@dataclass(frozen=True)
class AssortmentVerdict:
    """Whether the assortment rules show a product to a dealer, and why.

    `rule` decides; without one no rule matches, and `some_allow` says whether that hides the product. `others` match
    too, nearest first, and were not asked.
    """

    visible: bool
    rule: AssortmentRule | None
    others: tuple[AssortmentRule, ...]
    some_allow: bool


@dataclass(frozen=True)
class PackVerdict:
    """A dealer's pack for a product with the rules its fields come from; None where the product's card says it."""

    pack: Pack
    minimum: QuantityRule | None
    multiple: QuantityRule | None
    maximum: QuantityRule | None


def explain_assortment(dealer: Dealer, product: Any, day: date) -> AssortmentVerdict:
    """Decide on one product rule by rule, as `pricing.selling.rules` says it. Prices are not looked at."""
    matching = list(with_names(RuleKind.ASSORTMENT).filter(_mine(dealer, day) & _about(product)))
    rows = [
        AssortmentRow(rule.pk, rule.scope, rule.level, rule.allows, rule.category.depth if rule.category else 0)
        for rule in matching
    ]
    some_allow = in_force(dealer, day).some_allow
    visible, decides = decide(rows, some_allow=some_allow)
    by_pk = {rule.pk: rule for rule in matching}
    others = tuple(by_pk[row.rule] for row in nearest_first(rows)[1:])
    return AssortmentVerdict(visible, by_pk[decides.rule] if decides else None, others, some_allow)


def explain_pack(dealer: Dealer, product: Any, day: date) -> PackVerdict:
    """The pack and where each of its fields comes from."""
    noon = timezone.make_aware(datetime.combine(day, time(12)), timezone.get_default_timezone())
    pack = packs_for(dealer, [product.pk], noon)[product.pk]
    said = (pack.minimum_rule, pack.multiple_rule, pack.maximum_rule)
    rules = {rule.pk: rule for rule in with_names(RuleKind.QUANTITY).filter(pk__in=[pk for pk in said if pk])}
    least, step, most = (rules.get(pk or 0) for pk in said)
    return PackVerdict(pack, least, step, most)


def _mine(dealer: Dealer, day: date) -> Q:
    """For the dealer, and in force on the day."""
    for_dealer = Q(dealer=dealer) | Q(dealer__isnull=True, group__isnull=True)
    if dealer.group_id:
        for_dealer |= Q(group=dealer.group_id)
    started = Q(valid_from__isnull=True) | Q(valid_from__lte=day)
    return for_dealer & started & (Q(valid_to__isnull=True) | Q(valid_to__gte=day))


def _about(product: Any) -> Q:
    """That a rule is about the product: itself, a category it is in or below, its brand, or everything."""
    owner = product.parent if product.parent_id else product
    paths = Category.objects.filter(product=owner).values_list("path", flat=True)
    step = Category.steplen
    above = {path[:end] for path in paths for end in range(step, len(path) + 1, step)}
    brands = [getattr(getattr(each, "card", None), "brand", "") for each in (product, owner)]
    brand = next((each for each in brands if each), None)
    about = Q(product__in=(product, owner)) | Q(category__path__in=above)
    about |= Q(product__isnull=True, category__isnull=True, brand="")
    return about | Q(brand=brand) if brand else about
