"""The state of one client's mailbox. It applies events in the order of their sequences, each once."""


class Mailbox:
    def __init__(self):
        self.cursor = 0
        self.messages: dict[int, dict] = {}
        self.waiting: dict[int, dict] = {}  # pushes after a missing sequence, by sequence

    @property
    def has_hole(self) -> bool:
        return bool(self.waiting)

    def take_push(self, event: dict) -> None:
        if event["sequence"] > self.cursor:
            self.waiting[event["sequence"]] = event
            self.catch_up_with_waiting()

    def take_sync(self, answer: dict) -> None:
        for event in answer["events"]:
            assert self.cursor < event["sequence"] <= answer["cursor"], "sync is out of order"
            self.apply(event)
            self.cursor = event["sequence"]
        self.cursor = answer["cursor"]
        self.waiting = {number: event for number, event in self.waiting.items() if number > self.cursor}
        self.catch_up_with_waiting()

    def catch_up_with_waiting(self) -> None:
        while event := self.waiting.pop(self.cursor + 1, None):
            self.apply(event)
            self.cursor += 1

    def apply(self, event: dict) -> None:
        if event["type"] == "new_message":
            self.messages[event["message"]["id"]] = dict(event["message"])
        elif event["type"] == "message_status":
            self.messages[event["message"]["id"]].update(event["message"])
        elif event["type"] == "message_deleted":
            self.messages.pop(event["message"]["id"], None)
        elif event["type"] == "conversation_cleared":
            self.messages = {
                number: message
                for number, message in self.messages.items()
                if event["email"] not in both_of(message) or is_beyond(message, event.get("through"))
            }
        else:
            raise AssertionError(f"{event['type']} is no change of a mailbox")


def is_beyond(message: dict, through: int | None) -> bool:
    return through is not None and message["id"] > through and message["message_type"] != "receipt"


def both_of(message: dict) -> tuple[str, str]:
    return message["sender_email"], message["recipient_email"]
