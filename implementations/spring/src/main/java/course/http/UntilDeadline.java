package course.http;

import course.broker.UnroutableException;
import java.util.Map;
import java.util.function.Supplier;
import org.springframework.amqp.AmqpException;
import org.springframework.retry.policy.AlwaysRetryPolicy;
import org.springframework.retry.policy.ExceptionClassifierRetryPolicy;
import org.springframework.retry.policy.NeverRetryPolicy;
import org.springframework.retry.support.RetryTemplate;

/** Tries again while the broker is away and the caller has patience. To do so twice does no harm: the task is the same. */
class UntilDeadline {

    private static final long PAUSE_MILLIS = 100;

    private final RetryTemplate retries;

    UntilDeadline() {
        ExceptionClassifierRetryPolicy policy = new ExceptionClassifierRetryPolicy();
        policy.setPolicyMap(Map.of(
                UnroutableException.class, new NeverRetryPolicy(), AmqpException.class, new AlwaysRetryPolicy()));
        retries = RetryTemplate.builder().customPolicy(policy).fixedBackoff(PAUSE_MILLIS).build();
    }

    <T> T attempt(Deadline deadline, Supplier<T> action) {
        return retries.execute(attempt -> {
            deadline.require();
            return action.get();
        });
    }
}
