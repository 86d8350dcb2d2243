from vibechat.core.exceptions import Conflict, Unavailable


class FileTooLarge(Conflict):
    def __init__(self, allowed: int) -> None:
        super().__init__("file_too_large", f"A file may have {allowed} bytes on this server.")
        self.facts = {"allowed": allowed}


class FilesFull(Conflict):
    def __init__(self, left: int, allowed: int) -> None:
        left = max(0, left)
        detail = f"Of the {allowed} bytes that this server keeps of your files {left} are left."
        super().__init__("files_full", detail)
        self.facts = {"left": left, "allowed": allowed}


class DayFull(Conflict):
    def __init__(self, left: int, allowed: int) -> None:
        detail = f"Of the {allowed} bytes that you may upload in a day {left} are left."
        super().__init__("files_day_full", detail)
        self.facts = {"left": left, "allowed": allowed}


class PartsMissing(Conflict):
    def __init__(self, missing: int) -> None:
        super().__init__("parts_missing", f"{missing} parts of this file have not come yet.")
        self.facts = {"missing": missing}


class FileComplete(Conflict):
    def __init__(self) -> None:
        super().__init__("file_complete", "This file is complete, or it was given up.")


class StorageAway(Unavailable):
    default_code = "storage_away"
    default_detail = "The server cannot store or read files just now. Perhaps its disk is full."
    wait = 30
