package com.example.stock;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

@Service
class Stock {

    private final JdbcClient database;

    Stock(JdbcClient database) {
        this.database = database;
    }

    /** Reserves what an order wants, or nothing of it. */
    @Transactional
    public void reserve(Order order) {
        database.sql("INSERT INTO reservations (order_id, article, quantity) VALUES (?, ?, ?)")
                .params(order.id(), order.article(), order.quantity())
                .update();
        int changed = database.sql("UPDATE articles SET available = available - ? WHERE name = ? AND available >= ?")
                .params(order.quantity(), order.article(), order.quantity())
                .update();
        if (changed == 0) {
            throw new IllegalStateException("not enough " + order.article() + " for order " + order.id());
        }
    }
}
