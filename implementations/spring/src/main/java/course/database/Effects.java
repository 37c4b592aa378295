package course.database;

import course.broker.Delivery;
import org.springframework.transaction.support.TransactionTemplate;

/** Commits the effect of a message once: the id of the message is a row of the same transaction. */
public class Effects {

    private static final String GIVEN_UP = "given up: ";

    private final TransactionTemplate transactions;
    private final ProcessedMessages processed;
    private final Attempts attempts;

    Effects(TransactionTemplate transactions, ProcessedMessages processed, Attempts attempts) {
        this.transactions = transactions;
        this.processed = processed;
        this.attempts = attempts;
    }

    /** Whether the message's effect is there already, so that its work need not be done again. */
    public boolean done(Delivery delivery) {
        return delivery.id() != null && attempts.at(delivery, () -> processed.contains(delivery.id()));
    }

    public void commit(Delivery delivery, Runnable effect) {
        attempts.at(delivery, () -> {
            transactions.executeWithoutResult(transaction -> {
                if (delivery.id() == null || processed.add(delivery.id())) {
                    effect.run();
                }
            });
            return null;
        });
    }

    /** Notes that the effect is not to be awaited. Should the message come back, it is done all the same. */
    public void giveUp(Delivery delivery) {
        attempts.at(delivery, () -> processed.add(GIVEN_UP + delivery.id()));
    }

    /** Whether the effect of the message with that id is there, or is not to be awaited. */
    public boolean settled(Delivery delivery, String id) {
        return attempts.at(delivery, () -> processed.contains(id) || processed.contains(GIVEN_UP + id));
    }
}
