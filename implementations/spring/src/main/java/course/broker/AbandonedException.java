package course.broker;

/** The delivery is left as it is, unsettled: the broker gives its message to another consumer. */
public class AbandonedException extends RuntimeException {

    public AbandonedException(String message) {
        super(message);
    }
}
