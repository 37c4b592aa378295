package course.broker;

import course.Settings;
import course.broker.Names.Route;
import java.time.Duration;
import java.util.stream.Stream;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.BindingBuilder;
import org.springframework.amqp.core.Declarable;
import org.springframework.amqp.core.Declarables;
import org.springframework.amqp.core.DirectExchange;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitAdmin;
import org.springframework.amqp.rabbit.listener.ListenerContainerConsumerFailedEvent;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;
import org.springframework.context.support.DefaultLifecycleProcessor;

/** What every consumer has: a container with one consumer, its queue, and the queue for what is put aside. */
@Configuration(proxyBeanMethods = false)
@Profile("!http & !migrate")
public class ConsumerConfiguration {

    private static final long RECOVERY_MILLIS = 500;
    private static final long RECEIVE_MILLIS = 200;
    // The message in hand is finished, however long it takes. Who started us knows when it has been too long.
    private static final Duration SHUTDOWN = Duration.ofHours(1);

    @Bean
    SimpleMessageListenerContainer container(
            @Qualifier("consuming") CachingConnectionFactory consuming,
            RabbitAdmin admin,
            Route source,
            Dispatcher dispatcher,
            Settings settings) {
        SimpleMessageListenerContainer container = new SimpleMessageListenerContainer(consuming);
        container.setAmqpAdmin(admin);
        container.setQueueNames(source.queue());
        container.setMessageListener(dispatcher);
        container.setAcknowledgeMode(AcknowledgeMode.MANUAL);
        container.setPrefetchCount(settings.prefetch());
        container.setForceStop(true); // what was prefetched and has not begun is not done any more
        container.setShutdownTimeout(SHUTDOWN.toMillis());
        container.setReceiveTimeout(RECEIVE_MILLIS);
        container.setRecoveryInterval(RECOVERY_MILLIS);
        // Whatever is missing or refused may be there the next time.
        container.setMissingQueuesFatal(false);
        container.setPossibleAuthenticationFailureFatal(false);
        container.setDeclarationRetries(0);
        return container;
    }

    /** Else the context closes half a minute after the signal, whether the container has stopped or not. */
    @Bean
    DefaultLifecycleProcessor lifecycleProcessor() {
        DefaultLifecycleProcessor processor = new DefaultLifecycleProcessor();
        processor.setTimeoutPerShutdownPhase(SHUTDOWN.toMillis());
        return processor;
    }

    /** A container that has given up does not come back: end, so that whoever supervises us sees it. */
    @Bean
    ApplicationListener<ListenerContainerConsumerFailedEvent> fatal(Stopping stopping) {
        return event -> {
            if (event.isFatal() && !stopping.begun()) {
                new Thread(() -> Runtime.getRuntime().halt(1), "fatal").start();
            }
        };
    }

    @Bean
    Dispatcher dispatcher(Handler handler, ReliablePublisher publisher, Settings settings, Stopping stopping) {
        return new Dispatcher(handler, new DeadLetters(publisher), new Bound(settings.maxMessages()), stopping);
    }

    @Bean
    ReliablePublisher reliablePublisher(Publisher publisher) {
        return new ReliablePublisher(publisher);
    }

    @Bean
    Stopping stopping() {
        return new Stopping();
    }

    @Bean
    Declarables topology(Route source) {
        return new Declarables(Stream.of(source, Names.DEAD_LETTER).flatMap(ConsumerConfiguration::bound).toList());
    }

    private static Stream<Declarable> bound(Route route) {
        DirectExchange exchange = new DirectExchange(route.exchange());
        Queue queue = new Queue(route.queue());
        return Stream.of(exchange, queue, BindingBuilder.bind(queue).to(exchange).with(""));
    }
}
