from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self):
        from accounts.models import locks_before_deletion
        from keys.retention import needed_by_others
        from messaging.mailboxes import Mailbox
        from messaging.models import Message

        locks_before_deletion.append(Mailbox.lock_if_there)
        needed_by_others.append(Message.objects.fingerprints_others_need)
