from django.apps import AppConfig


class DealersLedgerConfig(AppConfig):
    name = "dealers.ledger"
    label = "dealers_ledger"
    default_auto_field = "django.db.models.BigAutoField"
