import au.com.dius.pact.consumer.MessagePactBuilder;
import au.com.dius.pact.consumer.dsl.DslPart;
import au.com.dius.pact.consumer.dsl.LambdaDsl;
import au.com.dius.pact.consumer.dsl.LambdaDslObject;
import au.com.dius.pact.consumer.dsl.MetadataBuilder;
import au.com.dius.pact.consumer.dsl.PactBuilder;
import au.com.dius.pact.consumer.dsl.PactDslJsonRootValue;
import au.com.dius.pact.core.model.Pact;
import au.com.dius.pact.core.model.PactSpecVersion;
import au.com.dius.pact.core.model.matchingrules.IncludeMatcher;
import au.com.dius.pact.core.model.matchingrules.NullMatcher;
import au.com.dius.pact.core.model.matchingrules.NumberTypeMatcher;
import au.com.dius.pact.core.model.matchingrules.RegexMatcher;
import au.com.dius.pact.core.model.messaging.MessagePact;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * pact-jvm as the consumer's side: {@code java Write FOLDER} writes pacts of version 3 and 4, and merges into those of the
 * consumers merged-3 and merged-4. What is sent against them stands in tests/interop/their_messages.py.
 */
final class Write {
    private static final ZonedDateTime INSTANT = ZonedDateTime.of(2024, 2, 5, 10, 30, 0, 0, ZoneOffset.UTC);
    private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R'};
    private static final Map<String, Consumer<LambdaDslObject>> MATCHERS = new LinkedHashMap<>();

    static {
        MATCHERS.put("a plain value", it -> it.stringValue("it", "exact"));
        MATCHERS.put("string", it -> it.stringType("it", "text"));
        MATCHERS.put("integer", it -> it.integerType("it", 7));
        MATCHERS.put("integer, generated", it -> it.integerType("it"));
        MATCHERS.put("decimal", it -> it.decimalType("it", 1.5));
        MATCHERS.put("number", it -> it.numberType("it", 1));
        MATCHERS.put("boolean", it -> it.booleanType("it", true));
        MATCHERS.put("null", it -> it.nullValue("it"));
        MATCHERS.put("regex", it -> it.stringMatcher("it", "[A-Z]{2}-\\d+", "AB-1"));
        MATCHERS.put("regex of a number", it -> it.integerMatching("it", "\\d{2}", 42));
        MATCHERS.put("uuid", it -> it.uuid("it", UUID.fromString("2fbd41cc-4bbc-44ea-a419-67f767691407")));
        MATCHERS.put("uuid, generated", it -> it.uuid("it"));
        MATCHERS.put("include", it -> it.and("it", "hello", new IncludeMatcher("ell")));
        MATCHERS.put("date", it -> it.date("it", "yyyy-MM-dd", LocalDate.of(2024, 2, 5)));
        MATCHERS.put("time", it -> it.time("it", "HH:mm:ss", INSTANT));
        MATCHERS.put("datetime", it -> it.datetime("it", "yyyy-MM-dd'T'HH:mm:ss", INSTANT));
        MATCHERS.put("datetime, generated", it -> it.datetime("it", "yyyy-MM-dd'T'HH:mm:ssZ"));
        MATCHERS.put("datetime, expression", it -> it.datetimeExpression("it", "today + 1 day", "yyyy-MM-dd'T'HH:mm:ssZ"));
        MATCHERS.put("array like", it -> it.eachLike("it", PactDslJsonRootValue.integerType(1)));
        MATCHERS.put("array like, objects", it -> it.eachLike("it", Write::line));
        MATCHERS.put("array like, min", it -> it.minArrayLike("it", 2, PactDslJsonRootValue.stringType("a"), 2));
        MATCHERS.put("array like, min and max", it -> it.minMaxArrayLike("it", 1, 2, PactDslJsonRootValue.stringType("a"), 1));
        MATCHERS.put("array like, in arrays", it -> it.eachArrayLike("it", inner -> inner.integerType(1L)));
        MATCHERS.put("array containing", it -> it.arrayContaining("it", some -> some.integerType(1L).stringMatcher("[a-z]", "a")));
        MATCHERS.put("values", it -> it.object("it", inner -> inner.eachKeyLike("a", PactDslJsonRootValue.integerType(1))));
        MATCHERS.put("all of", it -> it.and("it", "abc", new IncludeMatcher("a"), new RegexMatcher("[a-z]+")));
        MATCHERS.put("any of", it -> it.or("it", 1, new NumberTypeMatcher(NumberTypeMatcher.NumberType.INTEGER), NullMatcher.INSTANCE));
        MATCHERS.put("a key with a dot", it -> it.object("it", inner -> inner.integerType("a.b", 1)));
        MATCHERS.put("a key in another script", it -> it.object("it", inner -> inner.stringType("größe", "groß")));
        MATCHERS.put("generated, provider state", it -> it.valueFromProviderState("it", "${id}", 42));
        MATCHERS.put("url", it -> it.matchUrl("it", "http://localhost:8080", "orders", "42"));
    }

