/** Random histories of two people with two browsers each: whatever is lost, late or repeated, all four screens end as the model. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { messageRecord, StorageCipher } from "../../../../static/js/model/keys/storage-cipher.js";
import { Database } from "../../../../static/js/storage/database.js";
import { all } from "../../../../static/js/storage/queries.js";
import { textOf } from "../../../../static/js/types/content-types.js";
import { chatState } from "../../../../static/js/types/message-states.js";
import { keepCode, secondBrowser, talk } from "../../world/own-browsers.js";
import { PICTURE } from "../../world/pictures.js";
import { randomNumbers } from "../../world/random-numbers.js";
import { inWorld, pause, until } from "../../world/world.js";

const ACTIONS = 30;
const SEEDS = [1, 2, 3];
const HEX = (number, digits) => number.toString(16).padStart(digits, "0");
const SECONDS = [0, 3600, 86_400, 604_800];

/** The server loses, repeats, delays and exchanges what it pushes. Returns what makes it honest again. */
function disturb(server, chance) {
  const honest = server.push.bind(server);
  const held = [];
  server.push = (owner, event) => {
    const fate = chance(5);
    if (event.type !== "new_message" || fate === 0) {
      honest(owner, event);
    } else if (fate > 1) {
      held.splice(chance(held.length + 1), 0, ...Array.from({ length: fate - 1 }, () => [owner, event]));
    }
    if (held.length > 6) {
      held.splice(0, 4).forEach(([late, one]) => honest(late, one));
    }
  };
  return () => {
    server.push = honest;
    server.sockets.forEach((socket) => socket.tell({ type: "resync" }));
  };
}

/** One file, as a message names it. */
function fileNamed(count) {
  const sealed = { id: HEX(count, 32), key: HEX(count, 64), size: count, hash: HEX(count, 64) };
  return { ...sealed, name: `${count}.bin`, type: "application/octet-stream", width: 0, height: 0, duration: 0, waveform: "", thumbnail: null, preview: null };
}

/** One action of one browser, about something that its screen shows. */
async function act({ browser: me, peer }, chance, count) {
  const items = me.items(peer).filter(({ id, content, isDeleted }) => id !== null && content && !isDeleted);
  const on = items[chance(Math.max(1, items.length))];
  const own = items.filter(({ mine }) => mine);
  const texts = own.filter(({ content }) => content.type === "text");
  const kinds = {
    text: () => me.send(peer, `text ${count}`),
    reply: () => me.conversations.send(peer.email, `answer ${count}`, on?.content.hash ?? null),
    edit: () => texts.length > 0 && me.conversations.change(peer.email, { kind: "edit", on: texts[chance(texts.length)], text: `edit ${count}` }),
    react: () => on && me.conversations.change(peer.email, { kind: "react", on, emoji: ["", "👍", "🎉"][chance(3)] }),
    delete: () => own.length > 2 && me.conversations.change(peer.email, { kind: "delete", on: own[chance(own.length)] }),
    file: () => me.conversations.change(peer.email, { kind: "files", caption: "", files: [fileNamed(count)], reply: null }),
    profile: () => me.conversations.changeProfile({ name: `name ${count}`, picture: [null, PICTURE][chance(2)] }),
    timer: () => me.conversations.change(peer.email, { kind: "timer", seconds: SECONDS[chance(SECONDS.length)] }),
  };
  const names = ["text", "text", "reply", "edit", "edit", "react", "react", "delete", "timer", "file", "profile"];
  await kinds[names[chance(names.length)]]();
}

/** What this browser has written, as it stands in its storage. */
async function writtenBy({ browser, email }) {
  browser.use();
  const database = await Database.open(email);
  const cipher = await StorageCipher.of(database);
  const rows = (await database.read(["messages"], (stores) => all(stores("messages")))).filter(({ sealed, mine }) => sealed && mine);
  const contents = await Promise.all(rows.map((row) => cipher.open(messageRecord(row), row.sealed)));
  database.close();
  return contents.filter((content) => content.browser === cipher.browser);
}

/** A browser that gets the deletion first may never get the message: the server has deleted it. */
const isThere = ({ isDeleted }) => !isDeleted;
const turned = (isTurned, mine) => (isTurned ? !mine : mine);

