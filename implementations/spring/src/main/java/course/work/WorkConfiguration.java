package course.work;

import course.Settings;
import course.broker.Handler;
import course.broker.Names;
import course.broker.Names.Route;
import course.broker.ReliablePublisher;
import course.database.Attempts;
import course.database.Effects;
import course.database.MessageLog;
import course.database.Tasks;
import java.time.Duration;
import org.springframework.amqp.core.DirectExchange;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;

/** Which queue a role consumes from, and what it does with a message. */
@Configuration(proxyBeanMethods = false)
@Profile("!migrate")
public class WorkConfiguration {

    @Configuration(proxyBeanMethods = false)
    @Profile("stream")
    static class Stream {

        @Bean
        Route source() {
            return Names.STREAM;
        }

        @Bean
        @Profile("!blocking")
        DirectExchange parts() {
            return new DirectExchange(Names.PART.exchange());
        }

        @Bean
        @Profile("blocking")
        Handler blocking(Settings settings, Effects effects, MessageLog log) {
            return new BlockingHandler(new Work(settings, 1, 1), effects, log);
        }

        @Bean
        @Profile("parts | parts-random")
        Handler splitting(ReliablePublisher publisher, Effects effects, MessageLog log) {
            return new SplittingHandler(publisher, effects, log);
        }

        @Bean
        @Profile("pipeline")
        Handler beginning(ReliablePublisher publisher, Effects effects, MessageLog log) {
            return new BeginningHandler(publisher, effects, log);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @Profile("part")
    static class Parts {

        private static final int LONGEST_WORK = 3;
        private static final Duration MARGIN = Duration.ofSeconds(2);

        @Bean
        Route source() {
            return Names.PART;
        }

        @Bean
        Turn turn(Settings settings, Effects effects) {
            return new Turn(effects, settings.seconds(LONGEST_WORK).plus(MARGIN));
        }

        @Bean
        @Profile("parts")
        Handler part(Settings settings, Turn turn, Effects effects, MessageLog log) {
            return new PartHandler(new Work(settings, 1, 1), turn, effects, log);
        }

        @Bean
        @Profile("parts-random")
        Handler randomPart(Settings settings, Turn turn, Effects effects, MessageLog log) {
            return new PartHandler(new Work(settings, 1, LONGEST_WORK), turn, effects, log);
        }

        @Bean
        @Profile("pipeline")
        Handler step(Settings settings, ReliablePublisher publisher, Effects effects, MessageLog log) {
            return new StepHandler(new Work(settings, 1, LONGEST_WORK), publisher, effects, log);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @Profile("(task | rpc) & !http")
    static class TaskConsumers {

        private static final int SECONDS = 2;

        @Bean
        TaskWork taskWork(Settings settings, Tasks tasks, Attempts attempts) {
            return new TaskWork(new Work(settings, SECONDS, SECONDS), tasks, attempts);
        }

        @Bean
        @Profile("task")
        Route taskSource() {
            return Names.TASK;
        }

        @Bean
        @Profile("task")
        Handler task(TaskWork tasks) {
            return new TaskHandler(tasks);
        }

        @Bean
        @Profile("rpc")
        Route rpcSource() {
            return Names.RPC;
        }

        @Bean
        @Profile("rpc")
        Handler rpc(TaskWork tasks, ReliablePublisher publisher) {
            return new RpcHandler(tasks, SECONDS, publisher);
        }
    }
}
