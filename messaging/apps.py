from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self):
        from accounts.models import locks_before_deletion
        from keys.retention import needed_by_others
        from messaging.models import Message, lock_before_deletion

        locks_before_deletion.append(lock_before_deletion)
        needed_by_others.append(Message.objects.fingerprints_others_need)
