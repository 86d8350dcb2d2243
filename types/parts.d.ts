/** The constructor parameters of the model's parts. Browsers do not load this file. */

type ConversationsParts = {
  ownEmail: string;
  api: Api;
  accountKey: AccountKey;
  messageStore: MessageStore;
  chatList: ChatList;
  clearing: import("../static/js/model/history/clearing.js").Clearing;
  contacts: Contacts;
  sendQueue: SendQueue;
  olderMessages: import("../static/js/model/history/older-messages.js").OlderMessages;
  connection: Connection;
  sync: Sync;
  decryptQueue: DecryptQueue;
  outbox: Outbox;
  peerKeys: PeerKeys;
  people: People;
  peerReceipts: import("../static/js/model/receipts/peer-receipts.js").PeerReceipts;
  preferences: Preferences;
  receipts: Receipts;
  receiptWriter: import("../static/js/model/receipts/receipt-writer.js").ReceiptWriter;
  retiredKeys: RetiredKeys;
  tabs: Tabs;
  cipher: StorageCipher;
};

type ClearingParts = {
  api: Api;
  clearedMessages: ClearedMessages;
  database: Database;
  sync: Sync;
  locks: Pick<LockManager, "request">;
  ownEmail: string;
  cipher: StorageCipher;
};

type SendQueueParts = {
  outbox: Outbox;
  transport: Transport;
  accountKey: AccountKey;
  peerKeys: PeerKeys;
  ownEmail: string;
  locks: Pick<LockManager, "request">;
};

type PeerReceiptParts = {
  chains: Chains;
  database: Database;
  decryptQueue: DecryptQueue;
  people: People;
  tabs: Tabs;
  unsealer: Unsealer;
  cipher: StorageCipher;
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
  transport: Transport;
  cipher: StorageCipher;
};

type TransportParts = {
  api: Api;
  realtime: Realtime;
  ownEmail: string;
  /** applies the event of the response */
  accepted: (event: import("../static/js/model/server/responses.js").MessageEvent) => Promise<void>;
};

type ConnectionParts = {
  api: Api;
  messageStore: MessageStore;
  contacts: Contacts;
  sync: Sync;
  ownEmail: string;
  realtime: Realtime;
};

type SyncParts = {
  api: Api;
  ownEmail: string;
  enter: (events: MailboxEvent[], sequence: number | null) => Promise<void>;
  /** resolves when no screen waits for anything */
  calm: () => Promise<void>;
  /** resets the stored sequence */
  restart: () => Promise<void>;
};

type ScreenParts = Omit<ThreadParts, "changed" | "draft"> & { chatList: ChatList; decryptQueue: DecryptQueue };

type ThreadParts = {
  messageStore: MessageStore;
  olderMessages: import("../static/js/model/history/older-messages.js").OlderMessages;
  cipher: StorageCipher;
  decryptQueue: DecryptQueue;
  people: People;
  sync: Sync;
  preferences: Preferences;
  changed: () => void;
  draft: () => string;
};

type DraftsParts = {
  messageStore: MessageStore;
  chatList: ChatList;
  outbox: Outbox;
  tabs: Tabs;
  cipher: StorageCipher;
  /** the open chat */
  thread: (email: string) => Thread | undefined;
  changed: (email: string) => void;
  /** called when the draft was taken over from another tab */
  adopted: (email: string) => void;
};
