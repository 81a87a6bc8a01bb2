// Seals and opens WeCom callbacks with @wecom/crypto, so that the tests do not check our envelope against itself.
// One JSON object a line comes in, one goes out.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.argv[2]}/package.json`);
const { decrypt, encrypt, getSignature } = require("@wecom/crypto");

function answer(asked) {
  if (asked.do === "open") {
    const { message, id } = decrypt(asked.key, asked.encrypted);
    return { message, id };
  }
  const encrypted = encrypt(asked.key, asked.message, asked.id);
  return { encrypted, signature: getSignature(asked.token, asked.timestamp, asked.nonce, encrypted) };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(answer(JSON.parse(line))));
}
