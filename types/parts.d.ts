/** What the parts of the model are made of: types alone, so in a file that no browser loads. */

type ConversationsParts = {
  ownEmail: string;
  api: Api;
  accountKey: AccountKey;
  archive: Archive;
  chatList: ChatList;
  clearing: import("../static/js/model/history/clearing.js").Clearing;
  contacts: Contacts;
  courier: Courier;
  history: import("../static/js/model/history/older-messages.js").History;
  link: Link;
  mailbox: Mailbox;
  opener: Opener;
  outbox: Outbox;
  peerKeys: PeerKeys;
  people: People;
  peerReceipts: import("../static/js/model/receipts/peer-receipts.js").PeerReceipts;
  preferences: Preferences;
  receipts: Receipts;
  receiptWriter: import("../static/js/model/receipts/receipt-writer.js").ReceiptWriter;
  retirement: Retirement;
  tabs: Tabs;
  vault: Vault;
};

type ClearingParts = {
  api: Api;
  cleared: Cleared;
  database: Database;
  mailbox: Mailbox;
  locks: Pick<LockManager, "request">;
  ownEmail: string;
  vault: Vault;
};

type CourierParts = {
  outbox: Outbox;
  transmitter: Transmitter;
  accountKey: AccountKey;
  peerKeys: PeerKeys;
  ownEmail: string;
  locks: Pick<LockManager, "request">;
};

type PeerReceiptParts = {
  chains: Chains;
  database: Database;
  opener: Opener;
  people: People;
  tabs: Tabs;
  unsealer: Unsealer;
  vault: Vault;
};

type ReceiptWriterParts = {
  accountKey: AccountKey;
  chains: Chains;
  database: Database;
  locks: Pick<LockManager, "request">;
  ownEmail: string;
  peerKeys: PeerKeys;
  people: People;
  preferences: Preferences;
  transmitter: Transmitter;
  vault: Vault;
};

type TransmitterParts = {
  api: Api;
  realtime: Realtime;
  ownEmail: string;
  /** the same way in as that of pushes */
  accepted: (event: import("../static/js/model/server/responses.js").MessageEvent) => Promise<void>;
};

type LinkParts = {
  api: Api;
  archive: Archive;
  contacts: Contacts;
  mailbox: Mailbox;
  ownEmail: string;
  realtime: Realtime;
};

type MailboxParts = {
  api: Api;
  ownEmail: string;
  enter: (events: MailboxEvent[], cursor: number | null) => Promise<void>;
  /** when there is time for what nobody is waiting for */
  calm: () => Promise<void>;
  /** the server's numbers begin anew */
  restart: () => Promise<void>;
};

type ScreenParts = Omit<ThreadParts, "changed" | "draft"> & { chatList: ChatList; opener: Opener };

type ThreadParts = {
  archive: Archive;
  history: import("../static/js/model/history/older-messages.js").History;
  vault: Vault;
  opener: Opener;
  people: People;
  mailbox: Mailbox;
  preferences: Preferences;
  changed: () => void;
  draft: () => string;
};

type WritingParts = {
  archive: Archive;
  chatList: ChatList;
  outbox: Outbox;
  tabs: Tabs;
  vault: Vault;
  /** the one on the screen */
  thread: (email: string) => Thread | undefined;
  changed: (email: string) => void;
  /** the draft is another one than what was typed here */
  adopted: (email: string) => void;
};
