package course.work;

import course.broker.Delivery;
import course.database.Attempts;
import course.database.Tasks;
import course.database.Tasks.Task;
import java.util.concurrent.ThreadLocalRandom;

/** Gives a task its result, once. */
class TaskWork {

    private static final int LARGEST = 10_000_000;

    private final Work work;
    private final Tasks tasks;
    private final Attempts attempts;

    TaskWork(Work work, Tasks tasks, Attempts attempts) {
        this.work = work;
        this.tasks = tasks;
        this.attempts = attempts;
    }

    static long taskId(Delivery delivery) {
        return Json.number(Json.read(delivery), "taskId");
    }

    /** The result of the task, once that is committed. */
    String complete(Delivery delivery, long id) throws InterruptedException {
        Task task = attempts.at(delivery, () -> tasks.find(id));
        if (task == null) {
            throw new MissingTaskException(id);
        }
        if (task.result() != null) {
            return task.result();
        }
        work.on(1);
        String result = String.valueOf(ThreadLocalRandom.current().nextInt(LARGEST));
        return attempts.at(delivery, () -> tasks.complete(id, result));
    }
}
