from django.db import migrations, models

# As messaging/storage_quota.py charges; OCTET_LENGTH where it spares PostgreSQL the reading of the text.
FILL = """
UPDATE mailboxes SET stored_bytes =
    COALESCE((
        SELECT SUM(1024 + {0}(ciphertext) + COALESCE({0}(nonce), 0) + COALESCE({0}(salt), 0))
        FROM messages WHERE sender_id = user_id), 0)
    + 160 * (SELECT COUNT(*) FROM spent_client_ids WHERE sender_id = user_id)
"""


def fill(apps, schema_editor):
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(FILL.format("OCTET_LENGTH" if is_postgresql else "LENGTH"))


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial")]

    operations = [
        migrations.AddField("mailbox", "stored_bytes", models.BigIntegerField(default=0, db_default=0)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
