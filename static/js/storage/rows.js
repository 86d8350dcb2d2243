/**
 * The rows of an account's database. This file contains types only.
 *
 * The text of messages is always `sealed`. Only what the server knows too, and what the indexes need, is in the clear.
 */

/** @typedef {string & { readonly chatId: true }} ChatId made by chat-ids.js */

/**
 * Something encrypted under the storage key.
 * @typedef {object} Sealed
 * @property {Bytes} nonce
 * @property {Bytes} data
 */

/**
 * A key pair of this account that was made in this browser, or came from the account's vault.
 * @typedef {object} KeyRow
 * @property {string} fingerprint
 * @property {CryptoKey} privateKey not extractable
 * @property {CryptoKey} publicKey
 * @property {Bytes} publicKeyBytes 91 bytes
 * @property {{ privateKey: CryptoKey, publicKeyBytes: Bytes }} [identity] Ed25519, not extractable, 32 bytes; none: made
 *   by an older version of the page
 * @property {Signed} [signed] what that identity has signed of this key last
 * @property {boolean} [isProven] the server has taken it with a proof (docs/protocol.md §3.6)
 * @property {Sealed} [secrets] the private keys of both, in base64; none: made by an older version of the page
 * @property {boolean} [isFormer] another own key has replaced it; it still decrypts what was written with it
 * @property {boolean} [isNext] it is to replace the account's key, and was not uploaded yet
 */

/**
 * @template Value
 * @typedef {import("../lib/later.js").Setting<Value>} Setting
 */

/**
 * The statement of an identity about a key (docs/protocol.md §3.4).
 * @typedef {object} Statement
 * @property {string | null} identity 64 hexadecimal digits; null: the key is not signed
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
 * @property {boolean} [opened] a message or receipt of theirs was decrypted with it, so they have the private key
 * @property {{ id: string, atMs: number, unlisted?: boolean }[]} [browsers] in which those were written, the first that was
 *   seen first; unlisted: it was not in the signed list that was known then
 */
/** @typedef {KeyOfPeer & Statement} KnownKey */

/**
 * @typedef {object} KeyChange
 * @property {string} key
 * @property {number} atMs when it was first offered
 * @property {boolean} wasChecked the safety numbers had been compared with the person, and are different now
 * @property {string} offer the id of the offer (`offerId` in model/keys/pinning.js)
 * @property {boolean} undecided
 * @property {boolean} [isDeclined] the person at this browser has kept the keys that were known
 */

/**
 * A change of a person's display name.
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
 * @property {boolean} isAdded the user has added it here, or it was in the address book before this was stored
 * @property {number} addedAtMs
 * @property {string | null} pinned fingerprint of the key that is accepted here
 * @property {string | null} served fingerprint of the key that the server named last as the present one
 * @property {number} [servedAtMs] when the server named it
 * @property {boolean} [isKeyless] the server said last that it has no key of this person's
 * @property {string | null} offered fingerprint of another key, served or named by a message, or of the pinned one where
 *   it is signed otherwise; the person decides
 * @property {Statement | null} offeredStatement the statement of the offered key
 * @property {KnownKey[]} keys
 * @property {string[]} [declined] other keys that the person at this browser does not take (declined-keys.js)
 * @property {KeyChange[]} changes oldest first
 * @property {NameChange[]} renamings oldest first
 * @property {{ atMs: number, hash: string, hasPicture: boolean }} [profile] what the person has last said of themselves: the name is in
 *   `displayName`, the picture among the states
 * @property {{ identity: string, atMs: number } | null} checked the safety numbers were compared and are the same
 * @property {{ identity: string, atMs: number, mayWrite?: boolean }} [differed] the safety numbers were compared and are
 *   different; mayWrite: the user has chosen to write nevertheless
 * @property {Setting<Sealed | null>} [nickname] the user's own name for the person; null: none any more
 * @property {boolean} forgotten pinned in a browser that has lost its stored keys
 * @property {number} [decidedAtMs] when the person has last accepted or declined an offered key, in any of their browsers
 * @property {PinnedList} [list] the signed list of that person's browsers
 */

/**
 * @typedef {object} PinnedList
 * @property {string} identity that has signed it: 64 hexadecimal digits
 * @property {number} version
 * @property {string} hash of its bytes
 * @property {string[]} ids all browsers that have stood in the list
 * @property {number[]} [contentVersions] those that all its browsers read; none: pinned by an older version of the page
 */

