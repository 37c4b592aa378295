package course.database;

import course.broker.Delivery;
import java.util.Map;
import java.util.function.Supplier;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.retry.RetryPolicy;
import org.springframework.retry.policy.AlwaysRetryPolicy;
import org.springframework.retry.policy.ExceptionClassifierRetryPolicy;
import org.springframework.retry.policy.SimpleRetryPolicy;
import org.springframework.retry.support.RetryTemplate;
import org.springframework.transaction.TransactionException;

/**
 * Tries again what the database did not do, with a pause: three times where it refuses the row, and for as long as the
 * delivery is ours where the database is away. The work before it is not done again.
 */
public class Attempts {

    private static final int TRIES_OF_A_REFUSED_ROW = 3;
    private static final long FIRST_PAUSE_MILLIS = 150;
    private static final long LONGEST_PAUSE_MILLIS = 1_000;

    private final RetryTemplate retries = RetryTemplate.builder()
            .customPolicy(policy())
            .exponentialBackoff(FIRST_PAUSE_MILLIS, 2, LONGEST_PAUSE_MILLIS)
            .build();

    private static RetryPolicy policy() {
        ExceptionClassifierRetryPolicy policy = new ExceptionClassifierRetryPolicy();
        policy.setPolicyMap(Map.of(
                DataIntegrityViolationException.class, new SimpleRetryPolicy(TRIES_OF_A_REFUSED_ROW),
                DataAccessException.class, new AlwaysRetryPolicy(),
                TransactionException.class, new AlwaysRetryPolicy()));
        return policy;
    }

    public <T> T at(Delivery delivery, Supplier<T> action) {
        return retries.execute(attempt -> {
            if (attempt.getRetryCount() > 0) {
                delivery.requireTime();
            } else {
                delivery.requireChannel();
            }
            return action.get();
        });
    }
}
