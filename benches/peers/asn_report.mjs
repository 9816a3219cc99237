// Reads the report at the address in its argument and prints seconds, CPU seconds and peak bytes.
// Needs `npm install` in this directory.

const began = performance.now();
let parser, streamArray, chain;
try {
  ({ parser } = await import('stream-json'));
  ({ streamArray } = await import('stream-json/streamers/stream-array.js'));
  ({ default: chain } = await import('stream-chain'));
} catch {
  console.error('skipped stream-json: run `npm install` in benches/peers');
  process.exit(1);
}

const { get } = await import('node:http');
const answer = await new Promise((resolve, reject) => {
  get(process.argv[2], resolve).on('error', reject);
});
let rows = 0;
for await (const { value } of chain([answer, parser(), streamArray()])) {
  rows += value.id > 0 ? 1 : 0;
}
if (rows === 0) throw new Error('no rows');

const { user, system } = process.cpuUsage();
const seconds = (performance.now() - began) / 1e3;
console.log(seconds, (user + system) / 1e6, process.resourceUsage().maxRSS * 1024);
