package course.broker;

/** The exchanges and queues of the course, and the queue for what is put aside. */
public final class Names {

    public static final Route STREAM = new Route("old_sound_rabbit_mq.stream", "old_sound_rabbit_mq.consumer.stream");
    public static final Route PART = new Route("old_sound_rabbit_mq.part", "old_sound_rabbit_mq.consumer.part");
    public static final Route TASK = new Route("old_sound_rabbit_mq.task", "old_sound_rabbit_mq.consumer.task");
    public static final Route RPC = new Route("task", "old_sound_rabbit_mq.task");
    public static final Route DEAD_LETTER = new Route("course.dead-letter", "course.dead-letter");

    private Names() {}

    /** A direct exchange, and the queue that is bound to it with an empty routing key. */
    public record Route(String exchange, String queue) {}
}
