package course;

import course.database.Tasks;
import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Starts and stops while the program is built, without broker and database, so that the JVM can write an archive of the
 * classes that a start loads (AppCDS): a third of a start's processor time.
 */
final class Rehearsal {

    private static final Map<String, Object> NOTHING_THERE = Map.of(
            "warren.amqp.url", "amqp://127.0.0.1:1/", "warren.database.name", ":memory:", "warren.http.port", 0);

    // What is loaded only once a broker has let us in
    private static final List<String> PACKAGES =
            List.of("course/", "com/rabbitmq/", "org/springframework/amqp/", "com/fasterxml/jackson/core/");

    private Rehearsal() {}

    public static void main(String[] args) throws IOException {
        start("migrate");
        start("pipeline", "stream");
        start("rpc", "http");
        try (JarFile jar = new JarFile(new File(System.getProperty("java.class.path")))) {
            jar.stream().map(ZipEntry::getName).filter(Rehearsal::counts).forEach(Rehearsal::load);
        }
        System.exit(0);
    }

    private static void start(String... profiles) {
        try (ConfigurableApplicationContext context = CourseApplication.of(NOTHING_THERE, profiles).run()) {
            if (profiles[0].equals("migrate")) {
                context.getBean(Tasks.class).create();
            }
        }
    }

    private static boolean counts(String entry) {
        return entry.endsWith(".class") && PACKAGES.stream().anyMatch(entry::startsWith);
    }

    private static void load(String entry) {
        try {
            Class.forName(entry.substring(0, entry.length() - ".class".length()).replace('/', '.'));
        } catch (ClassNotFoundException | LinkageError e) {
            // It needs a library that we do not have, and so is loaded by no start.
        }
    }
}
