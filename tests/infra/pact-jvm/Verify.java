import au.com.dius.pact.core.model.DefaultPactReader;
import au.com.dius.pact.core.model.Interaction;
import au.com.dius.pact.core.model.Pact;
import au.com.dius.pact.core.model.ProviderState;
import au.com.dius.pact.core.support.Json;
import au.com.dius.pact.core.support.Result;
import au.com.dius.pact.core.support.json.JsonParser;
import au.com.dius.pact.provider.ConsumerInfo;
import au.com.dius.pact.provider.HttpClientFactory;
import au.com.dius.pact.provider.IConsumerInfo;
import au.com.dius.pact.provider.IProviderInfo;
import au.com.dius.pact.provider.IProviderVerifier;
import au.com.dius.pact.provider.MessageAndMetadata;
import au.com.dius.pact.provider.PactVerification;
import au.com.dius.pact.provider.ProviderClient;
import au.com.dius.pact.provider.ProviderInfo;
import au.com.dius.pact.provider.ProviderVerifier;
import au.com.dius.pact.provider.StateChange;
import au.com.dius.pact.provider.StateChangeResult;
import au.com.dius.pact.provider.VerificationResult;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** pact-jvm as the provider's side: {@code java Verify JOBS REPORTS}, as tests/interop/other_tools.py runs it. */
@SuppressWarnings("unchecked")
final class Verify {
    private final Map<String, Object> job;
    private final List<Object> verdicts = new ArrayList<>();
    private final List<String> asked = new ArrayList<>();
    private final List<Object> states = new ArrayList<>();
    private final ProviderInfo provider;
    private final ProviderVerifier verifier = new ProviderVerifier();

    private Verify(Map<String, Object> job) {
        this.job = job;
        provider = new ProviderInfo((String) job.get("provider"));
        provider.setVerificationType(PactVerification.RESPONSE_FACTORY);
        verifier.setReporters(List.of());
        verifier.setResponseFactory(this::message);
        verifier.setStateChangeHandler(new Noted());
    }

    public static void main(String[] files) throws IOException {
        List<Object> reports = new ArrayList<>();
        for (Object job : (List<Object>) Json.INSTANCE.fromJson(JsonParser.parseString(Files.readString(Path.of(files[0]))))) {
            reports.add(new Verify((Map<String, Object>) job).report());
        }
        Files.writeString(Path.of(files[1]), Json.INSTANCE.toJson(reports).serialise());
    }

    private Map<String, Object> report() {
        boolean held = true;
        for (Object file : (List<Object>) job.get("pacts")) {
            Pact pact = DefaultPactReader.INSTANCE.loadPact(new File((String) file));
            ConsumerInfo consumer = new ConsumerInfo(pact.getConsumer().getName());
            for (Interaction interaction : pact.getInteractions()) {
                held &= verdict(consumer, interaction);
            }
        }
        return Map.of("held", held, "said", "", "verdicts", verdicts, "asked", asked, "states", states);
    }

    /** Whether the run goes on being good: a pending interaction may fail. */
    private boolean verdict(ConsumerInfo consumer, Interaction interaction) {
        ProviderClient unused = new ProviderClient(provider, new HttpClientFactory());
        VerificationResult result = verifier.verifyInteraction(provider, consumer, new HashMap<>(), interaction, unused);
        VerificationResult.Failed failed = result instanceof VerificationResult.Failed ? (VerificationResult.Failed) result : null;
        String said = failed == null ? "" : failed.getDescription() + " " + failed.getFailures();
        verdicts.add(List.of(consumer.getName(), interaction.getDescription(), failed == null, said));
        return failed == null || failed.getPending();
    }

    private Object message(String description) {
        asked.add(description);
        Map<String, Object> sent = ((Map<String, Map<String, Object>>) job.get("messages")).get(description);
        Map<String, Object> metadata = new HashMap<>((Map<String, Object>) sent.get("metadata"));
        String contentType = (String) sent.get("contentType");
        if (!contentType.isEmpty()) {
            metadata.put("contentType", contentType);
        }
        return new MessageAndMetadata(Base64.getDecoder().decode((String) sent.get("contents")), metadata);
    }

    /** Every state is brought about by noting it. */
    private final class Noted implements StateChange {
        @Override
        public StateChangeResult executeStateChange(
                IProviderVerifier verifier,
                IProviderInfo provider,
                IConsumerInfo consumer,
                Interaction interaction,
                String message,
                Map<String, Object> failures,
                ProviderClient client) {
            for (ProviderState state : interaction.getProviderStates()) {
                stateChange(verifier, state, provider, consumer, true, client);
            }
            return new StateChangeResult(new Result.Ok<>(Map.of()), message);
        }

        @Override
        public Result<Map<String, Object>, Exception> stateChange(
                IProviderVerifier verifier,
                ProviderState state,
                IProviderInfo provider,
                IConsumerInfo consumer,
                boolean isSetup,
                ProviderClient client) {
            states.add(List.of(state.getName(), state.getParams()));
            return new Result.Ok<>(Map.of());
        }

        @Override
        public void executeStateChangeTeardown(
                IProviderVerifier verifier,
                Interaction interaction,
                IProviderInfo provider,
                IConsumerInfo consumer,
                ProviderClient client) {
            // Nothing was brought about.
        }
    }
}
