/**
 * What stands in an account's database. Types only: nothing is loaded from here.
 *
 * Words that people wrote are always `sealed`; what is in the clear is what the server knows as well, and what the
 * indexes need.
 */

/**
 * Something encrypted under the storage key.
 * @typedef {object} Sealed
 * @property {Bytes} nonce
 * @property {Bytes} data
 */

/**
 * A key pair of this account that was made in this browser.
 * @typedef {object} KeyRow
 * @property {string} fingerprint
 * @property {CryptoKey} privateKey not extractable
 * @property {CryptoKey} publicKey
 * @property {Bytes} publicKeyBytes 91 bytes
 */

/**
 * @typedef {object} KnownKey
 * @property {string} fingerprint
 * @property {Bytes} publicKeyBytes 91 bytes
 * @property {number} firstSeenMs
 * @property {boolean} accepted the first one, or one that the person at this browser has accepted
 */

/**
 * A person and the keys seen of them.
 * @typedef {object} PersonRow
 * @property {string} email
 * @property {string | null} displayName null: the server has not told it yet
 * @property {boolean} isContact in the address book
 * @property {number} addedAtMs
 * @property {string | null} pinned fingerprint of the key that is accepted here
 * @property {string | null} served fingerprint of the key that the server named last as the present one
 * @property {string | null} offered fingerprint of another key, served or named by a message; the person decides
 * @property {KnownKey[]} keys
 */

/**
 * @typedef {object} ChatRow
 * @property {string} email
 * @property {number} startId messages up to this id were there before this browser; 0: none
 * @property {string | null} older the server's address of the next page of older messages; "": of the newest page;
 *   null: there are none
 * @property {number} clearedAt the mailbox's sequence at which the chat was last cleared
 * @property {number} unreadBefore how many messages the server counts as unread that have not been fetched yet
 * @property {Sealed | null} draft
 */

/**
 * A message that the server has.
 * @typedef {object} MessageRow
 * @property {number} id the server's
 * @property {string | null} clientId
 * @property {string} peer email of the other person
 * @property {boolean} mine
 * @property {number} createdAtMs
 * @property {number} deliveredAtMs 0: not yet
 * @property {number} readAtMs 0: not yet
 * @property {boolean} seen it was on the screen here
 * @property {any} [raw] as the server gave it, until it has been opened
 * @property {string} [nonce] that of its envelope; none: it was sent from here
 * @property {boolean} [repeats] it was opened here before, under another id: it is not shown again
 * @property {Sealed} [sealed] its content, once it has been opened
 * @property {string} [browser] of a message from the peer: the sending browser's id, once it has been opened
 * @property {number} [counter] and that browser's counter
 * @property {string} [pending] the peer, while nobody has tried to open it
 * @property {string} [unread] the peer, while it is theirs and unread
 * @property {"delivered" | "read"} [due] what the server is still to be told
 */

/**
 * A message that the server is not known to have.
 * @typedef {object} OutboxRow
 * @property {string} clientId
 * @property {string} peer
 * @property {number} counter this browser's, per peer
 * @property {number} atMs when it was written
 * @property {"sending" | "failed" | "held"} state
 * @property {string | null} reason why it failed: a stable code
 * @property {boolean} stale the server refused it for its keys: it is to be sealed again before it goes out
 * @property {Sealed} sealed its content
 * @property {SealedMessage | null} envelope sealed once; sent as it is, however often
 */

/**
 * Where the chain of messages from one browser in one chat has got to: one's own (the last one written), or one of the
 * peer's (the last one up to which all were opened).
 * @typedef {object} ChainRow
 * @property {string} peer
 * @property {"own" | "theirs"} side
 * @property {string} browser
 * @property {number} counter
 * @property {number} atMs when it last moved
 * @property {Sealed} sealed the hash of that message
 */

/**
 * What is sealed of a message.
 * @typedef {object} StoredContent
 * @property {string} type
 * @property {string} body
 * @property {string} browser
 * @property {number} counter
 * @property {string | null} previous
 * @property {{ browser: string, counter: number, hash: string }[]} received
 * @property {number} sent_at
 * @property {string} hash
 */

export {};
