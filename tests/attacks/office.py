"""Further powers of the server: it calls the API in anybody's name and creates accounts."""

import base64
import secrets
import uuid

import httpx

from tests.attacks.impostor import Impostor
from tools.browser.person import Person

SERVERS_WORDS = ("created_at", "delivered_at", "id", "read_at")  # members of a message object


def without_servers_words(message: dict) -> dict:
    return {name: value for name, value in message.items() if name not in SERVERS_WORDS}


class Office:
    def __init__(self, url: str):
        self.url = url
        self.clients: dict[str, httpx.Client] = {}

    def close(self) -> None:
        for client in self.clients.values():
            client.close()

    def new_client(self) -> httpx.Client:
        """Loading certificates, which are not used here, would take 20 ms of CPU time."""
        return httpx.Client(base_url=f"{self.url}/api", timeout=20, verify=False)

    def act_as(self, person) -> httpx.Client:
        """An API client with a new session of that person. The server would not need the password."""
        if person.email not in self.clients:
            client = self.new_client()
            credentials = {"email": person.email, "password": person.password}
            answer = client.post("/auth/login", json=credentials).raise_for_status()
            client.headers["Authorization"] = f"Bearer {answer.json()['access']}"
            self.clients[person.email] = client
        return self.clients[person.email]

    def make_account(self, name: str, at: str = "") -> Impostor:
        """An account without a browser, whose private key the test knows."""
        account = Impostor(f"{at or name.lower()}-{secrets.token_hex(4)}@example.org", name=name)
        person = {"email": account.email, "password": account.password, "display_name": name}
        with self.new_client() as client:
            client.post("/auth/register", json=person).raise_for_status()
        self.upload(account)
        return account

    def upload(self, account: Impostor) -> None:
        key = account.key_object()
        body = {name: key[name] for name in ("public_key", "identity_key", "identity_signature")}
        self.act_as(account).post("/keys/upload", json=body).raise_for_status()

    def key_of(self, person: Person) -> dict:
        """The key object that an honest server returns."""
        return self.act_as(person).get("/keys/me").raise_for_status().json()

    def public_key(self, person: Person) -> bytes:
        return base64.b64decode(self.key_of(person)["public_key"])

    def send(self, sender, envelope: dict) -> dict:
        return self.act_as(sender).post("/messages/send", json=envelope).raise_for_status().json()

    def write(self, sender: Impostor, reader: Person, text: str, **members: object) -> dict:
        """Send a message of an account without a browser."""
        return self.send(sender, sender.seal(reader.email, self.public_key(reader), text, **members).message)

    def post_junk(self, sender, recipient) -> dict:
        """Store a message of random bytes between the two people."""
        return self.send(
            sender,
            {
                "recipient_email": recipient.email,
                "client_id": str(uuid.uuid4()),
                "ciphertext": base64.b64encode(secrets.token_bytes(32)).decode(),
                "nonce": base64.b64encode(secrets.token_bytes(12)).decode(),
                "salt": base64.b64encode(secrets.token_bytes(32)).decode(),
            },
        )

    def last(self, sender, reader, message_type: str = "text") -> dict:
        """The members of the sender's last message without those that the server adds."""
        return without_servers_words(self.sent(sender, reader, message_type)[-1])

    def sent(self, sender, reader, message_type: str = "text") -> list[dict]:
        chat = self.messages(sender, reader)
        return [
            message
            for message in chat
            if (message["sender_email"], message["message_type"]) == (sender.email, message_type)
        ]

    def messages(self, person: Person, other) -> list[dict]:
        """All messages of a chat on the server, oldest first."""
        answer = self.act_as(person).get(f"/messages/conversation/{other.email}", params={"page_size": 200})
        return answer.raise_for_status().json()["results"][::-1]
