// A webhook endpoint on Node's own server: verifies, parses, maps to the RMA, answers 200.
// With a folder as argument it writes the RMA down first: appended to a file and synchronised.
import { createHmac, timingSafeEqual } from "node:crypto";
import { open } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";

const PATH = "/webhooks/loop";
const secret = process.env.LOOP_WEBHOOK_SECRET;
const folder = process.argv[2];
const file = folder && (await open(join(folder, "node.jsonl"), "a"));

function isSigned(signature, body) {
  const given = Buffer.from(signature ?? "", "base64");
  const expected = createHmac("sha256", secret).update(body).digest();
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function rmaOf(ret) {
  const lines = new Map();
  for (const item of ret.line_items) {
    if (item.outcome !== "default") continue;
    const known = lines.get(item.line_item_id);
    if (known) known.quantity += 1;
    else {
      const { line_item_id, sku, barcode, title } = item;
      lines.set(line_item_id, { line_ref: line_item_id, sku, barcode, title, quantity: 1 });
    }
  }
  const parcels = new Map();
  for (const { carrier, tracking_number } of [...ret.labels, ret]) {
    if (tracking_number) parcels.set(tracking_number, { carrier, tracking_number });
  }
  return {
    merchant: "acme",
    rma_number: ret.id,
    order_name: ret.order_name,
    outcome: ret.outcome,
    lines: [...lines.values()],
    parcels: [...parcels.values()],
  };
}

async function take(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (!isSigned(request.headers["x-loop-signature"], body)) return 401;
  const ret = JSON.parse(body);
  if (ret.topic !== "return" || ret.state !== "open") return 200;
  const rma = rmaOf(ret);
  if (file) {
    await file.appendFile(JSON.stringify(rma) + "\n");
    await file.datasync();
  }
  return 200;
}

const server = createServer(async (request, response) => {
  const known = request.method === "POST" && request.url === PATH;
  const status = known ? await take(request).catch(() => 400) : 404;
  response.writeHead(status, { "content-length": 0 }).end();
});
server.listen(0, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}${PATH}`);
});
