"""The main job, told over HTTP with a real web server, worker, PostgreSQL and Valkey.

A supplier imports, a dealer orders, a rep approves, the ERP gets the order once and answers, the dealer follows it and
confirms receipt, finance downloads the statement. Nothing here calls a function of the product.
"""

from __future__ import annotations

import io
import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from django.utils import timezone
from lxml import etree
from pypdf import PdfReader

from dealers.accounts.models import DealerRole, SalesRep, StaffRole
from tests import factories
from tests.flows.goods import DEALER, Files, write_goods
from tests.stack import Person, Stack, until

pytestmark = pytest.mark.race

NAMES = {"cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"}


def test_from_import_to_statement(stack: Stack, tmp_path: Path) -> None:
    files = write_goods(tmp_path / "files", timezone.localdate())
    people = make_staff()
    import_everything(stack, files, people["administrator"])
    people["buyer"], people["dealer finance"] = make_dealer_people()

    buyer = Person(stack)
    buyer.sign_in(people["buyer"], factories.PASSWORD)
    number, total = order_goods(buyer, files)
    assert f"Order {number}" in until(lambda: stack.mails(), "the mail to the rep")

    rep = Person(stack)
    rep.sign_in(people["rep"], factories.PASSWORD)
    approve_order(rep, number)
    assert "approved" in until(lambda: re.search(rf"order {number} is approved", stack.mails()), "the mail").group()

    deliver_to_erp(stack, number, total)
    follow_and_receive(buyer, number)

    finance = Person(stack)
    finance.sign_in(people["finance"], factories.PASSWORD)
    closing = read_statement(finance, f"/console/statements/{DEALER}/", number)
    dealer_finance = Person(stack)
    dealer_finance.sign_in(people["dealer finance"], factories.PASSWORD)
    assert read_statement(dealer_finance, "/shop/statement/", number) == closing
    see_messages(stack, people["administrator"], number)


def make_staff() -> dict[str, str]:
    """The supplier's people; the rep's login is tied to the imported rep later."""
    return {
        "administrator": factories.make_user("ada@s.example", "Ada", staff_role=StaffRole.ADMINISTRATOR).email,
        "finance": factories.make_user("fay@s.example", "Fay", staff_role=StaffRole.FINANCE).email,
        "rep": factories.make_user("rita@s.example", "Rita", staff_role=StaffRole.SALES_REP).email,
    }


def make_dealer_people() -> tuple[str, str]:
    """Logins at the imported dealer, and the rep's tie to it."""
    from dealers.accounts.models import Dealer, User

    dealer = Dealer.objects.get(number=DEALER)
    SalesRep.objects.filter(pk=dealer.sales_rep_id).update(
        user=User.objects.get(email="rita@s.example"), email="rita@s.example"
    )
    buyer = factories.make_user("buyer@d.example", "Bo", dealer=dealer)
    finance = factories.make_user("money@d.example", "Mo", dealer=dealer, role=DealerRole.FINANCE)
    return buyer.email, finance.email


def import_everything(stack: Stack, files: Files, administrator: str) -> None:
    """Products through the console with a worker behind it, the rest from the command line."""
    admin = Person(stack)
    admin.sign_in(administrator, factories.PASSWORD)
    admin.open("/console/imports/new/")
    admin.submit("", kind="products", file=files.paths["products"])
    admin.submit("^$|columns")
    job = admin.response.url.removeprefix(stack.url)

    def done() -> bool:
        admin.open(job)
        return "Done" in admin.text

    until(done, f"the import: {stack.log('worker')}")
    for kind in ("stock", "prices", "sales_reps", "dealers"):
        mapping = files.paths[kind].with_suffix(".json")
        names = files.paths[kind].read_text().partition("\n")[0].split(",")
        mapping.write_text(json.dumps({"columns": {name: name for name in names}}))
        said = stack.manage("import_data", kind, str(files.paths[kind]), "--mapping", str(mapping))
        assert "refused: 0" in said.lower() or "0 refused" in said.lower(), said