/** The messages by hash, as Alice would see them. */
function shownBy({ browser, peer }, isTurned) {
  return Object.fromEntries(browser.items(peer).filter(isThere).map(({ content, mine, isDeleted, text, versions, reactions }) => [content?.hash, {
    mine: turned(isTurned, mine),
    isDeleted,
    text: isDeleted ? "" : text,
    versions: versions.map(({ hash }) => hash),
    reactions: reactions.map((one) => `${turned(isTurned, one.mine)} ${one.emoji} ${one.isOfEarlier}`),
  }]));
}

function expectedOf({ messages }, told) {
  const byHash = new Map(told.map((one) => [one.hash, one]));
  return Object.fromEntries([...messages].filter(([, one]) => isThere(one)).map(([hash, { isDeleted, versions, reactions }]) => [hash, {
    mine: byHash.get(hash).mine,
    isDeleted,
    text: versions.length > 0 ? textOf({ ...byHash.get(hash), body: versions.at(-1).body }) : "",
    versions: versions.map((one) => one.hash),
    reactions: reactions.map((one) => `${one.mine} ${one.emoji} ${one.isOfEarlier}`),
  }]));
}

/** Name and picture of both, as Alice's side would see them. */
async function profilesBy({ browser, peer }, isTurned) {
  const own = (await browser.account.ownProfile())?.value ?? null;
  const name = browser.conversations.chats().find(({ email }) => email === peer.email).name;
  const theirs = name === peer.session.user.displayName ? null : { name, picture: await browser.account.pictureOf(peer.email) };
  return isTurned ? { mine: theirs, theirs: own } : { mine: own, theirs };
}

const sorted = (value) => JSON.stringify(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));

/** Four browsers, each with the person that it writes to; Alice's first. */
async function fourBrowsers(world) {
  const [alice, bob] = await talk(world);
  const others = [await secondBrowser(world, alice, await keepCode(alice)), await secondBrowser(world, bob, await keepCode(bob))];
  const four = [alice, others[0], bob, others[1]].map((browser, index) => ({ browser, peer: index < 2 ? bob : alice }));
  await until(() => four.every(({ browser, peer }) => browser.items(peer).length === 2 && browser.conversations.connection === "ok"));
  for (const { browser, peer } of four) {
    await until(async () => (await browser.conversations.timer(peer.email)).isPossible);
  }
  return four;
}

describe("random histories of two people with two browsers each, over a server that loses, repeats and delays", () => {
  for (const seed of SEEDS) {
    test(`end equal on all screens: ${seed}`, inWorld(async (world) => {
      const chance = randomNumbers(seed);
      const four = await fourBrowsers(world);
      const makeHonest = disturb(world.server, chance);
      for (let count = 0; count < ACTIONS; count += 1) {
        await act(four[chance(4)], chance, count);
        await pause(chance(20));
      }
      makeHonest();
      await until(async () => (await Promise.all(four.map(({ browser }) => browser.account.unsent()))).every((unsent) => unsent === 0));
      let [expected, shown, timers, profiles] = ["", [], [], []];
      const isEqual = async () => {
        const told = (await Promise.all(four.map(async ({ browser }, index) => (await writtenBy(browser)).map((one) => ({ ...one, mine: index < 2 }))))).flat();
        const state = chatState(told);
        expected = sorted(expectedOf(state, told));
        shown = four.map((one, index) => sorted(shownBy(one, index > 1)));
        timers = await Promise.all(four.map(async ({ browser, peer }) => (await browser.conversations.timer(peer.email)).seconds));
        profiles = await Promise.all(four.map(async (one, index) => JSON.stringify(await profilesBy(one, index > 1))));
        return profiles.every((one) => one === JSON.stringify(state.profiles)) && shown.every((one) => one === expected) && timers.every((seconds) => seconds === state.timerSeconds);
      };
      await until(isEqual, () => `timers ${timers}\n${profiles.join("\n")}\n${expected}\n${shown.join("\n")}`);
      assert.ok(JSON.parse(expected).length > 5);
    }));
  }
});
