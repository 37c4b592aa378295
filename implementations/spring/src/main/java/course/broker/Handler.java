package course.broker;

/** The work of a role. To return means that it is done and kept. */
public interface Handler {

    /**
     * @throws AbandonedException to leave the delivery unsettled
     * @throws NotYetException to have it delivered again
     * @throws RuntimeException any other, to have the message put aside
     */
    void handle(Delivery delivery) throws InterruptedException;

    /** A copy of the message has been put aside, for this reason; next it is rejected. */
    default void putAside(Delivery delivery, RuntimeException reason) {}
}
