from django.apps import AppConfig


class PricingTermsConfig(AppConfig):
    name = "pricing.terms"
    label = "pricing_terms"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Formula lists follow the catalogue."""
        from pricing.terms.receivers import connect

        connect()
