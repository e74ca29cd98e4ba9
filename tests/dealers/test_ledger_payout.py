"""Paying out what an account shows in a dealer's favour: no more than that, and once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dealers.ledger.models import AccountDocument
from dealers.ledger.payout import credit_of, pay_out
from dealers.ledger.post import PostingRefused, post_document
from dealers.statements.statement import balance, open_amounts
from tests.dealers.ledger_samples import DAY, document, invoice
from tests.factories import World


@pytest.fixture
def in_favour(world: World) -> World:
    """Alpine sold for 300 and bought for 100."""
    post_document(document("settlement", "CS-1", world.alpine, "300", contra="dealer_payable"))
    invoice("I-1", world.alpine, "100")
    return world


def test_what_is_in_its_favour_is_paid_and_nothing_stays_open(in_favour: World) -> None:
    dealer = in_favour.alpine
    assert credit_of(dealer.pk) == 200

    paid = pay_out(dealer, " T-1 ", Decimal("200.00"), on=DAY, by=in_favour.fay)

    assert dict(paid.journal.postings.values_list("account", "amount")) == {"receivable": 200, "bank": -200}
    assert (paid.number, balance(dealer), credit_of(dealer.pk)) == ("T-1", 0, 0)
    assert open_amounts([dealer.pk], DAY)[dealer.pk].items == ()


def test_the_same_payment_again_changes_nothing(in_favour: World) -> None:
    first = pay_out(in_favour.alpine, "T-1", Decimal(200), on=DAY, by=in_favour.fay)

    assert pay_out(in_favour.alpine, "T-1", Decimal(200), on=DAY, by=in_favour.fay) == first
    with pytest.raises(PostingRefused, match="already posted"):
        pay_out(in_favour.alpine, "T-1", Decimal(150), on=DAY, by=in_favour.fay)
    assert balance(in_favour.alpine) == 0


def test_more_than_is_in_its_favour_is_refused(in_favour: World) -> None:
    with pytest.raises(PostingRefused, match=r"Only 200.00 is in favour"):
        pay_out(in_favour.alpine, "T-1", Decimal("200.01"), on=DAY, by=in_favour.fay)
    with pytest.raises(PostingRefused, match=r"Only 0.00"):
        pay_out(in_favour.bergen, "T-1", Decimal("0.01"), on=DAY, by=in_favour.fay)

    assert not AccountDocument.objects.filter(kind="payout").exists()