/**
 * @typedef {object} ChatRow
 * @property {ChatId} id
 * @property {string[]} people the emails of the others
 * @property {number} startId messages up to this id were there before this browser; 0: none
 * @property {number} [fetchedFrom] the lowest id of the pages of older messages that the server has given; what is below came from
 *   the archive
 * @property {number} [archiveDue] when something of it was cleared here last that the archive may still hold
 * @property {string | null} older the server's address of the next page of older messages; "": of the newest page;
 *   null: there are none
 * @property {number} clearedAt when the chat was last cleared here, by this browser's clock; 0: never
 * @property {number} [ownClearings] how many clearings the server was asked for and has sent no event about yet
 * @property {boolean} [clearingDue] it was cleared here, and the server has not answered yet
 * @property {number} [clearedThrough] the highest id of a message that stood here when it was cleared
 * @property {boolean} [clearedElsewhere] the server says that it was cleared, and it was not cleared here
 * @property {number} unreadBefore how many messages the server counts as unread that have not been fetched yet
 * @property {Sealed | null} draft shared by all tabs
 * @property {string[]} [sentDrafts] the nonces of the last drafts that were sent, so that no other tab sends them again
 * @property {number} [receiptDue] since when the other person is to be told what was opened and seen here
 * @property {Record<string, number>} [draftChanges] by the person's browser, the time of its last change that the draft contains
 * @property {string} [draftShared] the nonce of the draft that the other browsers are told, or that came from one of them
 * @property {string} [draftFrom] the person's browser that has told the shared draft; none: this one
 * @property {{ seconds: number, atMs: number, hash: string, wasOn: boolean }} [timer] how long messages are kept from now on, by
 *   which message; wasOn: some message has a time after which it disappears
 * @property {number} [endsAtMs] when something of the chat has to be removed next
 * @property {number} [endsNoted] rises with each content that has to be removed some time
 * @property {number} [profileToldMs] the time of the user's own profile that the other person was told last
 * @property {boolean} [hasErased] contents of the chat were removed, because they were deleted or their time was over
 * @property {Elsewhere} [elsewhere] what the person's other browsers have told
 * @property {ChatSettings} [settings] the person's own
 * @property {Record<string, number>} [seen] by the peer's browser: the greatest counter that was on the screen here
 * @property {Record<string, { from: number, to: number, named?: Sealed | null }>} [heads] by the peer's browser: the last
 *   message that it says it has sent, at first and now; named: the latter's counter and hash
 * @property {Ticks} [ticks] of this browser's messages, by what receipts have said
 * @property {Record<string, Ticks>} [otherTicks] of the messages of the user's other browsers
 * @property {boolean} [accepted] the user has added the person, or accepted the request, in one of their browsers
 * @property {boolean} [listed] it stands among the chats: from before there were requests, or by the server's word
 * @property {boolean} [shown] of a request: the user has looked at it
 * @property {{ is: boolean, atMs: number, due?: boolean }} [blocked] what the user has decided last; due: the server has not
 *   been told yet
 * @property {boolean} [writtenElsewhere] a message that the user has written in another browser was decrypted here
 * @property {Record<string, Acknowledged>} [acknowledged] the same as an older version of the page kept it, by the peer's
 *   browser
 * @property {{ browser: string, counter: number }[]} [skips] of the peer's chains: the counters for which only a skip is
 *   here, the latest last
 * @property {{ browser: string, counter: number, hash: string }[]} [deleted] messages that were deleted for both, the latest last: they may come
 *   after their deletion, or never
 * @property {number[]} [repetitions] ids of messages that repeat others and are not shown, the latest last
 * @property {Record<string, number>} [droppedSkips] by the peer's browser: the greatest counter of a skip that is not kept any
 *   more
 */

/**
 * The person's own settings of a chat.
 * @typedef {object} ChatSettings
 * @property {import("../lib/later.js").Setting<boolean>} [pinned]
 * @property {import("../lib/later.js").Setting<boolean>} [muted]
 * @property {import("../lib/later.js").Setting<boolean>} [unread] the person has marked the chat as unread
 * @property {import("../lib/later.js").Setting<number | null>} [archived] the last message's id when it was archived; null: it is not
 * @property {import("../lib/later.js").Setting<number | null>} [deleted] the highest message's id when it was deleted; null: it is not
 */

/**
 * Counters by the browser of the message, as ranges, both ends included.
 * @typedef {object} Elsewhere
 * @property {Record<string, [number, number][]>} seen they were on the screen in another browser of the person's
 * @property {Record<string, [number, number][]>} passed the person has jumped over them there
 * @property {Record<string, [number, number][]>} cleared
 * @property {number} clearedThrough the highest id of a message that was cleared
 */

/**
 * Counters of this browser's messages that some browser of the peer's has opened, and that were seen there.
 * @typedef {{ delivered: [number, number][], read: [number, number][] }} Ticks as ranges, both ends included
 */

