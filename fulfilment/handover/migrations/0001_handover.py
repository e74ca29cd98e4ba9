import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("dealers_accounts", "0005_outlet_location"),
        ("fulfilment_allocation", "0001_allocation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ConsumerParcel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("carrier", models.CharField(blank=True, max_length=100, verbose_name="carrier")),
                ("tracking_number", models.CharField(blank=True, max_length=100, verbose_name="tracking number")),
                ("sent_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="sent at")),
                ("by_name", models.CharField(blank=True, max_length=200)),
                (
                    "allocation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parcels",
                        to="fulfilment_allocation.allocation",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "parcel",
                "verbose_name_plural": "parcels",
                "ordering": ("allocation", "id"),
            },
        ),
        migrations.CreateModel(
            name="ConsumerReturn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, unique=True)),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("withdrawal", "The consumer changed their mind"),
                            ("defect", "Defective from the factory"),
                            ("not_taken", "Not accepted or not collected"),
                            ("damaged", "Damaged on the way"),
                            ("wrong", "Wrong goods or something missing"),
                            ("late", "Too late"),
                        ],
                        max_length=12,
                        verbose_name="cause",
                    ),
                ),
                ("by_fault", models.BooleanField(default=False, verbose_name="the dealer's fault")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
                ("by_name", models.CharField(blank=True, max_length=200)),
                (
                    "allocation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="returns",
                        to="fulfilment_allocation.allocation",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "consumer return",
                "verbose_name_plural": "consumer returns",
                "ordering": ("allocation", "id"),
            },
        ),
        migrations.CreateModel(
            name="ParcelLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "line",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parcel_line",
                        to="fulfilment_allocation.allocationline",
                    ),
                ),
                (
                    "parcel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contents",
                        to="fulfilment_handover.consumerparcel",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PickupCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order_version", models.PositiveIntegerField()),
                ("code_hmac", models.CharField(max_length=64, unique=True)),
                ("issued_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="issued at")),
                ("expires_at", models.DateTimeField(verbose_name="good until")),
                ("voided_at", models.DateTimeField(blank=True, null=True)),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "allocation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pickup_codes",
                        to="fulfilment_allocation.allocation",
                    ),
                ),
                (
                    "outlet",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pickup_codes",
                        to="dealers_accounts.outlet",
                    ),
                ),
            ],
            options={
                "verbose_name": "pickup code",
                "verbose_name_plural": "pickup codes",
                "ordering": ("allocation", "id"),
            },
        ),
        migrations.CreateModel(
            name="PickupLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("handed_at", models.DateTimeField(blank=True, null=True, verbose_name="handed over at")),
                ("handed_by_name", models.CharField(blank=True, max_length=200)),
                (
                    "code",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="fulfilment_handover.pickupcode",
                    ),
                ),
                (
                    "handed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pickup_lines",
                        to="fulfilment_allocation.allocationline",
                    ),
                ),
            ],
            options={
                "ordering": ("code", "id"),
            },
        ),
        migrations.CreateModel(
            name="PickupOverride",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line_ids", models.JSONField(default=list)),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="asked at")),
                ("approved", models.BooleanField(null=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "allocation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="overrides",
                        to="fulfilment_allocation.allocation",
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("allocation", "id"),
            },
        ),
        migrations.CreateModel(
            name="PickupTry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "outlet",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pickup_tries",
                        to="dealers_accounts.outlet",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ConsumerReturnLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("units", models.PositiveIntegerField(verbose_name="units")),
                ("resellable", models.BooleanField(default=True, verbose_name="can be sold again")),
                (
                    "consumer_return",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="fulfilment_handover.consumerreturn",
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="return_lines",
                        to="fulfilment_allocation.allocationline",
                    ),
                ),
            ],
            options={
                "ordering": ("consumer_return", "id"),
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("units__gte", 1)), name="something_came_back"),
                    models.UniqueConstraint(fields=("consumer_return", "line"), name="one_return_line_per_line"),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="pickupcode",
            constraint=models.UniqueConstraint(
                condition=models.Q(("voided_at__isnull", True)), fields=("allocation",), name="one_pickup_code_in_force"
            ),
        ),
        migrations.AddConstraint(
            model_name="pickupline",
            constraint=models.UniqueConstraint(fields=("code", "line"), name="one_pickup_line_per_code_and_line"),
        ),
        migrations.AddConstraint(
            model_name="pickupoverride",
            constraint=models.UniqueConstraint(
                condition=models.Q(("approved__isnull", True)),
                fields=("allocation",),
                name="one_open_override_per_allocation",
            ),
        ),
        migrations.AddConstraint(
            model_name="pickupoverride",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approved", True), _negated=True),
                    models.Q(
                        ("decided_by__isnull", False), models.Q(("decided_by", models.F("asked_by")), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="a_second_person_approves",
            ),
        ),
        migrations.AddIndex(
            model_name="pickuptry",
            index=models.Index(fields=["outlet", "-at"], name="pickup_tries_by_outlet"),
        ),
    ]
