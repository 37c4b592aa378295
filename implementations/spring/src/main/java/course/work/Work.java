package course.work;

import course.Settings;
import java.util.concurrent.ThreadLocalRandom;

/** The work on one text or task: it takes its time, from so many to so many seconds of the course. */
record Work(Settings settings, int least, int most) {

    void on(int texts) throws InterruptedException {
        int seconds = 0;
        for (int text = 0; text < texts; text++) {
            seconds += ThreadLocalRandom.current().nextInt(least, most + 1);
        }
        Thread.sleep(settings.seconds(seconds).toMillis());
    }
}
