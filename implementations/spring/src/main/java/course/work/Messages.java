package course.work;

import com.fasterxml.jackson.databind.JsonNode;
import course.broker.Delivery;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageBuilder;
import org.springframework.amqp.core.MessageBuilderSupport;
import org.springframework.amqp.core.MessageDeliveryMode;
import org.springframework.amqp.core.MessageProperties;

/** What the messages that we publish have beside their bodies. */
public final class Messages {

    /** The id of the package that a part or step is of. */
    static final String PACKAGE = "x-package";

    /** The id of the part whose rows come first. */
    static final String PREDECESSOR = "x-predecessor";

    private Messages() {}

    public static MessageBuilderSupport<Message> persistent(JsonNode body, String id) {
        return text(Json.write(body)).setDeliveryMode(MessageDeliveryMode.PERSISTENT).setMessageId(id);
    }

    /** A part, or a step, of a package: published again it has the same id. */
    static MessageBuilderSupport<Message> partOf(String packageId, int index, JsonNode body) {
        return persistent(body, partId(packageId, index)).setHeader(PACKAGE, packageId);
    }

    static String partId(String packageId, int index) {
        return UUID.nameUUIDFromBytes((packageId + "/" + index).getBytes(StandardCharsets.UTF_8)).toString();
    }

    /** The id of a package that has just come in: its own, or one for this delivery only if it has none. */
    static String packageId(Delivery delivery) {
        return delivery.id() != null ? delivery.id() : UUID.randomUUID().toString();
    }

    static MessageBuilderSupport<Message> text(String body) {
        return MessageBuilder.withBody(body.getBytes(StandardCharsets.UTF_8))
                .setContentType(MessageProperties.CONTENT_TYPE_TEXT_PLAIN);
    }

    /** A header of ours as it was set, or null: others may use its name for anything. */
    static String header(Delivery delivery, String name) {
        Object value = delivery.properties().getHeaders().get(name);
        return value == null ? null : value.toString();
    }
}
