package course.work;

import course.broker.Delivery;
import course.broker.Handler;
import course.broker.ReliablePublisher;
import org.springframework.amqp.core.Message;

/** Does a task for a caller, and replies when it is done. */
class RpcHandler implements Handler {

    private final TaskWork tasks;
    private final int seconds;
    private final ReliablePublisher publisher;

    RpcHandler(TaskWork tasks, int seconds, ReliablePublisher publisher) {
        this.tasks = tasks;
        this.seconds = seconds;
        this.publisher = publisher;
    }

    @Override
    public void handle(Delivery delivery) throws InterruptedException {
        long id = TaskWork.taskId(delivery);
        try {
            String result = tasks.complete(delivery, id);
            String json = Json.write(Json.object().put("result", result).put("process_time", seconds));
            reply(delivery, PhpString.serialize(json));
        } catch (MissingTaskException e) {
            reply(delivery, "error: " + e.getMessage());
        }
    }

    @Override
    public void putAside(Delivery delivery, RuntimeException reason) {
        reply(delivery, "error: " + reason.getMessage());
    }

    private void reply(Delivery delivery, String body) {
        String replyTo = delivery.properties().getReplyTo();
        if (replyTo != null) {
            Message reply = Messages.text(body)
                    .setCorrelationId(delivery.properties().getCorrelationId())
                    .build();
            publisher.reply(delivery, replyTo, reply);
        }
    }
}
