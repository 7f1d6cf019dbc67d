// The browser of the editor tests: one that is there, or Debian's when we may install it.
import { access, constants } from "node:fs/promises";
import path from "node:path";
import { probe } from "./run.mjs";
import { Explained } from "./steps.mjs";

const PLACES = {
  linux: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].flatMap((name) => [
    `/usr/bin/${name}`,
    `/usr/local/bin/${name}`,
    `/snap/bin/${name}`,
  ]),
  darwin: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
  ],
  win32: [process.env.PROGRAMFILES, process.env["PROGRAMFILES(X86)"], process.env.LOCALAPPDATA]
    .filter(Boolean)
    .map((dir) => path.join(dir, "Google/Chrome/Application/chrome.exe")),
};

/** The path of Chromium or Chrome: $CHROME, else where systems put it. Undefined when there is none. */
export async function findChromium() {
  if (process.env.CHROME) {
    if (await executable(process.env.CHROME)) return process.env.CHROME;
    throw new Explained(`CHROME is ${process.env.CHROME}, which is not an executable file.`);
  }
  for (const place of PLACES[process.platform] ?? []) if (await executable(place)) return place;
  return undefined;
}

/** Finds Chromium, or installs it with apt when we are root on a Debian; else says what to install. */
export function requireChromium(steps) {
  return steps.step("Chromium", async ({ exec, say }) => {
    const found = await findChromium();
    if (found) {
      say(found);
      return found;
    }
    if (process.getuid?.() === 0 && (await probe("apt-get", ["--version"]))) {
      await exec("apt-get", ["update"]);
      await exec("apt-get", ["install", "-y", "--no-install-recommends", "chromium"]);
      const installed = await findChromium();
      if (installed) return installed;
    }
    throw new Explained(
      "No Chromium or Chrome was found for the editor tests. Install one (Debian: sudo apt install chromium; macOS: " +
        "brew install --cask google-chrome) or name it: CHROME=/path/to/chrome npm test",
    );
  });
}

async function executable(file) {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
