/** Starts both browsers. Firefox keeps its default preferences, which puppeteer's launcher would change. */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import puppeteer from "puppeteer-core";

const CHROMIUM_ARGUMENTS = ["--no-sandbox", "--disable-gpu"];

/** @param {Record<string, unknown>} [preferences] beside the defaults */
export async function startFirefox(program, folder, preferences = {}) {
  const profile = path.join(folder, "firefox");
  mkdirSync(profile);
  // Without this its remote agent sets preferences for tests.
  const all = Object.entries({ "remote.prefs.recommended": false, ...preferences });
  const lines = all.map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
  writeFileSync(path.join(profile, "user.js"), lines.join(""));
  const options = ["--headless", "--no-remote", "--remote-debugging-port=0", "--profile", profile];
  const firefox = spawn(program, options, { stdio: ["ignore", "ignore", "pipe"] });
  const browser = await puppeteer.connect({
    browserWSEndpoint: `${await addressOf(firefox)}/session`,
    protocol: "webDriverBiDi",
    defaultViewport: null,
  });
  return { browser, stop: () => firefox.kill("SIGKILL") };
}

/** @returns {Promise<string>} */
function addressOf(firefox) {
  return new Promise((resolve, reject) => {
    let said = "";
    firefox.stderr.on("data", (data) => {
      said += data;
      const found = /WebDriver BiDi listening on (ws:\S+)/.exec(said);
      if (found) resolve(found[1]);
    });
    firefox.on("exit", () => reject(new Error(`Firefox did not start: ${said}`)));
  });
}

export async function startChromium(program, environment) {
  const env = { ...process.env, ...environment };
  const options = { executablePath: program, args: CHROMIUM_ARGUMENTS, env, headless: "shell", defaultViewport: null };
  const browser = await puppeteer.launch(options);
  return { browser, stop: () => browser.close() };
}
