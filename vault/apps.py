from django.apps import AppConfig


class VaultConfig(AppConfig):
    name = "vault"

    def ready(self) -> None:
        from messaging.own_data import kinds_above
        from vault import own_data

        kinds_above.append(own_data.kinds)
