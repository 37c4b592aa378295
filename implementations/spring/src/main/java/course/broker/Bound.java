package course.broker;

/** How many messages are to be settled before the program ends. It is used by the one thread that consumes. */
class Bound {

    private final int most;
    private int settled;

    Bound(int most) {
        this.most = most;
    }

    boolean reached() {
        return most > 0 && settled >= most;
    }

    void count() {
        settled++;
        if (reached()) {
            // Not on this thread: the container that is to stop waits for it.
            new Thread(() -> System.exit(0), "bound").start();
        }
    }
}
