package com.example.stock;

public record Order(String id, String article, int quantity) {

    public Order {
        if (id == null || article == null) {
            throw new IllegalArgumentException("an order has an id and an article");
        }
    }
}
