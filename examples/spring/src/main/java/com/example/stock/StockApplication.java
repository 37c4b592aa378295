package com.example.stock;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Reserves stock for each order; with the arguments {@code order ID} it publishes one instead. */
@SpringBootApplication
public class StockApplication {

    public static void main(String[] arguments) {
        var application = new SpringApplication(StockApplication.class);
        if (arguments.length == 0) {
            application.run();
            return;
        }
        application.setAdditionalProfiles("shop");
        application.run(arguments).close();
    }
}
