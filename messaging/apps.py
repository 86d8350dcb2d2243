from django.apps import AppConfig
from django.db.models.signals import post_migrate


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from accounts.models import locks_before_deletion
        from contacts.models import after_change
        from files.models import readers
        from keys.models import after_replacement
        from keys.retention import named_by_messages, needed_by_others
        from messaging.accept import postgresql
        from messaging.models import Message, lock_before_deletion, names_file
        from messaging.realtime.dispatcher import people_changed_after_commit, resync_after_commit

        locks_before_deletion.append(lock_before_deletion)
        readers.append(names_file)
        needed_by_others.append(Message.objects.fingerprints_others_need)
        named_by_messages.append(Message.objects.fingerprints_named)
        after_replacement.append(resync_after_commit)
        after_change.append(people_changed_after_commit)
        post_migrate.connect(postgresql.install, sender=self)
