// Outlives the tool that started it by a moment: when that tool dies without ending its process tree, this does.
// usage: process-guard.mjs MARK LEADER_PID, with stdin open for as long as the tool lives; "done" on it means nothing is left.
import { endTree } from "./process-tree.mjs";

const [mark, leader] = process.argv.slice(2);
for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"]) process.on(signal, () => {});
let said = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk) => (said += chunk));
process.stdin.on("error", () => {});
process.stdin.on("close", async () => {
  if (said !== "done") await endTree(mark, Number(leader), 3000);
});
