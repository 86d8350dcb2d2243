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
 * @property {{ privateKey: CryptoKey, publicKeyBytes: Bytes }} [identity] Ed25519, not extractable, 32 bytes; none: made
 *   by an older version of the page
 * @property {Signed} [signed] what that identity has signed of this key last
 * @property {boolean} [isProven] the server has taken it with a proof (docs/protocol.md §3.6)
 */

/**
 * What an identity says of a key.
 * @typedef {object} Statement
 * @property {string | null} identity 64 hexadecimal digits; null: nobody has signed the key
 * @property {number} version 0: unsigned
 * @property {number[]} suites
 */

/** @typedef {{ version: number, suites: readonly number[], statement: Bytes }} Signed */

/**
 * @typedef {object} KeyOfPeer
 * @property {string} fingerprint
 * @property {Bytes} publicKeyBytes 91 bytes
 * @property {number} firstSeenMs
 * @property {boolean} accepted the first one, or one that the person at this browser has accepted. The one that is
 *   pinned is the present one; all others are retired
 * @property {{ atMs: number }} [retired] when another was accepted in its place, as an older version of the page noted it
 * @property {boolean} [opened] a message or receipt of theirs has opened under it, so that they do have it
 * @property {{ id: string, atMs: number }[]} [browsers] in which those were written, the first that was seen first
 */
/** @typedef {KeyOfPeer & Statement} KnownKey */

/**
 * @typedef {object} KeyChange
 * @property {string} key
 * @property {number} atMs when it was first offered
 * @property {boolean} wasChecked the numbers had been compared with the person, and are others now
 * @property {string} offer what exactly was offered
 * @property {boolean} undecided
 */

/**
 * A person's name and another one that the server told in its place.
 * @typedef {object} NameChange
 * @property {string} key
 * @property {number} atMs when the server first told it here
 * @property {string} before "" where there was none
 * @property {string} after "" for none
 */

/**
 * A person and the keys seen of them.
 * @typedef {object} PersonRow
 * @property {string} email
 * @property {string | null} displayName null: the server has not told it yet
 * @property {boolean} isContact in the address book, as the server has it
 * @property {boolean} isAdded this person has added it here, or it was in the address book before that was noted
 * @property {number} addedAtMs
 * @property {string | null} pinned fingerprint of the key that is accepted here
 * @property {string | null} served fingerprint of the key that the server named last as the present one
 * @property {number} [servedAtMs] when it named it
 * @property {boolean} [isKeyless] the server said last that it has no key of this person's
 * @property {string | null} offered fingerprint of another key, served or named by a message, or of the pinned one where
 *   it is signed otherwise; the person decides
 * @property {Statement | null} offeredStatement what comes with it
 * @property {KnownKey[]} keys
 * @property {KeyChange[]} changes oldest first
 * @property {NameChange[]} renamings oldest first
 * @property {{ identity: string, atMs: number } | null} checked the numbers were compared with the person
 * @property {{ identity: string, atMs: number, mayWrite?: boolean }} [differed] they were, and were not the same; mayWrite:
 *   the person has chosen to write all the same
 * @property {boolean} forgotten pinned in a browser that has lost its memory
 */

/**
 * @typedef {object} ChatRow
 * @property {string} email
 * @property {number} startId messages up to this id were there before this browser; 0: none
 * @property {string | null} older the server's address of the next page of older messages; "": of the newest page;
 *   null: there are none
 * @property {number} clearedAt when the chat was last cleared here, by this browser's clock; 0: never
 * @property {number} [ownClearings] how often the server was asked to clear it and has not told of it yet
 * @property {boolean} [clearingDue] it was cleared here, and the server has not answered yet
 * @property {boolean} [clearedElsewhere] the server says that it was cleared, and nobody here did it
 * @property {number} unreadBefore how many messages the server counts as unread that have not been fetched yet
 * @property {Sealed | null} draft the same in all tabs
 * @property {string[]} [sentDrafts] the nonces of the last drafts that were sent, so that no other tab sends them again
 * @property {number} [receiptDue] since when the other person is to be told what was opened and seen here
 * @property {Record<string, number>} [seen] by the peer's browser: the greatest counter that was on the screen here
 * @property {Record<string, { from: number, to: number, named?: Sealed | null }>} [heads] by the peer's browser: the last
 *   message that it says it has sent, at first and now; named: the latter's counter and hash
 * @property {Ticks} [ticks] of this browser's messages, by what receipts have said
 * @property {Record<string, Acknowledged>} [acknowledged] the same as an older version of the page kept it, by the peer's
 *   browser
 * @property {{ browser: string, counter: number }[]} [skips] of the peer's chains: what nothing but a skip has filled,
 *   the latest last
 */

