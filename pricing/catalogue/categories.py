"""The category tree as an import sees it: paths of names, made where they are missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from oscar.core.loading import get_model

from dealers.intake.intake import Changes
from pricing.catalogue.models import CategoryCard

Category = get_model("catalogue", "Category")

SEPARATOR = ">"
LONGEST_NAME = 255
Path = tuple[str, ...]


def parts_of(text: str) -> Path:
    """The names of "Cookware > Pans", top first; empty parts do not count."""
    return tuple(part for part in (piece.strip() for piece in text.replace("＞", SEPARATOR).split(SEPARATOR)) if part)


def folded(path: Path) -> Path:
    """What two paths must share to be the same category."""
    return tuple(name.casefold() for name in path)


class CategoryTree:
    """All categories, read with one statement; new ones cost a few statements each, once."""

    def __init__(self) -> None:
        self._ids: dict[Path, int] = {}
        self.paths: dict[int, Path] = {}
        names: dict[str, Path] = {}
        for node in Category.objects.order_by("path"):
            above = names.get(node.path[: -Category.steplen], ())
            names[node.path] = (*above, node.name)
            self._remember((*above, node.name), node)

    def has(self, path: Path) -> bool:
        """Whether the category is there."""
        return folded(path) in self._ids

    def ids_for(self, paths: Iterable[Path]) -> dict[Path, int]:
        """The categories of these paths, made where they are missing."""
        return {path: self._id(path) for path in dict.fromkeys(paths)}

    def name_in_chinese(self, names: Mapping[Path, Path]) -> set[int]:
        """Write the Chinese names of paths, level by level. Answers the categories whose name changed."""
        wanted: dict[int, str] = {}
        for path, chinese in names.items():
            for depth in range(len(path)):
                wanted[self._id(path[: depth + 1])] = chinese[depth]
        cards = {card.pk: card for card in CategoryCard.objects.filter(pk__in=wanted)}
        changes = Changes(CategoryCard, ("name_zh",))
        changed = {
            pk for pk, name in wanted.items() if changes.apply(cards.get(pk) or CategoryCard(pk=pk), {"name_zh": name})
        }
        changes.save()
        return changed

    def _id(self, path: Path) -> int:
        found = self._ids.get(folded(path))
        if found is not None:
            return found
        if len(path) == 1:
            node = Category.add_root(name=path[0])
        else:
            above = Category.objects.get(pk=self._id(path[:-1]))
            node = above.add_child(name=path[-1])
        self._remember(path, node)
        return int(node.pk)

    def _remember(self, path: Path, node: Any) -> None:
        self._ids[folded(path)] = node.pk
        self.paths[node.pk] = path
