package com.example;

import com.rabbitmq.client.ConnectionFactory;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;

/** Consumes until SIGTERM, over as many connections as it takes. */
public final class Main {

    public static void main(String[] arguments) throws Exception {
        var factory = new ConnectionFactory();
        factory.setUri(System.getenv("AMQP_URL"));
        factory.setAutomaticRecoveryEnabled(false); // the loop below opens anew whatever is lost, a channel too
        factory.setConnectionTimeout(10_000);

        int prefetch = Integer.parseInt(System.getenv().getOrDefault("PREFETCH", "10"));
        var pool = new HikariConfig();
        pool.setJdbcUrl(System.getenv("DATABASE_URL"));
        pool.setAutoCommit(false);
        pool.setMaximumPoolSize(Math.max(prefetch, 1));
        pool.setMinimumIdle(1);
        pool.setConnectionTimeout(5_000); // ms
        pool.setInitializationFailTimeout(-1); // the database may come later

        var consumer = new Consumer(factory, new Work(new HikariDataSource(pool)), prefetch);
        var main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            consumer.stop();
            try {
                main.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            Runtime.getRuntime().halt(0); // all is done: not 143
        }));
        consumer.run();
    }
}
