package course.work;

import course.broker.Delivery;
import course.broker.Handler;

/** Does an accepted task. */
class TaskHandler implements Handler {

    private final TaskWork tasks;

    TaskHandler(TaskWork tasks) {
        this.tasks = tasks;
    }

    @Override
    public void handle(Delivery delivery) throws InterruptedException {
        tasks.complete(delivery, TaskWork.taskId(delivery));
    }
}
