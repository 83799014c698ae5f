// pact-js as the consumer's side: `node write.mjs FOLDER` writes pacts of version 3 and 4, and merges into those of the
// consumers merged-3 and merged-4. What is sent against them stands in tests/interop/their_messages.py.
import { MatchersV3 as match, MessageConsumerPact, Pact } from "@pact-foundation/pact";

const [, , dir] = process.argv;
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
const MATCHERS = {
  "a plain value": "exact",
  type: match.like("text"),
  "type of an object": match.like({ a: 1, b: { c: "x" } }),
  string: match.string("text"),
  integer: match.integer(7),
  "integer, generated": match.integer(),
  decimal: match.decimal(1.5),
  number: match.number(1),
  boolean: match.boolean(true),
  null: match.nullValue(),
  regex: match.regex("[A-Z]{2}-\\d+", "AB-1"),
  uuid: match.uuid("2fbd41cc-4bbc-44ea-a419-67f767691407"),
  "uuid, generated": match.uuid(),
  include: match.includes("ell"),
  equal: match.like({ currency: match.equal("EUR") }),
  date: match.date("yyyy-MM-dd", "2024-02-05"),
  time: match.time("HH:mm:ss", "10:30:00"),
  datetime: match.datetime("yyyy-MM-dd'T'HH:mm:ss", "2024-02-05T10:30:00"),
  "array like": match.eachLike(match.integer(1)),
  "array like, objects": match.eachLike({ sku: match.string("A-1"), quantity: match.integer(1) }),
  "array like, min": match.atLeastLike("a", 2),
  "array like, min and max": match.constrainedArrayLike("a", 1, 2),
  "array containing": match.arrayContaining(match.integer(1), match.regex("[a-z]", "a")),
  values: match.eachKeyLike("a", match.integer(1)),
  "each key": match.eachKeyMatches({ a: 1 }, match.regex("[a-z]+", "a")),
  "each value": match.eachValueMatches({ a: 1 }, match.integer(1)),
  "a key with a dot": { "a.b": match.integer(1) },
  "a key in another script": { größe: match.string("groß") },
  "generated, provider state": match.fromProviderState("${id}", 42),
};
const METADATA = { topic: match.regex("orders\\.v\\d+", "orders.v1"), key: match.string("42"), exact: "always" };
const STATES = { "an order exists": { id: 42, tags: ["new"] }, "the shop is open": {} };

/** A handler that copes with everything. */
async function handle() {}

async function version3() {
  const pact = new MessageConsumerPact({ consumer: "pact-js-3", provider: "orders", dir, logLevel: "error" });
  for (const [description, matcher] of Object.entries(MATCHERS)) {
    await pact.expectsToReceive(description).withContent({ it: matcher }).verify(handle);
  }
  await pact.expectsToReceive("metadata").withContent({ it: 1 }).withMetadata(METADATA).verify(handle);
  for (const [name, params] of Object.entries(STATES)) {
    pact.given(Object.keys(params).length ? { name, params } : name);
  }
  await pact.expectsToReceive("states").withContent({ it: 1 }).verify(handle);
  await pact.expectsToReceive("text").withTextContent("Hello, Grüße\n", "text/plain").verify(handle);
  await pact.expectsToReceive("plain bytes").withBinaryContent(PNG, "image/png").verify(handle);
}

async function version4() {
  const pact = new Pact({ consumer: "pact-js-4", provider: "orders", dir, logLevel: "error" });
  const expects = (description, build) => pact.addAsynchronousInteraction().expectsToReceive(description, build).executeTest(handle);
  for (const [description, matcher] of Object.entries(MATCHERS)) {
    await expects(description, (message) => message.withJSONContent({ it: matcher }));
  }
  await expects("metadata", (message) => message.withJSONContent({ it: 1 }).withMetadata(METADATA));
  await expects("text", (message) => message.withContent("text/plain", Buffer.from("Hello, Grüße\n")));
  await expects("plain bytes", (message) => message.withContent("image/png", PNG));
  const given = pact.addAsynchronousInteraction();
  for (const [name, params] of Object.entries(STATES)) {
    given.given(name, params);
  }
  await given.expectsToReceive("states", (message) => message.withJSONContent({ it: 1 })).executeTest(handle);
  await pact
    .addAsynchronousInteraction()
    .pending(true)
    .comment("a comment")
    .expectsToReceive("pending", (message) => message.withJSONContent({ it: match.integer(7) }))
    .executeTest(handle);
  // Its answer without metadata: withMetadata of a response makes the native part complain and writes nothing.
  await pact
    .addSynchronousInteraction("a request for contents alone")
    .given("an order exists", { id: 42 })
    .withRequest((request) => request.withJSONContent({ id: match.integer(42) }))
    .withResponse((response) => response.withJSONContent({ total: match.decimal(1.5) }))
    .executeTest(handle);
}

async function merged() {
  await new MessageConsumerPact({ consumer: "merged-3", provider: "orders", dir, logLevel: "error" })
    .expectsToReceive("theirs")
    .withContent({ it: match.integer(7) })
    .verify(handle);
  await new Pact({ consumer: "merged-4", provider: "orders", dir, logLevel: "error" })
    .addAsynchronousInteraction()
    .expectsToReceive("theirs", (message) => message.withJSONContent({ it: match.integer(7) }))
    .executeTest(handle);
}

await version3();
await version4();
await merged();
