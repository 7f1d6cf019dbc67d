// npm run package: one .vsix with the stripped program inside, for this platform or, with --target, for another whose
// program is given. usage: package.mjs [--target linux-arm64 --sidecar FILE]
import { stat } from "node:fs/promises";
import path from "node:path";
import { main } from "./lifetime.mjs";
import { cargoBinary } from "./paths.mjs";
import { installPackages } from "./setup.mjs";
import { Explained, Steps } from "./steps.mjs";
import { packageExtension, TARGETS } from "./vsix.mjs";

const MOST_BYTES = 12_000_000;

await main(async () => {
  const options = optionsOf(process.argv.slice(2));
  const steps = new Steps();
  await installPackages(steps);
  if (!options.sidecar)
    await steps.step("cargo build --release", ({ exec }) =>
      exec("cargo", ["build", "--release", "-p", "outrigger", "--quiet"]),
    );
  const vsix = await packageExtension(steps, "release", {
    sidecar: cargoBinary("outrigger", "release"),
    ...options,
  });
  const { size } = await stat(vsix);
  console.log(`${vsix}: ${(size / 1e6).toFixed(1)} MB`);
  if (size > MOST_BYTES) throw new Explained(`It is larger than ${MOST_BYTES / 1e6} MB.`);
  return 0;
});

function optionsOf(args) {
  const options = {};
  for (let at = 0; at < args.length; at += 2) {
    const [name, value] = [args[at].replace(/^--/, ""), args[at + 1]];
    if (!["target", "sidecar"].includes(name) || !value) throw new Explained(`I don't know ${args[at]}.`);
    options[name] = name === "sidecar" ? path.resolve(value) : value;
  }
  if (options.target && !TARGETS.includes(options.target))
    throw new Explained(`There is no ${options.target}; there are ${TARGETS.join(", ")}.`);
  if (Boolean(options.target) !== Boolean(options.sidecar)) throw new Explained("A --target needs its --sidecar.");
  return options;
}
