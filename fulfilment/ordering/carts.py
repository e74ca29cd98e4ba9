"""Several carts of a dealer: made, chosen, named, copied, merged, shared, and put into the trash."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dealers.accounts.models import Dealer, User
from fulfilment.ordering.cart import MAX_LINES, make_cart, quantities
from fulfilment.ordering.cartrows import copy_lines
from fulfilment.ordering.lines import MAX_QUANTITY, grouped
from fulfilment.ordering.models import CurrentCart, DealerCart
from fulfilment.ordering.problems import OrderRefused

#: Open carts of one owner at one dealer; more are not told apart any longer.
MAX_CARTS = 100
LONGEST_NAME = 100


def create_cart(user: User, dealer: Dealer, name: str) -> DealerCart:
    """A new empty cart with a name, which becomes the user's current one."""
    with transaction.atomic():
        _require_room(user, dealer)
        cart = make_cart(user, dealer, _clean(name))
        choose_cart(user, cart)
    return cart


def choose_cart(user: User, cart: DealerCart) -> None:
    """Let the user fill this cart from now on. The caller has found it among those the user may fill."""
    CurrentCart.objects.update_or_create(user=user, dealer_id=cart.dealer_id, defaults={"cart": cart})


def rename_cart(cart: DealerCart, name: str) -> None:
    """Call the cart something else. The owner's plain cart stays their current one when it gets a name."""
    name = _clean(name)
    with transaction.atomic():
        locked = _lock([cart])[0]
        if not locked.name and not CurrentCart.objects.filter(user=locked.user_id, dealer=locked.dealer_id).exists():
            choose_cart(locked.user, locked)
        _save(locked, name=name)
    cart.name = name


def share_cart(cart: DealerCart, shared: bool) -> None:
    """Open the cart to every buyer of the dealer, or to its owner alone again."""
    with transaction.atomic():
        locked = _lock([cart])[0]
        locked.shared = shared
        locked.save(update_fields=["shared", "updated_at"])
    cart.shared = shared


def duplicate_cart(cart: DealerCart, user: User, name: str) -> DealerCart:
    """A copy with all lines, notes and dates, owned by the user, not shared; it becomes their current cart."""
    with transaction.atomic():
        _lock([cart])
        copy = create_cart(user, cart.dealer, name)
        copy_lines(cart.basket_id, copy.basket_id, limit=MAX_QUANTITY, by_id=user.pk)
    return copy


def merge_carts(source: DealerCart, target: DealerCart, *, by: User) -> int:
    """Put all lines of `source` into `target`, quantities added up, and `source` into the trash.

    Answers how many lines came over. Refused when both are the same, of two dealers, or together too long.
    """
    if source.pk == target.pk or source.dealer_id != target.dealer_id:
        raise OrderRefused(_("Choose another cart to merge into."), code="target")
    with transaction.atomic():
        _lock([source, target])
        if len(set(quantities(source)) | set(quantities(target))) > MAX_LINES:
            raise OrderRefused(
                _("A cart holds at most %s lines. Send this one first.") % grouped(MAX_LINES), code="lines"
            )
        moved = copy_lines(source.basket_id, target.basket_id, limit=MAX_QUANTITY, by_id=by.pk)
        DealerCart.objects.filter(pk=source.pk).update(deleted_at=timezone.now())
        DealerCart.objects.filter(pk=target.pk).update(updated_at=timezone.now())
        CurrentCart.objects.filter(cart=source).delete()
        choose_cart(by, target)
    return moved


def trash_cart(cart: DealerCart) -> None:
    """Put the cart into the trash, from where its owner can restore it."""
    with transaction.atomic():
        _lock([cart])
        DealerCart.objects.filter(pk=cart.pk).update(deleted_at=timezone.now())
        CurrentCart.objects.filter(cart=cart).delete()


def restore_cart(cart: DealerCart) -> DealerCart:
    """Take a cart out of the trash; when its name is in use again, it gets a number."""
    with transaction.atomic():
        locked = DealerCart.objects.select_for_update(of=("self",)).get(pk=cart.pk)
        _require_room(locked.user, locked.dealer)
        locked.name = _free_name(locked)
        locked.deleted_at = None
        locked.save(update_fields=["name", "deleted_at", "updated_at"])
    return locked


def _free_name(cart: DealerCart) -> str:
    open_carts = DealerCart.objects.for_buyer(cart.user, cart.dealer).filter(user=cart.user_id)
    taken = set(open_carts.values_list("name", flat=True))
    if cart.name not in taken:
        return cart.name
    base = (cart.name or _("Cart"))[: LONGEST_NAME - 6]
    return next(name for number in range(2, MAX_CARTS + 3) if (name := f"{base} ({number})") not in taken)


def _clean(name: str) -> str:
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise OrderRefused(_("Give the cart a name."), code="name", field="name")
    if len(name) > LONGEST_NAME:
        raise OrderRefused(_("A name has at most %d characters.") % LONGEST_NAME, code="name", field="name")
    return name


def _require_room(user: User, dealer: Dealer) -> None:
    if DealerCart.objects.for_buyer(user, dealer).filter(user=user).count() >= MAX_CARTS:
        raise OrderRefused(_("You have %d open carts. Send or delete one first.") % MAX_CARTS, code="carts")


def _save(cart: DealerCart, *, name: str) -> None:
    cart.name = name
    try:
        with transaction.atomic():
            cart.save(update_fields=["name", "updated_at"])
    except IntegrityError as why:
        raise OrderRefused(_("You have a cart called “%s” already.") % name, code="name", field="name") from why


def _lock(carts: Iterable[DealerCart]) -> list[DealerCart]:
    """Lock open carts by primary key; refuses when one was sent or deleted meanwhile."""
    wanted = [cart.pk for cart in carts]
    rows = DealerCart.objects.select_for_update(of=("self",)).filter(pk__in=wanted, is_open=True, deleted_at=None)
    found = list(rows.select_related("user", "dealer").order_by("pk"))
    if len(found) < len(wanted):
        raise OrderRefused(_("This cart was sent or deleted meanwhile. Choose another one."), code="sent")
    return found
