package course;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What the environment says: WARREN_AMQP_URL is {@code amqp.url}, and so on.
 *
 * @param second one second of the course, in real seconds
 * @param maxMessages how many messages to settle; 0 means no bound
 * @param timeout how long a call waits for the broker or for a reply, in seconds
 */
@ConfigurationProperties("warren")
public record Settings(
        @DefaultValue("") String instance,
        @DefaultValue Amqp amqp,
        @DefaultValue Database database,
        @DefaultValue Http http,
        @DefaultValue("5") int heartbeat,
        @DefaultValue("1") int prefetch,
        @DefaultValue("1") double second,
        @DefaultValue("0") int maxMessages,
        @DefaultValue("10") double timeout) {

    /** @param ca a PEM file with the CA of the broker's certificate, or null */
    public record Amqp(@DefaultValue("amqp://guest:guest@127.0.0.1:5672/%2F") String url, String ca) {}

    /** @param url in the form of SQLAlchemy, of which only the scheme is read here */
    public record Database(
            @DefaultValue("sqlite:") String url, String host, String port, String name, String user, String password) {}

    public record Http(@DefaultValue("7777") int port) {}

    public Duration seconds(double count) {
        return Duration.ofMillis(Math.round(count * second * 1000));
    }

    public Duration patience() {
        return Duration.ofMillis(Math.round(timeout * 1000));
    }
}
