from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models

ONLY_GROWS = """
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON fulfilment_settlement_consumerentry
FOR EACH ROW EXECUTE FUNCTION dealers_ledger_refuse_change()
"""


def money(label):
    return models.DecimalField(decimal_places=2, default=Decimal("0.00"), max_digits=14, verbose_name=label)


def belongs(to, null=True):
    return models.ForeignKey(null=null, on_delete=django.db.models.deletion.PROTECT, related_name="entries", to=to)


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("dealers_ledger", "0003_consumer_accounts"),
        ("fulfilment_allocation", "0001_allocation"),
        ("fulfilment_consumer", "0002_states_of_routing"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConsumerEntry",
            fields=[
                (
                    "journal",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="consumer_entry",
                        serialize=False,
                        to="dealers_ledger.journal",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("sale", "Sent by a dealer"),
                            ("warehouse", "Sent by the supplier"),
                            ("return", "Came back"),
                            ("settlement", "Brought to the dealer's account"),
                            ("penalty", "Penalty for leaving"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("units", models.IntegerField(default=0, verbose_name="units")),
                ("paid", money("consumer paid")),
                ("freight", money("freight the consumer paid")),
                ("payment_fee", money("payment fee")),
                ("top_up", money("top-up")),
                ("allocation", belongs("fulfilment_allocation.allocation")),
                ("line", belongs("fulfilment_allocation.allocationline")),
                ("order", belongs("fulfilment_consumer.consumerorder", null=False)),
            ],
            options={
                "verbose_name": "entry of a consumer order",
                "verbose_name_plural": "entries of consumer orders",
            },
        ),
        migrations.RunSQL(ONLY_GROWS, "DROP TRIGGER only_grows ON fulfilment_settlement_consumerentry"),
    ]
