from accounts.models import User
from accounts.own_data import Kind
from contacts.serializers import BlockSerializer, ContactSerializer


def kinds(user: User) -> list[Kind]:
    return [
        Kind(
            "contacts",
            "People you added",
            "The people in your list of chats, so that every browser of yours shows them.",
            (user.contacts.select_related("contact"),),
            lambda row: dict(ContactSerializer(row).data),
        ),
        Kind(
            "blocks",
            "People you blocked",
            "So that what they write does not reach you. They are not told.",
            (user.blocks.select_related("blocked"),),
            lambda row: dict(BlockSerializer(row).data),
        ),
    ]
