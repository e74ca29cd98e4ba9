from django.apps import AppConfig


class PricingCatalogueConfig(AppConfig):
    name = "pricing.catalogue"
    label = "pricing_catalogue"
    default_auto_field = "django.db.models.BigAutoField"
