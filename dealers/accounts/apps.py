from django.apps import AppConfig


class DealersAccountsConfig(AppConfig):
    name = "dealers.accounts"
    label = "dealers_accounts"
    default_auto_field = "django.db.models.BigAutoField"
