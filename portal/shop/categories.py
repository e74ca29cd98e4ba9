"""The category tree as a dealer sees it: only what leads to something they may buy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from pricing.catalogue.models import reads_chinese
from pricing.quote import assortment

Category = get_model("catalogue", "Category")
Product = get_model("catalogue", "Product")


@dataclass
class Node:
    """One category; `open` when the chosen one is it or below it."""

    pk: int
    path: str
    name: str
    url: str
    active: bool = False
    open: bool = False
    children: list[Node] = field(default_factory=list)


def category_name(category: Any) -> str:
    """The name in the reader's language."""
    card = getattr(category, "card", None)
    return card.name_zh if card and card.name_zh and reads_chinese() else category.name


def category_url(category: Any) -> str:
    """The category's list."""
    return reverse("shop:category", args=(category.slug or "-", category.pk))


def tree_for(dealer: Dealer, chosen: Any = None) -> list[Node]:
    """The public categories that lead to something the dealer may buy, as a tree. Two statements."""
    products = assortment(dealer).order_by()
    held = {pk for pair in products.values_list("categories", "parent__categories").distinct() for pk in pair if pk}
    public = Category.objects.filter(is_public=True, ancestors_are_public=True)
    categories = list(public.select_related("card").order_by("path"))
    paths = {category.path for category in categories if category.pk in held}
    step = Category.steplen
    leading = {path[:end] for path in paths for end in range(step, len(path) + 1, step)}
    roots: list[Node] = []
    nodes: dict[str, Node] = {}
    for category in categories:
        if category.path not in leading:
            continue
        node = Node(category.pk, category.path, category_name(category), category_url(category))
        node.active = chosen is not None and category.pk == chosen.pk
        node.open = chosen is not None and chosen.path.startswith(category.path)
        nodes[category.path] = node
        above = nodes.get(category.path[:-step])
        (above.children if above else roots).append(node)
    return roots


def trail_to(tree: list[Node]) -> list[Node]:
    """The open categories from the top to the chosen one."""
    trail: list[Node] = []
    level = tree
    while node := next((node for node in level if node.open), None):
        trail.append(node)
        level = node.children
    return trail


def within(products: QuerySet[Any], category: Any) -> QuerySet[Any]:
    """The products in a category or below it; a variant is where its model is."""
    below = Category.objects.filter(path__startswith=category.path).values("pk")
    owned = Product.objects.filter(categories__in=below).values("pk")
    return products.filter(Q(pk__in=owned) | Q(parent__in=owned))
