"""The cost of calls for mailboxes of different sizes: it must not grow with the size."""

import functools
import sys
from dataclasses import dataclass

from benchmarks.calls import Caller, measured
from benchmarks.figures import divided, markdown_table, median, number, times
from benchmarks.results import Aim, Section
from benchmarks.servers import App

PARTNERS = 50
CHANGES_MISSED = 50
GROWTH_LIMIT = 1.5  # above the noise of a few hundred calls
MUST_NOT_GROW = ("send", "sync", "inbox")

UNREAD = 50
# Messages are received and sent alternately, with each partner in turn; the last ones are unread.
FILL = """
INSERT INTO messages (
    sender_id, sender_email, recipient_id, recipient_email, client_id, ciphertext, nonce, salt, message_type, suite,
    sender_fingerprint, recipient_fingerprint, created_at, delivered_at, read_at,
    sender_sequence, recipient_sequence, sender_cleared, recipient_cleared
)
SELECT sender.id, sender.email, recipient.id, recipient.email, gen_random_uuid(), repeat(md5(number::text), 21),
    'bm9uY2Vub25jZW5v', 'c2FsdHNhbHRzYWx0c2FsdHNhbHRzYWx0c2FsdHNhbHQ=', 'text', 1,
    repeat('0', 64), repeat('0', 64), now() - make_interval(secs => {size} - number),
    CASE WHEN number <= {size} - {unread} THEN now() END, CASE WHEN number <= {size} - {unread} THEN now() END,
    number, number, FALSE, FALSE
FROM generate_series(1, {size}) AS number
JOIN unnest(ARRAY{partners}) WITH ORDINALITY AS partner (id, place) ON partner.place = 1 + number % {count}
JOIN users sender ON sender.id = CASE WHEN number % 2 = 0 THEN {owner} ELSE partner.id END
JOIN users recipient ON recipient.id = CASE WHEN number % 2 = 0 THEN partner.id ELSE {owner} END
ORDER BY number
"""
COUNT = """
INSERT INTO mailboxes (user_id, sequence) SELECT id, {size} FROM unnest(ARRAY{everybody}) AS id
ON CONFLICT (user_id) DO UPDATE SET sequence = excluded.sequence
"""


CALLS = {  # each takes the caller and a partner
    "sync": lambda caller, partner: caller.get(f"/api/messages/sync?after={caller.newest - CHANGES_MISSED}"),
    "inbox": lambda caller, partner: caller.get("/api/messages/inbox?page_size=50"),
    "conversation": lambda caller, partner: caller.get(f"/api/messages/conversation/{partner['email']}?page_size=2"),
    "conversations": lambda caller, partner: caller.get("/api/messages/conversations"),
    "send": lambda caller, partner: caller.send(partner),  # last, because it adds to the mailbox
}


@dataclass
class Owner:
    app: App
    caller: Caller
    partner: dict


def measure(site, options) -> Section:
    """Each size has its own database and process, so that the measurements can be interleaved."""
    owners = {size: make_owner(site, size) for size in options.sizes}
    try:
        found = {name: by_turns(site, options, owners, call) for name, call in CALLS.items()}
    finally:
        for owner in owners.values():
            site.stop_app(owner.app)
    growth = {name: grown(sizes) for name, sizes in found.items()}
    aims = [
        Aim(f"{name} at {options.sizes[-1]:,} messages, × at {options.sizes[0]:,}", GROWTH_LIMIT, growth[name]["p50"])
        for name in MUST_NOT_GROW
    ]
    data = {"calls": found, "growth": growth}
    return Section("mailbox", "Cost against the size of a mailbox", text(options, found, growth), data, aims)


def make_owner(site, size) -> Owner:
    print(f"  a mailbox of {size:,} messages", file=sys.stderr, flush=True)
    database = f"mailbox{size}"
    app = site.start_vibechat(database)
    owner, *partners = site.people(app, 1 + PARTNERS)
    ids = [partner["id"] for partner in partners]
    fill = FILL.format(size=size, unread=UNREAD, owner=owner["id"], partners=ids, count=len(ids))
    count = COUNT.format(size=size, everybody=[owner["id"], *ids])
    site.postgres.execute(fill, count, "VACUUM ANALYZE", "CHECKPOINT", database=site.database(database))
    caller = Caller(app.port, owner)
    caller.newest = caller.get("/api/messages/conversations")["sequence"]
    return Owner(app, caller, partners[0])


def by_turns(site, options, owners, call) -> dict[int, dict]:
    """{size: figures of one call}; medians over the rounds."""
    runs = {size: [] for size in owners}
    for _ in range(options.side_rounds):
        for size, owner in owners.items():
            processes = {name: roots for name, roots in site.process_ids(owner.app).items() if name != "redis"}
            once = functools.partial(call, owner.caller, owner.partner)
            once()
            runs[size].append(measured(once, options.repeats, processes))
    return {size: {name: median(run[name] for run in found) for name in found[0]} for size, found in runs.items()}


def grown(sizes: dict[int, dict]) -> dict[str, float]:
    first, *_, last = sizes.values()
    return {name: divided(last[name], value) for name, value in first.items()}


def text(options, found, growth) -> str:
    head = ["call", "messages", "p50 ms", "p95 ms", "CPU ms: app", "CPU ms: PostgreSQL"]
    shown = ("p50", "p95", "app", "postgres")
    rows = [
        [name, f"{size:,}", *(number(figures[key]) for key in shown)]
        for name, sizes in found.items()
        for size, figures in sizes.items()
    ]
    ratios = [[name, *(times(growth[name][key]) for key in shown)] for name in found]
    return (
        f"One person with {PARTNERS} partners; {options.repeats} calls a round, "
        f"{options.side_rounds} rounds, medians. `sync` from {CHANGES_MISSED} changes before the end; pages of 50, of "
        f"one conversation 2; the last {UNREAD} messages are unread.\n\n{markdown_table(head, rows)}\n\n"
        f"The largest mailbox as a ratio to the smallest:\n\n{markdown_table([head[0], *head[2:]], ratios)}"
    )
