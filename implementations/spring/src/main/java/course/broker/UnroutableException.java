package course.broker;

import org.springframework.amqp.AmqpException;

/** A message has reached no queue: nothing is bound to its exchange yet. */
public class UnroutableException extends AmqpException {

    public UnroutableException(String exchange, String reply) {
        super("returned from exchange \"" + exchange + "\": " + reply);
    }
}
