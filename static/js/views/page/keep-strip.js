/** Offers to ask the browser to keep the messages, once there are some to keep. */
import { find } from "../../lib/dom.js";

/** @typedef {import("../../model/conversations.js").Conversations} Conversations */
/** @typedef {import("../../model/session/persistence.js").Persistence} Persistence */

/** @param {{conversations: Conversations, persistence: () => Promise<Persistence>}} parts */
export function keepStrip({ conversations, persistence }) {
  const strip = find("#keep-strip", HTMLElement);
  const answers = { yes: async () => (await persistence()).accept(), no: async () => (await persistence()).decline() };
  for (const [answer, act] of Object.entries(answers)) {
    find(`#keep-${answer}`, HTMLButtonElement).addEventListener("click", async () => {
      strip.hidden = true;
      await act();
    });
  }
  const offer = async () => {
    if (!conversations.chats().some(({ lastAt }) => lastAt !== null)) return;
    stop();
    strip.hidden = !(await persistence().then((kept) => kept.isOffered()).catch(() => false));
  };
  const stop = conversations.on("chats", () => void offer());
  void offer();
}
