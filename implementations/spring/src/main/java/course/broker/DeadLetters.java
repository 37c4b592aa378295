package course.broker;

import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageBuilder;
import org.springframework.amqp.core.MessageDeliveryMode;
import org.springframework.amqp.core.MessageProperties;
import org.springframework.amqp.core.MessagePropertiesBuilder;

/** Keeps a copy of what cannot be done, in a queue of our own. */
class DeadLetters {

    private static final int LONGEST_REASON = 1000;

    private final ReliablePublisher publisher;

    DeadLetters(ReliablePublisher publisher) {
        this.publisher = publisher;
    }

    void keep(Delivery delivery, RuntimeException reason) {
        try {
            publish(delivery, copyOf(delivery.properties()), reason);
        } catch (IllegalArgumentException e) {
            // Its headers cannot be written, or fill a frame already. The body is what counts.
            publish(delivery, new MessageProperties(), reason);
        }
    }

    private static MessageProperties copyOf(MessageProperties original) {
        MessageProperties copy = MessagePropertiesBuilder.fromClonedProperties(original).build();
        copy.setExpiration(null); // the copy is kept
        copy.getHeaders().remove("CC"); // and goes nowhere else
        return copy;
    }

    private void publish(Delivery delivery, MessageProperties properties, RuntimeException reason) {
        String why = String.valueOf(reason);
        properties.setDeliveryMode(MessageDeliveryMode.PERSISTENT);
        properties.setHeader("x-exception-message", why.substring(0, Math.min(why.length(), LONGEST_REASON)));
        properties.setHeader("x-original-exchange", delivery.properties().getReceivedExchange());
        properties.setHeader("x-original-queue", delivery.properties().getConsumerQueue());
        Message copy = MessageBuilder.withBody(delivery.message().getBody()).andProperties(properties).build();
        publisher.publish(delivery, Names.DEAD_LETTER.exchange(), copy);
    }
}
