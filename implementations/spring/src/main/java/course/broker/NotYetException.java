package course.broker;

/** The message cannot be finished before another one, which needs a free consumer: it goes back to its queue. */
public class NotYetException extends RuntimeException {

    public NotYetException(String message) {
        super(message);
    }
}
