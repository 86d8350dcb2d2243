/** The constructor parameters of the model's parts. Browsers do not load this file. */

type ConversationsParts = {
  accountKey: AccountKey;
  announcements: import("../static/js/model/receive/announcements.js").Announcements;
  api: Api;
  chatList: ChatList;
  cipher: StorageCipher;
  clearing: import("../static/js/model/history/clearing.js").Clearing;
  connection: Connection;
  contacts: Contacts;
  database: Database;
  decryptQueue: DecryptQueue;
  drafts: Drafts;
  messageStore: MessageStore;
  outbox: Outbox;
  people: People;
  peerKeys: PeerKeys;
  preferences: Preferences;
  peerReceipts: import("../static/js/model/receipts/peer-receipts.js").PeerReceipts;
  receipts: Receipts;
  receiptWriter: import("../static/js/model/receipts/receipt-writer.js").ReceiptWriter;
  screens: import("../static/js/model/screen/screens.js").Screens;
  sendQueue: SendQueue;
  serverDeletions: import("../static/js/model/send/server-deletions.js").ServerDeletions;
  sync: Sync;
  tabs: Tabs;
};

type ClearingParts = {
  api: Api;
  cipher: StorageCipher;
  clearedMessages: ClearedMessages;
  database: Database;
  locks: Pick<LockManager, "request">;
  ownEmail: string;
  sync: Sync;
};

type SendQueueParts = {
  accountKey: AccountKey;
  locks: Pick<LockManager, "request">;
  outbox: Outbox;
  ownEmail: string;
  peerKeys: PeerKeys;
  transport: Transport;
};

type PeerReceiptParts = {
  chains: Chains;
  cipher: StorageCipher;
  database: Database;
  decryptQueue: DecryptQueue;
  people: People;
  tabs: Tabs;
  unsealer: Unsealer;
};

type ReceiptWriterParts = {
  accountKey: AccountKey;
  chains: Chains;
  cipher: StorageCipher;
  database: Database;
  locks: Pick<LockManager, "request">;
  ownEmail: string;
  peerKeys: PeerKeys;
  people: People;
  preferences: Preferences;
  transport: Transport;
};

type TypingParts = {
  accountKey: AccountKey;
  chains: Chains;
  decryptQueue: DecryptQueue;
  ownEmail: string;
  peerKeys: PeerKeys;
  people: People;
  preferences: Preferences;
  realtime: Realtime;
};

type TransportParts = {
  api: Api;
  ownEmail: string;
  realtime: Realtime;
  sync: Sync;
};

type ConnectionParts = {
  api: Api;
  contacts: Contacts;
  messageStore: MessageStore;
  ownEmail: string;
  realtime: Realtime;
  sync: Sync;
};

type SyncParts = {
  api: Api;
  decryptQueue: DecryptQueue;
  messageStore: MessageStore;
  ownEmail: string;
  screenWork: ScreenWork;
};

type ScreenParts = ThreadParts & { chatList: ChatList; screenWork: ScreenWork; sendQueue: SendQueue; tabs: Tabs };

type StrangersParts = {
  api: Api;
  contacts: Contacts;
  database: Database;
  people: People;
  screens: import("../static/js/model/screen/screens.js").Screens;
};

type ThreadParts = {
  cipher: StorageCipher;
  decryptQueue: DecryptQueue;
  drafts: Drafts;
  messageStore: MessageStore;
  olderMessages: import("../static/js/model/history/older-messages.js").OlderMessages;
  people: People;
  preferences: Preferences;
  sync: Sync;
};

type DraftsParts = {
  chatList: ChatList;
  cipher: StorageCipher;
  messageStore: MessageStore;
  outbox: Outbox;
  people: People;
  tabs: Tabs;
};

type VaultParts = {
  accountKey: AccountKey;
  api: Api;
  /** resolves when no screen waits for messages */
  calm: () => Promise<void>;
  chains: Chains;
  cipher: StorageCipher;
  clearedMessages: ClearedMessages;
  clearing: import("../static/js/model/history/clearing.js").Clearing;
  conversations: import("../static/js/model/conversations.js").Conversations;
  database: Database;
  locks: Pick<LockManager, "request">;
  /** older messages of the chat with that person have come from the archive */
  onHistory: (email: string) => void;
  /** pins have come from another browser of the person's */
  onPinsChanged: () => void;
  /** another browser has signed this one out */
  onSignedOut: () => void;
  people: People;
  preferences: Preferences;
  session: Session;
  storageLoss: StorageLoss;
  tabs: Tabs;
  user: { id: number; email: string };
};
