from django.apps import AppConfig


class PricingNumbersConfig(AppConfig):
    name = "pricing.numbers"
    label = "pricing_numbers"
    default_auto_field = "django.db.models.BigAutoField"
