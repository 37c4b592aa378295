package course.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import course.Settings;
import course.Settings.Database;
import javax.sql.DataSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The pool of connections to SQLite or PostgreSQL, and what is built on it. */
@Configuration(proxyBeanMethods = false)
public class DatabaseConfiguration {

    private static final int CONNECTIONS = 5;
    private static final long CONNECT_MILLIS = 5_000;
    private static final String SILENCE_SECONDS = "15";

    @Bean
    HikariDataSource dataSource(Settings settings) {
        HikariConfig config = settings.database().url().startsWith("sqlite")
                ? sqlite(settings.database())
                : postgresql(settings.database());
        config.setMaximumPoolSize(CONNECTIONS);
        config.setMinimumIdle(1);
        config.setConnectionTimeout(CONNECT_MILLIS);
        config.setInitializationFailTimeout(-1); // a database that is away now is asked again at each use
        return new HikariDataSource(config);
    }

    private static HikariConfig sqlite(Database database) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:sqlite:" + database.name());
        config.addDataSourceProperty("busy_timeout", "5000");
        // A transaction that reads first and then writes finds the file locked at once, whatever the time-out.
        config.addDataSourceProperty("transaction_mode", "IMMEDIATE");
        return config;
    }

    private static HikariConfig postgresql(Database database) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:postgresql://%s:%s/%s".formatted(database.host(), database.port(), database.name()));
        config.setUsername(database.user());
        config.setPassword(database.password());
        config.addDataSourceProperty("connectTimeout", "5");
        config.addDataSourceProperty("socketTimeout", SILENCE_SECONDS);
        return config;
    }

    @Bean
    JdbcTemplate jdbc(DataSource dataSource) {
        JdbcTemplate jdbc = new JdbcTemplate(dataSource);
        jdbc.setExceptionTranslator(new Refusals());
        return jdbc;
    }

    @Bean
    TransactionTemplate transactions(DataSource dataSource) {
        JdbcTransactionManager manager = new JdbcTransactionManager(dataSource);
        manager.setExceptionTranslator(new Refusals());
        return new TransactionTemplate(manager);
    }

    @Bean
    MessageLog messageLog(JdbcTemplate jdbc) {
        return new MessageLog(jdbc);
    }

    @Bean
    ProcessedMessages processedMessages(JdbcTemplate jdbc) {
        return new ProcessedMessages(jdbc);
    }

    @Bean
    Tasks tasks(JdbcTemplate jdbc) {
        return new Tasks(jdbc);
    }

    @Bean
    Attempts attempts() {
        return new Attempts();
    }

    @Bean
    Effects effects(TransactionTemplate transactions, ProcessedMessages processed, Attempts attempts) {
        return new Effects(transactions, processed, attempts);
    }
}
