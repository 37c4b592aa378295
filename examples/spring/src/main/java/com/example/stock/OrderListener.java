package com.example.stock;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

@Component
@Profile("!shop")
class OrderListener {

    private static final Logger log = LoggerFactory.getLogger(OrderListener.class);
    private final Stock stock;

    OrderListener(Stock stock) {
        this.stock = stock;
    }

    @RabbitListener(queues = Topology.QUEUE)
    void ordered(Order order) {
        stock.reserve(order);
        log.info("reserved {} {} for order {}", order.quantity(), order.article(), order.id());
    }
}
