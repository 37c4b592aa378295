package course.broker;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.core.Message;
import org.springframework.retry.support.RetryTemplate;

/** Publishes on behalf of a delivery, until a queue has the message or the delivery is nobody's any more. */
public class ReliablePublisher {

    private static final Logger log = LoggerFactory.getLogger(ReliablePublisher.class);
    private static final long FIRST_PAUSE_MILLIS = 100;
    private static final long LONGEST_PAUSE_MILLIS = 1_000;

    private final Publisher publisher;
    private final RetryTemplate retries = RetryTemplate.builder()
            .infiniteRetry()
            .retryOn(AmqpException.class)
            .exponentialBackoff(FIRST_PAUSE_MILLIS, 2, LONGEST_PAUSE_MILLIS)
            .build();

    ReliablePublisher(Publisher publisher) {
        this.publisher = publisher;
    }

    public void publish(Delivery delivery, String exchange, Message message) {
        insist(delivery, () -> publisher.publish(exchange, "", message, delivery::requireTime));
    }

    /** The same for a queue that may have gone with its owner, who then waits for nothing. */
    public void reply(Delivery delivery, String queue, Message message) {
        insist(delivery, () -> {
            try {
                publisher.publish("", queue, message, delivery::requireTime);
            } catch (UnroutableException e) {
                log.info("nobody waits for a reply any more: {}", e.getMessage());
            }
        });
    }

    private void insist(Delivery delivery, Runnable publish) {
        retries.execute(attempt -> {
            if (attempt.getRetryCount() > 0) {
                delivery.requireTime();
            }
            publish.run();
            return null;
        });
    }
}
