package course.broker;

import com.rabbitmq.client.ConnectionFactory;
import course.Settings;
import java.net.URISyntaxException;
import java.security.GeneralSecurityException;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory.ConfirmType;
import org.springframework.amqp.rabbit.core.RabbitAdmin;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;

/**
 * Connections to the broker: one to consume on, one to publish on.
 *
 * <p>A broker that is short of memory reads nothing from a connection that publishes. Acks go out on the other one.
 */
@Configuration(proxyBeanMethods = false)
@Profile("!migrate")
public class BrokerConfiguration {

    // All three together are shorter than the time that a stopped process has to end.
    private static final int CONNECT_MILLIS = 3_000;
    private static final int HANDSHAKE_MILLIS = 4_000;
    private static final int CLOSE_MILLIS = 1_500;

    @Bean
    ConnectionFactory amqp(Settings settings) throws GeneralSecurityException, URISyntaxException {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setUri(settings.amqp().url());
        if (settings.amqp().ca() != null) {
            factory.useSslProtocol(trusting(settings.amqp().ca()).createSslContext());
            factory.enableHostnameVerification();
        }
        factory.setRequestedHeartbeat(settings.heartbeat());
        factory.setConnectionTimeout(CONNECT_MILLIS);
        factory.setHandshakeTimeout(HANDSHAKE_MILLIS);
        factory.setAutomaticRecoveryEnabled(false); // Spring's containers and templates recover by themselves
        return factory;
    }

    private static SslBundle trusting(String ca) {
        return SslBundle.of(new PemSslStoreBundle(null, PemSslStoreDetails.forCertificate("file:" + ca)));
    }

    @Bean
    CachingConnectionFactory consuming(ConnectionFactory amqp, Settings settings) {
        return connections(amqp, settings.instance() + " consuming");
    }

    @Bean
    CachingConnectionFactory publishing(ConnectionFactory amqp, Settings settings) {
        CachingConnectionFactory connections = connections(amqp, settings.instance() + " publishing");
        connections.setPublisherConfirmType(ConfirmType.CORRELATED);
        connections.setPublisherReturns(true);
        return connections;
    }

    private static CachingConnectionFactory connections(ConnectionFactory amqp, String name) {
        CachingConnectionFactory connections = new CachingConnectionFactory(amqp);
        connections.setConnectionNameStrategy(ignored -> name);
        connections.setCloseTimeout(CLOSE_MILLIS);
        return connections;
    }

    @Bean
    RabbitTemplate template(@Qualifier("publishing") CachingConnectionFactory publishing) {
        RabbitTemplate template = new RabbitTemplate(publishing);
        template.setMandatory(true);
        return template;
    }

    @Bean
    Publisher publisher(RabbitTemplate template) {
        return new Publisher(template);
    }

    /** Declares what the role needs on each new connection; what fails is tried again with the connection. */
    @Bean
    @Profile("!http")
    RabbitAdmin consumerTopology(@Qualifier("consuming") CachingConnectionFactory consuming) {
        return admin(consuming);
    }

    @Bean
    @Profile("http & task")
    RabbitAdmin producerTopology(@Qualifier("publishing") CachingConnectionFactory publishing) {
        return admin(publishing);
    }

    private static RabbitAdmin admin(CachingConnectionFactory connections) {
        RabbitAdmin admin = new RabbitAdmin(connections);
        admin.setRetryTemplate(null);
        return admin;
    }
}
