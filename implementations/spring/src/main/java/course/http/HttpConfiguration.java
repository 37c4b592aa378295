package course.http;

import course.Settings;
import course.broker.Names;
import course.broker.Publisher;
import course.database.Tasks;
import org.springframework.amqp.core.DirectExchange;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;

/** Role http: {@code GET /task} of the designs task and rpc. */
@Configuration(proxyBeanMethods = false)
@Profile("http")
public class HttpConfiguration {

    @Bean
    TaskServer server(
            Settings settings, Endpoint endpoint, @Qualifier("publishing") CachingConnectionFactory publishing) {
        return new TaskServer(settings.http().port(), settings.patience(), endpoint, publishing);
    }

    @Bean
    @Profile("task")
    DirectExchange tasksExchange() {
        return new DirectExchange(Names.TASK.exchange());
    }

    @Bean
    @Profile("task")
    Endpoint accepting(Tasks tasks, Publisher publisher) {
        return new AcceptingEndpoint(tasks, publisher);
    }

    @Bean
    @Profile("rpc")
    Endpoint calling(Tasks tasks, Settings settings, @Qualifier("publishing") CachingConnectionFactory publishing) {
        RabbitTemplate calls = new RabbitTemplate(publishing);
        calls.setReplyTimeout(settings.patience().toMillis());
        return new CallingEndpoint(tasks, calls);
    }
}
