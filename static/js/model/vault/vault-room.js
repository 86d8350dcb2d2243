/**
 * What the vault does for a person: ways back (`ways`), opening it in another browser (`unlocking`), the person's other browsers
 * (`browsers`), and what keeps them equal. It is loaded on demand (`account-vault.js`).
 */
import { VaultApi } from "../../net/vault-api.js";
import { Archive } from "./archive.js";
import { Keeper } from "./keeper.js";
import { Knowledge } from "./knowledge.js";
import { OwnBrowsers } from "./own-browsers.js";
import { States } from "./states.js";
import { Streams } from "./streams.js";
import { Unlocking } from "./unlocking.js";
import { VaultPins } from "./vault-pin.js";
import { VaultSync } from "./vault-sync.js";
import { WaysBack } from "./ways-back.js";

/** @import { View } from "./account-vault.js" */

/**
 * What the parts of the room share.
 * @typedef {object} RoomParts
 * @property {VaultParts} parts
 * @property {VaultApi} api
 * @property {VaultPins} pins
 * @property {Knowledge} knowledge
 * @property {Keeper} keeper
 * @property {VaultSync} vaultSync
 * @property {(view: Partial<View>) => void} tell
 */

export class VaultRoom {
  #api;
  #archive;
  #states;
  #vaultSync;
  /** @type {(view: Partial<View>) => void} */
  #tell;
  /** whether the streams were looked at since the page was opened */
  #hasLooked = false;

  /**
   * @param {VaultParts} parts
   * @param {(view: Partial<View>) => void} tell
   */
  constructor(parts, tell) {
    this.#tell = tell;
    this.#api = new VaultApi(parts.api);
    const [api, pins, knowledge] = [this.#api, new VaultPins(parts), new Knowledge(parts)];
    const owner = { email: parts.user.email, accountId: String(parts.user.id) };
    const keeper = new Keeper({ api, pins, browser: parts.cipher.browser, owner });
    this.streams = new Streams({ parts, pins, refresh: () => this.#vaultSync.sync() });
    this.streams.on("changed", () => tell({ streamProblem: this.streams.problem }));
    this.#states = new States(parts, this.streams);
    this.#archive = new Archive({ parts, pins, streams: this.streams, tell: (archiveProblem) => tell({ archiveProblem }) });
    const finish = () => this.browsers.finish();
    const vaultSync = new VaultSync({ parts, api, pins, keeper, knowledge, finish, tell: (view) => this.#told(view) });
    this.#vaultSync = vaultSync;
    const room = { parts, api, pins, knowledge, keeper, vaultSync, tell };
    this.unlocking = new Unlocking(room, () => this.#look());
    this.ways = new WaysBack({ ...room, unlocking: this.unlocking });
    this.browsers = new OwnBrowsers({ ...room, unlocking: this.unlocking, streams: this.streams });
  }

  /** @param {{ finishes?: boolean }} [how] */
  async sync(how) {
    this.#hasLooked = true;
    await this.#vaultSync.sync(how);
    await this.#look();
  }

  /** Looks at what the other browsers have told. */
  async #look() {
    await this.streams.look();
    await this.#states.run();
  }

  /** @param {Partial<View>} view */
  #told(view) {
    this.#tell(view);
    if (view.state === "kept" && !this.#hasLooked) {
      this.#hasLooked = true;
      this.#look().catch(() => {});
    }
  }

  writeNews() {
    return this.#vaultSync.writeNews();
  }

  /** @param {{ takesIn?: boolean }} [how] */
  archive(how) {
    return this.#archive.run(how);
  }

  /** @param {any} push */
  async noticed(push) {
    if (push.type === "invitation_changed") {
      this.browsers.noticed(push.route);
    } else if (push.type === "stream_changed") {
      await this.streams.noticed(push);
    } else {
      await this.#vaultSync.noticed(push);
    }
  }

  show() {
    return this.#vaultSync.show();
  }

  async load() {
    await this.#vaultSync.load();
    await this.#look();
  }

  /** @param {string} id */
  dismissNews(id) {
    return this.#vaultSync.dismissNews(id);
  }

  /** @param {string} password */
  prove(password) {
    return this.#api.prove(password);
  }
}
