import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { refusal } from "./model-server.js";
import { inWorld, until } from "./model-world.js";

const isListed = (person, email) => person.conversations.chats().some((chat) => chat.email === email);

describe("what the server has made up can be cleared", () => {
  for (const [name, answer] of [["refuses", refusal(404, "user_not_found")], ["is always busy", refusal(503, "unavailable")]]) {
    test(`a chat, though the server ${name}, and it stays away after a reload`, inWorld(async (world) => {
      const bob = await world.newPerson("bob");
      const { server } = world;
      const nobody = "nobody@example.org";
      const nothing = { client_id: null, nonce: null, salt: null, sender_fingerprint: null, recipient_fingerprint: null };
      server.plant(bob.email, { sender_email: nobody, recipient_email: bob.email, ...nothing, ciphertext: "AAAA", message_type: "text", suite: 1 });
      await until(() => isListed(bob, nobody));
      server.intercept = ({ method, path }) => (method === "DELETE" && path.includes("/conversation/") ? answer : undefined);
      await bob.conversations.clear(nobody).catch(() => {});
      await until(() => !isListed(bob, nobody));
      const again = await world.reload(bob);
      await until(() => again.conversations.connection === "ok");
      assert.equal(isListed(again, nobody), false);
    }));
  }

  test("a contact; one that was added here stays", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const mallory = await world.newPerson("mallory");
    world.server.user(bob.email).contacts.add(mallory.email);
    const again = await world.reload(bob);
    await until(() => isListed(again, mallory.email));
    await again.conversations.clear(mallory.email);
    await again.conversations.clear(alice.email);
    await until(() => !isListed(again, mallory.email));
    assert.equal(isListed(again, alice.email), true);
    await mallory.account.contacts.add(bob.email);
    await mallory.send(bob, "still there");
    await until(() => isListed(again, mallory.email));
  }));
});
