from django.apps import AppConfig


class PricingPromotionsConfig(AppConfig):
    name = "pricing.promotions"
    label = "pricing_promotions"
    default_auto_field = "django.db.models.BigAutoField"
