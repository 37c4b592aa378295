package course.broker;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.connection.CorrelationData;
import org.springframework.amqp.rabbit.connection.CorrelationData.Confirm;
import org.springframework.amqp.rabbit.core.RabbitTemplate;

/** Publishes, and returns once the broker has confirmed that a queue has the message. */
public class Publisher {

    private static final Duration SLICE = Duration.ofMillis(200);
    private static final Duration LONGEST = Duration.ofMinutes(1);

    private final RabbitTemplate template;

    Publisher(RabbitTemplate template) {
        this.template = template;
    }

    /**
     * @param patience is asked now and then while the confirm is awaited, and throws when there is none left
     * @throws NotTakenException where the broker says no, or its connection is lost
     * @throws UnroutableException where the message reaches no queue
     */
    public void publish(String exchange, String routingKey, Message message, Runnable patience) {
        CorrelationData correlation = new CorrelationData();
        template.send(exchange, routingKey, message, correlation);
        Confirm confirm = await(correlation, patience);
        if (!confirm.isAck()) {
            throw new NotTakenException("not confirmed by the broker: " + confirm.getReason());
        }
        if (correlation.getReturned() != null) {
            throw new UnroutableException(exchange, correlation.getReturned().getReplyText());
        }
    }

    private static Confirm await(CorrelationData correlation, Runnable patience) {
        long end = System.nanoTime() + LONGEST.toNanos();
        while (System.nanoTime() < end) {
            try {
                return correlation.getFuture().get(SLICE.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                patience.run();
            } catch (ExecutionException e) {
                throw new NotTakenException(String.valueOf(e.getCause()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new NotTakenException("interrupted while the broker's confirm was awaited");
            }
        }
        throw new NotTakenException("not confirmed by the broker within " + LONGEST);
    }
}
