"""Loading the demo company: through the same imports and the same functions that people use."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, DealerRole, Membership, SalesRep, Supplier, User
from fulfilment.ordering.models import DealerOrder
from portal.celery import app as celery_app
from portal.demo import consumers, pictures, promotions, selling, stories, supplies, surcharges, terms
from portal.demo.company import ATTRIBUTES, build, write_import_files
from portal.demo.company.catalogue import MODELS, launch_day
from portal.demo.company.history import horizon
from portal.demo.company.model import Company, OrderPlan
from portal.demo.history import load_order
from portal.imports.mapping import read_mapping
from portal.imports.models import ImportKind
from portal.imports.pictures import Folder, StoredPictures
from portal.imports.running import Source, run_here
from portal.shop.entries import write_entries

Product = get_model("catalogue", "Product")
StockRecord = get_model("partner", "StockRecord")

Say = Callable[[str], None]
PLENTY = 10_000_000


def load(today: date, say: Say) -> None:
    """Load the demo company as of a day. Repeating it, also after an interruption, adds only what is missing."""
    folder = settings.VAR / "demo"
    today = _first_day(folder, today)
    company = build(today)
    if not stories.are_loaded():
        say("Drawing pictures …")
        pictures.draw_all(company.pictures, folder / "pictures")
        _load_supplier(company, folder)
        say("Importing products, prices and dealers …")
        _import(_as_once_sold(company), folder, (ImportKind.SALES_REPS, ImportKind.PRODUCTS, ImportKind.PRICES))
        _import(company, folder, (ImportKind.DEALERS,))
        _load_users(company)
        _load_history(company, say)
        say("Importing today's products and stock …")
        StockRecord.objects.update(num_in_stock=0)
        _import(company, folder, (ImportKind.PRODUCTS, ImportKind.STOCK))
        _date_products(today)
        terms.load()
        supplies.load(company, today, folder / "pictures")
        stories.load(today, folder / "pictures")
        selling.load()
        promotions.load(today)
        surcharges.load(today)
        consumers.load(today, say)
        # The tables hold all there is to do; the wake-up calls of six past months are noise.
        celery_app.control.purge()
    write_logins(company)
    say(f"{company.name_en}: {Dealer.objects.count()} dealers, {DealerOrder.objects.count()} orders.")


def _first_day(folder: Path, today: date) -> date:
    """The day of the first load, kept beside its files: a load that was interrupted goes on with the same history."""
    kept = folder / "today"
    if not DealerOrder.objects.exists() or not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        kept.write_text(today.isoformat())
    return date.fromisoformat(kept.read_text())


def _as_once_sold(company: Company) -> Company:
    """The products before any was discontinued, so that old orders can be placed as they were."""
    return replace(company, products=[{**row, "available": "yes", "discontinued_on": ""} for row in company.products])


def _import(company: Company, folder: Path, kinds: tuple[ImportKind, ...]) -> None:
    files = write_import_files(company, folder / "files")
    stored = StoredPictures(Folder(folder / "pictures"))
    try:
        for kind in kinds:
            path = files[kind]
            header = path.read_text(encoding="utf-8").partition("\n")[0].split(",")
            document: dict[str, object] = {"columns": {name: name for name in header}}
            if kind == ImportKind.PRODUCTS:
                document["attributes"] = {code: {"en": en, "zh": zh} for code, (en, zh) in ATTRIBUTES.items()}
            totals = run_here(Source(path, path.name, read_mapping(kind, document), stored))
            if totals.problems:
                first = totals.problems[0]
                raise ValueError(f"{path.name} row {first.row}, {first.field}: {first.message}")
    finally:
        stored.close()


def _load_supplier(company: Company, folder: Path) -> None:
    supplier = Supplier(
        pk=1,
        name=company.name_en,
        name_zh=company.name_zh,
        address="88 Yongjiang Road\nZhenhai District, Ningbo 315200\nZhejiang, China",
        address_zh="浙江省宁波市镇海区甬江路 88 号\n邮编 315200",
        tax_id="91990000MA0LARKM88",
        phone="+86 574 5550 0100",
        email="service@larkmoor.example",
        bank_details="Larkmoor · Bank of Ningbo, Zhenhai branch · 0000 1234 5678 9012",
    )
    _svg, logo = pictures.draw_logo(folder / "logo")
    supplier.logo.save("logo.png", ContentFile(logo.read_bytes()), save=False)
    supplier.save()


def _load_users(company: Company) -> None:
    """The logins of the demo, and a user without password for every other person that orders name."""
    known = {row["email"] for row in company.users}
    for row in company.users:
        _user(row["email"], row["name"], row["language"], row["role"], row["dealer"])
    for rep in company.sales_reps:
        if rep["email"] not in known:
            _user(rep["email"], rep["name"], "en" if rep["name"].isascii() else "zh-hans", "sales_rep", "")
    for row in company.dealers:
        if row["contact_email"] not in known:
            _user(row["contact_email"], row["contact_name"], row["language"], DealerRole.BUYER, row["number"])
    for code, user in User.objects.filter(staff_role="sales_rep").values_list("email", "pk"):
        SalesRep.objects.filter(email=code).update(user=user)


def _user(email: str, name: str, language: str, role: str, dealer: str) -> None:
    first, last = _split_name(name)
    user, made = User.objects.get_or_create(
        email=email, defaults={"first_name": first, "last_name": last, "language": language}
    )
    if made:
        user.set_unusable_password()
    if dealer:
        Membership.objects.get_or_create(user=user, dealer=Dealer.objects.get(number=dealer), defaults={"role": role})
    else:
        user.staff_role = role
        user.is_staff = user.is_superuser = role == "administrator"
    user.save()


def _split_name(name: str) -> tuple[str, str]:
    if name.isascii():
        first, _, last = name.rpartition(" ")
        return (first, last) if first else (last, "")
    return name[1:], name[:1]


def _load_history(company: Company, say: Say) -> None:
    """Place and move the orders of the past; today's stock, imported afterwards, replaces the plenty they drew on."""
    users = {user.email: user for user in User.objects.all()}
    dealers = {dealer.number: dealer for dealer in Dealer.objects.select_related("sales_rep")}
    StockRecord.objects.update(num_in_stock=PLENTY)
    for number, plan in enumerate(company.history, start=1):
        with transaction.atomic():
            load_order(plan, dealers[plan.dealer], users, _key(plan))
        if number % 50 == 0:
            say(f"Placing past orders … {number} of {len(company.history)}")


