package course.work;

import course.broker.Delivery;
import course.broker.Handler;
import course.database.Effects;
import course.database.MessageLog;

/** Works on one part beside others, and logs it after those before it; the last one logs its package, too. */
class PartHandler implements Handler {

    private final Work work;
    private final Turn turn;
    private final Effects effects;
    private final MessageLog log;

    PartHandler(Work work, Turn turn, Effects effects, MessageLog log) {
        this.work = work;
        this.turn = turn;
        this.effects = effects;
        this.log = log;
    }

    @Override
    public void handle(Delivery delivery) throws InterruptedException {
        Part part = Part.of(Json.read(delivery));
        if (effects.done(delivery)) {
            return;
        }
        work.on(1);
        turn.await(delivery);
        effects.commit(delivery, () -> {
            log.add(delivery.text());
            if (part.sourceMessage() != null) {
                log.add(part.sourceMessage());
            }
        });
    }

    @Override
    public void putAside(Delivery delivery, RuntimeException reason) {
        if (Messages.header(delivery, Messages.PACKAGE) != null && delivery.id() != null) {
            effects.giveUp(delivery); // else those behind it wait for ever
        }
    }
}
