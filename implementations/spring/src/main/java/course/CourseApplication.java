package course;

import course.broker.BrokerConfiguration;
import course.broker.ConsumerConfiguration;
import course.database.DatabaseConfiguration;
import course.database.MigrateConfiguration;
import course.http.HttpConfiguration;
import course.work.WorkConfiguration;
import java.util.Map;
import java.util.Set;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Import;

/**
 * One program for every role. Design and role are profiles, which choose the beans.
 *
 * <p>There is no auto-configuration: of a start's time most would go to conditions about what is not there.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableConfigurationProperties(Settings.class)
@Import({
    BrokerConfiguration.class,
    ConsumerConfiguration.class,
    DatabaseConfiguration.class,
    HttpConfiguration.class,
    MigrateConfiguration.class,
    WorkConfiguration.class
})
public class CourseApplication {

    private static final int UNSUPPORTED = 127;

    private static final Set<String> ROLES = Set.of(
            "blocking/stream",
            "parts/stream",
            "parts/part",
            "parts-random/stream",
            "parts-random/part",
            "pipeline/stream",
            "pipeline/part",
            "task/http",
            "task/task",
            "rpc/http",
            "rpc/rpc-server");

    public static void main(String[] args) {
        if (args.length == 1 && args[0].equals("migrate")) {
            of(Map.of(), "migrate").run().close();
            return;
        }
        String design = System.getenv().getOrDefault("WARREN_DESIGN", "");
        String role = System.getenv().getOrDefault("WARREN_ROLE", "");
        if (!ROLES.contains(design + "/" + role)) {
            System.err.printf("no role \"%s\" of a design \"%s\" here: see WARREN_DESIGN and WARREN_ROLE%n", role, design);
            System.exit(UNSUPPORTED);
        }
        runToTheEnd(of(Map.of(), design, role));
    }

    /** A JVM ends with the status of its signal, also where it has closed everything in order: then ours is 0. */
    private static void runToTheEnd(SpringApplication application) {
        Runnable orderly = () -> Runtime.getRuntime().halt(0);
        SpringApplication.getShutdownHandlers().add(orderly);
        try {
            application.run();
        } catch (RuntimeException e) {
            SpringApplication.getShutdownHandlers().remove(orderly);
            throw e;
        }
    }

    static SpringApplication of(Map<String, Object> defaults, String... profiles) {
        SpringApplication application = new SpringApplication(CourseApplication.class);
        application.setDefaultProperties(defaults);
        application.setAdditionalProfiles(profiles);
        application.setWebApplicationType(WebApplicationType.NONE);
        application.setBannerMode(Banner.Mode.OFF);
        application.setLogStartupInfo(false);
        return application;
    }
}
