/** Faults that types do not show, and what may stand in one place only. `make lint` runs it. */
import js from "@eslint/js";
import globals from "globals";

/**
 * Each dangerous thing of the browser is touched in one place, by which the rest of the code reaches it. The names are a
 * pattern, for identifiers, properties and whole strings alike; the places are below static/js, none: nowhere.
 * @type {{ names: string, places: string[] }[]}
 */
const ONLY_IN = [
  { names: "fetch", places: ["net/api.js", "worker/network.js", "service-worker.js"] },
  { names: "XMLHttpRequest|sendBeacon|EventSource|WebTransport|RTCPeerConnection", places: [] },
  { names: "WebSocket", places: ["net/realtime.js"] },
  { names: "indexedDB", places: ["storage/**"] },
  { names: "subtle|getRandomValues|randomUUID", places: ["crypto/**"] },
  { names: "createElement|createElementNS|createTextNode", places: ["lib/dom.js"] },
  { names: "innerHTML|outerHTML|insertAdjacentHTML|\\w*HTMLUnsafe|setHTML", places: [] },
  { names: "DOMParser|createContextualFragment|srcdoc", places: [] },
  { names: "trustedTypes", places: ["lib/worker-addresses.js"] },
  { names: "serviceWorker", places: ["model/files/of-account.js", "model/worker/**"] },
  { names: "caches", places: ["service-worker.js"] },
  // With the guard for input methods.
  { names: "key(down|up|press)|onkey\\w+", places: ["views/parts/key-presses.js"] },
  { names: "localStorage|sessionStorage|cookie|cookieStore", places: [] },
  // What an authenticator derives is a secret.
  { names: "PublicKeyCredential", places: ["net/authenticator.js"] },
  { names: "setTimeout|setInterval", places: ["lib/timing.js"] },
  // Jitter; never in a name, a nonce or a key.
  { names: "random", places: ["lib/timing.js", "model/receive/sync.js"] },
];
const LAZY = [
  "login.js", "model/account.js", "model/conversations.js", "model/history/message-store.js",
  "model/files/of-account.js", "model/keys/account-key.js", "model/keys/listed-browsers.js", "model/keys/people.js", "model/keys/safety.js",
  "model/screen/words.js", "model/send/outbox.js", "model/vault/account-vault.js", "storage/**",
  "types/content-types.js", "views/dialogs/qr.js", "views/files/lazy.js", "views/page/lazy-parts.js", "views/page/stranger-actions.js", "views/parts/avatar.js", "views/thread/emoji-choice.js",
  "views/thread/emoji-picker.js"];

const RESTRICTIONS = [
  ...ONLY_IN.map(({ names, places }) => ({
    selector: `:matches(Identifier[name=/^(${names})$/], Literal[value=/^(${names})$/])`,
    places,
  })),
  { selector: "MemberExpression[object.name='document'][property.name=/^write/]", places: [] },
  { selector: "ImportExpression", places: LAZY },
].map(({ selector, places }) => ({
  selector,
  places,
  message: places.length ? `Only in ${places.join(", ")}.` : "Nowhere in the browser's code.",
}));

const FAULTS = {
  "array-callback-return": "error",
  curly: ["error", "multi-line"],
  "default-case-last": "error",
  eqeqeq: "error",
  "no-constructor-return": "error",
  "no-duplicate-imports": "error",
  "no-else-return": "error",
  "no-eval": "error",
  "no-implied-eval": "error",
  "no-lonely-if": "error",
  "no-new-func": "error",
  "no-return-assign": "error",
  "no-self-compare": "error",
  "no-sequences": "error",
  "no-shadow": "error",
  "no-template-curly-in-string": "error",
  "no-throw-literal": "error",
  "no-unmodified-loop-condition": "error",
  "no-unused-expressions": "error",
  "no-unused-vars": ["error", { ignoreRestSiblings: true, varsIgnorePattern: "^_$", argsIgnorePattern: "^_" }],
  "no-use-before-define": ["error", { functions: false, classes: false, variables: false }],
  "no-useless-computed-key": "error",
  "no-useless-constructor": "error",
  "no-useless-rename": "error",
  "no-useless-return": "error",
  "no-var": "error",
  "object-shorthand": "error",
  "prefer-arrow-callback": "error",
  "prefer-const": "error",
  "prefer-promise-reject-errors": "error",
  "prefer-rest-params": "error",
  "prefer-spread": "error",
  "prefer-template": "error",
  radix: "error",
  yoda: "error",
  "no-control-regex": "off", // what hides in a text is named by its number
};

/** Every page has them: a variable that was forgotten or misspelt would be one of these, and nobody would see it. */
const MISTAKEN = ["close", "closed", "event", "external", "find", "focus", "length", "name", "open", "origin", "parent"];
const ALSO_MISTAKEN = ["print", "screen", "scroll", "self", "status", "stop", "top"];

export default [
  { ignores: [".venv/", "var/", "test-results/"] },
  { linterOptions: { noInlineConfig: true } }, // an exception stands in this file, with its reason
  js.configs.recommended,
  { languageOptions: { ecmaVersion: 2023 }, rules: FAULTS },
  { ignores: ["static/**"], languageOptions: { globals: { ...globals.nodeBuiltin, ...globals.browser } } },
  {
    files: ["static/js/**/*.js"],
    languageOptions: { globals: globals.browser },
    rules: {
      complexity: ["error", { max: 15, variant: "modified" }],
      "max-depth": ["error", 3],
      "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
      "no-restricted-globals": ["error", ...MISTAKEN, ...ALSO_MISTAKEN],
      "no-restricted-syntax": refused(() => true),
    },
  },
  ...[...new Set(RESTRICTIONS.flatMap(({ places }) => places))].map((place) => ({
    files: [`static/js/${place}`],
    rules: { "no-restricted-syntax": refused(({ places }) => !places.includes(place)) },
  })),
  // A table; and what is still to be divided.
  { files: ["static/js/lib/confusables.js", "static/js/model/screen/thread.js"], rules: { "max-lines": "off" } },
  // An expression that the tests evaluate in a page.
  { files: ["tests/browser/*.js"], rules: { "no-unused-expressions": "off" } },
];

/** @param {(restriction: { places: string[] }) => boolean} isRefused */
function refused(isRefused) {
  return ["error", ...RESTRICTIONS.filter(isRefused).map(({ selector, message }) => ({ selector, message }))];
}
