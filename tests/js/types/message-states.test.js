/** What a chat shows follows from the set of contents: the vectors, and random histories in any order. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chatState, EDIT_WITHIN_MS } from "../../../static/js/types/message-states.js";
import { reaction } from "../../../static/js/types/reaction-type.js";
import { readVectors } from "../crypto/vectors.js";
import { randomNumbers } from "../world/random-numbers.js";

/** The state as the vectors spell it, seen by Alice. */
function spelled({ messages, timerSeconds, profiles }) {
  const person = (mine) => (mine ? "alice" : "bob");
  const state = ({ isDeleted, versions, reactions }) => ({
    deleted: isDeleted,
    versions: versions.map(({ hash }) => hash),
    reactions: reactions.map(({ mine, emoji, isOfEarlier }) => ({ by: person(mine), emoji, of_earlier: isOfEarlier })),
  });
  return {
    messages: Object.fromEntries([...messages].map(([hash, one]) => [hash, state(one)])),
    timer_seconds: timerSeconds,
    profiles: { alice: profiles.mine, bob: profiles.theirs },
  };
}

const told = ({ by, ...content }) => ({ ...content, mine: by === "alice" });

describe("what a chat shows", () => {
  for (const { name, contents, state } of readVectors("conversations.json").conversations) {
    test(name, () => {
      assert.deepEqual(spelled(chatState(contents.map(told))), state);
      assert.deepEqual(spelled(chatState(contents.map(told).reverse())), state);
    });
  }

  test("is the same from the other side", () => {
    for (const { contents } of readVectors("conversations.json").conversations) {
      const [ours, theirs] = [true, false].map((isAlice) => chatState(contents.map((one) => ({ ...one, mine: (one.by === "alice") === isAlice }))));
      const turned = ([hash, one]) => [hash, { ...one, reactions: one.reactions.map((each) => ({ ...each, mine: !each.mine })) }];
      assert.deepEqual(new Map([...theirs.messages].map(turned)), ours.messages);
      assert.deepEqual([theirs.profiles.theirs, theirs.profiles.mine], [ours.profiles.mine, ours.profiles.theirs]);
    }
  });
});

const EMOJI = ["", "👍", "🎉"];

/** Contents that two people with two browsers each write, without having heard of each other's last ones. */
function history(chance) {
  const written = [];
  const hash = () => Array.from({ length: 64 }, () => chance(16).toString(16)).join("");
  const any = () => (written.length && chance(8) ? written[chance(written.length)].hash : hash());
  for (let count = 0; count < 60; count += 1) {
    const base = { hash: hash(), mine: chance(2) === 1, browser: chance(2), sent_at: chance(5) ? chance(40) : chance(3) * EDIT_WITHIN_MS, replaces: null };
    const kinds = {
      text: () => ({ body: `text ${count}` }),
      edit: () => ({ type: "text", body: `edit ${count}`, replaces: any() }),
      nothing: () => ({ type: "nothing", body: "{}", replaces: any() }),
      reaction: () => reaction.compose({ on: any(), saw: any(), emoji: EMOJI[chance(3)] }),
      timer: () => ({ body: JSON.stringify({ seconds: chance(9) }) }),
      profile: () => ({ body: JSON.stringify({ name: `name ${count}`, picture: null }) }),
    };
    const kind = ["text", "text", "edit", "edit", "reaction", "reaction", "nothing", "timer", "profile"][chance(9)];
    written.push({ ...base, type: kind, ...kinds[kind]() });
  }
  return written;
}

function shuffled(list, chance) {
  const left = [...list];
  return Array.from({ length: left.length }, () => left.splice(chance(left.length), 1)[0]);
}

describe("random histories of two people with two browsers each", () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    test(`are equal in any order, twice and in pieces: ${seed}`, () => {
      const chance = randomNumbers(seed);
      const written = history(chance);
      const expected = chatState(written);
      for (let round = 0; round < 5; round += 1) {
        const arriving = shuffled([...written, ...shuffled(written, chance).slice(0, chance(60))], chance);
        assert.deepEqual(chatState(arriving), expected);
      }
    });

    test(`keep the rules: ${seed}`, () => {
      const written = history(randomNumbers(seed));
      const byHash = new Map(written.map((one) => [one.hash, one]));
      for (const [hash, { isDeleted, versions, reactions }] of chatState(written).messages) {
        const original = byHash.get(hash);
        const deletions = written.filter(({ type, replaces, mine }) => type === "nothing" && replaces === hash && mine === original.mine);
        assert.equal(isDeleted, deletions.length > 0);
        assert.ok(versions.every((one) => byHash.get(one.hash).mine === original.mine));
        assert.ok(versions.every(({ sentAtMs }) => sentAtMs - original.sent_at <= EDIT_WITHIN_MS));
        assert.ok(new Set(reactions.map(({ mine }) => mine)).size === reactions.length);
        if (isDeleted) {
          assert.deepEqual([versions, reactions], [[], []]);
        }
      }
    });
  }
});
