package course.work;

import course.broker.Delivery;
import course.broker.Handler;
import course.broker.Names;
import course.broker.ReliablePublisher;
import course.database.Effects;
import course.database.MessageLog;

/** Works on one text of a package, and publishes the step of the next one, or logs what has come of all. */
class StepHandler implements Handler {

    private final Work work;
    private final ReliablePublisher publisher;
    private final Effects effects;
    private final MessageLog log;

    StepHandler(Work work, ReliablePublisher publisher, Effects effects, MessageLog log) {
        this.work = work;
        this.publisher = publisher;
        this.effects = effects;
        this.log = log;
    }

    @Override
    public void handle(Delivery delivery) throws InterruptedException {
        Step step = Step.of(Json.read(delivery));
        Step next = step.next();
        if (!effects.done(delivery)) {
            work.on(1);
            effects.commit(delivery, () -> {
                log.add(delivery.text());
                if (step.last()) {
                    log.add(Json.write(next.result()));
                }
            });
        }
        // After the commit, so that the rows of the next step come later; and again after a death in between.
        if (!step.last()) {
            String packageId = Messages.header(delivery, Messages.PACKAGE);
            publisher.publish(
                    delivery,
                    Names.PART.exchange(),
                    Messages.partOf(
                                    packageId != null ? packageId : Messages.packageId(delivery),
                                    next.index(),
                                    next.toJson())
                            .build());
        }
    }
}
