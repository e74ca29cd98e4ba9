"""The category tree as a dealer sees it: only what leads to something they may buy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from oscar.core.loading import get_model

from pricing.catalogue.models import reads_chinese

Category = get_model("catalogue", "Category")
Product = get_model("catalogue", "Product")


@dataclass
class Node:
    """One category; `open` when the chosen one is it or below it."""

    pk: int
    path: str
    name: str
    url: str
    count: int = 0
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


def tree_of(held: Mapping[tuple[int, ...], int], chosen: Any = None) -> list[Node]:
    """The public categories that lead to something, as a tree; one statement.

    `held` says how many products stand in which set of categories. Each counts once in every category above.
    """
    public = Category.objects.filter(is_public=True, ancestors_are_public=True)
    categories = list(public.select_related("card").order_by("path"))
    paths = {category.pk: category.path for category in categories}
    step = Category.steplen
    counts: Counter[str] = Counter()
    for together, number in held.items():
        known = [paths[pk] for pk in together if pk in paths]
        for above in {path[:end] for path in known for end in range(step, len(path) + 1, step)}:
            counts[above] += number
    roots: list[Node] = []
    nodes: dict[str, Node] = {}
    for category in categories:
        if not counts[category.path]:
            continue
        node = Node(category.pk, category.path, category_name(category), category_url(category), counts[category.path])
        node.active = chosen is not None and category.pk == chosen.pk
        node.open = chosen is not None and chosen.path.startswith(category.path)
        nodes[category.path] = node
        above_it = nodes.get(category.path[:-step])
        (above_it.children if above_it else roots).append(node)
    return roots


def trail_to(chosen: Any) -> list[tuple[str, str]]:
    """Name and address of the categories from the top to the chosen one. One statement."""
    step = Category.steplen
    paths = [chosen.path[:end] for end in range(step, len(chosen.path) + 1, step)]
    above = Category.objects.filter(path__in=paths).select_related("card").order_by("path")
    return [(category_name(category), category_url(category)) for category in above]


def within(products: QuerySet[Any], category: Any) -> QuerySet[Any]:
    """The products in a category or below it; a variant is where its model is."""
    below = Category.objects.filter(path__startswith=category.path).values("pk")
    owned = Product.objects.filter(categories__in=below).values("pk")
    return products.filter(Q(pk__in=owned) | Q(parent__in=owned))
