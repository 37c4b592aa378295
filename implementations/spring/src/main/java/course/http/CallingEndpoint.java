package course.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import course.broker.Names;
import course.database.Tasks;
import course.work.Messages;
import course.work.PhpString;
import java.nio.charset.StandardCharsets;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageDeliveryMode;
import org.springframework.amqp.rabbit.core.RabbitTemplate;

/** Calls the server, and hands its reply on. */
class CallingEndpoint implements Endpoint {

    private static final int OK = 200;

    private final Tasks tasks;
    private final RabbitTemplate calls;
    private final UntilDeadline until = new UntilDeadline();

    CallingEndpoint(Tasks tasks, RabbitTemplate calls) {
        this.tasks = tasks;
        this.calls = calls;
    }

    @Override
    public Answer task(Deadline deadline) {
        long id = tasks.create();
        Message reply = until.attempt(deadline, () -> calls.sendAndReceive(Names.RPC.exchange(), "", request(id, deadline)));
        if (reply == null) {
            throw new Deadline.DeadlineException();
        }
        // "error: ..." is no serialized string
        return new Answer(OK, PhpString.unserialize(new String(reply.getBody(), StandardCharsets.UTF_8)));
    }

    /** The template adds where to reply to, on this channel alone, and an id that no other call has. */
    private static Message request(long id, Deadline deadline) {
        return Messages.persistent(JsonNodeFactory.instance.objectNode().put("taskId", id), "task-" + id)
                .setDeliveryMode(MessageDeliveryMode.NON_PERSISTENT)
                .setExpiration(String.valueOf(deadline.left().toMillis()))
                .build();
    }
}