def _date_products(today: date) -> None:
    """Say since when each product is in the range, as the history has it."""
    for model in MODELS:
        since = horizon(launch_day(model, today))
        Product.objects.filter(Q(upc=model.code) | Q(upc__startswith=f"{model.code}-")).update(date_created=since)
    write_entries(Product.objects.values_list("pk", flat=True))


def _key(plan: OrderPlan) -> uuid.UUID:
    """The same for the same order of the plan, so that an interrupted load goes on where it stopped."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{plan.dealer} {plan.placed_at.isoformat()}")


def write_logins(company: Company) -> None:
    """One login per role, with a password made on this machine and kept in var/demo-logins.json."""
    path = settings.VAR / "demo-logins.json"
    known = {row["email"]: row["password"] for row in json.loads(path.read_text())} if path.exists() else {}
    rows = []
    for row in company.users:
        user = User.objects.get(email=row["email"])
        password = known.get(user.email) or secrets.token_urlsafe(9)
        if not user.check_password(password):
            user.set_password(password)
            user.save(update_fields=["password"])
        place = f"dealer {row['role']}" if row["dealer"] else row["role"].replace("_", " ")
        rows.append({"role": place, "email": user.email, "password": password})
    path.write_text(json.dumps(rows, indent=1, ensure_ascii=False))
    path.chmod(0o600)
