package course.work;

import course.broker.Delivery;
import course.broker.Handler;
import course.database.Effects;
import course.database.MessageLog;

/** Works through a package text by text, and logs it. */
class BlockingHandler implements Handler {

    private final Work work;
    private final Effects effects;
    private final MessageLog log;

    BlockingHandler(Work work, Effects effects, MessageLog log) {
        this.work = work;
        this.effects = effects;
        this.log = log;
    }

    @Override
    public void handle(Delivery delivery) throws InterruptedException {
        int texts = Json.texts(Json.read(delivery), "texts").size();
        if (!effects.done(delivery)) {
            work.on(texts);
            effects.commit(delivery, () -> log.add(delivery.text()));
        }
    }
}