    private Write() {}

    public static void main(String[] arguments) {
        String folder = arguments[0];
        write(version3(), folder, PactSpecVersion.V3);
        write(version4(), folder, PactSpecVersion.V4);
        write(new MessagePactBuilder(PactSpecVersion.V3).consumer("merged-3").hasPactWith("orders")
                .expectsToReceive("theirs").withContent(it(MATCHERS.get("integer"))).toPact(MessagePact.class), folder, PactSpecVersion.V3);
        write(new PactBuilder("merged-4", "orders", PactSpecVersion.V4)
                .expectsToReceiveMessageInteraction("theirs", message -> message.withContents(
                        contents -> contents.withContent(it(MATCHERS.get("integer")))))
                .toPact(), folder, PactSpecVersion.V4);
    }

    private static void write(Pact pact, String folder, PactSpecVersion version) {
        pact.write(folder, version).unwrap();
    }

    private static Pact version3() {
        MessagePactBuilder pact = new MessagePactBuilder(PactSpecVersion.V3).consumer("pact-jvm-3").hasPactWith("orders");
        MATCHERS.forEach((description, matcher) -> pact.expectsToReceive(description).withContent(it(matcher)));
        pact.expectsToReceive("metadata").withMetadata(Write::metadata).withContent(it(MATCHERS.get("integer")));
        pact.expectsToReceive("text").withContent("Hello, Grüße\n", "text/plain");
        // Last: this builder keeps the states for whatever follows.
        pact.given("an order exists", Map.of("id", 42, "tags", List.of("new"))).given("the shop is open")
                .expectsToReceive("states").withContent(it(MATCHERS.get("integer")));
        return pact.toPact(MessagePact.class);
    }

    private static Pact version4() {
        PactBuilder pact = new PactBuilder("pact-jvm-4", "orders", PactSpecVersion.V4);
        MATCHERS.forEach((description, matcher) -> pact.expectsToReceiveMessageInteraction(
                description, message -> message.withContents(contents -> contents.withContent(it(matcher)))));
        pact.expectsToReceiveMessageInteraction("metadata", message -> message.withContents(
                contents -> contents.withMetadata(Write::metadata).withContent(it(MATCHERS.get("integer")))));
        pact.expectsToReceiveMessageInteraction("metadata, a name with a dot", message -> message.withContents(
                contents -> contents.withMetadata((MetadataBuilder metadata) -> metadata.matchRegex("x.topic", "orders\\.v\\d+", "orders.v1"))
                        .withContent(it(MATCHERS.get("integer")))));
        pact.expectsToReceiveMessageInteraction("states", message -> message
                .state("an order exists", Map.of("id", 42, "tags", List.of("new"))).state("the shop is open")
                .withContents(contents -> contents.withContent(it(MATCHERS.get("integer")))));
        pact.expectsToReceiveMessageInteraction("text", message -> message.withContents(
                contents -> contents.withContent("Hello, Grüße\n", "text/plain")));
        pact.expectsToReceiveMessageInteraction("bytes", message -> message.withContents(
                contents -> contents.withContentsMatchingContentType("image/png", PNG)));
        pact.expectsToReceiveMessageInteraction("pending", message -> message.pending(true).key("a-key").comment("a comment")
                .withContents(contents -> contents.withContent(it(MATCHERS.get("integer")))));
        pact.expectsToReceiveSynchronousMessageInteraction("a request", message -> message
                .state("an order exists", Map.of("id", 42))
                .withRequest(contents -> contents.withContent(LambdaDsl.newJsonBody(it -> it.integerType("id", 42)).build()))
                .willRespondWith(contents -> contents.withMetadata(Map.of("topic", "answers"))
                        .withContent(LambdaDsl.newJsonBody(it -> it.decimalType("total", 1.5)).build())));
        return pact.toPact();
    }

    private static DslPart it(Consumer<LambdaDslObject> matcher) {
        return LambdaDsl.newJsonBody(matcher::accept).build();
    }

    private static void line(LambdaDslObject line) {
        line.stringType("sku", "A-1").integerType("quantity", 1);
    }

    private static void metadata(MetadataBuilder metadata) {
        metadata.add("contentType", "application/json");
        metadata.matchRegex("topic", "orders\\.v\\d+", "orders.v1");
        metadata.like("key", "42");
        metadata.add("exact", "always");
    }
}
