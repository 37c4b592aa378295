package course.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import course.broker.Names;
import course.broker.Publisher;
import course.database.Tasks;
import course.work.Messages;
import org.springframework.amqp.core.Message;

/** Accepts a task once a queue has its message. */
class AcceptingEndpoint implements Endpoint {

    private static final int ACCEPTED = 202;

    private final Tasks tasks;
    private final Publisher publisher;
    private final UntilDeadline until = new UntilDeadline();

    AcceptingEndpoint(Tasks tasks, Publisher publisher) {
        this.tasks = tasks;
        this.publisher = publisher;
    }

    @Override
    public Answer task(Deadline deadline) {
        long id = tasks.create(); // before it is published, so that the consumer finds it
        Message message = Messages.persistent(
                        JsonNodeFactory.instance.objectNode().put("taskId", id), "task-" + id)
                .build();
        until.attempt(deadline, () -> {
            publisher.publish(Names.TASK.exchange(), "", message, deadline::require);
            return null;
        });
        return new Answer(ACCEPTED, "\"Task accepted\"");
    }
}
