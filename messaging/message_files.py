"""Which messages name which files. A file goes with the last message that names it."""

from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef

from files.models import File


class MessageFile(models.Model):
    """Acceptance inserts the rows; `release` deletes them before the message is deleted. There is no constraint in the
    database, so that Django can delete messages without reading them."""

    message = models.ForeignKey("messaging.Message", on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    file = models.ForeignKey(File, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        db_table = "message_files"
        constraints = [models.UniqueConstraint(fields=["file", "message"], name="message_files_once")]


def release(messages: Any) -> None:
    """Call it before these messages are deleted, with the mailbox of their sender locked."""
    with_files = messages.exclude(files="").order_by().values("pk")
    links = MessageFile.objects.filter(message__in=with_files)
    ids = list(links.values_list("file_id", flat=True))
    if ids:
        links.delete()
        is_named = Exists(MessageFile.objects.filter(file=OuterRef("pk")))
        File.objects.filter(~is_named, pk__in=set(ids)).discard()
