/** What the parts of the model are made of: types alone, so in a file that no browser loads. */

type ConversationsParts = {
  ownEmail: string;
  api: Api;
  accountKey: AccountKey;
  archive: Archive;
  chatList: ChatList;
  contacts: Contacts;
  courier: Courier;
  history: import("../static/js/model/history.js").History;
  link: Link;
  mailbox: Mailbox;
  opener: Opener;
  outbox: Outbox;
  peerKeys: PeerKeys;
  people: People;
  receipts: Receipts;
  tabs: Tabs;
  vault: Vault;
};

type CourierParts = {
  outbox: Outbox;
  api: Api;
  realtime: Realtime;
  accountKey: AccountKey;
  peerKeys: PeerKeys;
  ownEmail: string;
  /** the mailbox's */
  cursor: () => number;
  /** the same way in as that of pushes */
  accepted: (event: import("../static/js/model/answers.js").MessageEvent) => Promise<void>;
  locks: Pick<LockManager, "request">;
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
  history: import("../static/js/model/history.js").History;
  vault: Vault;
  opener: Opener;
  people: People;
  mailbox: Mailbox;
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
};
