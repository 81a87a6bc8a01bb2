// What Tencent's own libraries make of AI bots: `crypto` seals and opens callbacks, one JSON object a line;
// `connect` signs in as a bot and answers each text message in two steps.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [mode, packages, ...rest] = process.argv.slice(2);
const require = createRequire(packages);
const say = (message) => process.stdout.write(JSON.stringify(message) + "\n");

function crypto() {
  const { decrypt, encrypt, getSignature } = require("@wecom/crypto");
  createInterface({ input: process.stdin }).on("line", (line) => {
    const { id, key, token, timestamp, nonce, seal, open } = JSON.parse(line);
    const encrypted = open ?? encrypt(key, seal, "");
    const signature = getSignature(token, timestamp, nonce, encrypted);
    say({ id, encrypted, signature, opened: open === undefined ? undefined : decrypt(key, open) });
  });
}

function connect() {
  const [wsUrl, botId, secret] = rest;
  const { WSClient } = require("@wecom/aibot-node-sdk");
  const quiet = () => {};
  const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  const client = new WSClient({ botId, secret, wsUrl, heartbeatInterval: 100, logger });
  client.on("authenticated", () => say({ event: "authenticated" }));
  client.on("error", (error) => say({ event: "error", message: error.message }));
  client.on("event.enter_chat", async (frame) => {
    const ack = await client.replyWelcome(frame, { msgtype: "text", text: { content: "welcome" } });
    say({ event: "welcomed", errcode: ack.errcode });
  });
  client.on("message.text", async (frame) => {
    await client.replyStream(frame, "s1", "one moment", false, undefined, { id: "s1" });
    const ack = await client.replyStream(frame, "s1", `heard ${frame.body.text.content}`, true);
    say({ event: "answered", errcode: ack.errcode });
    const pushed = await client.sendMessage(frame.body.from.userid, { msgtype: "markdown", markdown: { content: "more" } });
    say({ event: "pushed", errcode: pushed.errcode });
  });
  client.on("event.disconnected_event", () => say({ event: "taken over" }));
  client.connect();
}

process.stdin.on("end", () => process.exit()).resume();
({ crypto, connect })[mode]();
