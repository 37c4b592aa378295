package course.broker;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.listener.api.ChannelAwareMessageListener;

/** Hands each delivery to the role's handler and settles it, once and alone, by what comes of it. */
class Dispatcher implements ChannelAwareMessageListener {

    private static final Logger log = LoggerFactory.getLogger(Dispatcher.class);

    private final Handler handler;
    private final DeadLetters deadLetters;
    private final Bound bound;
    private final Stopping stopping;

    Dispatcher(Handler handler, DeadLetters deadLetters, Bound bound, Stopping stopping) {
        this.handler = handler;
        this.deadLetters = deadLetters;
        this.bound = bound;
        this.stopping = stopping;
    }

    @Override
    public void onMessage(Message message, Channel channel) throws IOException {
        if (stopping.begun() || bound.reached()) {
            return; // not begun, not settled: the broker has it back when the channel closes
        }
        Delivery delivery = new Delivery(message, channel, stopping);
        try {
            settle(delivery);
            bound.count();
        } catch (NotYetException e) {
            log.info("{}", e.getMessage());
            delivery.requeue();
        } catch (AbandonedException | AlreadyClosedException e) {
            log.warn("a message is not settled: {}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void settle(Delivery delivery) throws IOException, InterruptedException {
        try {
            handler.handle(delivery);
        } catch (NotYetException | AbandonedException e) {
            throw e;
        } catch (RuntimeException e) {
            log.warn("a message is put aside: {}", e.toString());
            deadLetters.keep(delivery, e);
            handler.putAside(delivery, e);
            delivery.reject();
            return;
        }
        delivery.ack();
    }
}
