import base64
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.core.management.base import BaseCommand, CommandError, CommandParser

from messaging.reports.opening import Reported, Unreadable, export_json, open_report
from messaging.reports.report import Report
from messaging.reports.stamps import recipient_key

VERDICTS = {
    "proven": "PROVEN: the reported account sent exactly this, and this server accepted it",
    "unproven": "NOT PROVEN: the message came without a proof; the reporter alone says so",
    "false": "FALSE: the proof is not of this message on this server",
}


class Command(BaseCommand):
    help = "Show the reports in the database, or with --file in an exported file, and what of them is proven."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--key", type=Path, required=True, help="the file that report_key wrote")
        parser.add_argument("--file", type=Path, help="the file that export_reports wrote; needs no database")

    def handle(self, key: Path, file: Path | None, **options: Any) -> None:
        try:
            private_key = load_pem_private_key(key.read_bytes(), None)
            text = file.read_text(encoding="utf-8") if file else stored()
            reports = json.loads(text)
        except (OSError, ValueError, TypeError) as error:
            raise CommandError(f"A file cannot be read: {error}.") from error
        if not isinstance(private_key, ec.EllipticCurvePrivateKey):
            raise CommandError(f"{key} holds no report key.")
        for report in reports:
            self.show(private_key, report)

    def show(self, private_key: ec.EllipticCurvePrivateKey, report: dict[str, Any]) -> None:
        self.line(f"Report {report['id']}, {report['created_at']}: {report['reporter']} on {report['reported']}")
        keys = base64.b64decode(report["recipient_key"]), report["reporter"], report["reported"]
        try:
            opened = open_report(private_key, *keys, base64.b64decode(report["sealed"]))
        except Unreadable:
            self.line("  It cannot be opened: it is for another key, or damaged.")
            return
        if opened.reason:
            self.line(f"  Reason: {opened.reason}")
        for message in opened.messages:
            self.show_message(message)

    def show_message(self, message: Reported) -> None:
        self.line(f"  {VERDICTS[message.verdict]}")
        self.line(f"    {message.created_at} {message.content.get('type')}: {message.content.get('body')}")

    def line(self, text: str) -> None:
        """What people wrote must not steer the terminal."""
        self.stdout.write("".join(letter if letter.isprintable() else " " for letter in text))


def stored() -> str:
    return export_json(Report.objects.select_related("reporter").order_by("pk"), recipient_key)
