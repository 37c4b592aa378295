package course.broker;

import org.springframework.amqp.AmqpException;

/** The broker has not taken a message, or did not say so: it may be published again. */
public class NotTakenException extends AmqpException {

    public NotTakenException(String message) {
        super(message);
    }
}
