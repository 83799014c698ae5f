// pact-js as the provider's side: `node verify.mjs JOBS REPORTS`, as tests/interop/other_tools.py runs it.
import fs from "node:fs";
import http from "node:http";
import { MessageProviderPact, providerWithMetadata } from "@pact-foundation/pact";

// pact-js lets its server listen on every interface; here it is for this machine only.
const { listen } = http.Server.prototype;
http.Server.prototype.listen = function listenHere() {
  return listen.call(this, 0, "127.0.0.1");
};

async function reportOn(job) {
  const asked = [];
  const states = [];
  const provider = new MessageProviderPact({
    provider: job.provider,
    pactUrls: job.pacts,
    logLevel: "error",
    messageProviders: mapped(job.messages, (sent, description) =>
      providerWithMetadata(
        async () => {
          asked.push(description);
          return JSON.parse(Buffer.from(sent.contents, "base64").toString());
        },
        { contentType: sent.contentType, ...sent.metadata },
      ),
    ),
    stateHandlers: mapped(Object.fromEntries(job.states.map((name) => [name, name])), () => async (name, params) => {
      states.push([name, params ?? {}]);
    }),
  });
  const [held, results] = await provider.verify().then(
    (said) => [true, said],
    (error) => [false, error.message],
  );
  const { interactionResults, output } = JSON.parse(results);
  const verdicts = interactionResults.map(({ consumer, description, result, mismatch }) => [
    consumer,
    description,
    result === "OK",
    JSON.stringify(mismatch ?? null),
  ]);
  return { held, said: output.join("\n"), verdicts, asked, states };
}

function mapped(object, change) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value, name)]));
}

const [, , jobs, answered] = process.argv;
const reports = [];
for (const job of JSON.parse(fs.readFileSync(jobs, "utf-8"))) {
  reports.push(await reportOn(job));
}
fs.writeFileSync(answered, JSON.stringify(reports));
