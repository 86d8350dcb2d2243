"""How long a search in the messages of all chats takes, and how long it blocks the page.

The search runs on the page's thread, in parts of 200 messages, and in no worker. In 50,000 messages, on two cores under
a load of 12, its longest task took up to 30 ms of CPU time in a first search and up to 20 ms in a later one, with the
drawing of the rows. Garbage collections stand between them in a first search; the longest took 70 ms there. The last
column has that. The others also have the time for which the page did not have a core.
"""

import argparse
import json

from playwright.sync_api import Browser

from benchmarks.browser import PATIENCE_MS, SCRIPT, in_chromium
from benchmarks.figures import markdown_table, number, percentiles
from benchmarks.results import Section
from tests.browser.site import Site
from tools.browser.person import Person
from tools.browser.start import contexts_of

# Of the messages that browser_page.js makes: in nearly all, in one chat's, in one message, in none.
QUERIES = ("train", "message 77", "older message 1999: ", "nowhere")

HEADS = ("query", "rows", "p50 ms to the first", "p50 ms to the end", "longest ms blocked", "longest task, ms of CPU")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.search", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=50_000, help="in all chats")
    parser.add_argument("--chats", type=int, default=25, help="among which they are divided")
    parser.add_argument("--repeats", type=int, default=5, help="of each query, in new pages for the first one")
    return parser.parse_args(arguments)


def measure(site: Site, browser: Browser, options: argparse.Namespace) -> dict:
    alice = Person("alice", site.server_of("alice").url, contexts_of(browser)).register()
    peers = [f"person-{index}@example.org" for index in range(options.chats)]
    alice.page.set_default_timeout(PATIENCE_MS)
    alice.page.evaluate(SCRIPT)
    alice.page.evaluate(
        "of => measuring.rememberChats(of)", {"peers": peers, "count": options.messages, "isArchived": True}
    )
    found: dict = {"first": {query: [] for query in QUERIES}, "later": {query: [] for query in QUERIES}}
    for query in QUERIES:
        for _ in range(options.repeats):
            alice.page.reload()
            alice.page.evaluate(SCRIPT)
            alice.page.wait_for_load_state("networkidle")
            alice.page.locator("#composer-text, #nothing-text").first.wait_for(state="attached")
            found["first"][query].append(search(browser, alice, query))
    for _ in range(options.repeats):
        for query in QUERIES:
            found["later"][query].append(search(browser, alice, query))
    return found


def search(browser: Browser, person: Person, query: str) -> dict:
    browser.start_tracing(page=person.page, categories=["toplevel"])
    run = person.page.evaluate("query => measuring.search(query)", query)
    return {**run, "task": longest_task(json.loads(browser.stop_tracing())["traceEvents"])}


def longest_task(events: list[dict]) -> float:
    """Milliseconds of CPU time that the longest task of the page's thread took."""
    names = {(event["pid"], event["tid"]): event["args"]["name"] for event in events if event["name"] == "thread_name"}
    tasks = [event for event in events if names.get((event["pid"], event["tid"])) == "CrRendererMain"]
    return max((event.get("tdur", 0) / 1000 for event in tasks if event["ph"] == "X"), default=0)


def text(found: dict, options: argparse.Namespace) -> str:
    rows = [
        [
            f"{when}: “{query.strip()}”",
            str(runs[0]["rows"]),
            *(number(percentiles(run[name] for run in runs)["p50"]) for name in ("first", "whole")),
            number(max(run["blocked"] for run in runs)),
            number(max(run["task"] for run in runs)),
        ]
        for when, queries in found.items()
        for query, runs in queries.items()
    ]
    return (
        f"{options.messages:,} messages in {options.chats} chats, {options.repeats} runs of each query; “first” in a "
        "new page, in which nothing has been searched for yet. From the end of the pause after the last key.\n\n"
        + markdown_table(list(HEADS), rows)
    )


def main(arguments: list[str] | None = None) -> Section:
    options = parse(arguments)
    found = in_chromium(measure, options)
    result = Section("search", "Search", text(found, options), found)
    print(result.markdown(), flush=True)
    return result


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
