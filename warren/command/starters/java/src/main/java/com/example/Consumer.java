package com.example;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.Delivery;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Consumes the queue @@name: each message leaves one entry, whatever ends in between. */
final class Consumer {

    private static final String EXCHANGE = "events";
    private static final String KEY = "@@name.created";
    private static final String QUEUE = "@@name";
    private static final String DEAD = "@@name.dead";
    private static final Logger log = LoggerFactory.getLogger(Consumer.class);

    private final ConnectionFactory factory;
    private final Work work;
    private final int prefetch;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private volatile CountDownLatch over = new CountDownLatch(1); // of the connection of now

    Consumer(ConnectionFactory factory, Work work, int prefetch) {
        this.factory = factory;
        this.work = work;
        this.prefetch = prefetch;
    }

    void stop() {
        stopping.countDown();
        over.countDown();
    }

    void run() throws InterruptedException {
        while (stopping.getCount() > 0) {
            try {
                consume();
            } catch (IOException | TimeoutException | AlreadyClosedException e) {
                log.warn("broker: {}; connecting again", e.toString());
            }
            stopping.await(1, TimeUnit.SECONDS);
        }
    }

    /** Consumes over one connection, until it, its channel or its consumer is gone, or a stop is asked for. */
    private void consume() throws IOException, TimeoutException, InterruptedException {
        var now = new CountDownLatch(1);
        over = now;
        ExecutorService threads = Executors.newFixedThreadPool(Math.max(prefetch, 1));
        try (var connection = factory.newConnection(QUEUE)) {
            Channel channel = connection.createChannel();
            channel.addShutdownListener(cause -> now.countDown());
            declare(channel);
            channel.basicQos(prefetch);
            String tag = channel.basicConsume(QUEUE, false,
                    (consumerTag, delivery) -> begin(threads, channel, delivery, now),
                    consumerTag -> now.countDown());
            log.info("consuming from {}", QUEUE);
            if (stopping.getCount() > 0) {
                now.await();
            }
            if (stopping.getCount() == 0) {
                channel.basicCancel(tag);
            }
            threads.shutdown();
            threads.awaitTermination(1, TimeUnit.HOURS); // what is in hand is finished and acked
        } finally {
            now.countDown();
            threads.shutdown();
        }
    }

    /** Declares what outlives a restart of the broker; what cannot be done ends in the queue of dead letters. */
    private static void declare(Channel channel) throws IOException {
        channel.exchangeDeclare(EXCHANGE, "topic", true);
        channel.queueDeclare(DEAD, true, false, false, Map.of("x-queue-type", "quorum"));
        channel.queueDeclare(QUEUE, true, false, false, Map.of(
                "x-queue-type", "quorum",
                "x-delivery-limit", 20, // a message that ends its consumer does not do so for ever
                "x-dead-letter-exchange", "",
                "x-dead-letter-routing-key", DEAD));
        channel.queueBind(QUEUE, EXCHANGE, KEY);
    }

    private void begin(ExecutorService threads, Channel channel, Delivery delivery, CountDownLatch now) {
        if (stopping.getCount() > 0 && now.getCount() > 0) { // else it goes back to its queue
            threads.execute(() -> handle(channel, delivery, now));
        }
    }

    /** Works on one message and settles it, unless there is to be no other try: then the broker gives it again. */
    private void handle(Channel channel, Delivery delivery, CountDownLatch now) {
        long tag = delivery.getEnvelope().getDeliveryTag();
        try {
            while (true) {
                try {
                    work.on(delivery.getBody());
                    channel.basicAck(tag, false);
                    return;
                } catch (Work.Temporary e) {
                    log.warn("another try: {}", e.getMessage());
                    if (now.await(1, TimeUnit.SECONDS)) {
                        return;
                    }
                } catch (Work.Refused e) {
                    log.error("dead letter: {}", e.getMessage());
                    channel.basicReject(tag, false);
                    return;
                }
            }
        } catch (IOException | AlreadyClosedException e) {
            log.warn("the connection is gone, the message comes again");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
