package course.http;

import java.time.Duration;

/** When a caller's patience is over. */
class Deadline {

    private final long end;

    Deadline(Duration patience) {
        end = System.nanoTime() + patience.toNanos();
    }

    Duration left() {
        return Duration.ofNanos(Math.max(0, end - System.nanoTime()));
    }

    void require() {
        if (left().isZero()) {
            throw new DeadlineException();
        }
    }

    static class DeadlineException extends RuntimeException {

        DeadlineException() {
            super("the broker has not answered in time");
        }
    }
}
