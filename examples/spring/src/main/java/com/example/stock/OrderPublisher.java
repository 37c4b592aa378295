package com.example.stock;

import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.boot.CommandLineRunner;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/** The command {@code order ID}. */
@Component
@Profile("shop")
class OrderPublisher implements CommandLineRunner {

    private final RabbitTemplate template;

    OrderPublisher(RabbitTemplate template) {
        this.template = template;
    }

    @Override
    public void run(String... arguments) {
        if (arguments.length != 2 || !arguments[0].equals("order")) {
            throw new IllegalArgumentException("usage: stock order ID");
        }
        template.convertAndSend(Topology.EXCHANGE, Topology.ORDERED, new Order(arguments[1], "lamp", 1));
    }
}
