from django.apps import AppConfig


class PricingSurchargesConfig(AppConfig):
    name = "pricing.surcharges"
    label = "pricing_surcharges"
    default_auto_field = "django.db.models.BigAutoField"
