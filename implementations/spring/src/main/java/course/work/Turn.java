package course.work;

import course.broker.Delivery;
import course.broker.NotYetException;
import course.database.Effects;
import java.time.Duration;

/** Waits until the part before has left its rows. */
class Turn {

    private static final long PAUSE_MILLIS = 20;

    private final Effects effects;
    private final Duration longest;

    /** @param longest the part before may be in a queue that has no free consumer but us: then give way */
    Turn(Effects effects, Duration longest) {
        this.effects = effects;
        this.longest = longest;
    }

    void await(Delivery delivery) throws InterruptedException {
        String predecessor = Messages.header(delivery, Messages.PREDECESSOR);
        long end = System.nanoTime() + longest.toNanos();
        while (predecessor != null && !effects.settled(delivery, predecessor)) {
            if (System.nanoTime() > end) {
                throw new NotYetException("a part goes back to its queue, for the one before it is not done");
            }
            Thread.sleep(PAUSE_MILLIS);
        }
    }
}
