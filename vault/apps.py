from django.apps import AppConfig


class VaultConfig(AppConfig):
    name = "vault"

    def ready(self) -> None:
        from messaging.own_data import kinds_above
        from messaging.pruning import deletions, prunable_above
        from vault import own_data, pruning
        from vault.models import VaultVersion

        kinds_above.append(own_data.kinds)
        prunable_above.append(pruning.prunable)
        deletions[VaultVersion] = pruning.forget_versions
