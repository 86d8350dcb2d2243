from accounts.own_data import Kind
from contacts.serializers import ContactSerializer


def kinds(user) -> list[Kind]:
    return [
        Kind(
            "contacts",
            "People you added",
            "So that they stand in your list of chats in any browser.",
            (user.contacts.select_related("contact"),),
            lambda row: dict(ContactSerializer(row).data),
        )
    ]