def order_goods(buyer: Person, files: Files) -> tuple[str, Decimal]:
    """Find a product by SKU, add it, check out, and send the form twice."""
    sku, multiple = next(iter(files.multiples.items()))
    buyer.open(f"/shop/search/?q={sku}")
    assert sku in buyer.text
    quantity = next(name for name in buyer.page.xpath("//input/@name") if name.startswith("quantity-"))
    buyer.submit("cart/add", **{quantity: str(multiple * 4)})
    buyer.open("/shop/checkout/")
    fields = dict(next(form for form in buyer.page.forms if "checkout/send" in form.action).form_values())
    outlet = buyer.page.xpath("//*[@name='outlet']//option/@value | //input[@name='outlet']/@value")
    chosen = {"outlet": next(value for value in outlet if value), "po_number": "PO-4711", "note": "Ring twice"}
    checkout = buyer.page, buyer.response
    buyer.submit("checkout/send", **chosen)
    number = re.search(r"/orders/([^/]+)/", buyer.response.url)[1]
    buyer.page, buyer.response = checkout
    buyer.submit("checkout/send", **chosen)
    assert re.search(r"/orders/([^/]+)/", buyer.response.url)[1] == number, "the same form made a second order"
    assert fields["key"]
    buyer.open("/shop/orders/")
    assert len(buyer.page.xpath("//main//tbody/tr")) == 1
    buyer.open(f"/shop/orders/{number}/")
    assert "PO-4711" in buyer.text
    total = re.search(r"Total, CNY([\d,]+\.\d\d)", buyer.text)
    assert total, buyer.text
    return number, Decimal(total[1].replace(",", ""))


def approve_order(rep: Person, number: str) -> None:
    """From the queue to the order to the button; a second click is harmless."""
    rep.open("/console/review/")
    assert number in rep.text
    rep.open(f"/console/orders/{number}/")
    before = rep.page, rep.response
    rep.submit("approve")
    rep.page, rep.response = before
    rep.submit("approve")
    rep.open("/console/review/")
    assert number not in rep.text


def deliver_to_erp(stack: Stack, number: str, total: Decimal) -> None:
    """The order file appears once and says what was ordered; the partner ERP ships, bills and is paid."""
    (path,) = until(lambda: list(stack.erp_out.glob("*.xml")), f"the order file: {stack.log('worker')}")
    root = etree.fromstring(path.read_bytes())
    assert root.findtext("cbc:ID", namespaces=NAMES) == number
    assert Decimal(root.xpath("string(//cbc:PayableAmount)", namespaces=NAMES)) == total
    stack.manage("demo_erp_partner", "--once", "--keep", str(stack.folder / "partner"), "--steps", *STEPS)
    until(lambda: not list(stack.erp_in.glob("*.xml")), f"the answers to be taken in: {stack.log('worker')}")
    assert not list(stack.erp_in.glob("set-aside/*")), [p.name for p in stack.erp_in.glob("set-aside/*")]


STEPS = ("response", "despatch", "invoice", "payment")


def follow_and_receive(buyer: Person, number: str) -> None:
    """The order page tells of the shipment; the dealer confirms receipt and the order is finished."""
    buyer.open(f"/shop/orders/{number}/")
    assert "To be received" in buyer.text, buyer.text
    buyer.submit("receipt", note="All there")
    buyer.open(f"/shop/orders/{number}/")
    assert "Finished" in buyer.text


def read_statement(person: Person, path: str, number: str) -> Decimal:
    """Screen, Excel and PDF say the same; returns the closing balance."""
    person.open(path)
    assert number in person.text
    links = {kind: person.page.xpath(f"//a[contains(@href, '/{kind}/')]/@href")[0] for kind in ("excel", "pdf")}
    closing = re.search(r"Closing balance.*?(-?[\d,]+\.\d\d)", person.text)
    assert closing, person.text
    workbook = openpyxl.load_workbook(io.BytesIO(person.download(links["excel"]).content))
    cells = [cell for sheet in workbook for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    amount = Decimal(closing[1].replace(",", ""))
    assert amount in [Decimal(str(cell.value)) for cell in cells if isinstance(cell.value, int | float)]
    pdf = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(person.download(links["pdf"]).content)).pages)
    assert closing[1] in pdf
    return amount


def see_messages(stack: Stack, administrator: str, number: str) -> None:
    """The cockpit shows the message as delivered and what came back."""
    admin = Person(stack)
    admin.sign_in(administrator, factories.PASSWORD)
    admin.open("/console/messages/")
    assert number in admin.text
    assert "Delivered" in admin.text
    admin.open("/console/messages/inbound/")
    assert date.today().strftime("%Y") in admin.text
