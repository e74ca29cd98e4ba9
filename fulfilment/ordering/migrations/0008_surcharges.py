"""What orders are charged on top of their goods, beside Oscar's own rows."""

from decimal import Decimal

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("dealers_accounts", "0004_groups_and_margin"),
        ("fulfilment_ordering", "0007_units_and_own_numbers"),
        ("order", "0021_billingaddress_code_shippingaddress_code"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OrderSurcharge",
            fields=[
                (
                    "surcharge",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="dealer_surcharge",
                        serialize=False,
                        to="order.surcharge",
                    ),
                ),
                ("name_zh", models.CharField(blank=True, max_length=128, verbose_name="Chinese name")),
            ],
            options={
                "verbose_name": "surcharge of an order",
                "verbose_name_plural": "surcharges of orders",
                "ordering": ("pk",),
            },
        ),
        migrations.RemoveConstraint(
            model_name="dealerorder",
            name="order_total_is_net_plus_tax",
        ),
        migrations.AddField(
            model_name="dealerorder",
            name="surcharge_net",
            field=models.DecimalField(
                db_default=Decimal("0.00"),
                decimal_places=2,
                default=Decimal("0.00"),
                max_digits=14,
                verbose_name="surcharges",
            ),
        ),
        migrations.AddField(
            model_name="dealerorder",
            name="surcharge_tax",
            field=models.DecimalField(
                db_default=Decimal("0.00"),
                decimal_places=2,
                default=Decimal("0.00"),
                max_digits=14,
                verbose_name="tax on surcharges",
            ),
        ),
        migrations.AddField(
            model_name="dealerorderline",
            name="surcharge_amount",
            field=models.DecimalField(
                db_default=Decimal("0.00"),
                decimal_places=2,
                default=Decimal("0.00"),
                max_digits=14,
                verbose_name="surcharges",
            ),
        ),
        migrations.AddConstraint(
            model_name="dealerorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("net_total"), "+", models.F("tax_total")
                                        ),
                                        "+",
                                        models.F("surcharge_net"),
                                    ),
                                    "+",
                                    models.F("surcharge_tax"),
                                ),
                                "+",
                                models.F("freight_net"),
                            ),
                            "+",
                            models.F("freight_tax"),
                        ),
                    )
                ),
                name="order_total_is_net_plus_tax",
            ),
        ),
        migrations.AddConstraint(
            model_name="dealerorder",
            constraint=models.CheckConstraint(
                condition=models.Q(("surcharge_net__gte", 0), ("surcharge_tax__gte", 0)), name="surcharges_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="dealerorderline",
            constraint=models.CheckConstraint(
                condition=models.Q(("surcharge_amount__gte", 0)), name="line_surcharge_not_negative"
            ),
        ),
        migrations.AddField(
            model_name="ordersurcharge",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="stored_surcharges",
                to="fulfilment_ordering.dealerorder",
            ),
        ),
    ]
