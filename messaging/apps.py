from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self):
        from keys.retention import needed_by_others
        from messaging.models import Message

        needed_by_others.append(Message.objects.fingerprints_others_need)
