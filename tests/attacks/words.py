"""Texts of the page that several tests look for, as the rows quote them."""

DAMAGED = "“This message could not be opened. It was damaged or changed on the way. Ask {name} to send it again.”"
OWN_DAMAGED = (
    "“This message could not be opened. It was damaged or changed on the way. Send it again if it still matters.”"
)
OTHER_BROWSER = (
    "“This message could not be opened. It was written to another browser's key. Ask {name} to send it again.”"
)
NOT_OURS = "“This message could not be opened. It names a key that is not yours. Ask {name} to send it again.”"
NEWER = "“This message could not be opened. It needs a newer version of VibeChat. Reload this page.”"
NO_KEY = (
    "“This message could not be opened. The key that it was written with cannot be found. Ask {name} to send it again.”"
)
NOT_THEIRS = "“This message could not be opened. It was written with a key that is not {name}'s. Do not rely on it.”"
UNDECIDED = "“This message could not be opened. {name}'s keys changed. Review the change to read it.”"
KEYS_CHANGED = "“{name}'s keys changed. Review”"


def of(name: str, words: str) -> str:
    return words.replace("{name}", name)
