package course.work;

import course.broker.Delivery;
import course.broker.Handler;
import course.broker.Names;
import course.broker.ReliablePublisher;
import course.database.Effects;
import course.database.MessageLog;
import java.util.List;

/** Publishes the first step of a package. */
class BeginningHandler implements Handler {

    private final ReliablePublisher publisher;
    private final Effects effects;
    private final MessageLog log;

    BeginningHandler(ReliablePublisher publisher, Effects effects, MessageLog log) {
        this.publisher = publisher;
        this.effects = effects;
        this.log = log;
    }

    @Override
    public void handle(Delivery delivery) {
        List<String> texts = Json.texts(Json.read(delivery), "texts");
        Step step = Step.first(texts);
        if (texts.isEmpty()) {
            effects.commit(delivery, () -> log.add(Json.write(step.result())));
            return;
        }
        publisher.publish(
                delivery,
                Names.PART.exchange(),
                Messages.partOf(Messages.packageId(delivery), step.index(), step.toJson()).build());
    }
}
