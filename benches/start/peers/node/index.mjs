// The webhook function as it would be written in Node: Shopify's library and AWS's SDK, in one bundle.
// The runtime's loop is this file's own, by node:http: lighter than Lambda's.
import "@shopify/shopify-api/adapters/node";
import { ApiVersion, shopifyApi } from "@shopify/shopify-api";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import http from "node:http";

const secretsManager = new SecretsManagerClient({});
const sqs = new SQSClient({});
let known;

async function shopifies() {
  if (known === undefined) {
    const answer = await secretsManager.send(
      new GetSecretValueCommand({ SecretId: process.env.WEBHOOK_SECRET_ID }));
    known = JSON.parse(answer.SecretString).secrets.map((secret) => shopifyApi({
      apiKey: "webhook",
      apiSecretKey: secret,
      apiVersion: Object.values(ApiVersion).at(-1),
      hostName: "localhost",
      isEmbeddedApp: false,
      logger: { log: () => {} },
    }));
  }
  return known;
}

async function isGenuine(body, headers) {
  for (const shopify of await shopifies()) {
    const rawRequest = { method: "POST", url: "/webhooks/shopify", headers };
    const { valid } = await shopify.webhooks.validate({ rawBody: body, rawRequest });
    if (valid) return true;
  }
  return false;
}

export async function handler(event) {
  const { body, headers } = event;
  if (!(await isGenuine(body, headers))) return { statusCode: 401 };
  if (headers["x-shopify-shop-domain"] !== process.env.SHOPIFY_SHOP) return { statusCode: 401 };
  const order = JSON.parse(body);
  if (order.customer == null) return { statusCode: 200 };
  await sqs.send(new SendMessageCommand({
    QueueUrl: process.env.SYNC_QUEUE_URL,
    DelaySeconds: 10,
    MessageBody: JSON.stringify({
      subject: { customer: order.customer.id },
      cause: headers["x-shopify-topic"],
      as_of: order.updated_at,
      webhook_id: headers["x-shopify-webhook-id"],
    }),
  }));
  console.log(JSON.stringify({ level: "INFO", message: "webhook", outcome: "queued" }));
  return { statusCode: 200 };
}

const agent = new http.Agent({ keepAlive: true });
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { agent, host, port, method, path: `/2018-06-01/runtime/invocation/${path}` },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (part) => { text += part; });
        answer.on("end", () => resolve([answer.headers["lambda-runtime-aws-request-id"], text]));
      });
    request.on("error", reject);
    request.end(body);
  });
}

for (;;) {
  const [id, event] = await call("GET", "next");
  try {
    await call("POST", `${id}/response`, JSON.stringify(await handler(JSON.parse(event))));
  } catch (error) {
    await call("POST", `${id}/error`, String(error?.stack));
  }
}
