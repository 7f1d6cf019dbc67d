// What node-pty reads of a program that floods: `node node-pty-flood.mjs MODULE PROGRAM ARGS...` prints the bytes and
// the seconds, as `bench pty` does. For npm run bench.
import { createRequire } from "node:module";
import path from "node:path";

const [module, program, ...args] = process.argv.slice(2);
const { default: pty } = await import(createRequire(path.join(module, "index.js")).resolve(module));
/** What still comes after the end of the program is waited for so long. */
const DRAIN = 500;

const began = process.hrtime.bigint();
let [bytes, last] = [0, began];
const terminal = pty.spawn(program, args, { cols: 120, rows: 40, encoding: null });
terminal.onData((data) => {
  bytes += data.length;
  last = process.hrtime.bigint();
});
terminal.onExit(() => {
  setTimeout(() => {
    console.log(`${bytes} ${Number(last - began) / 1e9}`);
    process.exit(0);
  }, DRAIN);
});
