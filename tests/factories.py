"""Real rows for tests: a small company that every test understands at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from oscar.core.loading import get_model

from dealers.accounts.models import (
    Dealer,
    DealerRole,
    Membership,
    Outlet,
    SalesRep,
    StaffRole,
    Supplier,
    Territory,
    User,
)
from pricing.catalogue.models import ProductCard
from pricing.terms.models import DealerPriceList, Price, PriceList

Product = get_model("catalogue", "Product")
ProductClass = get_model("catalogue", "ProductClass")
Category = get_model("catalogue", "Category")
Partner = get_model("partner", "Partner")
StockRecord = get_model("partner", "StockRecord")

PASSWORD = "correct horse battery"


class _Quick(PBKDF2PasswordHasher):
    """One round instead of a million: a real server still takes the password."""

    iterations = 1


@dataclass
class World:
    """Alice buys for Alpine, Bob for Bergen; Rita is Alpine's rep, Sam Bergen's; Fay does finance, Ada administers."""

    supplier: Supplier
    alpine: Dealer
    bergen: Dealer
    alice: User
    bob: User
    alpine_finance: User
    alpine_administrator: User
    rita: User
    sam: User
    fay: User
    ada: User
    pan: Any
    pot: Any
    knife: Any

    @property
    def outlet(self) -> Outlet:
        """Alpine's main outlet."""
        return self.alpine.outlets.get(code="MAIN")


def make_user(
    email: str, first_name: str, *, staff_role: str = "", dealer: Dealer | None = None, role: str = ""
) -> User:
    """A user, with a place at a dealer when one is given."""
    user = User.objects.create(
        email=email,
        first_name=first_name,
        last_name="Test",
        staff_role=staff_role,
        is_staff=staff_role == StaffRole.ADMINISTRATOR,
        is_superuser=staff_role == StaffRole.ADMINISTRATOR,
        password=make_password(PASSWORD, hasher=_Quick()),
    )
    if dealer:
        Membership.objects.create(user=user, dealer=dealer, role=role or DealerRole.BUYER)
    return user


def make_dealer(number: str, name: str, rep: SalesRep | None = None, **fields: Any) -> Dealer:
    """A dealer with one outlet `MAIN`; 13 % tax, 30 days, EUR unless told otherwise."""
    values = {
        "currency": "EUR",
        "tax_percent": Decimal("13.00"),
        "payment_terms_days": 30,
        "credit_limit": Decimal("10000.00"),
        "contact_email": f"office@{number.lower()}.example",
    }
    dealer = Dealer.objects.create(number=number, name=name, sales_rep=rep, **(values | fields))
    Outlet.objects.create(
        dealer=dealer,
        code="MAIN",
        name=f"{name} main shop",
        address_line1="1 Market Street",
        city="Town",
        postal_code="12345",
        country="DE",
    )
    return dealer


def make_product(
    sku: str, title: str, *, stock: int = 100, multiple: int = 1, minimum: int = 1, name_zh: str = "", **card: Any
) -> Any:
    """A standalone product with stock and a card."""
    product_class, _ = ProductClass.objects.get_or_create(name="Goods", defaults={"slug": "goods"})
    product = Product.objects.create(product_class=product_class, upc=sku, title=title, slug=sku.lower())
    partner, _ = Partner.objects.get_or_create(code="supplier", defaults={"name": "Supplier"})
    StockRecord.objects.create(
        product=product, partner=partner, partner_sku=sku, num_in_stock=stock, num_allocated=0, price_currency="EUR"
    )
    ProductCard.objects.update_or_create(
        product=product,
        defaults={"name_zh": name_zh, "order_multiple": multiple, "minimum_quantity": minimum, **card},
    )
    return product


def set_price(
    price_list: PriceList,
    product: Any,
    price: str,
    *,
    min_quantity: int = 1,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Price:
    """One price row."""
    return Price.objects.create(
        price_list=price_list,
        product=product,
        min_quantity=min_quantity,
        price=Decimal(price),
        valid_from=valid_from,
        valid_to=valid_to,
    )


def give_list(dealer: Dealer, price_list: PriceList, priority: int = 1) -> None:
    """Let a dealer buy by a list."""
    DealerPriceList.objects.create(dealer=dealer, price_list=price_list, priority=priority)


def make_world() -> World:
    """The company: a pan with tiers, a pot sold in sixes, a knife that only Alpine may buy."""
    supplier = Supplier.objects.create(pk=1, name="Northwind Kitchen", name_zh="北风厨具", address="1 Factory Road")
    north = Territory.objects.create(code="NORTH", name="North")
    rita_user = make_user("rita@supplier.example", "Rita", staff_role=StaffRole.SALES_REP)
    sam_user = make_user("sam@supplier.example", "Sam", staff_role=StaffRole.SALES_REP)
    rita = SalesRep.objects.create(
        code="RITA", name="Rita Test", email=rita_user.email, territory=north, user=rita_user
    )
    sam = SalesRep.objects.create(code="SAM", name="Sam Test", email=sam_user.email, user=sam_user)
    alpine = make_dealer("D-ALPINE", "Alpine Kitchens", rita)
    bergen = make_dealer("D-BERGEN", "Bergen Cooking", sam, payment_terms_days=0)
    pan = make_product("PAN-24", "Frying pan 24 cm", name_zh="平底锅24厘米")
    pot = make_product("POT-5L", "Stock pot 5 l", multiple=6, minimum=6, name_zh="汤锅5升")
    knife = make_product("KNIFE-8", "Chef's knife 8 in", stock=10, name_zh="厨师刀8英寸")
    wholesale = PriceList.objects.create(code="WHOLESALE", name="Wholesale", currency="EUR")
    special = PriceList.objects.create(code="ALPINE", name="Agreement Alpine", currency="EUR")
    set_price(wholesale, pan, "20.00")
    set_price(wholesale, pan, "18.50", min_quantity=10)
    set_price(wholesale, pot, "45.90")
    set_price(special, knife, "33.3333")
    give_list(alpine, special, 1)
    give_list(alpine, wholesale, 2)
    give_list(bergen, wholesale, 1)
    return World(
        supplier=supplier,
        alpine=alpine,
        bergen=bergen,
        alice=make_user("alice@alpine.example", "Alice", dealer=alpine),
        bob=make_user("bob@bergen.example", "Bob", dealer=bergen),
        alpine_finance=make_user("fin@alpine.example", "Finn", dealer=alpine, role=DealerRole.FINANCE),
        alpine_administrator=make_user("boss@alpine.example", "Bea", dealer=alpine, role=DealerRole.ADMINISTRATOR),
        rita=rita_user,
        sam=sam_user,
        fay=make_user("fay@supplier.example", "Fay", staff_role=StaffRole.FINANCE),
        ada=make_user("ada@supplier.example", "Ada", staff_role=StaffRole.ADMINISTRATOR),
        pan=pan,
        pot=pot,
        knife=knife,
    )
