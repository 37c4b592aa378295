package course.work;

import course.broker.Delivery;
import course.broker.Handler;
import course.broker.Names;
import course.broker.ReliablePublisher;
import course.database.Effects;
import course.database.MessageLog;
import java.util.List;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageBuilderSupport;

/** Publishes a part per text, one after the other: a part is in its queue before the next one is. */
class SplittingHandler implements Handler {

    private final ReliablePublisher publisher;
    private final Effects effects;
    private final MessageLog log;

    SplittingHandler(ReliablePublisher publisher, Effects effects, MessageLog log) {
        this.publisher = publisher;
        this.effects = effects;
        this.log = log;
    }

    @Override
    public void handle(Delivery delivery) {
        List<String> texts = Json.texts(Json.read(delivery), "texts");
        if (texts.isEmpty()) {
            effects.commit(delivery, () -> log.add(delivery.text()));
        }
        String packageId = Messages.packageId(delivery);
        for (int index = 0; index < texts.size(); index++) {
            boolean last = index == texts.size() - 1;
            Part part = new Part(texts.get(index), last ? delivery.text() : null);
            MessageBuilderSupport<Message> message = Messages.partOf(packageId, index, part.toJson());
            if (index > 0) {
                message.setHeader(Messages.PREDECESSOR, Messages.partId(packageId, index - 1));
            }
            publisher.publish(delivery, Names.PART.exchange(), message.build());
        }
    }
}
