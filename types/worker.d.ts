/** The global scope of the service worker, as far as it is used. Browsers do not load this file. */

type ExtendableEvent = Event & { waitUntil(work: Promise<unknown>): void };
type ServedClient = { url: string; focused: boolean; visibilityState: string; focus(): Promise<unknown>; postMessage(message: unknown, transfer?: Transferable[]): void };

type WorkerEvents = {
  install: ExtendableEvent;
  activate: ExtendableEvent;
  fetch: ExtendableEvent & { request: Request; clientId: string; preloadResponse?: Promise<Response | undefined>; respondWith(answer: Promise<Response>): void };
  message: ExtendableEvent & { data: unknown };
  push: ExtendableEvent;
  pushsubscriptionchange: ExtendableEvent & { newSubscription?: PushSubscription | null; oldSubscription?: PushSubscription | null };
  notificationclick: ExtendableEvent & { notification: Notification };
};

type WorkerScope = {
  RELEASE: import("../static/js/worker/release-cache.js").Release;
  caches: CacheStorage;
  clients: {
    claim(): Promise<void>;
    get(id: string): Promise<ServedClient | undefined>;
    matchAll(options: { type: "window"; includeUncontrolled: boolean }): Promise<ServedClient[]>;
    openWindow(address: string): Promise<unknown>;
  };
  location: Location;
  navigator: Navigator;
  registration: ServiceWorkerRegistration;
  skipWaiting(): Promise<void>;
  addEventListener<Name extends keyof WorkerEvents>(name: Name, listener: (event: WorkerEvents[Name]) => void): void;
};

declare var trustedTypes: undefined | {
  createPolicy(name: string, rules: { createScriptURL(address: string): string }): { createScriptURL(address: string): unknown };
};
