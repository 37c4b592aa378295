package course.broker;

import java.time.Duration;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextClosedEvent;

/** Whether the program was told to stop, and whether what still fails then may be tried any longer. */
public class Stopping implements ApplicationListener<ContextClosedEvent> {

    private static final Duration LAST_TRIES = Duration.ofSeconds(2);

    private volatile Long since;

    @Override
    public void onApplicationEvent(ContextClosedEvent event) {
        since = System.nanoTime();
    }

    public boolean begun() {
        return since != null;
    }

    public boolean over() {
        Long start = since;
        return start != null && System.nanoTime() - start > LAST_TRIES.toNanos();
    }
}