/**
 * Counters of this browser's messages that some browser of the peer's has opened, and that were seen there.
 * @typedef {{ delivered: [number, number][], read: [number, number][] }} Ticks as ranges, both ends included
 */

/**
 * Of this browser's messages a browser of the peer's has all from `from` to `delivered` but those missing; up to `read`
 * they were seen.
 * @typedef {object} Acknowledged
 * @property {number} counter of the receipt that said so
 * @property {number} from
 * @property {number} delivered
 * @property {number} read 0: none
 * @property {number[]} missing
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
 * @property {boolean} [passed] the person has jumped over it: it is neither unread nor read
 * @property {any} [raw] as the server gave it, until it has been opened
 * @property {string} [nonce] that of its envelope; none: it was sent from here
 * @property {number} [arrivedAtMs] when it came here
 * @property {string} [arrivedUnder] fingerprint of the peer's key that named it, where that was replaced before it was
 *   opened
 * @property {boolean} [isLive] and all that the server had before stood here then
 * @property {boolean} [late] one that was written after it had come before it
 * @property {boolean} [hidden] it is not shown: it was opened or cleared here before, or is a `skip`
 * @property {boolean} [conflict] it and another one cannot both be what its sender's browser has sent
 * @property {boolean} [isSkip] it only says that the message with its counter was taken back; the other person's
 * @property {boolean} [takenBack] the same, of one's own that may have left before
 * @property {Sealed} [sealed] its content, once it has been opened
 * @property {string} [browser] the sending browser's id, once it has been opened
 * @property {number} [counter] and that browser's counter
 * @property {boolean} [tried] it was tried to open it
 * @property {boolean} [damaged] it will never open, as it is
 * @property {string} [pending] the peer, while nobody has tried to open it, or it may go well the next time
 * @property {string} [unread] the peer, while it is theirs and unread
 * @property {string} [due] the peer, while there is something to tell the server: that it was delivered, or read
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
 * @property {string} [browser] this browser's id when it was written
 * @property {boolean} [isCleared] the chat was cleared while it was on its way
 * @property {boolean} [isSkip] it only says that the message with this counter was taken back
 * @property {boolean} [mayHaveLeft] and that message had been sealed, so that the server may have it
 * @property {Sealed} sealed its content
 * @property {SealedMessage | null} envelope sealed once; sent as it is, however often
 */

/**
 * Where the chain of messages from one browser in one chat has got to: one's own (the last one written), or one of the
 * peer's (the last one up to which all were opened).
 * @typedef {object} ChainRow
 * @property {string} peer
 * @property {"own" | "theirs" | "receipts"} side receipts: one's own, which number themselves
 * @property {string} browser
 * @property {number} counter
 * @property {number} [from] of one of the peer's: the counter that it begins with here
 * @property {number} atMs when it last moved
 * @property {Sealed} sealed the hash of that message
 */

/**
 * A receipt that has come and was not looked at yet.
 * @typedef {object} ReceiptRow
 * @property {number} id the server's
 * @property {string} peer
 * @property {any} raw as the server gave it
 */

/**
 * What was cleared here of one browser's messages, so that it does not come back.
 * @typedef {object} ClearedRow
 * @property {string} peer
 * @property {string} browser
 * @property {Sealed} sealed the hashes by counter
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
