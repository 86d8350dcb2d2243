/** What the views call of the vault. Browsers do not load this file. */

type VaultModel = {
  state: "unknown" | "none" | "kept" | "locked" | "refused";
  problem: string | null;
  needsKeyChange: boolean;
  isOnlyWay: boolean;
  ways: import("../static/js/views/vault/vault-words.js").Way[];
  browsers: import("../static/js/views/vault/vault-words.js").KnownBrowser[];
  news: { id: string; name: string; addedAt: Date }[];
  on(name: "changed", listener: () => void): unknown;
  load(): Promise<unknown>;
  prove(proof: { password: string }): Promise<unknown>;
  draftCode(): Promise<{ code: string; groups: string[]; ask: [number, number] }>;
  keepCode(draft: { code: string }): Promise<unknown>;
  tryCode(text: string): Promise<unknown>;
  removeWay(id: string): Promise<unknown>;
  logInPasskeys(): Promise<import("../static/js/model/session/passkeys.js").ServerPasskey[]>;
  removePasskey(credentialId: string): Promise<unknown>;
  giveUp(): Promise<unknown>;
  unlockByCode(text: string): Promise<unknown>;
  unlockByPasskey(): Promise<unknown>;
  unlockByInvitation(code: string): Promise<import("../static/js/views/vault/unlock-dialog.js").Joining>;
  startWithout(): Promise<unknown>;
  addPasskey(): Promise<{ opens: boolean }>;
  signOut(id: string, how: { isStolen: boolean }): Promise<unknown>;
  invite(): Promise<import("../static/js/views/vault/add-browser-dialog.js").Invitation>;
  dismissNews(id: string): Promise<unknown>;
};