/**
 * Which of this browser's messages a browser of the peer's has: from `from` to `delivered` without those in `missing`. Those
 * up to `read` were seen.
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
 * @property {ChatId} chat
 * @property {string} peer email of the other person: its writer, or the one whom it was written to
 * @property {boolean} mine
 * @property {number} createdAtMs
 * @property {number} deliveredAtMs 0: not yet
 * @property {number} readAtMs 0: not yet
 * @property {boolean} seen it has been on the screen here
 * @property {boolean} [passed] the user has jumped over it: it is neither unread nor read
 * @property {boolean} [presumed] it is `passed` only because it did not open here and another browser has nothing unread there
 * @property {any} [raw] as the server gave it, until it has been opened
 * @property {string} [nonce] that of its envelope; none: it was sent from here
 * @property {number} [arrivedAtMs] when it came here
 * @property {string} [arrivedUnder] fingerprint of the peer's key that named it, where that was replaced before it was
 *   opened
 * @property {boolean} [isLive] when it came, all earlier messages of the server were here
 * @property {boolean} [late] a message that was written after it came before it
 * @property {boolean} [hidden] it is not shown: it was opened or cleared here before, or is a `skip`
 * @property {boolean} [isForgotten] it was cleared here while it was on its way, and the other browsers have not been told yet
 * @property {boolean} [namesUnsent] its writer had received a message of this browser that this browser has not sent
 * @property {boolean} [conflict] it and another one cannot both be what its sender's browser has sent
 * @property {boolean} [isSkip] it only says that the message with its counter was taken back; the other person's
 * @property {boolean} [isQuiet] of a type that does not count as unread
 * @property {boolean} [takenBack] the same, of one's own that may have left before
 * @property {Sealed} [sealed] its content, once it has been opened
 * @property {string} [browser] the sending browser's id, once it has been opened
 * @property {number} [counter] and that browser's counter
 * @property {boolean} [tried] decryption was tried
 * @property {boolean} [damaged] these bytes can never be decrypted
 * @property {string} [pending] the chat, while decryption was not tried or may succeed later
 * @property {string} [unread] the chat, while it is theirs and unread
 * @property {string} [due] the chat, while the server is to be told that it was delivered or read
 * @property {boolean} [unconfirmed] it is from the archive, had not been seen then, and the server has not told of it here
 * @property {boolean} [archived] it is in the archive, or has no place there
 * @property {number} [unarchived] 1 while it was opened or sent and is not in the archive
 */

/**
 * A message that the server has not confirmed.
 * @typedef {object} OutboxRow
 * @property {string} clientId
 * @property {ChatId} chat
 * @property {string} peer email of the other person
 * @property {number} counter this browser's, per chat
 * @property {number} atMs when it was written
 * @property {"sending" | "failed" | "held"} state
 * @property {string | null} reason a stable code for the failure
 * @property {boolean} stale the server refused it for its keys: it is to be sealed again before it goes out
 * @property {string} [browser] this browser's id when it was written
 * @property {boolean} [isCleared] the chat was cleared while it was on its way
 * @property {boolean} [isSkip] it is a skip: the message with this counter was taken back
 * @property {boolean} [hidden] of a type that has no place in the log
 * @property {boolean} [mayHaveLeft] of a skip: the message had been sealed, so the server may have it
 * @property {Sealed} sealed its content
 * @property {SealedMessage | null} envelope sealed once; each attempt sends the same bytes
 */

/**
 * The end of the chain of one browser's messages in one chat. Of this browser's chain: the last message written. Of a chain
 * of the peer's: the last message up to which all were decrypted.
 * @typedef {object} ChainRow
 * @property {ChatId} chat
 * @property {"own" | "theirs" | "receipts"} side receipts: this browser's receipts, which have their own counters
 * @property {string} browser
 * @property {number} counter
 * @property {number} [from] of one of the peer's: the counter that it begins with here
 * @property {number} atMs when it last moved
 * @property {Sealed} sealed the hash of that message
 */

/**
 * A receipt that waits to be decrypted.
 * @typedef {object} ReceiptRow
 * @property {number} id the server's
 * @property {ChatId} chat
 * @property {string} peer email of the other person
 * @property {any} raw as the server gave it
 */

/**
 * The hashes of one browser's messages that were cleared here, so that they do not come back.
 * @typedef {object} ClearedRow
 * @property {ChatId} chat
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
 * @property {number} [v] 2: it has what version 2 of the content adds; none: 1
 * @property {string} [salt]
 * @property {string | null} [reply]
 * @property {string | null} [replaces]
 * @property {number | null} [expires]
 * @property {string} [else]
 * @property {{ id: number, created_at: string, stamp: string }} [stamp] of the other person's message with a franking tag: the
 *   server's word, for a report
 */

export {};
