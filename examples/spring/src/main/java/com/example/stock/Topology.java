package com.example.stock;

import org.springframework.amqp.core.Binding;
import org.springframework.amqp.core.BindingBuilder;
import org.springframework.amqp.core.FanoutExchange;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.core.QueueBuilder;
import org.springframework.amqp.core.TopicExchange;
import org.springframework.amqp.support.converter.Jackson2JsonMessageConverter;
import org.springframework.amqp.support.converter.MessageConverter;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import com.fasterxml.jackson.databind.ObjectMapper;

/** What Spring declares at the broker when it connects. */
@Configuration
class Topology {

    static final String EXCHANGE = "shop";
    static final String QUEUE = "stock";
    static final String ORDERED = "order.created";
    private static final String DEAD = "stock.dead";

    @Bean
    TopicExchange shopExchange() {
        return new TopicExchange(EXCHANGE);
    }

    @Bean
    FanoutExchange deadExchange() {
        return new FanoutExchange(DEAD);
    }

    @Bean
    Queue orderQueue() {
        return QueueBuilder.durable(QUEUE).deadLetterExchange(DEAD).build();
    }

    @Bean
    Queue deadQueue() {
        return QueueBuilder.durable(DEAD).build();
    }

    @Bean
    Binding orders() {
        return BindingBuilder.bind(orderQueue()).to(shopExchange()).with(ORDERED);
    }

    @Bean
    Binding deadOrders() {
        return BindingBuilder.bind(deadQueue()).to(deadExchange());
    }

    @Bean
    MessageConverter jsonMessages(ObjectMapper mapper) {
        return new Jackson2JsonMessageConverter(mapper);
    }
}
