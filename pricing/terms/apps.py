from django.apps import AppConfig


class PricingTermsConfig(AppConfig):
    name = "pricing.terms"
    label = "pricing_terms"
    default_auto_field = "django.db.models.BigAutoField"
